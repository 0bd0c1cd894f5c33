"""Django's own commands in this installation's environment."""

import sys
from typing import Annotated

import typer


def register(app: typer.Typer) -> None:
    app.command()(migrate)
    app.command()(shell)
    app.command(context_settings={"allow_extra_args": True, "ignore_unknown_options": True, "help_option_names": []})(
        manage
    )


def migrate() -> None:
    """Bring the database to this version's tables."""
    _django("migrate")


def shell() -> None:
    """A Python shell with the models at hand."""
    _django("shell")


def manage(arguments: Annotated[list[str] | None, typer.Argument()] = None) -> None:
    """Any Django management command: `onedoor manage showmigrations`."""
    _django(*(arguments or ["help"]))


def _django(*arguments: str) -> None:
    from onedoor.cli.environment import environment

    with environment(django=False):
        from django.core.management import execute_from_command_line

        execute_from_command_line(["onedoor manage", *arguments])
        sys.stdout.flush()
