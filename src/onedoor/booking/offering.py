"""Replies to offers: whose they could be, and what YES and NO do (messaging finds the reply's one candidate)."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import timedelta

from django.db.models import Q

from onedoor.booking import errors, texts
from onedoor.booking.actions import refilling, waves
from onedoor.booking.models import Appointment, Offer
from onedoor.kernel import clock
from onedoor.kernel.actor import Actor
from onedoor.messaging.ports import Context
from onedoor.messaging.types import Acted, Candidate

CONTEXT = Context(
    name="offer",
    intents={
        # Besides the plain words that messaging knows for taking and leaving something.
        "accept": ("that works", "that works for me", "that suits me", "that would suit me"),
        "decline": ("not that one", "that doesnt suit me", "that does not suit me", "not this one"),
    },
)

_CROSSING = timedelta(minutes=2)
"""A text this soon after an offer may have been written before it came."""
_LATE = timedelta(hours=48)
"""How long after its end an offer is still known to be what a YES or NO is about, rather than a person's to find out."""


class Offers:
    """The owner of "offer" for messaging."""

    kind = "offer"

    def open_subjects(self, patient_ids: Sequence[int], intent: str) -> list[Candidate]:
        """Offers to these patients that the intent could be about.

        Open ones for YES and NO, and for CANCEL, which to an offer means NO. A YES or NO that comes when nothing is open may
        be late, or a second thought: then the offer that ended last.
        """
        if intent not in ("accept", "decline", "cancel", "confirm"):
            return []
        mine = Offer.objects.filter(entry__patient_id__in=patient_ids).select_related("entry__patient", "release__seat")
        begins = Q(release__seat__starts_at__gt=clock.now())
        found = [] if intent == "confirm" else _newest(mine.filter(begins, state="open").order_by("id"))
        if not found and intent != "cancel" and not _asked_to_confirm(patient_ids, intent):
            lately = Q(state__in=("gone", "withdrawn", "unanswered")) | Q(state="declined", release__state="open")
            # Not of whoever waits no more: YES again after taking another place is not about one they refused before.
            late = mine.filter(lately, ended_at__gte=clock.now() - _LATE, entry__state="waiting")
            found = list(late.order_by("-ended_at", "-id")[:1])
        return [
            Candidate(
                kind=self.kind,
                subject_id=offer.pk,
                patient_id=offer.entry.patient_id,
                first_name=offer.entry.patient.given_name,
                when=offer.release.seat.starts_at,
                asked=offer.state == "open",
                ended=offer.state != "open",
                organisation_id=offer.release.organisation_id,
            )
            for offer in found
        ]

    def act(self, candidate: Candidate, intent: str, inbound_id: int | None, by: Actor, value: str = "") -> Acted:
        """Book the place or note the no, and say what became of it."""
        offer = Offer.objects.select_related(
            "entry__appointment", "entry__patient", "release__seat__type", "release__organisation"
        ).get(pk=candidate.subject_id)
        if intent in ("accept", "confirm"):
            return _accept(offer, by)
        if offer.state != "open" and intent == "decline":
            # It is as they wish, and they are not written to again.
            return Acted(answer=None)
        if intent in ("decline", "cancel"):
            refilling.decline_offer(offer_id=offer.pk, by=by)
            return Acted(answer=texts.offer_declined(_about(offer), waves.own_start(offer)))
        return Acted(answer=None, done=False)


def _newest(found: Iterable[Offer]) -> list[Offer]:
    """Of several open offers to one person the newest: the windows of the others have passed, and nobody answers those
    first. Where it went out only a moment ago, the text may have crossed it: then all, and messaging asks which.
    """
    by_patient: dict[int, list[Offer]] = {}
    for offer in found:
        by_patient.setdefault(offer.entry.patient_id, []).append(offer)
    kept = []
    for theirs in by_patient.values():
        settled = theirs[-1].offered_at <= clock.now() - _CROSSING
        kept += theirs[-1:] if settled else theirs
    return kept


def _about(offer: Offer) -> texts.About:
    return waves.about_offer(offer, offer.entry.patient.given_name)


def _accept(offer: Offer, by: Actor) -> Acted:
    about, own = _about(offer), waves.own_start(offer)
    try:
        new = refilling.accept_offer(offer_id=offer.pk, by=by)
    except errors.BeingBooked:
        return Acted(answer=texts.offer_held(about))
    except (errors.SeatTaken, errors.TooLate):
        # This is how they are told: the sweep need not.
        Offer.objects.filter(pk=offer.pk).update(told_gone=True)
        over = offer.state == "withdrawn" or offer.release.state == "left"
        return Acted(answer=texts.offer_gone(about, own, taken=not over))
    except errors.DoesNotFit:
        # A need was written down since: a person finds them another.
        return Acted(answer=None, done=False)
    except errors.PatientBusy:
        return Acted(answer=texts.offer_clashes(about))
    except errors.OfferEnded:
        if offer.state == "unanswered":
            return Acted(answer=texts.offer_gone(about, own, taken=False))
        return Acted(answer=None, done=False)
    if new.state == "pending":
        return Acted(answer=texts.offer_asked(about, own))
    return Acted(answer=texts.offer_taken(about, None if own == new.starts_at else own))


def _asked_to_confirm(patient_ids: Sequence[int], intent: str) -> bool:
    """Whether a plain YES is more likely about a reminder that waits for it."""
    return (
        intent == "confirm"
        and Appointment.objects.filter(
            patient_id__in=patient_ids,
            state="booked",
            starts_at__gt=clock.now(),
            reminded_at__isnull=False,
            confirmed_at=None,
        ).exists()
    )
