"""The sweeps of refilling: next waves of offers, what ended offers still ask for, places whose time came.

Each asks the tables what is due now, for many releases at once, and is safe under two workers: releases are locked and then read
again, and a wave's number is unique.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Any

from django.db import connection, transaction
from django.db.models import F, Q

from onedoor.booking import offers, texts
from onedoor.booking.actions import refilling, telling
from onedoor.booking.kinds import OFFER_CALL
from onedoor.booking.models import LIVE, TAKEN, Appointment, Offer, OfferHistory, Release, WaitingEntry, Wave
from onedoor.booking.needs import Demand
from onedoor.booking.offers import Place, Policy, Waiting
from onedoor.booking.queries.needs import demands_of, spots_of
from onedoor.booking.texts import About
from onedoor.kernel import audit, calendar, clock
from onedoor.kernel.actor import Actor
from onedoor.kernel.transitions import record_first
from onedoor.kernel.words import ask_for, clock_time, short_day, spoken
from onedoor.messaging import api as messaging
from onedoor.messaging.types import NewAsk, NewMessage, Purpose
from onedoor.patients.types import Reach
from onedoor.tasks import api as tasks
from onedoor.tasks.types import NewTask

OFFER = "offer"
OFFER_ENDED = "offer_ended"
PURPOSES = (
    # Whoever hears first has the place: before reminders, after nothing.
    Purpose(name=OFFER, group="reminder", lane=0, quiet_hours=True),
    Purpose(name=OFFER_ENDED, group="reminder", lane=1, quiet_hours=True),
)
_PAGE = 200


@dataclass(frozen=True)
class _Due:
    """A release that may be offered further, with what its texts and tasks say."""

    place: Place
    policy: Policy
    organisation_id: int
    n: int
    practice: str
    phone: str
    by_telephone: bool
    words: str

    def about(self, first_name: str) -> About:
        return About(
            first_name=first_name,
            starts_at=self.place.starts_at,
            practice=self.practice,
            phone=self.phone,
            by_telephone=self.by_telephone,
        )


def open_waves() -> int:
    """Send the next wave of every release that is due one; returns how many waves went."""
    if not calendar.is_open(clock.now(), offers.QUIET_UNTIL, offers.QUIET_FROM):
        return 0
    opened, after = 0, 0
    while True:
        with transaction.atomic():
            ids = _lock_open(after)
            if not ids:
                return opened
            opened += _open(_due(ids))
        after = ids[-1]


def _lock_open(after: int) -> list[int]:
    """Lock the next open releases that anybody waiting has not been asked about."""
    with connection.cursor() as cursor:
        cursor.execute(
            """SELECT r.id FROM booking_release r JOIN booking_seat s ON s.id = r.seat_id
               WHERE r.state = 'open' AND r.id > %s AND s.starts_at > %s AND EXISTS (
                   SELECT 1 FROM booking_waiting_entry e WHERE e.type_id = s.type_id AND e.state = 'waiting'
                   AND NOT EXISTS (SELECT 1 FROM booking_offer o WHERE o.release_id = r.id AND o.entry_id = e.id))
               ORDER BY r.id LIMIT %s FOR NO KEY UPDATE OF r SKIP LOCKED""",
            [after, clock.now(), _PAGE],
        )
        return [row[0] for row in cursor.fetchall()]


def _due(ids: Sequence[int]) -> list[_Due]:
    """Those of the locked releases whose next wave may go now: read anew, for another worker may just have been there."""
    now = clock.now()
    with connection.cursor() as cursor:
        cursor.execute(
            """SELECT r.id, r.seat_id, s.type_id, s.starts_at, s.starts_at + make_interval(mins => s.minutes),
                   r.organisation_id, g.name, g.phone, t.by_telephone, e.clinician, t.name,
                   p."on", p.wave_size, p.window_minutes, p.notice_minutes, p.interpreter_days,
                   coalesce(w.n, 0), w.closes_at,
                   (SELECT count(*) FROM booking_offer o WHERE o.wave_id = w.id AND o.state = 'open')
               FROM booking_release r
               JOIN booking_seat s ON s.id = r.seat_id
               JOIN booking_session e ON e.id = s.session_id
               JOIN booking_appointment_type t ON t.id = s.type_id
               JOIN accounts_organisation g ON g.id = r.organisation_id
               LEFT JOIN booking_offer_policy p ON p.organisation_id = r.organisation_id
               LEFT JOIN LATERAL (
                   SELECT id, n, closes_at FROM booking_wave WHERE release_id = r.id ORDER BY n DESC LIMIT 1) w ON true
               WHERE r.id = ANY(%s) AND s.state = 'open' AND NOT EXISTS (
                   SELECT 1 FROM booking_appointment a WHERE a.seat_id = s.id AND a.state = ANY(%s))""",
            [list(ids), list(TAKEN)],
        )
        rows = cursor.fetchall()
    found = []
    for row in rows:
        release, seat, kind, start, end, organisation, practice, phone, by_telephone, clinician, type_name = row[:11]
        n, closes_at, thinking = row[16:]
        due = _Due(
            place=Place(release_id=release, seat_id=seat, type_id=kind, starts_at=start, ends_at=end),
            policy=_policy(row[11:16]),
            organisation_id=organisation,
            n=n + 1,
            practice=practice,
            phone=phone,
            by_telephone=by_telephone,
            words=_place_said(start, clinician, type_name),
        )
        if offers.wave_due(due.place, due.policy, now, last_closes_at=closes_at, still_thinking=thinking):
            found.append(due)
    return found


def _policy(row: tuple[bool | None, int, int, int, int]) -> Policy:
    on, size, window, notice, interpreter_days = row
    if on is None:
        return Policy()
    return Policy(on, size, timedelta(minutes=window), timedelta(minutes=notice), interpreter_days)


@dataclass(frozen=True)
class _People:
    """Everybody who waits for places of some types: for the rules, and how to reach them."""

    waiting: list[Waiting]
    reach: dict[int, Reach]
    """By waiting entry."""


def _people(due: Sequence[_Due]) -> _People:
    """Who waits for places of these types, with all that the rules ask about; a fixed number of queries."""
    now = clock.now()
    with connection.cursor() as cursor:
        cursor.execute(
            """SELECT e.id, e.patient_id, e.type_id, e.organisation_id, e.joined_at, e.priority, e.not_before,
                      a.starts_at, a.seat_id, a.state
               FROM booking_waiting_entry e LEFT JOIN booking_appointment a ON a.id = e.appointment_id
               WHERE e.state = 'waiting' AND e.type_id = ANY(%s)""",
            [sorted({one.place.type_id for one in due})],
        )
        entries = cursor.fetchall()
        patient_ids = sorted({row[1] for row in entries})
        cursor.execute(
            """SELECT patient_id, lower(during), upper(during) FROM booking_appointment
               WHERE patient_id = ANY(%s) AND state = ANY(%s) AND during && tstzrange(%s, %s)""",
            [
                patient_ids,
                list(LIVE),
                min(one.place.starts_at for one in due),
                max(one.place.ends_at for one in due),
            ],
        )
        busy: dict[int, list[tuple[datetime, datetime]]] = defaultdict(list)
        for patient_id, start, end in cursor.fetchall():
            busy[patient_id].append((start, end))
        # By patient, not by entry: whoever left the list and joined again is not asked about the same place twice.
        cursor.execute(
            """SELECT e.patient_id, o.release_id FROM booking_offer o JOIN booking_waiting_entry e ON e.id = o.entry_id
               WHERE o.release_id = ANY(%s)""",
            [[one.place.release_id for one in due]],
        )
        offered: dict[int, set[int]] = defaultdict(set)
        for patient_id, release_id in cursor.fetchall():
            offered[patient_id].add(release_id)
        cursor.execute(
            """SELECT e.patient_id, max(w.closes_at) FROM booking_offer o
               JOIN booking_waiting_entry e ON e.id = o.entry_id JOIN booking_wave w ON w.id = o.wave_id
               WHERE o.state = 'open' AND w.closes_at > %s AND e.patient_id = ANY(%s) GROUP BY e.patient_id""",
            [now, patient_ids],
        )
        asked = dict(cursor.fetchall())
    reaches = telling.reaches_of((row[3], row[1]) for row in entries)
    reach = {row[0]: reaches[row[3]][row[1]] for row in entries}
    demands = demands_of(row[1] for row in entries)
    return _People(
        waiting=[
            _waiting(row, reach[row[0]], busy[row[1]], offered[row[1]], asked.get(row[1]), demands.get(row[1], ()))
            for row in entries
        ],
        reach=reach,
    )


def _waiting(
    row: tuple[Any, ...],
    reach: Reach,
    busy: list[tuple[datetime, datetime]],
    offered: set[int],
    asked_until: datetime | None,
    demands: tuple[Demand, ...],
) -> Waiting:
    entry_id, patient_id, type_id, _, joined_at, priority, not_before, own_starts_at, own_seat_id, own_state = row
    return Waiting(
        entry_id=entry_id,
        patient_id=patient_id,
        type_id=type_id,
        joined_at=joined_at,
        priority=priority,
        not_before=not_before,
        own_starts_at=own_starts_at,
        own_seat_id=own_seat_id,
        own_settled=own_state in (None, "booked"),
        busy=tuple(busy),
        offered=frozenset(offered),
        asked_until=asked_until,
        deceased=reach.deceased,
        restricted=reach.restricted,
        registered=reach.registered,
        has_number=bool(reach.mobile or reach.landline),
        by_phone=reach.by_phone_only or reach.no_plain_text,
        demands=demands,
    )


def _open(due: list[_Due]) -> int:
    """Open a wave for each of these locked releases for which somebody is left to ask."""
    if not due:
        return 0
    now = clock.now()
    people = _people(due)
    # Most people demand nothing of a place: what places are like is read only when somebody does.
    demanding = any(person.demands for person in people.waiting)
    spots = spots_of(one.place.seat_id for one in due) if demanding else {}
    due = [replace(one, place=replace(one.place, spot=spots.get(one.place.seat_id))) for one in due]
    chosen = offers.plan([(one.place, one.policy) for one in due], people.waiting, now)
    going = [one for one in due if one.place.release_id in chosen]
    if not going:
        return 0
    by = Actor.system("refilling: next wave")
    waves = Wave.objects.bulk_create(
        [
            Wave(release_id=one.place.release_id, n=one.n, opened_at=now, closes_at=now + one.policy.window)
            for one in going
        ]
    )
    asked = [
        (one, wave, person) for one, wave in zip(going, waves, strict=True) for person in chosen[one.place.release_id]
    ]
    made = Offer.objects.bulk_create(
        [
            Offer(
                wave=wave,
                release_id=one.place.release_id,
                entry_id=person.entry_id,
                by_phone=person.by_phone,
                offered_at=now,
            )
            for one, wave, person in asked
        ]
    )
    record_first(history=OfferHistory, ids=[offer.pk for offer in made], state="open", by=by)
    rows = [
        _Asked(offer, one, wave, person, people.reach[person.entry_id])
        for offer, (one, wave, person) in zip(made, asked, strict=True)
    ]
    _ask(rows, by)
    refilling.write_down(offer_ids=[offer.pk for offer in made], did="open", by=by)
    audit.record_many(
        by=by,
        lines=[
            audit.Line(
                "open_wave",
                "release",
                one.place.release_id,
                organisation_id=one.organisation_id,
                detail={"wave": one.n, "asked": len(chosen[one.place.release_id])},
            )
            for one in going
        ],
    )
    return len(going)


@dataclass(frozen=True)
class _Asked:
    offer: Offer
    due: _Due
    wave: Wave
    person: Waiting
    reach: Reach


def _ask(rows: Sequence[_Asked], by: Actor) -> None:
    """Text those who may be texted and have the others rung up: in the same wave, one is no worse off than the other."""
    by_text = [row for row in rows if not row.offer.by_phone]
    messaging.queue(messages=[_text(row) for row in by_text], by=by)
    # What messaging must not send (STOP, a dead number, a child's phone) is no reason to leave somebody out: they are rung.
    held_back = messaging.never_sent(subject="offer", subject_ids=[row.offer.pk for row in by_text], purpose=OFFER)
    if held_back:
        Offer.objects.filter(pk__in=held_back).update(by_phone=True)
    tasks.ask_for(
        tasks=[_call(row) for row in rows if row.offer.by_phone or row.offer.pk in held_back],
        by=by,
    )


def _text(row: _Asked) -> NewMessage:
    place = row.due.place
    return NewMessage(
        intent_key=f"offer:{place.release_id}:{row.person.entry_id}",
        organisation_id=row.due.organisation_id,
        purpose=OFFER,
        body=texts.offer(row.due.about(row.reach.given_name), row.person.own_starts_at),
        not_after=place.starts_at - row.due.policy.notice,
        patient_id=row.person.patient_id,
        subject="offer",
        subject_id=row.offer.pk,
        ask=NewAsk(context="offer", subject="offer", subject_id=row.offer.pk, expires_at=place.starts_at),
    )


def _call(row: _Asked) -> NewTask:
    return _ring(
        row.offer,
        row.reach,
        organisation_id=row.due.organisation_id,
        patient_id=row.person.patient_id,
        starts_at=row.due.place.starts_at,
        words=row.due.words,
        own=row.person.own_starts_at,
        due_at=row.wave.closes_at,
    )


def _ring(
    offer: Offer,
    reach: Reach,
    *,
    organisation_id: int,
    patient_id: int,
    starts_at: datetime,
    words: str,
    own: datetime | None,
    due_at: datetime | None,
    why: str = "",
) -> NewTask:
    numbers = " or ".join(spoken(number) for number in (reach.landline, reach.mobile) if number)
    instead = f" instead of {short_day(own)} at {clock_time(own)}" if own is not None else ""
    who, ask = f"{reach.given_name} {reach.family_name}", ask_for(reach.born_on, clock.today())
    if ask:
        who, why = f"a parent or carer of {who}", f"{why}{ask.capitalize()}. "
    return NewTask(
        kind=OFFER_CALL.name,
        organisation_id=organisation_id,
        key=call_key(offer.pk),
        title=f"Ring {who} and offer {short_day(starts_at)} at {clock_time(starts_at)}",
        detail=f"{why}On {numbers}. {words}{instead}. Others are asked too: the first to say yes has it.",
        patient_id=patient_id,
        subject="offer",
        subject_id=offer.pk,
        due_at=due_at,
    )


def _place_said(starts_at: datetime, clinician: str, type_name: str) -> str:
    return f"{short_day(starts_at)} at {clock_time(starts_at)}, {clinician}, {type_name}"


@transaction.atomic
def ring_instead() -> int:
    """Have those rung whose offer by text did not arrive (refused, undeliverable, failed), in the wave in which they are:
    one whose phone is off is no worse off than one who has none. Returns how many.
    """
    now = clock.now()
    texted = Offer.objects.filter(
        state="open", by_phone=False, release__state="open", release__seat__starts_at__gt=now
    ).values_list("id", flat=True)
    unheard = messaging.not_arrived(subject="offer", subject_ids=list(texted), purpose=OFFER)
    if not unheard:
        return 0
    found = list(
        Offer.objects.select_for_update(no_key=True, skip_locked=True, of=("self",))
        .filter(pk__in=unheard, state="open", by_phone=False)
        .select_related("entry__appointment", "release__seat__type", "release__seat__session", "wave")
        .order_by("id")[:_PAGE]
    )
    by = Actor.system("refilling: text did not arrive")
    reaches = _reaches(found)
    calls = []
    for offer in found:
        seat, organisation_id = offer.release.seat, offer.release.organisation_id
        reach = reaches[organisation_id][offer.entry.patient_id]
        if reach.deceased or reach.restricted or not (reach.mobile or reach.landline):
            continue
        calls.append(
            _ring(
                offer,
                reach,
                organisation_id=organisation_id,
                patient_id=offer.entry.patient_id,
                starts_at=seat.starts_at,
                words=_place_said(seat.starts_at, seat.session.clinician, seat.type.name),
                own=own_start(offer),
                # The window may have passed; the offer is good while the place is free.
                due_at=offer.wave.closes_at if offer.wave.closes_at > now else None,
                why="Our text did not arrive. ",
            )
        )
    tasks.ask_for(tasks=calls, by=by)
    Offer.objects.filter(pk__in=[offer.pk for offer in found]).update(by_phone=True)
    refilling.write_down(offer_ids=[call.subject_id for call in calls if call.subject_id], did="unheard", by=by)
    return len(found)


def call_key(offer_id: int) -> str:
    """The key of the task to ring somebody with an offer."""
    return f"offer_call:{offer_id}"


@transaction.atomic
def follow_up() -> int:
    """Do what ended offers still ask for: close their questions, stop texts not yet sent, take calls off the lists, and tell
    once those who were asked and did not answer that the place is no longer to be had. Returns how many offers.
    """
    ended = list(
        Offer.objects.select_for_update(no_key=True, skip_locked=True, of=("self",))
        .filter(followed_up=False)
        .exclude(state="open")
        .select_related("entry__appointment", "release__seat__type", "release__organisation")
        .order_by("id")[:_PAGE]
    )
    if not ended:
        return 0
    by = Actor.system("refilling: ended offers")
    ids = [offer.pk for offer in ended]
    by_text = [offer.pk for offer in ended if not offer.by_phone]
    messaging.clear(subject="offer", subject_ids=ids, because="offer ended", by=by, purposes=[OFFER])
    unheard = messaging.never_sent(subject="offer", subject_ids=by_text, purpose=OFFER)
    tell = [
        offer
        for offer in ended
        if offer.pk in by_text
        and offer.pk not in unheard
        and offer.state in ("gone", "withdrawn")
        # Whoever left the list or has a better place knows.
        and offer.entry.state == "waiting"
        and not offer.told_gone
        and offer.release.seat.starts_at > clock.now()
    ]
    messaging.queue(messages=_gone_texts(tell), by=by)
    tasks.withdraw(keys=[call_key(key) for key in ids], because="the offer has ended", by=by)
    Offer.objects.filter(pk__in=ids).update(followed_up=True)
    Offer.objects.filter(pk__in=[offer.pk for offer in tell]).update(told_gone=True)
    return len(ended)


def _gone_texts(told: Sequence[Offer]) -> list[NewMessage]:
    reaches = _reaches(told)
    return [
        NewMessage(
            intent_key=f"gone:{offer.pk}",
            organisation_id=offer.release.organisation_id,
            purpose=OFFER_ENDED,
            body=texts.offer_gone(
                about_offer(offer, reaches[offer.release.organisation_id][offer.entry.patient_id].given_name),
                own_start(offer),
                taken=offer.state == "gone",
            ),
            not_after=offer.release.seat.starts_at,
            patient_id=offer.entry.patient_id,
            subject="offer",
            subject_id=offer.pk,
        )
        for offer in told
    ]


def _reaches(found: Sequence[Offer]) -> dict[int, dict[int, Reach]]:
    """How to reach those who were offered something, by organisation and patient."""
    return telling.reaches_of((offer.release.organisation_id, offer.entry.patient_id) for offer in found)


def about_offer(offer: Offer, first_name: str) -> About:
    """What texts may say of the offered place."""
    seat, organisation = offer.release.seat, offer.release.organisation
    return About(
        first_name=first_name,
        starts_at=seat.starts_at,
        practice=organisation.name,
        phone=organisation.phone,
        by_telephone=seat.type.by_telephone,
    )


def own_start(offer: Offer) -> datetime | None:
    """When the appointment begins that this person keeps or would give up; None when they have none that stands."""
    own = offer.entry.appointment
    return own.starts_at if own is not None and own.state in ("booked", "pending") else None


@transaction.atomic
def close_releases() -> int:
    """End releases whose time came unfilled, and take off the list whose own appointment is over. Returns how many ended."""
    now, by = clock.now(), Actor.system("refilling: time came")
    due = list(
        Release.objects.select_for_update(no_key=True, skip_locked=True, of=("self",))
        .filter(state="open", seat__starts_at__lte=now)
        .order_by("id")[:_PAGE]
    )
    ids = [one.pk for one in due]
    Release.objects.filter(pk__in=ids).update(state="left", ended_at=now)
    audit.record_many(
        by=by,
        lines=[audit.Line("release_left", "release", one.pk, organisation_id=one.organisation_id) for one in due],
    )
    still = list(Offer.objects.filter(release_id__in=ids, state="open").values_list("id", flat=True))
    refilling.end_offers(ids=still, to="unanswered", by=by, reason="its time came")
    return len(due) + _tidy_list(by)


def _tidy_list(by: Actor) -> int:
    """Entries whose own appointment is no longer there to bring forward.

    Their time came, or they cancelled it: they wait no more. Somebody else took it from them: they wait on, with none.
    """
    waiting = WaitingEntry.objects.filter(state="waiting")
    over = list(
        waiting.filter(
            Q(appointment__starts_at__lte=clock.now())
            | Q(appointment__state__in=("arrived", "fulfilled", "noshow"))
            | Q(appointment__state="cancelled", appointment__reason="patient")
        ).values_list("id", flat=True)[:_PAGE]
    )
    ended = refilling.end_entries(entry_ids=over, to="left", because="own appointment is over", by=by)
    lost = list(
        waiting.filter(appointment__state__in=("cancelled", "lapsed"))
        .exclude(pk__in=ended)
        .values_list("id", flat=True)[:_PAGE]
    )
    replaced = dict(
        Appointment.objects.filter(
            instead_of__waitingentry__in=lost, state__in=LIVE, patient=F("instead_of__patient")
        ).values_list("instead_of_id", "id")
    )
    for entry in WaitingEntry.objects.filter(pk__in=lost):
        entry.appointment_id = replaced.get(entry.appointment_id or 0)
        entry.save(update_fields=["appointment"])
    return len(ended) + len(lost)
