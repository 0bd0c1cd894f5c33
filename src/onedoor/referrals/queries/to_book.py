"""What is to be booked after triage, by the clock that ends first; and the places that one referral can be booked into."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any
from uuid import UUID

from django.db import connection
from django.db.models import QuerySet

from onedoor.booking import api as booking
from onedoor.booking.api import AppointmentType, CourseView
from onedoor.booking.types import FreePlace
from onedoor.directory.api import Service, Stream
from onedoor.kernel import clock
from onedoor.kernel.access import Access, NotPermitted, Part, Permission
from onedoor.kernel.sensitive import says_sensitive
from onedoor.referrals.models import Decision, Referral, StreamType
from onedoor.referrals.rules import ASSESSED, NOT_BOOKED, TO_ACTION
from onedoor.referrals.rules_booking import (
    ACCEPTED,
    BACK,
    BECAUSE,
    NEW,
    PROVIDER_DAYS,
    THINKING_DAYS,
    TO_BOOK,
    may_choose,
)

PRIORITY_ORDER = ("two_week_wait", "urgent", "routine")
"""Of those with the same day."""


@dataclass(frozen=True)
class ToBook:
    """One referral that is to be booked. The name is empty while no list has brought anybody of that NHS number.

    `since` is when it came on the list and `by` the day by which it must be booked; `who_books` is us, patient or gp; `waits`
    that the patient is on the waiting list for a place that somebody gives up.
    """

    id: int
    ref: UUID
    patient_id: int | None
    patient_ref: UUID | None
    name: str
    nhs_number: str
    born_on: date | None
    priority: str
    state: str
    service: str
    stream: str
    since: datetime
    by: date
    who_books: str
    waits: bool
    said_by: bool
    """Whether `by` is the day that the patient was told, and not the clock."""

    @property
    def because(self) -> str:
        """Why it is on the list."""
        return BECAUSE.get(self.state, "Seen, another visit")


@dataclass(frozen=True)
class ToBookPage:
    """A page of the list; `after` is the key of the next one, empty on the last."""

    rows: list[ToBook]
    after: str


def _list(states: Sequence[str]) -> str:
    return ", ".join(f"'{state}'" for state in states)


def _day(moment: str) -> str:
    return f"({moment} AT TIME ZONE 'Europe/London')::date"


_CLOCK = "CASE r.priority " + " ".join(f"WHEN '{key}' THEN {days}" for key, days in PROVIDER_DAYS.items()) + " END"

# What was accepted and nobody offered a time for in another system; of a caseload taken over, what came to be booked.
_OPEN = f"""r.closed_at IS NULL AND r.state IN ({_list(TO_BOOK)})
    AND (r.state <> '{TO_ACTION}' OR r.first_offered_on IS NULL)
    AND (r.outcome IN ({_list(ACCEPTED)})
         OR r.outcome = '' AND r.source = 'inherited' AND (r.state <> '{TO_ACTION}' OR r.next_action IN ('', 'Book')))"""

_FROM = """referrals_referral r JOIN directory_service s ON s.id = r.service_id
    LEFT JOIN LATERAL (SELECT d.who_books FROM referrals_decision d WHERE d.referral_id = r.id AND d.state = 'done'
                       ORDER BY d.id DESC LIMIT 1) d ON true"""

# The patient's turn, or the practice's, until they have had their time; whatever comes back is ours.
_OURS = f"""(r.state NOT IN ('{TO_ACTION}', '{NOT_BOOKED}') OR coalesce(d.who_books, '') IN ('', 'us')
    OR d.who_books = 'patient' AND {_day("r.triaged_at")} + {THINKING_DAYS} < %(today)s)"""

_ROWS = f"""
    SELECT r.id, r.service_id, r.ref, r.patient_id, r.nhs_number, r.priority, r.state, s.name AS service, r.stream_id,
        b.since, coalesce(nullif(d.who_books, ''), 'us') AS who_books,
        least(b.clock, h.by) AS by, coalesce(h.by < b.clock, false) AS said_by
    FROM {_FROM}
    CROSS JOIN LATERAL (SELECT CASE WHEN r.state IN ({_list(BACK)})
        THEN (SELECT x.at FROM referrals_history x WHERE x.parent_id = r.id ORDER BY x.id DESC LIMIT 1)
        ELSE coalesce(r.triaged_at, r.received_at) END AS since) c
    CROSS JOIN LATERAL (SELECT c.since, CASE
        WHEN r.state IN ({_list(BACK)})
            THEN {_day("c.since")} + CASE WHEN r.priority = 'urgent' THEN s.urgent_days ELSE {_CLOCK} END
        WHEN r.next_action_due IS NOT NULL THEN r.next_action_due
        WHEN r.priority = 'urgent' THEN {_day("r.received_at")} + s.urgent_days
        WHEN d.who_books = 'patient' THEN {_day("c.since")} + {THINKING_DAYS}
        ELSE {_day("c.since")} + {_CLOCK} END AS clock) b
    LEFT JOIN LATERAL (SELECT x.by FROM referrals_heard_by x WHERE x.referral_id = r.id AND x.what = 'appointment'
                       AND r.state IN ({_list(NEW)}) ORDER BY x.id DESC LIMIT 1) h ON true
    WHERE {_OPEN}"""

_RANK = "array_position(ARRAY[" + _list(PRIORITY_ORDER) + "], w.priority::text)"

_SHOWN = f"""
    SELECT w.id, w.ref, w.patient_id, p.ref, coalesce(p.given_name || ' ' || p.family_name, ''), w.nhs_number, p.born_on,
        w.priority, w.state, w.service, coalesce(m.name, ''), w.since, w.by, w.who_books,
        EXISTS (SELECT 1 FROM booking_waiting_entry e JOIN referrals_stream_type k ON k.type_id = e.type_id
                WHERE e.patient_id = w.patient_id AND e.state = 'waiting' AND k.stream_id = w.stream_id), w.said_by
    FROM ({{rows}}) w
    LEFT JOIN patients_patient p ON p.id = w.patient_id LEFT JOIN directory_stream m ON m.id = w.stream_id
    {{where}} ORDER BY w.by, {_RANK}, w.id LIMIT %(limit)s"""


def to_book_page(
    access: Access, service: Service, *, others: bool = False, after: str = "", limit: int = 50
) -> ToBookPage:
    """A page of what a service is to book, the clock that ends first on top; with `others` what patients and practices are to.

    Raises NotPermitted where the access does not decide for the service.
    """
    _check(access, service)
    rows = f"{_ROWS} AND r.service_id = %(service)s AND {'NOT ' if others else ''}{_OURS}"
    known: dict[str, Any] = {"service": service.pk, "today": clock.today(), "limit": limit + 1}
    where = ""
    if after:
        day, rank, key = after.split("_")
        known |= {"day": date.fromisoformat(day), "rank": int(rank), "key": int(key)}
        where = f"WHERE (w.by, {_RANK}, w.id) > (%(day)s, %(rank)s, %(key)s)"
    found = _read(_SHOWN.format(rows=rows, where=where), known)
    last = found[limit - 1] if len(found) > limit else None
    following = f"{last.by}_{PRIORITY_ORDER.index(last.priority) + 1}_{last.id}" if last else ""
    return ToBookPage(found[:limit], following)


def to_book(access: Access, patient_id: int) -> list[ToBook]:
    """What is to be booked for one patient, by whoever: for themselves, for a call handler who has them on the line, and for the
    services that the access decides for. Nothing outside the access."""
    known: dict[str, Any] = {"patient": patient_id, "organisations": access.organisations, "limit": 50}
    rows = f"{_ROWS} AND r.patient_id = %(patient)s"
    if not (access.everything or access.patient_id == patient_id):
        if not access.may(Permission.REFERRALS):
            return []
        rows += " AND s.organisation_id = ANY(%(organisations)s)"
    return _read(_SHOWN.format(rows=rows, where=""), known)


def one_to_book(access: Access, ref: UUID) -> ToBook | None:
    """One of the list; None when it is not to be booked, or is outside the access."""
    found = Referral.objects.filter(ref=ref).values_list("patient_id", "service__organisation_id").first()
    if found is None:
        return None
    ours = access.everything or (access.may(Permission.REFERRALS) and found[1] in access.organisation_ids)
    if not (ours or (access.patient_id is not None and access.patient_id == found[0])):
        return None
    rows = _read(_SHOWN.format(rows=f"{_ROWS} AND r.ref = %(ref)s", where=""), {"ref": ref, "limit": 1})
    return rows[0] if rows else None


def _read(statement: str, known: dict[str, Any]) -> list[ToBook]:
    with connection.cursor() as cursor:
        cursor.execute(statement, known)
        return [ToBook(*row) for row in cursor.fetchall()]


@dataclass(frozen=True)
class ToBookCounts:
    """How many a service is to book and how many of these are past their day; how many others are to book."""

    ours: int
    late: int
    others: int


def to_book_counts(access: Access, service: Service) -> ToBookCounts:
    """Counts of one service. Raises NotPermitted."""
    _check(access, service)
    rows = _ROWS.replace("SELECT r.id,", f"SELECT {_OURS} AS ours, r.id,", 1)
    with connection.cursor() as cursor:
        cursor.execute(
            f"""SELECT count(*) FILTER (WHERE w.ours), count(*) FILTER (WHERE w.ours AND w.by < %(today)s),
                    count(*) FILTER (WHERE NOT w.ours) FROM ({rows} AND r.service_id = %(service)s) w""",
            {"service": service.pk, "today": clock.today()},
        )
        return ToBookCounts(*cursor.fetchone())


def to_book_count(access: Access) -> int:
    """How many the services of an access are to book: for the menu, so as little as that needs."""
    if not access.may(Permission.REFERRALS):
        return 0
    with connection.cursor() as cursor:
        cursor.execute(
            f"""SELECT count(*) FROM {_FROM}
                WHERE (%(everything)s OR s.organisation_id = ANY(%(organisations)s)) AND {_OPEN} AND {_OURS}""",
            {"everything": access.everything, "organisations": access.organisations, "today": clock.today()},
        )
        return int(cursor.fetchone()[0])


def own(access: Access, ref: UUID) -> Referral:
    """One of the referrals of the patient whose access it is; raises Referral.DoesNotExist for all others.

    Of a proxy's, those for whose patient they may change appointments; a private one only where that was given too.
    """
    found = Referral.objects.select_related("service__organisation", "stream")
    one = found.get(ref=ref, patient_id=access.patient_id or 0)
    said = f"{one.service.name} {one.stream.name if one.stream else ''}".lower()
    if not access.has(Part.CHANGES) or (says_sensitive(said) and not access.has(Part.PRIVATE)):
        raise Referral.DoesNotExist
    return one


def may_book(access: Access, referral: Referral) -> bool:
    """Whether the access may book it now: the service itself anything that is open and accepted, the patient, or whoever has
    them on the telephone, what is theirs to choose (`rules_booking.may_choose`)."""
    accepted = referral.outcome in ACCEPTED or (referral.outcome == "" and referral.source == "inherited")
    if referral.closed_at is not None or not accepted or referral.patient_id is None:
        return False
    if access.everything or (
        access.may(Permission.REFERRALS) and referral.service.organisation_id in access.organisation_ids
    ):
        return referral.state in (*TO_BOOK, ASSESSED)
    if access.patient_id != referral.patient_id or not access.has(Part.CHANGES):
        return False
    # A member of staff who has them on the line speaks with them: nothing need be left to a link.
    if access.actor.kind == "user":
        return referral.state in TO_BOOK
    return may_choose(state=referral.state, who_books=who_books([referral.pk]).get(referral.pk, ""))


def who_books(referral_ids: Sequence[int]) -> dict[int, str]:
    """Who books as triage decided it, by referral; those without such a decision are left out."""
    found = Decision.objects.filter(referral_id__in=referral_ids, state="done").order_by("pk")
    return dict(found.values_list("referral_id", "who_books"))


def kinds_of(stream_id: int | None) -> list[int]:
    """Keys of the kinds of appointment by which a stream's people are seen."""
    if stream_id is None:
        return []
    return list(StreamType.objects.filter(stream_id=stream_id).order_by("pk").values_list("type_id", flat=True))


def places(access: Access, referral: Referral, *, only: UUID | None = None, fitting: bool = True) -> list[FreePlace]:
    """Free places that this referral can be booked into, the earliest first; `only` the one with this reference. Without
    `fitting` those that do not meet a need of the patient, and why.

    None for one without a patient or a stream, or whose stream has no kind of appointment. Raises NotPermitted.
    """
    kinds = kinds_of(referral.stream_id)
    if referral.patient_id is None or not kinds:
        return []
    return booking.places_for(
        access,
        organisation_id=referral.service.organisation_id,
        type_ids=kinds,
        patient_id=referral.patient_id,
        only=only,
        fitting=fitting,
    )


def courses(access: Access, referral: Referral) -> list[CourseView]:
    """Courses of the stream's kinds that this referral's patient may join, full ones among them, by their next date.

    None for one without a patient or a stream, or whose stream has no kind of appointment.
    """
    kinds = kinds_of(referral.stream_id)
    if referral.patient_id is None or not kinds:
        return []
    found = booking.courses_of(access, kinds, clock.today())
    return [one for one in found if one.organisation_id == referral.service.organisation_id]


@dataclass(frozen=True)
class Kinds:
    """A stream with the kinds of appointment of its organisation, and which of these serve it."""

    stream: Stream
    all: list[AppointmentType]
    chosen: frozenset[int]


def stream_kinds(access: Access, service: Service) -> list[Kinds]:
    """Which kinds of appointment serve each stream of a service. Raises NotPermitted."""
    _check(access, service)
    kinds = list(AppointmentType.objects.filter(organisation_id=service.organisation_id).order_by("name"))
    chosen: dict[int, set[int]] = defaultdict(set)
    for stream_id, type_id in StreamType.objects.filter(stream__service=service).values_list("stream_id", "type_id"):
        chosen[stream_id].add(type_id)
    return [Kinds(stream, kinds, frozenset(chosen[stream.pk])) for stream in _streams(service)]


def _streams(service: Service) -> QuerySet[Stream]:
    return Stream.objects.filter(service=service, active=True).order_by("position", "pk")


def _check(access: Access, service: Service) -> None:
    access.require(Permission.REFERRALS)
    if not (access.everything or service.organisation_id in access.organisation_ids):
        raise NotPermitted(Permission.REFERRALS)
