"""A label against a standing: what of it does not hold."""

from __future__ import annotations

from datetime import date

from tests.specification.recall import golden
from tests.specification.recall.reading import Standing

STATUSES = ("not eligible", "not actionable", "actionable")


def contradictions(
    labelled: golden.Golden, key: str, expected: golden.Expected, standing: Standing | None
) -> list[str]:
    """What a standing says otherwise than the label, in words; a label that is open is never contradicted."""
    if standing is None:
        outside = expected.status in (None, "not eligible", "not now") and expected.count in (None, "out")
        return [] if outside else [f"{key}: no standing"]
    all_parts = frozenset(part["key"] for part in golden.rule_set(key)["parts"])
    done = " ".join(sorted(standing.done)) or "none"
    if expected.done == "all" and standing.done == all_parts:
        done = "all"
    count = {(True, True): "complete", (True, False): "counted", (False, False): "out"}.get(
        (standing.denominator, standing.numerator), "in the numerator alone"
    )
    said = [
        ("status", expected.status, STATUSES[standing.status]),
        ("reason", expected.reason, standing.reason),
        ("count", expected.count, count),
        ("done", expected.done, done),
    ]
    wrong = [
        f"{key} {name}: {actual}, expected {label}"
        for name, label, actual in said
        if label is not None and not _alike(label, actual)
    ]
    if expected.due not in (None, "-") and not _due(expected.due, standing.due_on, labelled.on):
        wrong.append(f"{key} due: {standing.due_on}, expected {expected.due}")
    if labelled.declined is not None and standing.declined != labelled.declined:
        wrong.append(f"{key} declined: {sorted(standing.declined)}, expected {sorted(labelled.declined)}")
    return wrong


def _alike(label: str, actual: str) -> bool:
    if label == "not now":
        return actual != "actionable"
    if label == "none or out":
        return actual == "none"
    return sorted(label.split()) == sorted(actual.split())


def _due(label: str, due_on: date | None, on: date) -> bool:
    if label == "now":
        return due_on is not None and due_on <= on
    return due_on == date.fromisoformat(label)
