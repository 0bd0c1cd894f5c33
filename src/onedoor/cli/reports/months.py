"""Closing a month, building it again and explaining a figure, from the command line."""

from datetime import datetime
from pathlib import Path
from typing import Annotated

import typer

from onedoor.cli.errors import Refused
from onedoor.cli.reports.small_counts import SmallCountsOption, reader, warn

MonthOption = Annotated[datetime, typer.Option(formats=["%Y-%m"], help="The month, as 2026-11.")]
WhyOption = Annotated[str, typer.Option(help="Why it is closed again; needed from the second edition on.")]
EditionOption = Annotated[int, typer.Option(help="Which edition; the last without it.")]
OutOption = Annotated[Path | None, typer.Option(help="A file to write the figures to, as CSV.")]
OrganisationOption = Annotated[str, typer.Option(help="ODS code of a practice, network, place, system or region.")]


def register(group: typer.Typer) -> None:
    group.command()(close)
    group.command()(rebuild)
    group.command()(explain)


def close(month: MonthOption, why: WhyOption = "") -> None:
    """Close a month: compute every measure of it as known now, and keep the figures for good."""
    from onedoor.cli.environment import environment

    with environment():
        from onedoor.kernel import clock
        from onedoor.kernel.access import Access
        from onedoor.reporting import api as reporting

        began = clock.real_now()
        try:
            made = reporting.close_month(
                Access.system("closing of a month by the operator"), month=month.date(), why=why
            )
        except reporting.CannotClose as error:
            raise Refused(str(error)) from error
        practices = made.snapshots.values("organisation").distinct().count()
        measures = made.snapshots.values("measure").distinct().count()
        seconds = (clock.real_now() - began).total_seconds()
    print(f"{made.month:%B %Y} is closed, edition {made.edition}: {measures} measures of {practices:,} practices.")
    print(
        f"As known at {made.known_at.astimezone(clock.LONDON):%-d %B %Y, %H:%M:%S}; {seconds:.1f} s; sha256 {made.sha256}"
    )


def rebuild(month: MonthOption, edition: EditionOption = 0, out: OutOption = None) -> None:
    """Compute a closed month anew from the record as it was known then. Exit code 1 if a byte differs."""
    from onedoor.cli.environment import environment

    with environment():
        from onedoor.kernel.access import Access
        from onedoor.reporting import api as reporting
        from onedoor.reporting.tables import SMALL_COUNTS

        try:
            built = reporting.rebuild_month(
                Access.system("rebuilding of a month by the operator"), month=month.date(), edition=edition or None
            )
        except reporting.NotClosed as error:
            raise Refused(f"{error} Close it with ./run report close --month {month:%Y-%m}.") from error
        if out is not None:
            # To the byte what the checksum is of: no line can stand before it.
            out.write_bytes(built.figures)
            print(f"{out}: {SMALL_COUNTS}")
    for words, digest in (("closed with", built.kept), ("as kept", built.stored), ("built again", built.built)):
        print(f"  {words:<12} {digest}")
    if not built.same:
        print(f"{built.closing.month:%B %Y}, edition {built.closing.edition}, is NOT the same.")
        raise typer.Exit(1)
    print(f"{built.closing.month:%B %Y}, edition {built.closing.edition}: the same to the byte.")


def explain(
    key: str,
    month: MonthOption,
    organisation: OrganisationOption,
    edition: EditionOption = 0,
    small_counts: SmallCountsOption = "",
) -> None:
    """Say what a figure means and what it was counted from. No patient is named."""
    import textwrap

    from onedoor.cli.environment import environment
    from onedoor.cli.tables import show

    with environment():
        from onedoor.kernel.access import Access
        from onedoor.reporting.measures import explaining
        from onedoor.reporting.measures.tables import left_out, practices

        access = reader(Access.system("explaining of a figure to the operator"), "explain", small_counts)
        try:
            found = explaining.explain(
                access,
                key,
                month=month.date(),
                organisation=organisation.upper(),
                edition=edition or None,
            )
        except explaining.NotClosed as error:
            raise Refused(str(error)) from error
        except LookupError as error:
            raise Refused(
                f"{error.args[0]!r} has no figure for {month:%B %Y}: look at the key and the ODS code."
            ) from error
    measure = found.measure
    warn(small_counts)
    print(f"{measure.name}: {found.organisation.name}, {found.closing.month:%B %Y}, edition {found.closing.edition}\n")
    for name, words in (
        ("", measure.words),
        ("Population", measure.population),
        ("Denominator", measure.denominator),
        ("Numerator", measure.numerator),
        ("Clock", found.clock),
        ("Definition", f"version {found.version.label}, in force from {measure.active_from:%-d %B %Y}"),
        ("Rules", found.rules),
        ("Sources", "; ".join(measure.sources)),
    ):
        if words:
            print(
                textwrap.fill(f"{name}: {words}" if name else words, 100, initial_indent="  ", subsequent_indent="    ")
            )
    print()
    show(practices(found))
    if found.left_out or found.not_yet:
        show(left_out(found))
