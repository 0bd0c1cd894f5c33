"""Build the static files by hand; `onedoor up` does it when needed."""

import typer


def register(app: typer.Typer) -> None:
    app.command()(assets)


def assets() -> None:
    """Build what browsers load, if anything changed."""
    import django

    from onedoor.cli.assets import build
    from onedoor.cli.environment import export_settings

    home = export_settings()
    django.setup()
    print("Built the static files." if build(home) else "The static files are up to date.")
