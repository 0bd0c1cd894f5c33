"""What channels cost, from the command line."""

from pathlib import Path
from typing import Annotated

import typer

from onedoor.cli.errors import Refused

CaseOption = Annotated[Path, typer.Option(help="The case, a TOML file.")]


def register(group: typer.Typer) -> None:
    group.command()(channel_costs)


def channel_costs(case: CaseOption) -> None:
    """Work out a case for buying a channel again: its tables, what in it does not agree, and where it breaks even."""
    from onedoor.cli.tables import show
    from onedoor.reporting.money import BadCase, break_even_table, read, work_out

    try:
        costs = work_out(read(case.read_text(encoding="utf-8")))
    except OSError as error:
        raise Refused(f"{case} cannot be read: {error.strerror}.") from error
    except UnicodeDecodeError as error:
        raise Refused(f"{case} is not UTF-8 text: save it as that.") from error
    except BadCase as error:
        raise Refused(f"{case}: {error}.") from error
    print(f"{costs.case.title}\n{costs.case.source}\n")
    for table in (costs.licences, costs.double_running, break_even_table(costs)):
        show(table)
    print("What does not agree\n")
    for words in costs.disagreements or (
        "Nothing: every total follows from its parts, and what is said twice is the same.",
    ):
        print(f"  {words}")
