"""The `onedoor` command. Modules in `commands/` add to it; this one only gathers them and speaks plainly when they refuse."""

import importlib
import pkgutil
import sys

import typer

from onedoor.cli import commands
from onedoor.cli.errors import Refused


def build() -> typer.Typer:
    """The command with every family of commands registered."""
    app = typer.Typer(
        name="onedoor",
        help="The front door to a locality's NHS services.",
        no_args_is_help=True,
        add_completion=False,
        pretty_exceptions_enable=False,  # a decorated traceback prints local variables, and those hold patients' data
    )
    for module in sorted(found.name for found in pkgutil.iter_modules(commands.__path__)):
        importlib.import_module(f"{commands.__name__}.{module}").register(app)
    return app


def main() -> None:
    """Run one command. 1 is the exit code of a refusal."""
    try:
        build()()
    except Refused as refusal:
        print(refusal, file=sys.stderr)
        sys.exit(1)


if __name__ == "__main__":
    main()
