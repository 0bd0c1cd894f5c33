"""Which packs there are, whom they were sent to and who opened them, what waits for somebody, and who gets one by itself."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import date, datetime

from onedoor.accounts import api as accounts
from onedoor.kernel.access import Access, Permission
from onedoor.reporting.levels import OURS, Unit, reach
from onedoor.reporting.models import Closing, Pack, PackReader, PackRequest, PackSchedule

SHOWN = 12
"""Closed months whose packs are listed."""


@dataclass(frozen=True)
class Reader:
    """Somebody whom a pack was sent to."""

    name: str
    sent_at: datetime
    opened_at: datetime | None


@dataclass(frozen=True)
class PackLine:
    """An organisation and its pack of a closed month: the newest that was made, of the last `edition` or not, or none yet.

    `readers`: whom it was sent to; `replaces`: when the one before it was made. `asked_at`: the worker is to make it. `day` of
    the month when it comes by itself, if it does.
    """

    unit: Unit
    pack: Pack | None
    edition: int
    readers: Sequence[Reader]
    replaces: datetime | None
    asked_at: datetime | None
    day: int | None

    @property
    def to_make(self) -> bool:
        """Nobody has made it of the last edition, and nobody has asked for it."""
        return self.asked_at is None and (self.pack is None or self.pack.closing.edition < self.edition)


@dataclass(frozen=True)
class MonthOfPacks:
    """The last edition of a closed month, and a line for each organisation within reach, from above."""

    closing: Closing
    lines: Sequence[PackLine]

    @property
    def made(self) -> list[PackLine]:
        """Those that have a pack, or are to have one."""
        return [one for one in self.lines if one.pack is not None or one.asked_at is not None]


@dataclass(frozen=True)
class Ready:
    """A pack that somebody has not opened yet. `replaces`: when the one was made that it stands in place of."""

    pack: Pack
    month: date
    organisation: str
    replaces: datetime | None


@dataclass
class _Made:
    """The packs of an organisation and a month, the newest edition first."""

    packs: list[Pack] = field(default_factory=list)

    @property
    def newest(self) -> Pack | None:
        return self.packs[0] if self.packs else None

    @property
    def replaced_at(self) -> datetime | None:
        return self.packs[1].made_at if len(self.packs) > 1 else None


def months_of_packs(access: Access) -> list[MonthOfPacks]:
    """The last closed months, the latest first. Raises NotPermitted without Permission.REPORTS."""
    units = sorted(reach(access).values(), key=lambda one: (_RANK.get(one.level, len(_RANK)), one.name))
    keys = [one.id for one in units]
    closings = sorted(
        Closing.objects.order_by("month", "-edition").distinct("month"), key=lambda one: one.month, reverse=True
    )[:SHOWN]
    made = _made([one.month for one in closings], keys)
    readers = _readers([one.newest for one in made.values()])
    asked = {
        (closing, key): at
        for closing, key, at in PackRequest.objects.filter(closing__in=closings, organisation_id__in=keys).values_list(
            "closing_id", "organisation_id", "asked_at"
        )
    }
    days = dict(
        PackSchedule.objects.filter(active=True, organisation_id__in=keys).values_list("organisation_id", "day")
    )

    def line(closing: Closing, unit: Unit) -> PackLine:
        known = made.get((closing.month, unit.id), _Made())
        pack = known.newest
        whole = pack is not None and pack.closing_id == closing.pk
        return PackLine(
            unit,
            pack,
            closing.edition,
            readers.get(pack.pk, ()) if pack else (),
            known.replaced_at,
            None if whole else asked.get((closing.pk, unit.id)),
            days.get(unit.id),
        )

    return [MonthOfPacks(one, [line(one, unit) for unit in units]) for one in closings]


def packs_ready(access: Access) -> list[Ready]:
    """The packs that were sent to whoever asks, of organisations within their access, and that they have not opened: of each
    month and organisation the newest edition. The latest month first; none for whoever may not read figures."""
    if access.actor.kind != "user" or access.actor.id is None or not access.may(Permission.REPORTS):
        return []
    waiting = PackReader.objects.filter(
        user_id=access.actor.id, opened_at=None, pack__organisation_id__in=access.organisations
    ).values_list("pack_id", "pack__closing__month", "pack__organisation_id")
    rows = list(waiting)
    if not rows:
        return []
    made = _made({month for _, month, _ in rows}, {key for _, _, key in rows})
    unread = {pack for pack, _, _ in rows}
    found = [
        Ready(one.newest, month, one.newest.organisation.name, one.replaced_at)
        for (month, _), one in made.items()
        if one.newest is not None and one.newest.pk in unread
    ]
    return sorted(found, key=lambda one: (-one.month.toordinal(), one.organisation))


def _made(months: Sequence[date] | set[date], keys: Sequence[int] | set[int]) -> dict[tuple[date, int], _Made]:
    found: dict[tuple[date, int], _Made] = {}
    packs = Pack.objects.filter(closing__month__in=list(months), organisation_id__in=list(keys)).defer("pdf", "xlsx")
    for one in packs.select_related("closing", "organisation").order_by("-closing__edition"):
        found.setdefault((one.closing.month, one.organisation_id), _Made()).packs.append(one)
    return found


def _readers(packs: Sequence[Pack | None]) -> dict[int, list[Reader]]:
    rows = list(
        PackReader.objects.filter(pack__in=[one.pk for one in packs if one is not None])
        .order_by("pk")
        .values_list("pack_id", "user_id", "sent_at", "opened_at")
    )
    names = accounts.shown_names({user for _, user, _, _ in rows})
    found: dict[int, list[Reader]] = {}
    for pack, user, sent_at, opened_at in rows:
        found.setdefault(pack, []).append(Reader(names[user], sent_at, opened_at))
    return found


_RANK = {level: place for place, level in enumerate(OURS)}
