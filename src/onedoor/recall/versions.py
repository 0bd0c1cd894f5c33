"""Which version of each rule set is in force on a day. Everybody asks here, or two would count differently."""

from __future__ import annotations

from datetime import date

from onedoor.recall.models import RuleSet


def rule_sets_in_force(on: date) -> dict[str, RuleSet]:
    """By key, the version that became active last by this London day; of two of one day the one taken in last."""
    found = RuleSet.objects.filter(active_from__lte=on).order_by("key", "-active_from", "-id").distinct("key")
    return {one.key: one for one in found}
