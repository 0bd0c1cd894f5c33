"""Where an organisation stood at the end of each quarter that was published and each month that was closed, as it may be told."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from fractions import Fraction
from itertools import chain

from onedoor.kernel.access import Access
from onedoor.reporting import published
from onedoor.reporting.dashboards import smi_record
from onedoor.reporting.levels import SMALL, Level, Unit
from onedoor.reporting.published import ALL_SIX, REGISTER, Quarter, Sums

MEASURE = smi_record.MEASURES[ALL_SIX]
"""The measure that targets are of: all six physical checks of people with a severe mental illness (seed 003)."""
PUBLISHED, RECORD = "published", "record"
_RECORD_WORDS = "our record, as the month was closed"


@dataclass(frozen=True)
class Standing:
    """People on the register and those with all six checks, at the end of a period. `key`: "2020-21-Q4" or "2026-11".

    `lacks`: who sent nothing in, in words. Rounded counts are `rounded`.
    """

    key: str
    words: str
    on: date
    done: int
    register: int
    source: str
    kind: str
    taken_at: datetime | None
    lacks: str = ""
    rounded: bool = False

    @property
    def share(self) -> Fraction:
        """Per cent of the register, not rounded."""
        return Fraction(100 * self.done, self.register)


def standings(access: Access, unit: Unit) -> list[Standing]:
    """All that may be told of an organisation, by day; at a practice or a network, to whoever does not see its people, counts as
    they may be passed on. Raises NotPermitted without Permission.REPORTS."""
    return standings_of(access, [unit])[unit.id]


def standings_of(access: Access, units: Collection[Unit]) -> dict[int, list[Standing]]:
    """The same of several, by key: as many statements as for one."""
    found: dict[int, list[Standing]] = {unit.id: [] for unit in units}
    for key, one in chain(_published(access, units), _recorded(access, units)):
        found[key].append(one)
    return {key: sorted(known, key=lambda one: (one.on, one.kind)) for key, known in found.items()}


def systems(access: Access, region: str, quarter: Quarter) -> list[Sums]:
    """The care systems of a region in a quarter, by name: the sum of whoever stands below, else a row of their own."""
    rows = published.sums(access, Level.ICS, first=quarter, last=quarter)
    codes = {one.code for one in rows}
    own = published.sums(access, Level.CCG, first=quarter, last=quarter)
    rows += [one for one in own if one.code not in codes]
    above = published.above([one.code for one in rows], on=quarter.ends_on)
    return sorted(
        (
            one
            for one in rows
            if Level.ICS not in above[one.code] and above[one.code].get(Level.REGION, ("", ""))[0] == region
        ),
        key=lambda one: one.name,
    )


def at_level(unit: Unit) -> Level:
    """The level at which figures of an organisation are published: of groups of practices, where it is neither a system nor
    more."""
    return unit.level if unit.level in (Level.ENGLAND, Level.REGION, Level.ICS) else Level.CCG


def guarded(access: Access, unit: Unit) -> bool:
    """Whether what our record says of an organisation is rounded and hidden for this access."""
    return unit.level in SMALL and not smi_record.in_full(access, unit)


def _published(access: Access, units: Collection[Unit]) -> Iterator[tuple[int, Standing]]:
    known, source = published.quarters(access), published.source(access)
    if not known or source is None:
        return
    keys = {unit.ods_code: unit.id for unit in units}
    for level in sorted({at_level(unit) for unit in units}):
        codes = [unit.ods_code for unit in units if at_level(unit) is level]
        found = published.sums(access, level, first=known[0], last=known[-1], codes=codes)
        if level is not Level.CCG:
            # A row of its own, of quarters in which nobody below it has one.
            summed = {(one.code, one.quarter) for one in found}
            own = published.sums(access, Level.CCG, first=known[0], last=known[-1], codes=codes)
            found += [one for one in own if (one.code, one.quarter) not in summed]
        for one in found:
            done, register, quarter = one.paired[ALL_SIX], one.bases[ALL_SIX], one.quarter
            if done is not None and register:
                yield keys[one.code], Standing(
                    quarter.key, quarter.words, quarter.ends_on, done, register, source.words, PUBLISHED, source.loaded_at,
                    _silent(len(one.silent), (one.sent or 0) + len(one.silent)),
                )  # fmt: skip


def _recorded(access: Access, units: Collection[Unit]) -> Iterator[tuple[int, Standing]]:
    over = smi_record.months(access)[-smi_record.MONTHS :]
    told = smi_record.told(access, units, over)
    for unit in units:
        for month in over:
            one = told.get((unit.id, month.key))
            done, register = (one.counts[ALL_SIX], one.counts[REGISTER]) if one else (None, None)
            if one is not None and isinstance(done, int) and isinstance(register, int) and register:
                yield unit.id, Standing(
                    month.key, f"{month.first:%B %Y}", month.last, done, register, _RECORD_WORDS, RECORD, month.known_at,
                    _silent(len(one.silent), one.practices), rounded=guarded(access, unit),
                )  # fmt: skip


def _silent(silent: int, all_: int) -> str:
    return f"nothing is known of {silent} of {all_}" if silent else ""


def latest(found: Sequence[Standing], kind: str = "") -> Standing | None:
    """The last one, of a kind if there is one of it."""
    of_kind = [one for one in found if one.kind == kind]
    return (of_kind or list(found))[-1] if found else None
