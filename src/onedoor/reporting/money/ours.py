"""Our own texts against a licence: from which share on it would pay, by practice, and how many have moved."""

from __future__ import annotations

from datetime import date, timedelta
from decimal import ROUND_HALF_UP, Decimal

from onedoor.kernel import clock
from onedoor.kernel.access import Access
from onedoor.reporting import counting
from onedoor.reporting.dashboards.scope import figures_of, sees_people
from onedoor.reporting.tables import Cell, Column, Table

NO_APP = "No message goes by an app here: there is no such channel, so nothing has moved yet."


def ours(access: Access, licence_a_year: Decimal) -> Table:
    """Each practice's texts of the last twelve whole months against a licence of so many pounds a year for a practice.

    Whole pounds where small counts are not shown to whoever looks: pence would count the texts. Raises NotPermitted.
    """
    last = clock.today().replace(day=1) - timedelta(days=1)
    first = date(last.year - 1, last.month, 1) + timedelta(days=31)
    own, units = figures_of(access)
    counted = counting.known()
    spent = {key: pence / 100 for key, pence in counting.pence(own, first, last).items()} if counted else {}
    rows: list[list[Cell]] = []
    exact = all(sees_people(access, key) for key in spent)
    for unit in units.values():
        pounds = spent.get(unit.id)
        if pounds and not exact:
            # The share too is of whole pounds: against a licence of millions it would have said the pence.
            pounds = pounds.quantize(Decimal(1), ROUND_HALF_UP)
        if not pounds:
            continue
        share = 100 * licence_a_year / pounds
        rows.append([unit.name, pounds, licence_a_year, share, "yes" if share < 100 else "never"])
    return Table(
        title="Our own texts against this licence",
        columns=[
            Column("practice", "Practice"),
            Column("spend", "Texts, last 12 months", "£", places=2 if exact else 0),
            Column("licence", "Licence a year", "£", places=2),
            Column("share", "Share that must move", "%", places=1 if exact else 0),
            Column("pays", "Can pay"),
        ],
        rows=rows,
        notes=[NO_APP] if counted else [NO_APP, counting.NOTHING_COUNTED],
        source="Texts that the provider took, by the tariff of their day",
        period=f"{first:%B %Y} to {last:%B %Y}",
        extracted_at=counted.counted_at if counted else clock.now(),
    )
