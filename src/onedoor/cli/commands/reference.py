"""Write the reference pages that come from the code."""

import typer


def register(app: typer.Typer) -> None:
    app.command()(reference)


def reference() -> None:
    """Write docs/reference/events.md anew from the code."""
    from onedoor.cli.environment import environment
    from onedoor.cli.supervisor.place import checkout

    with environment():
        from onedoor.cli.reference import events_page

        target = checkout() / "docs" / "reference" / "events.md"
        target.write_text(events_page())
        print(f"wrote {target}")
