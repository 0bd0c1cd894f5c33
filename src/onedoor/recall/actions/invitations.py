"""Inviting one person, taking it back, and what their answers do."""

from __future__ import annotations

from datetime import date, datetime, time, timedelta

from django.db import IntegrityError, transaction

from onedoor.accounts import api as accounts
from onedoor.booking import api as booking
from onedoor.kernel import audit, clock
from onedoor.kernel.access import require_staff
from onedoor.kernel.actor import Actor
from onedoor.kernel.codes import Concept
from onedoor.kernel.transitions import record_first, transition
from onedoor.kernel.words import short_day
from onedoor.messaging import api as messaging
from onedoor.messaging.types import Acted, NewAsk, NewMessage, Purpose
from onedoor.patients import api as patients
from onedoor.recall import codes, costs, days, planning, rules
from onedoor.recall.actions import claiming, ending
from onedoor.recall.actions.ending import SUBJECT, key_of, line_of
from onedoor.recall.kinds import BOOK, CAME, NOT_WANTED, RING, SAID_DONE
from onedoor.recall.models import Invitation, InvitationHistory, InvitationProgramme, LastAsked, Wave
from onedoor.recall.types import CannotInvite
from onedoor.records.api import record_entries
from onedoor.records.types import NewEntry
from onedoor.tasks import api as tasks
from onedoor.tasks.types import Kind, NewTask

FLU = "flu"
CHECKS = "checks"
INVITE = Purpose("invitation", "campaign", 2, True)
SLICE = 200


@transaction.atomic
def invite(*, organisation_id: int, patient_id: int, by: Actor) -> Invitation:
    """Invite one patient for a flu vaccine by text to their own number.

    Raises NotPermitted for anybody but staff of the organisation, and CannotInvite with the reason: no season, invited already
    and not withdrawn, said that they have had it, asked for something else a short while ago, or no text may go to this patient.
    """
    require_staff(by, organisation_id)
    today = clock.today()
    year = rules.season(today)
    if year is None:
        raise CannotInvite("Invitations for flu go out from 1 September to 31 March.")
    reach = patients.reach(organisation_id, [patient_id]).get(patient_id)
    if reach is None or not reach.registered:
        raise CannotInvite("This patient is not registered here.")
    _claim(patient_id, year, today)
    now = clock.now()
    end = datetime.combine(rules.season_ends(year) + timedelta(days=1), time(), tzinfo=clock.LONDON)
    made = Invitation.objects.create(
        organisation_id=organisation_id,
        patient_id=patient_id,
        programme=FLU,
        season=year,
        plan=["text"],
        invited_at=now,
        ends_at=min(now + rules.WAITS, end),
        changed_at=now,
    )
    try:
        with transaction.atomic():
            InvitationProgramme.objects.create(
                invitation=made, patient_id=patient_id, key=FLU, season=year, again_on=rules.season_begins(year + 1)
            )
    except IntegrityError as error:
        raise CannotInvite(_THIS_SEASON) from error
    claiming.claimed_by([(patient_id, made.pk)])
    record_first(history=InvitationHistory, ids=[made.pk], state="invited", by=by)
    shared = reach.mobile_holders > 1
    practice, phone = accounts.sender(organisation_id)
    body = rules.invitation(reach.given_name, practice, phone, shared=shared)
    sent = messaging.queue(
        messages=[
            NewMessage(
                intent_key=intent(made.pk, 1),
                organisation_id=organisation_id,
                purpose=INVITE.name,
                body=body,
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
    [forecast] = costs.of_texts([body], today)
    Wave.objects.create(
        invitation=made, organisation_id=organisation_id, number=1, channel="text", made_on=today, forecast=forecast
    )
    _enter(made, "Invited for a flu vaccine by text", "invited", by=by)
    audit.record(by=by, line=line_of(made, "invite"))
    return made


_THIS_SEASON = "This patient was invited this season: see below what came of it."


def _claim(patient_id: int, year: int, today: date) -> None:
    """Take the patient's turn, or say what stands in the way."""
    claimed = claiming.claim([patient_id], today)
    # After the claim, which waits for whoever else asks this patient.
    if InvitationProgramme.objects.filter(patient_id=patient_id, key=FLU, season=year, stands=True).exists():
        raise CannotInvite(_THIS_SEASON)
    if not claimed:
        last = LastAsked.objects.get(patient_id=patient_id).asked_on
        raise CannotInvite(
            f"This patient was asked to come on {last.day} {last:%B}: nobody is asked again within {planning.APART} days."
        )


def intent(invitation_id: int, number: int) -> str:
    """The intent of the text of a wave: sent once, whoever tries twice."""
    return f"invitation:{invitation_id}:{number}"


@transaction.atomic
def withdraw(*, invitation_id: int, by: Actor) -> bool:
    """Take an invitation back; what has not gone of it goes no more. False when it cannot be any more."""
    invitation = Invitation.objects.get(pk=invitation_id)
    require_staff(by, invitation.organisation_id)
    if not ending.close([invitation.pk], to="withdrawn", because="invitation withdrawn", by=by):
        return False
    _enter(invitation, f"Invitation for {_what(invitation)} withdrawn", "withdrawn", by=by)
    audit.record(by=by, line=line_of(invitation, "withdraw_invitation"))
    return True


@transaction.atomic
def expire(*, limit: int = SLICE) -> int:
    """End invitations that nobody answered in time; whoever was booked, and has nothing on the record, comes before a person.
    "Says already done" stays what it is. Returns how many."""
    by = Actor.system("invitations not answered")
    due = Invitation.objects.filter(state__in=("invited", "booked"), ends_at__lte=clock.now()).order_by("id")
    found = list(due.select_for_update(skip_locked=True)[:limit])
    ending.close(
        [one.pk for one in found if one.state == "invited"], to="expired", because="not answered in time", by=by
    )
    _ask_who_came([one for one in found if one.state == "booked"], by=by)
    return len(found)


def _ask_who_came(booked: list[Invitation], *, by: Actor) -> None:
    """The visit is long over and the record says nothing of it: whether they came, and what was done, is nobody's to guess. While
    a person has not said so it stays booked, and is looked at again."""
    if not booked:
        return
    Invitation.objects.filter(pk__in=[one.pk for one in booked]).update(
        ends_at=clock.now() + timedelta(days=planning.ANSWER_DAYS)
    )
    asked = [
        _task(CAME, one, f"Booked for {_what(one)}, and nothing is on the record: did they come, and was it done?")
        for one in booked
    ]
    tasks.ask_for(tasks=asked, by=by)


def accepted(invitation: Invitation, *, via: str, by: Actor) -> Acted:
    """They want it: work for reception, who book it. In the caller's transaction."""
    told = f"{invitation.patient.given_name}: thank you. The practice will be in touch to book it."
    if invitation.state == "accepted":
        return Acted(answer=told)
    if not _move(invitation, "accepted", by=by, via=via):
        return Acted(answer=None, done=False)
    ending.no_more_work([invitation.pk], because="said yes after all", by=by)
    _no_more_waves(invitation, via=via, by=by)
    said = f"Said yes to {_what(invitation)}: not booked yet, not {'given' if invitation.programme == FLU else 'done'}"
    _enter(invitation, said, "accepted", by=by)
    return Acted(answer=told, task=_task(BOOK, invitation, f"Book {_what(invitation)}: the patient said yes"))


def declined(invitation: Invitation, *, via: str, by: Actor) -> Acted:
    """They do not want it, which is never "done" (hazard H5). A visit they have for it stands until a person has cancelled it:
    that is work for reception. In the caller's transaction."""
    if invitation.state != "declined":
        if not _move(invitation, "declined", by=by, via=via):
            return Acted(answer=None, done=False)
        ending.no_more_work([invitation.pk], because="declined after all", by=by)
    _no_more_waves(invitation, via=via, by=by)
    _not_this_year(invitation)
    _enter(invitation, f"Declined {_what(invitation)}", "declined", by=by, concept=_refusal(invitation))
    return Acted(
        answer=f"{invitation.patient.given_name}: thank you for telling us. If you change your mind, tell us.",
        task=_visit_stands(invitation),
    )


def _visit_stands(invitation: Invitation) -> NewTask | None:
    """A no is not "cancel": whether the visit is kept is theirs to say, and no machine takes it away."""
    if invitation.appointment_id is None:
        return None
    visit = booking.Appointment.objects.filter(
        pk=invitation.appointment_id, state__in=("booked", "pending"), starts_at__gt=clock.now()
    ).first()
    if visit is None:
        return None
    title = f"Declined, and has a visit on {short_day(visit.starts_at)}: ask whether they keep it"
    return _task(NOT_WANTED, invitation, title)


def already_done(invitation: Invitation, *, via: str, by: Actor) -> Acted:
    """They say that they have had it: nobody knows where and when until they are asked. In the caller's transaction."""
    if not _move(invitation, "already_done", by=by, via=via):
        return Acted(answer=None, done=False)
    ending.no_more_work([invitation.pk], because="says already done", by=by)
    _no_more_waves(invitation, via=via, by=by)
    _enter(invitation, f"Says already done: {_thing(invitation)}, where and when not known", "said", by=by)
    return Acted(
        answer=rules.where_and_when(invitation.patient.given_name),
        # Most never say where and when: somebody checks whether or not they do.
        task=_to_check(invitation),
        ask=NewAsk("free text", SUBJECT, invitation.pk, invitation.ends_at) if via == "text" else None,
    )


def where_and_when(invitation: Invitation, said: str, *, via: str, by: Actor) -> Acted:
    """Keep where and when as they said it, for a person to put on the record. In the caller's transaction."""
    words = " ".join(said.split())[:500]
    first = Invitation.objects.filter(pk=invitation.pk, state="already_done", where_when="")
    if not words or not first.update(where_when=words, changed_at=clock.now()):
        return Acted(answer=None, done=False)
    _enter(invitation, f"Says already done: {_thing(invitation)}, in their words: {words}", "where", by=by)
    detail = f"In their words: {words}"
    known = tasks.say_more(key=key_of(SAID_DONE, invitation.pk), detail=detail, by=by)
    return Acted(
        answer=f"{invitation.patient.given_name}: thank you. We have noted what you told us.",
        task=None if known else _to_check(invitation, detail),
    )


def not_certain(invitation: Invitation) -> None:
    """What they say could not be found to be so: it stays as said, and they are asked anew as soon as anybody may be. In the
    caller's transaction."""
    again = clock.today() + timedelta(days=planning.APART)
    rows = InvitationProgramme.objects.filter(invitation=invitation)
    rows.filter(again_on__gt=again).update(again_on=again)
    rows.update(stands=False)
    # Where and when may still come, but not once they are asked anew.
    end = min(invitation.ends_at, clock.now() + timedelta(days=planning.APART))
    Invitation.objects.filter(pk=invitation.pk).update(ends_at=end, changed_at=clock.now())


def _no_more_waves(invitation: Invitation, *, via: str, by: Actor) -> None:
    """Whoever has answered is not asked again: neither by a text that waits, nor by letter, nor by telephone. Whoever answers by
    text has ours, and may have second thoughts about it."""
    ending.stop_waves([invitation.pk], because="answered", by=by, texts=via != "text")


def _not_this_year(invitation: Invitation) -> None:
    """Nobody who said no is asked for the same again within the year; a flu invitation not in the same season."""
    rows = InvitationProgramme.objects.filter(invitation_id=invitation.pk)
    rows.filter(season=None).update(again_on=days.add_months(clock.today(), planning.AGAIN_MONTHS))


def _what(invitation: Invitation) -> str:
    return "a flu vaccine" if invitation.programme == FLU else "a visit"


def _thing(invitation: Invitation) -> str:
    return "flu vaccine" if invitation.programme == FLU else "what the visit was for"


def _refusal(invitation: Invitation) -> Concept | None:
    """The facts code a refusal in general (clinical.md 2 #91), and none of a flu vaccine. "Informed dissent" (#92 to #94) takes
    somebody out of a count: a clinician enters that, never a text."""
    return None if invitation.programme == FLU else codes.REFUSED


def _move(invitation: Invitation, to: str, *, by: Actor, via: str = "") -> bool:
    also: dict[str, object] = {"changed_at": clock.now()}
    if via:
        also["via"] = via
    moved = transition(
        model=Invitation, history=InvitationHistory, moves=rules.MOVES, ids=[invitation.pk], to=to, by=by, also=also
    )
    return bool(moved)


def _enter(invitation: Invitation, text: str, what: str, *, by: Actor, concept: Concept | None = None) -> None:
    """An entry. What a patient says of a dose or a check must never look like one that was given or done: it has no code."""
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
                concept=concept,
                subject=SUBJECT,
                subject_id=invitation.pk,
            )
        ],
        by=by,
    )


def _to_check(invitation: Invitation, detail: str = "Where and when is not known: ask them.") -> NewTask:
    what = "a flu vaccine" if invitation.programme == FLU else "it"
    title = f"Says that they have had {what}: check, and put it on the record"
    return _task(SAID_DONE, invitation, title, detail)


def _task(kind: Kind, invitation: Invitation, title: str, detail: str = "") -> NewTask:
    return NewTask(
        kind=kind.name,
        organisation_id=invitation.organisation_id,
        key=key_of(kind, invitation.pk),
        title=title,
        detail=detail,
        patient_id=invitation.patient_id,
        subject=SUBJECT,
        subject_id=invitation.pk,
    )


__all__ = ["CHECKS", "FLU", "INVITE", "RING", "SUBJECT", "expire", "invite", "withdraw"]
