"""Small counts on paper: hidden as on pages, unless whoever runs the system gives a reason, which is kept."""

from dataclasses import replace
from typing import TYPE_CHECKING, Annotated

import typer

from onedoor.cli.errors import Refused

if TYPE_CHECKING:
    from onedoor.kernel.access import Access
    from onedoor.reporting.tables import Table

SmallCountsOption = Annotated[
    str,
    typer.Option(
        "--small-counts",
        help="Print small counts as they are, for a reason that is kept: wrong, harm, service, practice or telling.",
        metavar="REASON",
    ),
]


def reader(access: "Access", command: str, reason: str) -> "Access":
    """The access that a command reads figures by: as they may be passed on, or, with a reason, as they are; that is kept."""
    from onedoor.accounts import api as accounts
    from onedoor.reporting.dashboards.scope import passed_on

    if not reason:
        return passed_on(access)
    try:
        accounts.print_small_counts(by=access.actor, reason=reason, page=f"report {command}")
    except accounts.NotShown as error:
        raise Refused(str(error)) from error
    return access


def warned(table: "Table", reason: str) -> "Table":
    """The table with what must not be overlooked, where it holds small counts."""
    from onedoor.reporting.tables import SMALL_COUNTS

    return replace(table, warning=SMALL_COUNTS) if reason else table


def warn(reason: str) -> None:
    """The same above what is printed as text."""
    from onedoor.reporting.tables import SMALL_COUNTS

    if reason:
        print(f"{SMALL_COUNTS}\n")
