"""Versions of measures: what a figure was computed by is kept whole, and never read from a file again.

A version holds the definition, and for a measure of people the rule set with the members of its code sets as they stood. Where
any of it differs from what is kept it is another version, so that a figure of March is worked out again by March's rules.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from typing import Any

from onedoor.recall import api as recall
from onedoor.reporting.measures.book import Measure, digest, in_force, parse
from onedoor.reporting.models import Closing, MeasureVersion, Snapshot


@dataclass(frozen=True)
class Version:
    """A kept version."""

    id: int
    label: str
    """That of the definition and eight digits of what it says."""
    measure: Measure
    kept: Mapping[str, Any] | None
    """What `recall.rule_set_as_it_stands` gave, for a measure of people."""

    @property
    def judged_by(self) -> str:
        """The same for measures that one judgement serves."""
        return digest(self.kept) if self.kept else ""


def of_month(on: date) -> list[Version]:
    """The measures in force on a day, each by a version kept for it; made where what they say is new. In a transaction."""
    kept: dict[str, Mapping[str, Any] | None] = {"": None}
    found = []
    for measure in in_force(on).values():
        key = measure.source.rule_set
        if key not in kept:
            kept[key] = recall.rule_set_as_it_stands(key, on)
        content = {"measure": dict(measure.content), "kept": kept[key]}
        sha256 = digest(content)
        row, _ = MeasureVersion.objects.get_or_create(
            key=measure.key,
            version=f"{measure.version}-{sha256[:8]}",
            defaults={
                "active_from": measure.active_from,
                "active_until": measure.active_until,
                "content": content,
                "sha256": sha256,
            },
        )
        found.append(version_of(row))
    return found


def version_of(row: MeasureVersion) -> Version:
    """As it was kept."""
    return Version(row.pk, row.version, parse(row.content["measure"]), row.content["kept"])


def of_closing(closing: Closing) -> list[Version]:
    """The versions by which a month was closed."""
    keys = Snapshot.objects.filter(closing=closing).values("measure_id")
    return [version_of(row) for row in MeasureVersion.objects.filter(pk__in=keys).order_by("key")]
