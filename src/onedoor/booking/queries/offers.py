"""Reads of refilling: released places and who is asked, the waiting list, a patient's open offers, a day's numbers."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from statistics import median
from uuid import UUID

from django.db.models import Prefetch, Q, QuerySet

from onedoor.booking.models import Offer, OfferPolicy, Release, WaitingEntry, Wave
from onedoor.kernel import clock
from onedoor.kernel.access import Access, Part, Permission
from onedoor.kernel.clock import london_day
from onedoor.kernel.sensitive import IN_SQL
from onedoor.patients import api as patients


@dataclass(frozen=True)
class OfferView:
    """One person asked. `name` is empty when the access does not reach this patient."""

    id: int
    ref: UUID
    patient_id: int
    patient_ref: UUID | None
    name: str
    by_phone: bool
    state: str
    wave: int
    offered_at: datetime
    ended_at: datetime | None
    own_starts_at: datetime | None
    """The appointment that this place would replace."""


@dataclass(frozen=True)
class ReleaseView:
    """One released place: where it stands, and who is asked, those of the last wave first."""

    id: int
    ref: UUID
    organisation_id: int
    seat_ref: UUID
    starts_at: datetime
    minutes: int
    clinician: str
    site: str
    type_name: str
    released_at: datetime
    state: str
    wave: int
    """How many waves went; 0 when none could go yet."""
    time_left: timedelta
    """Until the running wave closes; zero when none runs."""
    offers: tuple[OfferView, ...]
    accepted_by: OfferView | None
    """Set when an offer filled it; None also when somebody booked it another way."""
    minutes_to_fill: int | None
    """Whole minutes from release to booking; None unless filled."""

    @property
    def asked(self) -> tuple[OfferView, ...]:
        """Those who are thinking about it now."""
        return tuple(offer for offer in self.offers if offer.state == "open")


@dataclass(frozen=True)
class WaitingView:
    """One person on the list for an earlier place."""

    id: int
    ref: UUID
    patient_id: int
    patient_ref: UUID | None
    name: str
    type_name: str
    priority: int
    joined_at: datetime
    joined_via: str
    not_before: date | None
    own_starts_at: datetime | None
    offered: int
    """How often they were offered a place so far."""


@dataclass(frozen=True)
class RefillNumbers:
    """A day's releases: each is in exactly one of `filled`, `left`, `withdrawn` and `open`."""

    released: int
    filled: int
    left: int
    withdrawn: int
    open: int
    offers: int
    accepted: int
    by_phone: int
    median_minutes: float | None
    """Minutes from release to booking, of those filled."""
    within_hour: int
    """Filled within 60 minutes of their release."""


def _releases(access: Access) -> QuerySet[Release]:
    if access.everything:
        return Release.objects.all()
    if not access.may(Permission.DIARY):
        return Release.objects.none()
    return Release.objects.filter(organisation_id__in=access.organisations)


def releases(access: Access, day: date, *, organisation_id: int | None = None) -> list[ReleaseView]:
    """Places released on a London day, and those of other days still open on it: the open ones first, then the newest."""
    start, end = london_day(day)
    found = _releases(access)
    if organisation_id is not None:
        found = found.filter(organisation_id=organisation_id)
    today = found.filter(released_at__gte=start, released_at__lt=end)
    if day == clock.today():
        today = today | found.filter(state="open")
    return _shown(access, today)


def release(access: Access, ref: UUID) -> ReleaseView:
    """One release; raises Release.DoesNotExist outside the access."""
    shown = _shown(access, _releases(access).filter(ref=ref))
    if not shown:
        raise Release.DoesNotExist(ref)
    return shown[0]


def offers_of(access: Access, ref: UUID) -> tuple[OfferView, ...]:
    """Who was asked about a release; raises Release.DoesNotExist outside the access."""
    return release(access, ref).offers


def _shown(access: Access, found: QuerySet[Release]) -> list[ReleaseView]:
    rows = list(
        found.select_related("seat__session__site", "seat__type", "filled_by")
        .prefetch_related(
            Prefetch("waves", Wave.objects.order_by("n")),
            Prefetch("offers", Offer.objects.select_related("wave", "entry__appointment").order_by("-wave__n", "id")),
        )
        .order_by("-released_at", "-id")
    )
    known = patients.names(access, {offer.entry.patient_id for row in rows for offer in row.offers.all()})
    shown = [_release_view(row, known) for row in rows]
    return sorted(shown, key=lambda view: view.state != "open")


def _release_view(row: Release, known: dict[int, patients.Patient]) -> ReleaseView:
    waves = list(row.waves.all())
    asked = tuple(_offer_view(offer, known) for offer in row.offers.all())
    left = waves[-1].closes_at - clock.now() if waves and row.state == "open" else timedelta(0)
    filled = row.ended_at - row.released_at if row.state == "filled" and row.ended_at is not None else None
    session = row.seat.session
    return ReleaseView(
        id=row.pk,
        ref=row.ref,
        organisation_id=row.organisation_id,
        seat_ref=row.seat.ref,
        starts_at=row.seat.starts_at,
        minutes=row.seat.minutes,
        clinician=session.clinician,
        site=session.site.name,
        type_name=row.seat.type.name,
        released_at=row.released_at,
        state=row.state,
        wave=len(waves),
        time_left=max(left, timedelta(0)),
        offers=asked,
        accepted_by=next((offer for offer in asked if offer.state == "accepted"), None),
        minutes_to_fill=int(filled.total_seconds() // 60) if filled is not None else None,
    )


def _offer_view(offer: Offer, known: dict[int, patients.Patient]) -> OfferView:
    patient = known.get(offer.entry.patient_id)
    own = offer.entry.appointment
    return OfferView(
        id=offer.pk,
        ref=offer.ref,
        patient_id=offer.entry.patient_id,
        patient_ref=patient.ref if patient else None,
        name=patient.shown_name if patient else "",
        by_phone=offer.by_phone,
        state=offer.state,
        wave=offer.wave.n,
        offered_at=offer.offered_at,
        ended_at=offer.ended_at,
        own_starts_at=own.starts_at if own is not None else None,
    )


def open_offers_of(access: Access, patient_id: int) -> list[ReleaseView]:
    """Places that this patient may still have by saying yes, the earliest first; each with the patient's own offer only.

    Raises Patient.DoesNotExist outside the access.
    """
    patient = patients.by_id(access, patient_id)
    mine = Offer.objects.filter(state="open", entry__patient_id=patient_id, release__state="open")
    if not access.everything and access.patient_id is None:
        mine = mine.filter(release__organisation_id__in=access.organisations)
    mine = _shown_to(access, mine)
    rows = list(
        Release.objects.filter(offers__in=mine, seat__starts_at__gt=clock.now())
        .select_related("seat__session__site", "seat__type")
        .prefetch_related(
            Prefetch("waves", Wave.objects.order_by("n")),
            Prefetch("offers", mine.select_related("wave", "entry__appointment")),
        )
        .order_by("seat__starts_at", "id")
    )
    return [_release_view(row, {patient_id: patient}) for row in rows]


def waiting_list(
    access: Access, *, type_id: int | None = None, patient_id: int | None = None, limit: int = 500
) -> list[WaitingView]:
    """Who waits for an earlier place, in the order of being asked: priority, then who joined first."""
    found = WaitingEntry.objects.filter(state="waiting")
    if access.patient_id is not None:
        found = found.filter(patient_id=access.patient_id)
    elif not access.everything:
        found = found.filter(organisation_id__in=access.organisations if access.may(Permission.DIARY) else [])
    if type_id is not None:
        found = found.filter(type_id=type_id)
    if patient_id is not None:
        found = found.filter(patient_id=patient_id)
    rows = list(
        found.select_related("type", "appointment")
        .order_by("priority", "joined_at", "id")
        .prefetch_related("offers")[:limit]
    )
    known = patients.names(access, {row.patient_id for row in rows})
    return [_waiting_view(row, known.get(row.patient_id)) for row in rows]


def _waiting_view(row: WaitingEntry, patient: patients.Patient | None) -> WaitingView:
    return WaitingView(
        id=row.pk,
        ref=row.ref,
        patient_id=row.patient_id,
        patient_ref=patient.ref if patient else None,
        name=patient.shown_name if patient else "",
        type_name=row.type.name,
        priority=row.priority,
        joined_at=row.joined_at,
        joined_via=row.joined_via,
        not_before=row.not_before,
        own_starts_at=row.appointment.starts_at if row.appointment is not None else None,
        offered=len(row.offers.all()),
    )


def entry_by_ref(access: Access, ref: UUID) -> WaitingEntry:
    """One waiting entry; raises WaitingEntry.DoesNotExist outside the access."""
    found = WaitingEntry.objects.select_related("type")
    if access.patient_id is not None:
        found = found.filter(patient_id=access.patient_id)
    elif not access.everything:
        found = found.filter(organisation_id__in=access.organisations if access.may(Permission.DIARY) else [])
    return found.get(ref=ref)


def offer_by_ref(access: Access, ref: UUID) -> Offer:
    """One offer, for a page that answers it; raises Offer.DoesNotExist outside the access."""
    found = Offer.objects.select_related("entry", "release__seat")
    if access.patient_id is not None:
        found = _shown_to(access, found.filter(entry__patient_id=access.patient_id))
    elif not access.everything:
        found = found.filter(release__in=_releases(access))
    return found.get(ref=ref)


def _shown_to(access: Access, offers: QuerySet[Offer]) -> QuerySet[Offer]:
    """Less what was not given to a proxy: who may not take an offer sees none, and nothing private."""
    if not (access.has(Part.CARE) and access.has(Part.CHANGES)):
        return offers.none()
    if access.has(Part.PRIVATE):
        return offers
    private = Q()
    for said in ("type__name", "session__name", "session__clinician", "session__site__name"):
        private |= Q(**{f"release__seat__{said}__iregex": IN_SQL})
    return offers.exclude(private)


def policy_of(access: Access, organisation_id: int) -> OfferPolicy:
    """An organisation's settings for refilling, the usual ones when nobody changed them."""
    if not access.everything and organisation_id not in access.organisation_ids:
        raise OfferPolicy.DoesNotExist(organisation_id)
    found = OfferPolicy.objects.filter(organisation_id=organisation_id).first()
    return found or OfferPolicy(organisation_id=organisation_id)


def refill_numbers(access: Access, day: date, *, organisation_id: int | None = None) -> RefillNumbers:
    """What became of the places released on a London day."""
    start, end = london_day(day)
    found = _releases(access).filter(released_at__gte=start, released_at__lt=end)
    if organisation_id is not None:
        found = found.filter(organisation_id=organisation_id)
    rows = list(found.values_list("id", "state", "released_at", "ended_at"))
    states: dict[str, int] = defaultdict(int)
    for _, state, _, _ in rows:
        states[state] += 1
    minutes = [
        (ended - released).total_seconds() / 60 for _, state, released, ended in rows if state == "filled" and ended
    ]
    made = list(Offer.objects.filter(release_id__in=[row[0] for row in rows]).values_list("state", "by_phone"))
    return RefillNumbers(
        released=len(rows),
        filled=states["filled"],
        left=states["left"],
        withdrawn=states["withdrawn"],
        open=states["open"],
        offers=len(made),
        accepted=sum(state == "accepted" for state, _ in made),
        by_phone=sum(by_phone for _, by_phone in made),
        median_minutes=median(minutes) if minutes else None,
        within_hour=sum(length <= 60 for length in minutes),
    )


def open_offers_by_seat(seat_ids: Sequence[int]) -> dict[int, int]:
    """How many people are being asked about each of these places now; for a diary already read under an access."""
    counts: dict[int, int] = defaultdict(int)
    for seat_id in Offer.objects.filter(release__seat_id__in=seat_ids, release__state="open", state="open").values_list(
        "release__seat_id", flat=True
    ):
        counts[seat_id] += 1
    return dict(counts)
