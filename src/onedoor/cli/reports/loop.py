"""The dashboard of the loop, and a past month's diary replayed with nothing sent, from the command line."""

import sys
from datetime import datetime
from decimal import Decimal, InvalidOperation
from typing import Annotated

import typer

from onedoor.cli.errors import Refused
from onedoor.cli.reports.small_counts import SmallCountsOption, reader, warn, warned

MonthFrom = Annotated[datetime, typer.Option("--from", formats=["%Y-%m"], help="The first month, as 2026-11.")]
MonthTo = Annotated[datetime, typer.Option("--to", formats=["%Y-%m"], help="The last month.")]
MonthOption = Annotated[datetime, typer.Option(formats=["%Y-%m"], help="The month to replay, as 2026-11.")]
PracticeOption = Annotated[str, typer.Option(help="ODS code of a practice; all together without it.")]
WhoseOption = Annotated[
    str, typer.Option("--practice", help="ODS code of whose diary; needed where there are several.")
]
ValueOption = Annotated[str, typer.Option(help="What a place is worth in pounds; £30.00, an assumption, without it.")]
AfreshOption = Annotated[
    bool, typer.Option("--afresh", help="Count all months again first, those too that are thought not to change.")
]
FormatOption = Annotated[str, typer.Option("--format", help="text or csv.")]


def register(group: typer.Typer) -> None:
    group.command()(loop)
    group.command()(shadow)


def loop(
    start: MonthFrom,
    end: MonthTo,
    practice: PracticeOption = "",
    form: FormatOption = "text",
    afresh: AfreshOption = False,
    small_counts: SmallCountsOption = "",
) -> None:
    """Print reminders, replies, places released and refilled, minutes, pounds and missed visits; and who can be reached. What
    is due to be counted is counted first."""
    from onedoor.cli.environment import environment

    with environment():
        from onedoor.cli.tables import show
        from onedoor.kernel import jobs
        from onedoor.kernel.access import Access
        from onedoor.reporting import api as reporting
        from onedoor.reporting.dashboards import loop as dashboards
        from onedoor.reporting.tables import as_csv

        if form not in ("text", "csv"):
            raise Refused(f"No format is called {form!r}; there are: text, csv.")
        access = Access.system("loop dashboard for the operator")
        if afresh:
            reporting.count_loop(access, afresh=True)
        else:
            jobs.run_once("reporting.count_loop")
        access = reader(access, "loop", small_counts)
        try:
            found = dashboards.loop(access, start.date(), end.date(), practice=practice.upper())
        except LookupError:
            raise Refused(f"No practice with a diary or patients has the ODS code {practice!r}.") from None
        if found.not_counted:
            print(found.not_counted, file=sys.stderr)
        chosen = [warned(one, small_counts) for one in found.tables.values()]
        if form == "text":
            warn(small_counts)
        for one in chosen:
            if form == "csv":
                print(as_csv(one), end="" if one is chosen[-1] else "\n")
            else:
                show(one)
        for words in found.instead.values() if form == "text" else ():
            print(words)


def shadow(
    month: MonthOption, practice: WhoseOption = "", value: ValueOption = "", small_counts: SmallCountsOption = ""
) -> None:
    """Replay a past month's diary with nothing sent: how many places refilling would have filled, and what that is worth."""
    from onedoor.cli.environment import environment

    with environment():
        from onedoor.cli.tables import show
        from onedoor.kernel.access import Access
        from onedoor.reporting import shadow as replay

        access = reader(Access.system("shadow mode for the operator"), "shadow", small_counts)
        known = replay.practices(access)
        chosen = [one for one in known if one.ods_code == practice.upper()] if practice else known
        if len(chosen) != 1:
            names = ", ".join(f"{one.ods_code} {one.name}" for one in known) or "none"
            raise Refused(f"Say whose diary with --practice; there are: {names}.")
        try:
            worth = Decimal(value.lstrip("£")) if value else replay.PLACE_POUNDS
        except InvalidOperation:
            worth = Decimal("nan")
        if not worth.is_finite() or worth < 0:
            raise Refused(f"{value!r} is no sum of money; type pounds, as 30.00.")
        found = replay.shadow(access, chosen[0], month.date(), value=worth)
        warn(small_counts)
        print(f"{found.sentence}\n")
        if found.hint:
            print(f"  {found.hint}")
        many = found.said(found.offered)
        many = many if "places" in many else f"{many} places"
        print(f"  {many[0].upper()}{many[1:]} would have been offered that nobody was offered.")
        if found.here and not found.hidden:
            tested = f"replayed, they give {found.here_low} to {found.here_high}"
            print(f"  {found.here} were offered here in fact, and {found.actually} of them refilled; {tested}.")
        print(f"  The range holds eight of ten of {replay.RUNS} runs. Nothing was sent and nothing was changed.\n")
        show(found.table)
