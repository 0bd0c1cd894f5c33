"""What an invitation does when its visit is booked or given up, and when a person has done the work about it."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from datetime import timedelta
from uuid import UUID

from django.db import transaction

from onedoor.booking import api as booking
from onedoor.booking.events import AppointmentsChanged
from onedoor.kernel import clock
from onedoor.kernel.access import Access
from onedoor.kernel.actor import Actor
from onedoor.kernel.transitions import transition
from onedoor.recall import planning, rules
from onedoor.recall.actions import ending, invitations, running
from onedoor.recall.actions.ending import SUBJECT, key_of
from onedoor.recall.kinds import BOOK, CAME, NOT_WANTED, RING, SAID_DONE
from onedoor.recall.models import OPEN, Invitation, InvitationHistory, InvitationProgramme, Wave
from onedoor.recall.queries import visits
from onedoor.recall.queries.visits import kinds_of
from onedoor.tasks import api as tasks
from onedoor.tasks.events import TaskCompleted
from onedoor.tasks.types import NewTask


def follow_visits(event: AppointmentsChanged) -> None:
    """A booked visit of a kind that an invitation is for ends its waves; one given up, missed or not to be had makes it
    reception's again. Whoever was marked as missed and came after all needs no other.

    Runs with patients and seats locked; invitations are locked after them, in order of key.
    """
    if event.to in ("booked", "pending"):
        _booked(event, (*OPEN, "declined"))
    elif event.to in ("arrived", "fulfilled"):
        _booked(event, ("accepted",))
    elif event.to in _GIVEN_UP:
        _given_up(event)


_GIVEN_UP = {
    "cancelled": "the visit was cancelled",
    "lapsed": "the other diary had no such place any more",
    "noshow": "they did not come",
}


def _booked(event: AppointmentsChanged, states: Sequence[str]) -> None:
    made = list(
        booking.Appointment.objects.filter(pk__in=event.appointment_ids).values_list(
            "id", "patient_id", "organisation_id", "seat__type_id", "starts_at"
        )
    )
    waiting = Invitation.objects.filter(patient_id__in=[row[1] for row in made], state__in=states)
    open_now: dict[tuple[int, int], list[Invitation]] = defaultdict(list)
    for one in waiting.order_by("id"):
        open_now[one.patient_id, one.organisation_id].append(one)
    if not open_now:
        return
    kinds = kinds_of([one.pk for theirs in open_now.values() for one in theirs])
    for appointment_id, patient_id, organisation_id, type_id, starts_at in made:
        # Of two the later, if the visit is for it.
        fits = [one for one in open_now[patient_id, organisation_id] if type_id in kinds.get(one.pk, ())]
        if not fits:
            continue
        one = fits[-1]
        moved = transition(
            model=Invitation, history=InvitationHistory, moves=rules.MOVES, ids=[one.pk], to="booked", by=event.by,
            also={
                "changed_at": clock.now(), "appointment_id": appointment_id, "next_at": None,
                "ends_at": starts_at + timedelta(days=planning.ANSWER_DAYS),
            },
        )  # fmt: skip
        if moved:
            ending.stop_waves(moved, because="booked", by=event.by)
            ending.no_more_work(moved, because="booked", by=event.by)


def _given_up(event: AppointmentsChanged) -> None:
    declined = Invitation.objects.filter(appointment_id__in=event.appointment_ids, state="declined").order_by("id")
    ending.no_more_work(list(declined.values_list("pk", flat=True)), because="the visit is given up", by=event.by)
    found = list(
        Invitation.objects.filter(appointment_id__in=event.appointment_ids, state="booked")
        .select_related("patient")
        .order_by("id")
    )
    others = _others(found)
    for one in found:
        other = others.get(one.pk)
        answerable = clock.now() + timedelta(days=planning.ANSWER_DAYS)
        moved = transition(
            model=Invitation, history=InvitationHistory, moves=rules.MOVES, ids=[one.pk],
            to="booked" if other else "accepted", by=event.by,
            also={"changed_at": clock.now(), "appointment_id": other, "ends_at": max(one.ends_at, answerable)},
        )  # fmt: skip
        if moved and not other:
            ending.no_more_work(moved, because="not booked any more", by=event.by)
            tasks.ask_for(tasks=[_to_book(one, f"Book a visit: {_GIVEN_UP[event.to]}")], by=event.by)


def _others(invitations: Sequence[Invitation]) -> dict[int, int]:
    """Of invitations whose visit was given up: the next visit that still serves them, by its key. Whoever has two booked, or
    asked in vain for another time, has that one."""
    if not invitations:
        return {}
    kinds = kinds_of([one.pk for one in invitations])
    ahead = list(
        booking.Appointment.objects.filter(
            patient_id__in=[one.patient_id for one in invitations],
            seat__type_id__in=set().union(*kinds.values()),
            starts_at__gt=clock.now(),
            state__in=("booked", "pending"),
        )
        .order_by("-starts_at", "-id")
        .values_list("id", "patient_id", "seat__type_id")
    )
    return {
        one.pk: key
        for one in invitations
        for key, patient_id, type_id in ahead
        if patient_id == one.patient_id and type_id in kinds.get(one.pk, ())
    }


def _to_book(one: Invitation, title: str) -> NewTask:
    return NewTask(
        kind=BOOK.name,
        organisation_id=one.organisation_id,
        key=key_of(BOOK, one.pk),
        title=title,
        patient_id=one.patient_id,
        subject=SUBJECT,
        subject_id=one.pk,
    )


_ENDS = {kind.name for kind in (BOOK, RING, CAME, NOT_WANTED, SAID_DONE)}


def lock_invitation(task: tasks.Task) -> None:
    """The invitation of a work that somebody ends: an answer of the patient locks it before it withdraws that work."""
    list(Invitation.objects.filter(pk=task.subject_id or 0).select_for_update().values_list("pk"))


def follow_work(event: TaskCompleted) -> None:
    """A person rang, or booked: the same as if the patient had answered."""
    if event.kind not in _ENDS or event.subject != SUBJECT or event.subject_id is None:
        return
    one = Invitation.objects.select_for_update(of=("self",)).select_related("patient").get(pk=event.subject_id)
    if event.kind == RING.name:
        _rang(one, reached=event.outcome != "not_reached", by=event.by)
    if event.outcome in ("booked", "keeps"):
        transition(
            model=Invitation, history=InvitationHistory, moves=rules.MOVES, ids=[one.pk], to="booked", by=event.by,
            also={
                "changed_at": clock.now(), "next_at": None,
                # For when is not said.
                "ends_at": max(one.ends_at, clock.now() + timedelta(days=planning.ANSWER_DAYS)),
            },
        )  # fmt: skip
        ending.stop_waves([one.pk], because="booked", by=event.by)
    elif event.outcome == "declines":
        invitations.declined(one, via="staff", by=event.by)
    elif event.kind == BOOK.name and event.outcome == "not_reached":
        _ask_anew(one, because="not reached to book", by=event.by)
    elif event.outcome == "not_done":
        _ask_anew(one, because="booked, and not done", by=event.by)
    elif event.outcome == "not_certain" and one.state == "already_done":
        invitations.not_certain(one)
    elif event.outcome == "wants":
        acted = invitations.accepted(one, via="staff", by=event.by)
        if acted.task is not None:
            tasks.ask_for(tasks=[acted.task], by=event.by)


def _ask_anew(one: Invitation, *, because: str, by: Actor) -> None:
    """Whoever wanted to come and could not be reached to book it, or was booked and not seen to, is not left with an invitation
    that nobody works on: it ends, and they are asked anew as soon as anybody may be."""
    if not ending.close([one.pk], to="expired", because=because, by=by):
        return
    again = clock.today() + timedelta(days=planning.APART)
    InvitationProgramme.objects.filter(invitation=one, again_on__gt=again).update(again_on=again)


def _rang(one: Invitation, *, reached: bool, by: Actor) -> None:
    """Whoever was reached was invited by that call; the record says so."""
    waiting = list(
        Wave.objects.filter(invitation=one, channel="telephone", state="waiting").select_related("invitation")
    )
    for wave in waiting:
        wave.state, wave.sent_at = ("sent", clock.now()) if reached else ("failed", None)
    Wave.objects.bulk_update(waiting, ["state", "sent_at"])
    if reached:
        running.write_sent(waiting, by=by)


@transaction.atomic
def book_visit(*, access: Access, ref: UUID, seat_ref: UUID, via: str = "portal") -> booking.Appointment:
    """Book a place of a kind that serves an invitation, for its patient; that accepts it.

    Raises Invitation.DoesNotExist outside the access or when it is over; what `booking.book` raises; SeatTaken of a place that is
    not offered for it.
    """
    one = _own(access, ref)
    offered = visits.places(access, one, only=seat_ref)
    if not offered:
        raise booking.SeatTaken
    return booking.book(seat_ref=seat_ref, patient_id=one.patient_id, by=access.actor, via=via)


def _own(access: Access, ref: UUID) -> Invitation:
    found = Invitation.objects.filter(ref=ref, state__in=("invited", "accepted", "declined"), ends_at__gt=clock.now())
    if access.patient_id is not None:
        found = found.filter(patient_id=access.patient_id)
    elif not access.everything:
        found = found.filter(organisation_id__in=access.organisations)
    return found.get()
