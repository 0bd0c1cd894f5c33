"""The columns of a file for the person who confirms them: what stands in each, what it probably is, what changed."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from onedoor.exchange.extracts import running
from onedoor.exchange.files.columns import FIELDS, MEASURE_NAMES, OF_MEASURE, OF_ROW, fold
from onedoor.exchange.models import Extract, ExtractMapping


@dataclass(frozen=True)
class ExtractColumn:
    """One column as it is confirmed."""

    heading: str
    field: str
    """A key of FIELDS, or empty for one that is not read."""
    samples: Sequence[str]
    new: bool
    """Whether the organisation's last layout did not have it."""


@dataclass(frozen=True)
class FieldGroup:
    """Fields that are chosen from together: (key, words)."""

    name: str
    fields: Sequence[tuple[str, str]]


def columns_of(extract: Extract) -> tuple[list[ExtractColumn], list[str]]:
    """(the columns of a file that waits, headings of the last layout that it has no more); both empty once the file is gone."""
    if extract.content is None:
        return [], []
    samples = running.open_file(bytes(extract.content)).samples()
    last = ExtractMapping.objects.filter(organisation_id=extract.organisation_id).order_by("-saved_at").first()
    before = {fold(heading): heading for heading in last.columns} if last else {}
    now = {fold(heading) for heading in extract.headings}
    columns = [
        ExtractColumn(
            heading,
            extract.columns.get(heading, ""),
            samples.get(heading, ()),
            bool(before) and fold(heading) not in before,
        )
        for heading in extract.headings
    ]
    return columns, [heading for key, heading in before.items() if key not in now]


def field_groups() -> list[FieldGroup]:
    """Every field by what it is of."""
    groups = [FieldGroup("Of the row", list(OF_ROW.items()))]
    for measure, name in MEASURE_NAMES.items():
        groups.append(FieldGroup(name, [(f"{measure}.{what}", FIELDS[f"{measure}.{what}"]) for what in OF_MEASURE]))
    return groups
