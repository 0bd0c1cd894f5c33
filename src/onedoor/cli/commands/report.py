"""Reports from the command line: what a service received, decided and has open."""

import importlib
import pkgutil
import textwrap
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from onedoor.cli import reports

if TYPE_CHECKING:
    from onedoor.directory.api import Service
    from onedoor.referrals.api import Month, Score

MonthFrom = Annotated[datetime, typer.Option("--from", formats=["%Y-%m"], help="The first month, as 2017-09.")]
MonthTo = Annotated[datetime, typer.Option("--to", formats=["%Y-%m"], help="The last month, as 2018-03.")]
DayFrom = Annotated[datetime, typer.Option("--from", formats=["%Y-%m-%d"], help="The first day, as 2017-09-01.")]
DayTo = Annotated[datetime, typer.Option("--to", formats=["%Y-%m-%d"], help="The last day.")]
PublishedOption = Annotated[
    Path | None, typer.Option(help="Figures that were published, to be held against the events: month,row,printed.")
]
ServiceOption = Annotated[str, typer.Option(help="The service's short name; needed where more than one has referrals.")]
DefinitionOption = Annotated[str, typer.Option(help="How calls are counted: x-on, or plain.")]
PracticeOption = Annotated[str, typer.Option(help="ODS code of whose lines; all of them without it.")]

PUBLISHED = Path("localities") / "demo" / "published-activity.csv"
"""Seed 002's tables as they were printed; the report says where the events do not bear them out."""


def register(app: typer.Typer) -> None:
    group = typer.Typer(help="Print a report.", no_args_is_help=True)
    group.command()(activity)
    group.command()(conservation)
    group.command()(heard_by)
    group.command()(calls)
    for _, name, _ in pkgutil.iter_modules(reports.__path__):
        module = importlib.import_module(f"{reports.__name__}.{name}")
        # What several commands share is no command.
        if hasattr(module, "register"):
            module.register(group)
    app.add_typer(group, name="report")


def activity(start: MonthFrom, end: MonthTo, service: ServiceOption = "", published: PublishedOption = None) -> None:
    """Print a service's referrals by month and source, what triage made of them, and how many are open."""
    from onedoor.cli.environment import environment
    from onedoor.cli.supervisor.place import checkout

    with environment():
        from onedoor.kernel.access import Access
        from onedoor.referrals.api import months_of

        whose = service_named(service)
        months = months_of(Access.system("activity report for the operator"), whose, start.date(), end.date())
    show_activity(whose, months)
    if any(month.received for month in months):
        show_published(published or checkout() / PUBLISHED, months)


def conservation(start: DayFrom, end: DayTo, service: ServiceOption = "") -> None:
    """Prove for each day that what is open is what was, with what came and without what went. Exit code 1 if it does not hold."""
    from onedoor.cli.environment import environment

    with environment():
        from onedoor.kernel.access import Access
        from onedoor.referrals.api import conservation as conserved

        whose = service_named(service)
        found = conserved(Access.system("conservation report for the operator"), whose, start.date(), end.date())
    print(f"{whose.name}: open pathways, day by day\n")
    print(f"  {'Day':<12}{'Opening':>9}{'Came':>8}{'Went':>8}{'Closing':>9}{'Gap':>6}")
    for day in found.days:
        print(f"  {day.day:%Y-%m-%d}  {day.opening:>9,}{day.came:>8,}{day.went:>8,}{day.closing:>9,}{day.gap:>6,}")
    for line in found.broken:
        print(f"  ! {line}")
    print(f"\n  {found.unexplained} unexplained in {len(found.days)} days")
    if found.unexplained:
        raise typer.Exit(1)


def heard_by(start: DayFrom, end: DayTo, service: ServiceOption = "") -> None:
    """Say for each referral of those days a date on receipt, from what was known that morning, and how often it came true."""
    from onedoor.cli.environment import environment

    with environment():
        from onedoor.kernel.access import Access
        from onedoor.referrals.api import back_test

        whose = service_named(service)
        scores = back_test(Access.system("heard-by report for the operator"), whose, start.date(), end.date())
    show_heard_by(whose, scores)


def calls(start: DayFrom, end: DayTo, definition: DefinitionOption = "x-on", practice: PracticeOption = "") -> None:
    """Print how the lines were answered on those days: share, wait, abandoned and missed, by the definition chosen."""
    from dataclasses import replace

    from onedoor.cli.environment import environment
    from onedoor.cli.errors import Refused

    with environment():
        from onedoor.accounts.api import organisation_by_ods
        from onedoor.calls.api import DEFINITIONS, contact_figures, figures
        from onedoor.kernel.access import Access

        if definition not in DEFINITIONS:
            raise Refused(f"No definition is called {definition!r}; there are: {', '.join(DEFINITIONS)}.")
        access = Access.system("calls report for the operator")
        if practice:
            whose = organisation_by_ods(practice.upper())
            if whose is None:
                raise Refused(f"No organisation has the ODS code {practice!r}.")
            access = replace(access, everything=False, organisation_ids=frozenset({whose.pk}))
        found = figures(access, start.date(), end.date(), definition)
        asked = contact_figures(access, start.date(), end.date())
        how = DEFINITIONS[definition]
    print(f"Calls from {found.first:%-d %B %Y} to {found.last:%-d %B %Y}, by {how.name} definition\n")
    share, mean, wait_95 = found.answered_share, found.mean_wait, found.wait_95
    for words, value in (
        ("Calls", f"{found.calls:,}"),
        ("  of them counted by this definition", f"{found.counted:,}"),
        ("Answered", f"{found.answered:,}" + (f"  {share:.1f}%" if share is not None else "")),
        ("Missed", f"{found.missed:,}"),
        ("Abandoned", f"{found.abandoned:,}"),
        ("Mean wait", "-" if mean is None else f"{mean:.1f} s"),
        ("95 of 100 waited no longer than", "-" if wait_95 is None else f"{wait_95:.0f} s"),
        ("Call-backs asked for", f"{found.call_backs_asked:,}"),
        ("Call-backs made", f"{found.call_backs_made:,}"),
        ("Transfers a call answered", "-" if found.transfers_each is None else f"{found.transfers_each:.2f}"),
        ("Contacts that ended", f"{asked.contacts:,}"),
        ("  asked where it is", "-" if asked.where_share is None else f"{asked.where:,}  {asked.where_share:.1f}%"),
        ("  found in the log", f"{asked.joined:,}"),
    ):
        print(f"  {words:<40}{value:>16}")
    print()
    print(textwrap.fill(how.words, 100, initial_indent="  ", subsequent_indent="  "))


def service_named(slug: str) -> "Service":
    """The service with this short name, or the only one with referrals; refused where that is not one."""
    from onedoor.cli.errors import Refused
    from onedoor.directory.api import service_by_slug
    from onedoor.referrals.api import services_with_referrals

    if slug:
        known = service_by_slug(slug)
        if known is None:
            raise Refused(f"No service is called {slug!r}.")
        return known
    found = services_with_referrals()
    if len(found) != 1:
        names = ", ".join(service.slug for service in found) or "none"
        raise Refused(f"Say which service with --service; those with referrals are: {names}.")
    return found[0]


def show_activity(service: "Service", months: "list[Month]") -> None:
    """The months as a table for a terminal."""
    from onedoor.referrals.api import SOURCES

    print(f"{service.name}: activity by month\n")
    print(f"  {'':<58}{''.join(f'{month.first:%b %Y}'.rjust(10) for month in months)}{'Total':>10}")

    def line(words: str, values: list[int], total: int | None) -> None:
        cells = "".join(f"{value:>10,}" for value in values)
        print(f"  {words:<58}{cells}{'' if total is None else format(total, '>10,')}")

    def share(words: str, parts: list[int], wholes: list[int]) -> None:
        cells = [f"{100 * part / whole:.1f}%" if whole else "-" for part, whole in zip(parts, wholes, strict=True)]
        cells.append(f"{100 * sum(parts) / sum(wholes):.1f}%" if sum(wholes) else "-")
        print(f"  {words:<58}{''.join(cell.rjust(10) for cell in cells)}")

    for key, words in SOURCES.items():
        values = [month.by_source[key] for month in months]
        if key in ("gp", "nurse", "ahp", "other_health") or any(values):
            line(words, values, sum(values))
    for words, attribute in (
        ("Total received", "received"),
        ("Inappropriate", "inappropriate"),
        ("Total accepted", "accepted"),
    ):
        values = [getattr(month, attribute) for month in months]
        line(words, values, sum(values))
    print()
    for words, attribute in (
        (f"Sent to secondary care within {service.onward_working_days} working days of the decision", "sent_in_time"),
        ("Discharged to the GP", "discharged"),
        ("Of these, referred again within 90 days", "back"),
    ):
        values = [getattr(month, attribute) for month in months]
        line(words, values, sum(values))
    line("Still open at the end of the month", [month.open_at_end for month in months], None)
    print()
    received = [month.received for month in months]
    share(f"Triaged within {service.triage_hours} hours of receipt", [m.triaged_in_time for m in months], received)
    share(
        f"Urgent, offered a first appointment within {service.urgent_days} days",
        [month.urgent_in_time for month in months],
        [month.urgent for month in months],
    )


def show_published(file: Path, months: "list[Month]") -> None:
    """What was published of these months and is not what the events give."""
    from onedoor.reporting.dashboards import msk

    known, differs = msk.held_against(msk.read_printed(file), months)
    print(f"\nPublished figures ({file.name}): {known - len(differs)} of {known} are what the events give")
    for one in differs:
        said, _, why = one.words.partition(". ")
        print(f"  ! {said}." if why else f"  ! {said}")
        if why:
            print(f"    {why}")


def show_heard_by(service: "Service", scores: "list[Score]") -> None:
    """How true the dates were, as a table for a terminal."""
    print(f"{service.name}: dates said on receipt for hearing from triage, held against what happened\n")
    print(
        f"  {'Month':<10}{'Who':<10}{'From':<14}{'Said':>8}{'In range':>10}{'By the day':>12}{'Width, days':>13}{'Open':>6}"
    )
    for score in scores:
        _score_line(f"{score.month:%b %Y}", score.group, score)
    for own in (True, False):
        parts = [score for score in scores if score.own is own]
        if parts:
            _score_line("All", "", _sum(parts))
    print("\n  The range is of 80%. Until nine of ten waits have been seen to end, the date is what e-RS promises.")


def _score_line(month: str, group: str, score: "Score") -> None:
    source = "own figures" if score.own else "e-RS promise"
    shares = (
        f"{100 * score.in_range / score.said:>9.1f}%{100 * score.kept / score.said:>11.1f}%"
        if score.said
        else f"{'-':>10}{'-':>12}"
    )
    width = f"{score.width / score.said:>13.1f}" if score.said else f"{'-':>13}"
    print(f"  {month:<10}{group:<10}{source:<14}{score.said:>8,}{shares}{width}{score.open:>6,}")


def _sum(scores: "list[Score]") -> "Score":
    from onedoor.referrals.api import Score

    whole = Score(scores[0].month, "", scores[0].own)
    for score in scores:
        for part in ("said", "in_range", "kept", "open", "width"):
            setattr(whole, part, getattr(whole, part) + getattr(score, part))
    return whole
