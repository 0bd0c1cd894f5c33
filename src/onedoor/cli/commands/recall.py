"""Recall from the command line: work out where everybody stands, and say why one person stands where they do."""

from datetime import datetime
from typing import TYPE_CHECKING, Annotated

import typer

if TYPE_CHECKING:
    from onedoor.recall.api import Why

Day = Annotated[
    datetime | None, typer.Option("--on", formats=["%Y-%m-%d"], help="The day, as 2026-12-08; today without it.")
]


def register(app: typer.Typer) -> None:
    group = typer.Typer(help="Who is due, and why.", no_args_is_help=True)
    group.command()(compute)
    group.command()(refresh)
    group.command()(why)
    app.add_typer(group, name="recall")


def compute(on: Day = None) -> None:
    """Work out anew where everybody stands under every rule set in force."""
    from onedoor.cli.environment import environment

    with environment():
        from onedoor.recall import api as recall

        people = recall.compute(on=on.date() if on else None)
        print(f"{people:,} people, under {len(recall.rule_sets(on.date() if on else None))} rule sets.")


def refresh() -> None:
    """Work out those of whom something was written, for whom today changes something, and who came, left or died."""
    from onedoor.cli.environment import environment

    with environment():
        from onedoor.recall import api as recall

        print(f"{recall.bring_up_to_date():,} people worked out anew.")


def why(
    nhs_number: Annotated[str, typer.Argument(help="Ten digits; spaces do not matter.")],
    rule_set: Annotated[str, typer.Argument(help="Key of a rule set, as smi.")],
    on: Day = None,
) -> None:
    """Say where one person stands under a rule set on a day, and which entries decided. Only for the operator."""
    from onedoor.cli.environment import environment
    from onedoor.cli.errors import Refused

    with environment():
        from onedoor.kernel.access import Access
        from onedoor.patients.api import Patient
        from onedoor.recall import api as recall

        access = Access.system("why somebody stands where they do, for the operator")
        patient = Patient.objects.filter(nhs_number="".join(nhs_number.split())).first()
        if patient is None:
            raise Refused("No patient has this NHS number.")
        try:
            found = recall.why(access, patient.pk, rule_set, on.date() if on else None)
        except LookupError:
            keys = ", ".join(one.key for one in recall.rule_sets(on.date() if on else None))
            raise Refused(f"No rule set {rule_set} is in force. There are: {keys}.") from None
    _show(found)


STATUSES = {None: "not in it", 0: "not eligible", 1: "not to be asked", 2: "to be asked"}


def _show(found: "Why") -> None:
    print(f"{found.rule_set_key}, version {found.version}, on {found.on:%-d %B %Y}: {STATUSES[found.status]}")
    for code, text in found.reasons or ((found.reason, found.text),):
        print(f"  {text} ({code})")
    for text in (*found.cohorts, *found.next_steps):
        print(f"  {text}")
    if found.status is not None:
        counted = "counted" if found.in_denominator else "not counted"
        print(f"  {counted}, {'complete' if found.in_numerator else 'not complete'}")
    for name, day in (("due", found.due_on), ("first lapses", found.expires_on), ("may change", found.changes_on)):
        if day:
            print(f"  {name} on {day:%-d %B %Y}")
    for part in found.parts:
        state = "done" if part.done else "missing" if part.known else "no code known"
        last = f", last on {part.done_on:%-d %B %Y}" if part.done_on else ""
        refused = f", declined or unsuitable on {part.declined_on:%-d %B %Y}" if part.declined_on else ""
        print(f"  {part.label}: {state}{last}{refused}")
    print("Entries that decided:")
    for entry in found.evidence:
        value = f" {entry.value:g} {entry.unit}".rstrip() if entry.value is not None else ""
        print(f"  {entry.day:%Y-%m-%d}  {entry.code}  {entry.term}{value}  {entry.organisation}  [{entry.about}]")
