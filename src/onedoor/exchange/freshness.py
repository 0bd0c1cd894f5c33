"""How fresh what other systems tell us is: when each was last read, and whether that is longer ago than usual.

Taken from what was read, never promised: the rhythm of a source is that of its last readings. Nothing here is about a patient.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from itertools import pairwise

from django.db.models import F, Window
from django.db.models.functions import RowNumber

from onedoor.accounts import api as accounts
from onedoor.booking import api as booking
from onedoor.exchange.models import Extract, ImportFile, Mailbox
from onedoor.kernel import clock
from onedoor.records import api as records

READINGS = 11
"""So many of the last readings, ten gaps, say what is usual. Ours."""
LATE_AFTER = 1.25
"""A source is late when it is silent for so much longer than usual. Ours."""
MAILBOX_LATE = timedelta(hours=1)
"""A mailbox is read every few moments while a worker runs. Ours."""
_SYSTEMS = {"emis": "EMIS", "systmone": "SystmOne"}


@dataclass(frozen=True)
class Feed:
    """One source of one organisation."""

    name: str
    organisation: str
    """Empty for one that tells of many."""
    last: datetime | None
    """Domain time; None of a mailbox that was never read."""
    usual: timedelta | None
    """The longest silence that is usual; None while there are too few readings to say."""
    late: bool
    fault: str = ""


def usual(readings: Sequence[datetime]) -> timedelta | None:
    """The longest silence that is usual of a source: of its last ten gaps the longest but one, so that weekends are usual and one
    outage is not. None with fewer than three gaps. Readings of one minute are one."""
    days = sorted({moment.replace(second=0, microsecond=0) for moment in readings})[-READINGS:]
    gaps = sorted((after - before for before, after in pairwise(days)), reverse=True)
    return gaps[1] if len(gaps) >= 3 else None


def is_late(readings: Sequence[datetime], now: datetime) -> bool:
    """Whether a source is silent for longer than is usual of it; never while what is usual is not known."""
    rhythm = usual(readings)
    return rhythm is not None and now - max(readings) > rhythm * LATE_AFTER


def feeds(organisation_ids: Collection[int]) -> list[Feed]:
    """What these organisations' systems tell us and when they last did, the late first. Whose data it is has been asked before.
    Six queries."""
    now = clock.now()
    names = accounts.names_of(organisation_ids)
    read: dict[tuple[str, str], list[datetime]] = defaultdict(list)
    for organisation_id, system, at in booking.diary_readings(organisation_ids, limit=READINGS):
        read[f"{_SYSTEMS.get(system, system)} diary", names[organisation_id]].append(at)
    lists = ImportFile.objects.filter(organisation_id__in=organisation_ids, kind="patients", applied_at__isnull=False)
    taken = Extract.objects.filter(organisation_id__in=organisation_ids, state="taken", taken_at__isnull=False)
    for name, rows, moment in (("List of patients", lists, "applied_at"), ("Monthly extract", taken, "taken_at")):
        # Of each as many: whoever reads often must not push out whoever fell silent.
        nth = Window(RowNumber(), partition_by=F("organisation_id"), order_by=F(moment).desc())
        latest = rows.annotate(nth=nth).filter(nth__lte=READINGS)
        for key, when in latest.values_list("organisation_id", moment):
            read[name, names[key]].append(when)
    for whose, at in records.file_readings(organisation_ids, limit=READINGS):
        read["Files of coded entries", names[whose] if whose else ""].append(at)
    found = [
        Feed(name, organisation, max(moments), usual(moments), is_late(moments, now))
        for (name, organisation), moments in read.items()
    ]
    found += _mailboxes(organisation_ids, now)
    return sorted(found, key=lambda feed: (not feed.late, feed.organisation, feed.name))


def _mailboxes(organisation_ids: Collection[int], now: datetime) -> list[Feed]:
    """Kept in real time; told as so long before the present of the domain."""
    real = clock.real_now()
    return [
        Feed(
            "MESH mailbox",
            box.organisation.name,
            now - (real - box.polled_at) if box.polled_at else None,
            MAILBOX_LATE,
            box.failing_since is not None or box.polled_at is None or real - box.polled_at > MAILBOX_LATE,
            box.fault,
        )
        for box in Mailbox.objects.filter(organisation_id__in=organisation_ids, active=True)
        .select_related("organisation")
        .order_by("mailbox_id")
    ]
