"""Physical health checks of people with a severe mental illness, from the command line."""

from typing import TYPE_CHECKING, Annotated

import typer

from onedoor.cli.errors import Refused

if TYPE_CHECKING:
    from onedoor.kernel.access import Access
    from onedoor.reporting.levels import Level
    from onedoor.reporting.tables import Table

PeriodOption = Annotated[
    str,
    typer.Option(help="A quarter as published, 2021-22-Q1, or a month of our record, 2026-11; the latest without it."),
]
LevelOption = Annotated[
    str, typer.Option(help="england, region, ics or ccg as published; place, pcn or practice from our record.")
]
FormatOption = Annotated[str, typer.Option("--format", help="text or csv.")]
WithinOption = Annotated[
    str, typer.Option(help="ODS code of a region or system: only what stands in it, as published.")
]
RecordOption = Annotated[bool, typer.Option("--record", help="From our record at region and ics too.")]


def register(group: typer.Typer) -> None:
    group.command()(smi)


def smi(
    period: PeriodOption = "",
    level: LevelOption = "region",
    within: WithinOption = "",
    form: FormatOption = "text",
    record: RecordOption = False,
) -> None:
    """Print physical health checks by level, as published beside the levels above, or from our record as fit to be passed on."""
    from onedoor.cli.environment import environment

    with environment():
        from onedoor.kernel.access import Access
        from onedoor.reporting.dashboards import smi_published
        from onedoor.reporting.levels import OURS, Level
        from onedoor.reporting.tables import as_csv

        access = Access.system("physical health checks report for the operator")
        levels = {one.value: one for one in Level}
        if level not in levels:
            raise Refused(f"No level is called {level!r}; there are: {', '.join(levels)}.")
        if form not in ("text", "csv"):
            raise Refused(f"No format is called {form!r}; there are: text, csv.")
        asked = levels[level]
        ours = record or asked not in smi_published.LEVELS
        if ours and asked not in OURS:
            raise Refused(f"Our record has no figures of {asked.words}; it has: {', '.join(OURS)}.")
        table = _record(access, asked, period) if ours else _published(access, asked, period, within.upper())
    if form == "csv":
        print(as_csv(table), end="")
    else:
        from onedoor.cli.tables import show

        show(table if ours else smi_published.headline(table))


def _published(access: "Access", level: "Level", period: str, within: str) -> "Table":
    from onedoor.reporting import published
    from onedoor.reporting.dashboards import smi_published

    known = published.quarters(access)
    if not known:
        raise Refused("No published figures are known yet: read them with ./run import smi FILE.")
    asked = published.Quarter.read(period) if period else known[-1]
    if asked is None:
        raise Refused(f"{period!r} is no quarter; one is written {known[-1].key}.")
    if asked not in known:
        raise Refused(f"Nothing is known of {asked.words}; there is {known[0].words} to {known[-1].words}.")
    return smi_published.by_level(access, level, asked, within=within)


def _record(access: "Access", level: "Level", period: str) -> "Table":
    from onedoor.reporting.dashboards import smi

    table = smi.record_table(access, level, period)
    if table is None:
        raise Refused(
            f"{period} is no closed month, written 2026-11."
            if period
            else "No month is closed yet: ./run report close."
        )
    return table
