"""Accounts of a day: a total, the parts it must come to, and what nothing explains.

Each context keeps its own accounts (`queries/balance.py`); reporting prints them. An account balances when its parts add up
to its total and nothing in it is unexplained.
"""

from __future__ import annotations

from dataclasses import dataclass, field


@dataclass(frozen=True)
class Account:
    """`parts` say what became of the total; `unexplained` names rows that break a rule, as "table key: rule"."""

    name: str
    total: int
    parts: dict[str, int]
    unexplained: list[str] = field(default_factory=list)

    @property
    def gap(self) -> int:
        """How far the parts are from the total, plus every row that breaks a rule: 0 when the account balances."""
        return abs(self.total - sum(self.parts.values())) + len(self.unexplained)
