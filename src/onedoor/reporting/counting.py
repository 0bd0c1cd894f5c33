"""The loop's figures, counted in sets and kept: the dashboard reads what stands here and looks at no diary.

What can still change a past month, and so which months are counted again:

- replies, receipts, texts in doubt, visits marked late: for `OPEN_DAYS` after its end a month is counted each time;
- a diary that is read late, a visit that is marked later still: from the earliest month of an appointment that moved since;
- a place that was released long ahead: as long as one of a month was still on offer when it was counted.

Nothing else does. Months before stay as they were counted. It is one transaction: until it ends everybody sees the figures
before, and a crash leaves them as they were.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime, timedelta
from decimal import Decimal

from django.db import connection, transaction
from django.db.models import Min, Sum

from onedoor.booking import api as booking
from onedoor.exchange import api as exchange
from onedoor.kernel import clock
from onedoor.kernel.access import Access, NotPermitted, Permission
from onedoor.messaging import api as messaging
from onedoor.patients import api as patients
from onedoor.reporting.measures.computing import last_day
from onedoor.reporting.models import AreaFile, LoopCounting, LoopMonth, Reach

OPEN_DAYS = 93
"""A quarter of a year (ours): longer than any text is tried, any question is open or any diary waits to be put right."""
STALE_AFTER = timedelta(hours=2)
_LOCK = 7_209
NOTHING_COUNTED = (
    "Nothing has been counted yet. Diaries, texts and registrations are counted soon after the first is read, and then every two"
    " hours."
)


@dataclass(frozen=True)
class Known:
    """A count, when it was, and the last month that was counted, by its first day."""

    id: int
    counted_at: datetime
    last_month: date


def known() -> Known | None:
    """None as long as nothing was counted. One statement."""
    last = LoopCounting.objects.order_by("-id").first()
    return None if last is None or last.nothing else Known(last.pk, last.counted_at, last.last_month)


def pence(own: Access, first: date, last: date) -> dict[int, Decimal]:
    """What the texts of the months of `first` to `last` cost, as last counted, by organisation of an access to figures. One
    statement."""
    found = LoopMonth.objects.filter(month__range=(first.replace(day=1), last))
    if not own.everything:
        found = found.filter(organisation_id__in=own.organisations)
    return dict(found.values_list("organisation_id").annotate(spent=Sum("pence")).order_by("organisation_id"))


def count_if_due(access: Access) -> int:
    """Count if it was long ago, if a diary, a list of patients or an area file has been read since, or if there was nothing to
    count before. How many months of organisations were written."""
    last = LoopCounting.objects.order_by("-id").first()
    now = clock.now()
    if (
        last is not None
        and not last.nothing
        and last.counted_at <= now < last.counted_at + STALE_AFTER
        and last.files_seen == exchange.files_read(access)
        and last.areas_seen == _areas()
    ):
        return 0
    return count(access)


@transaction.atomic
def count(access: Access, *, afresh: bool = False) -> int:
    """Count the months that can have changed, all of them `afresh`, and who can be reached today. How many months of
    organisations were written. As many statements for any number of them. Raises
    NotPermitted for whoever does not see everything."""
    if not access.everything:
        raise NotPermitted(Permission.REPORTS)
    with connection.cursor() as cursor:
        # One after the other: the second would not see what the first has written.
        cursor.execute("SELECT pg_advisory_xact_lock(%s)", [_LOCK])
    now, today = clock.now(), clock.today()
    # What is seen is noted before it is counted: what comes meanwhile is counted twice rather than not at all.
    counting = LoopCounting(
        counted_at=now,
        last_month=today.replace(day=1),
        history_seen=booking.newest_move(access),
        files_seen=exchange.files_read(access),
        areas_seen=_areas(),
        nothing=False,
    )
    first = None if afresh else _earliest(access, today)
    months = _months(access, first, last_day(today))
    kept = LoopMonth.objects.all()
    (kept if first is None else kept.filter(month__gte=first)).delete()
    with connection.cursor() as cursor:
        with cursor.copy(f"COPY reporting_loop_month ({', '.join(_COLUMNS)}) FROM STDIN") as copy:
            for row in months:
                copy.write_row([getattr(row, name) for name in _COLUMNS])
        cursor.execute("DELETE FROM reporting_reach")
        cursor.execute(_REACH, patients.reached_on(today))
    counting.nothing = not (LoopMonth.objects.exists() or Reach.objects.exists())
    counting.save()
    # Of the one before the mark is needed: a transaction that was open when it was counted may end after this one.
    LoopCounting.objects.exclude(pk__in=LoopCounting.objects.order_by("-id").values("pk")[:2]).delete()
    return len(months)


_COLUMNS = (
    *("organisation_id", "month", "reminders", "answered", "cancelled", "released", "filled", "visits", "missed"),
    *("pence", "minutes", "places", "still_open"),
)


def _earliest(access: Access, today: date) -> date | None:
    """The first month that can have changed; None for all of them."""
    before = list(LoopCounting.objects.order_by("-id")[:2])
    if not before or any(one.nothing for one in before):
        return None
    still_open = LoopMonth.objects.filter(still_open__gt=0).aggregate(at=Min("month"))["at"]
    moved = booking.moved_since(access, before[-1].history_seen)
    # Reckoned from when it was last counted: what was open then may have changed until it was no more.
    usual = min(today, before[0].counted_at.astimezone(clock.LONDON).date()) - timedelta(days=OPEN_DAYS)
    return min(one for one in (usual.replace(day=1), still_open, moved) if one is not None)


def _months(access: Access, first: date | None, last: date) -> list[LoopMonth]:
    found: dict[tuple[int, date], LoopMonth] = {}

    def at(organisation_id: int, month: date) -> LoopMonth:
        return found.setdefault(
            (organisation_id, month), LoopMonth(organisation_id=organisation_id, month=month, pence=Decimal(0))
        )

    for one in booking.loop_months(access, first, last):
        row = at(one.organisation_id, one.month)
        for name in ("cancelled", "released", "filled", "still_open", "minutes", "places", "visits", "missed"):
            setattr(row, name, getattr(one, name))
    for text in messaging.text_months(access, first, last):
        row = at(text.organisation_id, text.month)
        row.reminders, row.answered, row.pence = text.reminders, text.answered, text.pence
    return list(found.values())


def _areas() -> int:
    return AreaFile.objects.order_by("-id").values_list("pk", flat=True).first() or 0


_REACH = f"""
    INSERT INTO reporting_reach (organisation_id, by, band, registered, mobile, other)
    SELECT organisation_id, CASE WHEN grouping(fifth) = 1 THEN 'age' ELSE 'deprivation' END,
        CASE WHEN grouping(fifth) = 1 THEN band ELSE fifth END,
        count(*), count(*) FILTER (WHERE mobile), count(*) FILTER (WHERE other)
    FROM (
        SELECT r.*, coalesce((a.decile + 1) / 2, 0) AS fifth
        FROM ({patients.REACHED}) r LEFT JOIN reporting_area a ON a.postcode = r.postcode) x
    GROUP BY GROUPING SETS ((organisation_id, band), (organisation_id, fifth))"""
