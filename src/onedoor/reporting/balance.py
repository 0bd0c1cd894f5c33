"""The day's balance: asked, answered, cancelled, released, refilled and left, what it cost, and what nothing explains."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from decimal import Decimal

from onedoor.booking import api as booking
from onedoor.kernel.access import Access, Permission
from onedoor.kernel.ledger import Account
from onedoor.messaging import api as messaging


@dataclass(frozen=True)
class Balance:
    """A London day of the organisations of an access. Money is pence."""

    day: date
    reminded: int
    """Reminders that the provider took."""
    answered: int
    """Reminders answered, by text, portal or staff; answers to offers are in the account of questions only."""
    cancelled: int
    released: int
    refilled: int
    left: int
    pence: Decimal
    accounts: list[Account]

    @property
    def unexplained(self) -> int:
        """0 when every account adds up and no row breaks a rule."""
        return sum(account.gap for account in self.accounts)

    @property
    def findings(self) -> list[str]:
        """What is unexplained, in words."""
        rows = [row for account in self.accounts for row in account.unexplained]
        gaps = [
            f"{account.name}: {account.total} in all, {sum(account.parts.values())} accounted for"
            for account in self.accounts
            if account.total != sum(account.parts.values())
        ]
        return rows + gaps


def balance(access: Access, day: date) -> Balance:
    """The balance of a London day; NotPermitted without the right to see counters."""
    access.require(Permission.COUNTERS)
    accounts = [*messaging.accounts_of_day(access, day), *booking.accounts_of_day(access, day)]
    by_name = {account.name: account for account in accounts}
    released = by_name["Places released"]
    return Balance(
        day=day,
        reminded=messaging.reminders_sent(access, day),
        answered=by_name["Questions asked"].parts.get(messaging.REMINDERS_ANSWERED, 0),
        cancelled=by_name["Appointments cancelled"].total,
        released=released.total,
        refilled=released.parts.get("filled", 0),
        left=released.parts.get("left", 0),
        pence=messaging.pence_of_day(access, day),
        accounts=accounts,
    )
