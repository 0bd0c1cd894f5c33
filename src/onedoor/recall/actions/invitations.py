"""Inviting one person, taking it back, and what their answers do."""

from __future__ import annotations

from datetime import datetime, time, timedelta

from django.db import IntegrityError, transaction

from onedoor.accounts import api as accounts
from onedoor.kernel import audit, clock
from onedoor.kernel.access import require_staff
from onedoor.kernel.actor import Actor
from onedoor.kernel.transitions import record_first, transition
from onedoor.messaging import api as messaging
from onedoor.messaging.types import Acted, NewAsk, NewMessage, Purpose
from onedoor.patients import api as patients
from onedoor.recall import rules
from onedoor.recall.kinds import BOOK, SAID_DONE
from onedoor.recall.models import Invitation, InvitationHistory
from onedoor.recall.types import CannotInvite
from onedoor.records.api import record_entries
from onedoor.records.types import NewEntry
from onedoor.tasks import api as tasks
from onedoor.tasks.types import Kind, NewTask

SUBJECT = "invitation"
FLU = "flu"
INVITE = Purpose("invitation", "campaign", 2, True)
SLICE = 200


@transaction.atomic
def invite(*, organisation_id: int, patient_id: int, by: Actor) -> Invitation:
    """Invite one patient for a flu vaccine by text to their own number.

    Raises NotPermitted for anybody but staff of the organisation, and CannotInvite with the reason: no season, invited already
    and not withdrawn, said that they have had it, or no text may go to this patient.
    """
    require_staff(by, organisation_id)
    year = rules.season(clock.today())
    if year is None:
        raise CannotInvite("Invitations for flu go out from 1 September to 31 March.")
    reach = patients.reach(organisation_id, [patient_id]).get(patient_id)
    if reach is None or not reach.registered:
        raise CannotInvite("This patient is not registered here.")
    now = clock.now()
    end = datetime.combine(rules.season_ends(year) + timedelta(days=1), time(), tzinfo=clock.LONDON)
    try:
        with transaction.atomic():
            made = Invitation.objects.create(
                organisation_id=organisation_id,
                patient_id=patient_id,
                programme=FLU,
                season=year,
                invited_at=now,
                ends_at=min(now + rules.WAITS, end),
                changed_at=now,
            )
    except IntegrityError as error:
        raise CannotInvite("This patient was invited this season: see below what came of it.") from error
    record_first(history=InvitationHistory, ids=[made.pk], state="invited", by=by)
    shared = reach.mobile_holders > 1
    practice, phone = accounts.sender(organisation_id)
    sent = messaging.queue(
        messages=[
            NewMessage(
                intent_key=f"invitation:{made.pk}",
                organisation_id=organisation_id,
                purpose=INVITE.name,
                body=rules.invitation(reach.given_name, practice, phone, shared=shared),
                not_after=made.ends_at,
                patient_id=patient_id,
                subject=SUBJECT,
                subject_id=made.pk,
                # Who does not read what they are invited for cannot answer by text.
                ask=None if shared else NewAsk(FLU, SUBJECT, made.pk, made.ends_at),
            )
        ],
        by=by,
    )
    if sent.suppressed:
        raise CannotInvite("No text may go to this patient now: see how they want to be contacted, and ring instead.")
    _enter(made, "Invited for a flu vaccine by text", "invited", by=by)
    audit.record(by=by, line=_line(made, "invite"))
    return made


@transaction.atomic
def withdraw(*, invitation_id: int, by: Actor) -> bool:
    """Take an invitation back; its text is not sent if it has not gone. False when it cannot be any more."""
    invitation = Invitation.objects.get(pk=invitation_id)
    require_staff(by, invitation.organisation_id)
    if not _move(invitation, "withdrawn", by=by):
        return False
    messaging.clear(subject=SUBJECT, subject_ids=[invitation.pk], because="invitation withdrawn", by=by)
    messaging.close_asks(subject=SUBJECT, subject_ids=[invitation.pk], state="withdrawn", by=by)
    tasks.withdraw(keys=[_key(BOOK, invitation)], because="invitation withdrawn", by=by)
    _enter(invitation, "Invitation for a flu vaccine withdrawn", "withdrawn", by=by)
    audit.record(by=by, line=_line(invitation, "withdraw_invitation"))
    return True


@transaction.atomic
def expire(*, limit: int = SLICE) -> int:
    """End invitations that nobody answered in time. "Says already done" stays what it is. Returns how many."""
    by = Actor.system("invitations not answered")
    due = Invitation.objects.filter(state="invited", ends_at__lte=clock.now()).order_by("id")
    keys = list(due.select_for_update(skip_locked=True).values_list("pk", flat=True)[:limit])
    if not keys:
        return 0
    transition(
        model=Invitation, history=InvitationHistory, moves=rules.MOVES, ids=keys, to="expired", by=by,
        also={"changed_at": clock.now()},
    )  # fmt: skip
    messaging.close_asks(subject=SUBJECT, subject_ids=keys, state="expired", by=by)
    return len(keys)


def accepted(invitation: Invitation, *, via: str, by: Actor) -> Acted:
    """They want it: work for reception, who book it. In the caller's transaction."""
    told = f"{invitation.patient.given_name}: thank you. The practice will be in touch to book it."
    if invitation.state == "accepted":
        return Acted(answer=told)
    if not _move(invitation, "accepted", by=by, via=via):
        return Acted(answer=None, done=False)
    _enter(invitation, "Said yes to a flu vaccine: not booked yet, not given", "accepted", by=by)
    return Acted(answer=told, task=_task(BOOK, invitation, "Book a flu vaccine: the patient said yes"))


def declined(invitation: Invitation, *, via: str, by: Actor) -> Acted:
    """They do not want it, which is never "done" (hazard H5). In the caller's transaction."""
    if invitation.state != "declined" and not _move(invitation, "declined", by=by, via=via):
        return Acted(answer=None, done=False)
    tasks.withdraw(keys=[_key(BOOK, invitation)], because="declined after all", by=by)
    _enter(invitation, "Declined a flu vaccine", "declined", by=by)
    return Acted(answer=f"{invitation.patient.given_name}: thank you for telling us. If you change your mind, tell us.")


def already_done(invitation: Invitation, *, via: str, by: Actor) -> Acted:
    """They say that they have had it: nobody knows where and when until they are asked. In the caller's transaction."""
    if not _move(invitation, "already_done", by=by, via=via):
        return Acted(answer=None, done=False)
    tasks.withdraw(keys=[_key(BOOK, invitation)], because="says already done", by=by)
    _enter(invitation, "Says already done: flu vaccine, where and when not known", "said", by=by)
    return Acted(
        answer=rules.where_and_when(invitation.patient.given_name),
        ask=NewAsk("free text", SUBJECT, invitation.pk, invitation.ends_at) if via == "text" else None,
    )


def where_and_when(invitation: Invitation, said: str, *, via: str, by: Actor) -> Acted:
    """Keep where and when as they said it, for a person to put on the record. In the caller's transaction."""
    words = " ".join(said.split())[:500]
    first = Invitation.objects.filter(pk=invitation.pk, state="already_done", where_when="")
    if not words or not first.update(where_when=words, changed_at=clock.now()):
        return Acted(answer=None, done=False)
    _enter(invitation, f"Says already done: flu vaccine, in their words: {words}", "where", by=by)
    return Acted(
        answer=f"{invitation.patient.given_name}: thank you. We have noted what you told us.",
        task=_task(SAID_DONE, invitation, "Says that they have had a flu vaccine: check, and put it on the record"),
    )


def _move(invitation: Invitation, to: str, *, by: Actor, via: str = "") -> bool:
    also: dict[str, object] = {"changed_at": clock.now()}
    if via:
        also["via"] = via
    moved = transition(
        model=Invitation, history=InvitationHistory, moves=rules.MOVES, ids=[invitation.pk], to=to, by=by, also=also
    )
    return bool(moved)


def _enter(invitation: Invitation, text: str, what: str, *, by: Actor) -> None:
    """An entry without a code: clinical.md 2 has none for a flu invitation by text, nor for its refusal, and what a patient says
    of a dose must never look like one that was given.
    """
    moves = InvitationHistory.objects.filter(parent=invitation).count()
    record_entries(
        entries=[
            NewEntry(
                patient_id=invitation.patient_id,
                organisation_id=invitation.organisation_id,
                kind="invitation",
                text=text,
                intent_key=f"invitation:{invitation.pk}:{what}:{moves}",
                source="recall",
                subject=SUBJECT,
                subject_id=invitation.pk,
            )
        ],
        by=by,
    )


def _key(kind: Kind, invitation: Invitation) -> str:
    return f"{kind.name}:{invitation.pk}"


def _task(kind: Kind, invitation: Invitation, title: str) -> NewTask:
    return NewTask(
        kind=kind.name,
        organisation_id=invitation.organisation_id,
        key=_key(kind, invitation),
        title=title,
        patient_id=invitation.patient_id,
        subject=SUBJECT,
        subject_id=invitation.pk,
    )


def _line(invitation: Invitation, action: str) -> audit.Line:
    return audit.Line(
        action,
        SUBJECT,
        invitation.pk,
        patient_id=invitation.patient_id,
        organisation_id=invitation.organisation_id,
        detail={"programme": invitation.programme, "season": invitation.season},
    )
