"""The day's balance from the command line."""

from datetime import date, datetime
from typing import TYPE_CHECKING, Annotated

import typer

if TYPE_CHECKING:
    from onedoor.reporting.api import Balance


def register(app: typer.Typer) -> None:
    app.command()(balance)


def balance(
    day: Annotated[
        datetime | None, typer.Option(formats=["%Y-%m-%d"], help="As 2026-12-08; today if left out.")
    ] = None,
) -> None:
    """Print what a day asked, cancelled, released, refilled, left and spent; exit code 1 if anything is unexplained."""
    from onedoor.cli.environment import environment

    with environment():
        from onedoor.kernel import clock
        from onedoor.kernel.access import Access
        from onedoor.reporting.api import balance as balance_of

        found = balance_of(Access.system("balance of a day for the operator"), day.date() if day else clock.today())
    show(found)
    if found.unexplained:
        raise typer.Exit(1)


def show(found: "Balance") -> None:
    """The balance as lines for a terminal."""
    print(f"Balance of {_said(found.day)}\n")
    for label, number in (
        ("reminded", found.reminded),
        ("answered", found.answered),
        ("cancelled", found.cancelled),
        ("released", found.released),
        ("refilled", found.refilled),
        ("left", found.left),
    ):
        print(f"  {label:<12}{number:>8}")
    print(f"  {'pence':<12}{found.pence:>8.1f}\n")
    for account in found.accounts:
        parts = ", ".join(f"{count} {part}" for part, count in account.parts.items()) or "none"
        print(f"  {account.name}: {account.total} = {parts}")
    for finding in found.findings:
        print(f"  ! {finding}")
    print(f"\n  {found.unexplained} unexplained")


def _said(day: date) -> str:
    return f"{day:%A} {day.day} {day:%B %Y}"
