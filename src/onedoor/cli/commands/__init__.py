"""One module per family of commands; each has `register(app: typer.Typer)` and imports Django only inside its commands."""
