"""The dashboard of a service that triages, from the command line."""

from datetime import datetime
from pathlib import Path
from typing import Annotated

import typer

from onedoor.cli.errors import Refused

MonthFrom = Annotated[datetime, typer.Option("--from", formats=["%Y-%m"], help="The first month, as 2017-09.")]
MonthTo = Annotated[datetime, typer.Option("--to", formats=["%Y-%m"], help="The last month, as 2018-03.")]
ServiceOption = Annotated[str, typer.Option(help="The service's short name; needed where several have referrals.")]
TableOption = Annotated[
    str, typer.Option("--table", help="One table only: referrals, after, shares, flow, waits, calls.")
]
FormatOption = Annotated[str, typer.Option("--format", help="text or csv.")]
PublishedOption = Annotated[
    Path | None, typer.Option(help="Figures that were published, to be held against the events: month,row,printed.")
]


def register(group: typer.Typer) -> None:
    group.command()(msk)


def msk(
    start: MonthFrom,
    end: MonthTo,
    service: ServiceOption = "",
    table: TableOption = "",
    form: FormatOption = "text",
    published: PublishedOption = None,
) -> None:
    """Print a service's referrals, shares, flow, waits and calls by month, as its dashboard shows them."""
    from onedoor.cli.commands.report import PUBLISHED, service_named
    from onedoor.cli.environment import environment
    from onedoor.cli.supervisor.place import checkout

    with environment():
        from onedoor.cli.tables import show
        from onedoor.kernel.access import Access
        from onedoor.reporting.dashboards import msk as dashboards
        from onedoor.reporting.tables import as_csv

        found = dashboards.msk(
            Access.system("service dashboard for the operator"),
            service_named(service),
            start.date(),
            end.date(),
            printed=dashboards.read_printed(published or checkout() / PUBLISHED),
        )
        if form not in ("text", "csv"):
            raise Refused(f"No format is called {form!r}; there are: text, csv.")
        if table and table not in found.tables:
            raise Refused(f"No table is called {table!r}; there are: {', '.join(found.tables)}.")
        chosen = [found.tables[table]] if table else list(found.tables.values())
        for one in chosen:
            if form == "csv":
                print(as_csv(one), end="" if one is chosen[-1] else "\n")
            else:
                show(one)
