"""Reads of needs: which places fit whom, interpreters still to come, and needs that were not met. Each for many at once."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass
from datetime import date, datetime
from uuid import UUID

from django.db import connection
from django.db.models import Count

from onedoor.booking import needs
from onedoor.booking.models import Clinic, InterpreterBooking, NeedBreach, OfferPolicy, Session
from onedoor.booking.needs import Demand, Misfit, Spot
from onedoor.booking.types import ClinicView, InterpreterView
from onedoor.kernel import clock
from onedoor.kernel.access import Access, NotPermitted, Permission
from onedoor.patients import api as patients

LIVE_INTERPRETERS = ("asked", "confirmed", "refused")
"""An interpreter is wanted, or had: `refused` is one that was not to be had while the appointment stands."""


def demands_of(patient_ids: Iterable[int]) -> dict[int, tuple[Demand, ...]]:
    """What the needs of these patients demand of a place, by patient; those who demand nothing are left out. One query."""
    found = {key: needs.demands(who.language, who.needs) for key, who in patients.needing(set(patient_ids)).items()}
    return {key: demanded for key, demanded in found.items() if demanded}


def spots_of(seat_ids: Iterable[int]) -> dict[int, Spot]:
    """What decides whether these places meet needs, by key of the seat. One query."""
    with connection.cursor() as cursor:
        cursor.execute(
            """SELECT s.id, s.starts_at, s.minutes, t.usual_minutes, t.by_telephone, coalesce(c.features, '{}'),
                      NOT EXISTS (SELECT 1 FROM booking_seat o WHERE o.session_id = s.session_id
                                  AND o.starts_at < s.starts_at AND o.state = 'open'),
                      NOT EXISTS (SELECT 1 FROM booking_seat o WHERE o.session_id = s.session_id
                                  AND o.starts_at > s.starts_at AND o.state = 'open')
               FROM booking_seat s
               JOIN booking_session e ON e.id = s.session_id
               JOIN booking_appointment_type t ON t.id = s.type_id
               LEFT JOIN LATERAL (
                   SELECT ARRAY(SELECT jsonb_array_elements_text(k.features)) AS features FROM booking_clinic k
                   WHERE k.site_id = e.site_id AND k.clinician = e.clinician AND k.name = e.name) c ON true
               WHERE s.id = ANY(%s)""",
            [list(set(seat_ids))],
        )
        return {
            key: Spot(
                starts_at=starts_at,
                minutes=minutes,
                usual_minutes=usual,
                by_telephone=by_telephone,
                features=frozenset(features),
                first=first,
                last=last,
            )
            for key, starts_at, minutes, usual, by_telephone, features, first, last in cursor.fetchall()
        }


def fits(
    access: Access, patient_ids: Collection[int], seat_ids: Collection[int], *, by_machine: bool = False
) -> dict[tuple[int, int], tuple[Misfit, ...]]:
    """Why places do not fit patients, by (patient, seat) keys; a pair that is not there fits.

    `by_machine` adds what stops only offers, links and a patient's own page: too little notice for an interpreter. Three queries
    for any number of either. Raises Patient.DoesNotExist when one of the patients is outside the access.
    """
    wanted = set(patient_ids)
    if patients.visible(access).filter(pk__in=wanted).count() != len(wanted):
        raise patients.Patient.DoesNotExist
    return unmet(wanted, seat_ids, by_machine=by_machine)


def unmet(
    patient_ids: Collection[int], seat_ids: Collection[int], *, by_machine: bool = False
) -> dict[tuple[int, int], tuple[Misfit, ...]]:
    """As `fits`, for whoever has asked whether it may know."""
    demanded = demands_of(patient_ids)
    if not demanded or not seat_ids:
        return {}
    spots = spots_of(seat_ids)
    days = _interpreter_days(spots) if by_machine else {}
    now = clock.now() if by_machine else None
    found = {}
    for patient_id, theirs in demanded.items():
        for seat_id, spot in spots.items():
            reasons = needs.misfits(theirs, spot, now=now, interpreter_days=days.get(seat_id, DAYS))
            if reasons:
                found[(patient_id, seat_id)] = reasons
    return found


def unmet_of(pairs: Mapping[int, tuple[int, int]]) -> dict[int, tuple[Misfit, ...]]:
    """Why each place does not fit its own patient, of (patient, seat) pairs, by whatever they are named by. Two queries."""
    demanded = demands_of(patient_id for patient_id, _ in pairs.values())
    if not demanded:
        return {}
    asked = {name: pair for name, pair in pairs.items() if pair[0] in demanded}
    spots = spots_of(seat_id for _, seat_id in asked.values())
    found = {name: needs.misfits(demanded[patient], spots[seat]) for name, (patient, seat) in asked.items()}
    return {name: reasons for name, reasons in found.items() if reasons}


DAYS = 2
"""Working days that booking an interpreter takes until an organisation says otherwise. Ours: the facts give none."""


def _interpreter_days(seat_ids: Iterable[int]) -> dict[int, int]:
    """Working days of notice for an interpreter, by seat, where an organisation has set them."""
    found = Session.objects.filter(seats__in=list(seat_ids), organisation__offerpolicy__isnull=False)
    return dict(found.values_list("seats__id", "organisation__offerpolicy__interpreter_days"))


def interpreters_of(appointment_ids: Iterable[int]) -> dict[int, tuple[InterpreterView, ...]]:
    """The interpreters that stand of these appointments, by appointment; one query. Whoever asks may see the appointments."""
    found: dict[int, list[InterpreterView]] = defaultdict(list)
    rows = InterpreterBooking.objects.filter(appointment_id__in=list(appointment_ids), state__in=LIVE_INTERPRETERS)
    for row in rows.order_by("id"):
        found[row.appointment_id].append(InterpreterView(row.pk, row.ref, row.who, row.mode, row.state, row.asked_at))
    return {key: tuple(views) for key, views in found.items()}


@dataclass(frozen=True)
class InterpreterAhead:
    """An interpreter for a visit still to come, for the desk's list."""

    interpreter: InterpreterView
    appointment_ref: UUID
    starts_at: datetime
    minutes: int
    clinician: str
    type_name: str
    patient_ref: UUID | None
    """None when the access does not reach the patient."""
    patient_name: str
    late: bool
    """Not confirmed, and nearer than booking takes."""


def interpreters_ahead(access: Access, organisation_id: int, *, limit: int = 200) -> list[InterpreterAhead]:
    """Interpreters of an organisation's visits to come: those nobody has confirmed first, then by time. Raises NotPermitted."""
    _check(access, organisation_id)
    now = clock.now()
    rows = list(
        InterpreterBooking.objects.filter(
            organisation_id=organisation_id, state__in=LIVE_INTERPRETERS, appointment__starts_at__gt=now
        )
        .select_related("appointment__seat__session", "appointment__seat__type")
        .order_by("appointment__starts_at", "id")[:limit]
    )
    names = patients.names(access, {row.appointment.patient_id for row in rows})
    days = (
        OfferPolicy.objects.filter(organisation_id=organisation_id).values_list("interpreter_days", flat=True).first()
    )
    found = []
    for row in rows:
        appointment, known = row.appointment, names.get(row.appointment.patient_id)
        found.append(
            InterpreterAhead(
                interpreter=InterpreterView(row.pk, row.ref, row.who, row.mode, row.state, row.asked_at),
                appointment_ref=appointment.ref,
                starts_at=appointment.starts_at,
                minutes=appointment.seat.minutes,
                clinician=appointment.seat.session.clinician,
                type_name=appointment.seat.type.name,
                patient_ref=known.ref if known else None,
                patient_name=known.shown_name if known else "",
                late=row.state != "confirmed"
                and needs.latest_to_ask(appointment.starts_at, DAYS if days is None else days) < now,
            )
        )
    return sorted(found, key=lambda one: (one.interpreter.state == "confirmed", one.starts_at))


def interpreter_by_ref(access: Access, ref: UUID) -> int:
    """The key of one, for a page that says what became of it; raises InterpreterBooking.DoesNotExist outside the access."""
    found = InterpreterBooking.objects.filter(ref=ref)
    if not access.everything:
        found = found.filter(organisation_id__in=access.organisations if access.may(Permission.DIARY) else ())
    return found.only("id").get().pk


@dataclass(frozen=True)
class BreachView:
    """A need that was not met."""

    at: datetime
    need: str
    why: str
    despite: str
    by: str
    appointment_ref: UUID
    starts_at: datetime
    clinician: str
    type_name: str
    state: str
    patient_ref: UUID | None
    patient_name: str


def breaches(access: Access, organisation_id: int, first: date, last: date, *, limit: int = 200) -> list[BreachView]:
    """Needs that an organisation did not meet, written down in these days, the latest first. Raises NotPermitted."""
    _check(access, organisation_id)
    rows = list(
        NeedBreach.objects.filter(
            organisation_id=organisation_id, at__gte=clock.london_day(first)[0], at__lt=clock.london_day(last)[1]
        )
        .select_related("appointment__seat__session", "appointment__seat__type")
        .order_by("-at", "-id")[:limit]
    )
    names = patients.names(access, {row.patient_id for row in rows})
    found = []
    for row in rows:
        appointment, known = row.appointment, names.get(row.patient_id)
        found.append(
            BreachView(
                at=row.at,
                need=row.need,
                why=row.why,
                despite=row.despite,
                by=row.by_label,
                appointment_ref=appointment.ref,
                starts_at=appointment.starts_at,
                clinician=appointment.seat.session.clinician,
                type_name=appointment.seat.type.name,
                state=appointment.state,
                patient_ref=known.ref if known else None,
                patient_name=known.shown_name if known else "",
            )
        )
    return found


def breaches_of(appointment_ids: Iterable[int]) -> Mapping[int, list[NeedBreach]]:
    """Needs not met at these appointments, by appointment. Whoever asks may see the appointments."""
    found: dict[int, list[NeedBreach]] = defaultdict(list)
    for row in NeedBreach.objects.filter(appointment_id__in=list(appointment_ids)).order_by("id"):
        found[row.appointment_id].append(row)
    return found


def clinics(access: Access, organisation_id: int) -> list[ClinicView]:
    """The clinics of an organisation's diary from today on, and what is known of their places. Raises NotPermitted."""
    if not access.everything:
        access.require(Permission.DIARY)
        if organisation_id not in access.organisation_ids:
            raise NotPermitted(organisation_id)
    known = {
        (row.site_id, row.clinician, row.name): frozenset(row.features)
        for row in Clinic.objects.filter(organisation_id=organisation_id)
    }
    ahead = (
        Session.objects.filter(organisation_id=organisation_id, day__gte=clock.today())
        .values("site_id", "site__name", "clinician", "name")
        .annotate(days=Count("id"))
        .order_by("name", "clinician", "site__name")
    )
    return [
        ClinicView(
            site_id=row["site_id"],
            site=row["site__name"],
            clinician=row["clinician"],
            name=row["name"],
            sessions=row["days"],
            features=known.get((row["site_id"], row["clinician"], row["name"])),
        )
        for row in ahead
    ]


def _check(access: Access, organisation_id: int) -> None:
    if access.everything:
        return
    if not access.may(Permission.DIARY) or organisation_id not in access.organisation_ids:
        raise NotPermitted(Permission.DIARY)
