"""Physical health checks of people with a severe mental illness, from the command line."""

from typing import Annotated

import typer

from onedoor.cli.errors import Refused

PeriodOption = Annotated[str, typer.Option(help="The quarter, as 2021-22-Q1; the latest without it.")]
LevelOption = Annotated[str, typer.Option(help="england, region, ics or ccg.")]
FormatOption = Annotated[str, typer.Option("--format", help="text or csv.")]
WithinOption = Annotated[str, typer.Option(help="ODS code of a region or system: only what stands in it.")]


def register(group: typer.Typer) -> None:
    group.command()(smi)


def smi(
    period: PeriodOption = "", level: LevelOption = "region", within: WithinOption = "", form: FormatOption = "text"
) -> None:
    """Print the published physical health checks of a quarter by level, beside the levels above."""
    from onedoor.cli.environment import environment

    with environment():
        from onedoor.kernel.access import Access
        from onedoor.reporting import published
        from onedoor.reporting.dashboards import smi_published
        from onedoor.reporting.tables import as_csv

        access = Access.system("physical health checks report for the operator")
        known = published.quarters(access)
        if not known:
            raise Refused("No published figures are known yet: read them with ./run import smi FILE.")
        asked = published.Quarter.read(period) if period else known[-1]
        if asked is None:
            raise Refused(f"{period!r} is no quarter; one is written {known[-1].key}.")
        if asked not in known:
            raise Refused(f"Nothing is known of {asked.words}; there is {known[0].words} to {known[-1].words}.")
        levels = {one.value: one for one in smi_published.LEVELS}
        if level not in levels:
            raise Refused(f"No level is called {level!r}; there are: {', '.join(levels)}.")
        if form not in ("text", "csv"):
            raise Refused(f"No format is called {form!r}; there are: text, csv.")
        table = smi_published.by_level(access, levels[level], asked, within=within.upper())
    if form == "csv":
        print(as_csv(table), end="")
    else:
        from onedoor.cli.tables import show

        show(smi_published.headline(table))
