"""The `onedoor` command. Modules in `commands/` add to it; this one only gathers them and speaks plainly when they refuse."""

import importlib
import pkgutil
import sys
import traceback

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
    except Exception as fault:
        print(describe(fault), file=sys.stderr)
        sys.exit(2)


def describe(fault: BaseException) -> str:
    """A traceback, less what the database said: its messages carry the values of the statement (stack-spike.md 2.3)."""
    cause = fault.__cause__ or (None if fault.__suppress_context__ else fault.__context__)
    kind = f"{type(fault).__module__}.{type(fault).__qualname__}"
    telling = kind.startswith(("psycopg.", "django.db.")) and not kind.endswith(
        "OperationalError"
    )  # that is of the server
    said = "[message left out: it may name people]" if telling else str(fault)
    frames = "".join(traceback.format_tb(fault.__traceback__))
    return (f"{describe(cause)}\n\nwhich led to:\n\n" if cause else "") + f"{frames}{kind}: {said}"


if __name__ == "__main__":
    main()
