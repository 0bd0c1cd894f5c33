"""The programmes that can be switched on: what a rule set says about asking people, read where it is kept."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from typing import Any

from onedoor.recall.versions import rule_sets_in_force

OTHER_COUNTS = frozenset({"smi-contract-year", "smi-nine"})
"""Rule sets that count the same visit in another way: nobody is invited by them."""


@dataclass(frozen=True)
class Programme:
    """A rule set in force, as far as invitations go."""

    key: str
    rule_set_id: int
    name: str
    visit: str
    """What somebody comes for, in their words: "asthma review"."""
    benefit: str
    """Why it is good for them, in their words."""
    text_ok: bool
    """Whether a text may name it."""
    seasonal: bool
    by_month: bool
    """Whether it falls due in the month of birth where that comes before the oldest check lapses."""
    parts: tuple[tuple[str, ...], ...] = ()
    """Of each of its parts the code sets any member of which completes it."""

    @property
    def asked(self) -> str:
        """What somebody is invited for: "a flu vaccine", "your asthma review"."""
        return f"{'a' if self.seasonal else 'your'} {self.visit}"


def in_force(on: date) -> dict[str, Programme]:
    """The programmes of a day by key: of each rule set the version in force. One query."""
    found = [
        _programme(one.key, one.pk, one.content)
        for one in rule_sets_in_force(on).values()
        if one.key not in OTHER_COUNTS
    ]
    return {one.key: one for one in sorted(found, key=lambda one: one.name)}


def _programme(key: str, rule_set_id: int, said: Mapping[str, Any]) -> Programme:
    return Programme(
        key=key,
        rule_set_id=rule_set_id,
        name=str(said.get("name", key)),
        visit=str(said.get("visit", "")),
        benefit=str(said.get("benefit", "")),
        # What a rule set does not say is not said in a text.
        text_ok=bool(said.get("text_ok", False)),
        seasonal=said.get("kind") == "season" or said.get("window") == "season",
        by_month=(said.get("due") or {}).get("at") == "birthday_month_or_expiry",
        parts=tuple(tuple(part.get("done", ())) for part in said.get("parts", ())),
    )
