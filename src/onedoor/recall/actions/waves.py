"""One wave of invitations: texts into the outbox, letters to the post, calls onto reception's list. For many people at once."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, timedelta

from onedoor.accounts import api as accounts
from onedoor.documents import api as documents
from onedoor.documents.types import Contact, Facts, NewLetter, Party, Person, Recipient
from onedoor.kernel import clock
from onedoor.kernel.actor import Actor
from onedoor.messaging import api as messaging
from onedoor.messaging.types import NewAsk, NewMessage
from onedoor.patients import api as patients
from onedoor.recall import costs, rules
from onedoor.recall.actions.ending import SUBJECT, key_of
from onedoor.recall.actions.invitations import CHECKS, FLU, INVITE, intent
from onedoor.recall.kinds import RING
from onedoor.recall.models import Invitation, Wave
from onedoor.recall.planning import Channel, Ways
from onedoor.recall.programmes import Programme
from onedoor.tasks import api as tasks
from onedoor.tasks.types import NewTask


@dataclass(frozen=True)
class Going:
    """One person's wave: their invitation, what it joins, how they can be reached, and by which channel it goes now."""

    invitation: Invitation
    programmes: Sequence[Programme]
    ways: Ways
    channel: Channel
    number: int


def body(one: Going, practice: str, phone: str) -> str:
    """The text of a wave."""
    return rules.visit_invitation(
        one.ways.reach.given_name,
        practice,
        phone,
        visits=[programme.asked for programme in one.programmes],
        benefit=benefit(one.programmes),
        neutral=is_neutral(one.ways, one.programmes),
        again=one.number > 1,
    )


def benefit(programmes: Sequence[Programme]) -> str:
    """Why it is good to come: what the longest due says."""
    return next((one.benefit for one in programmes if one.benefit), "")


def is_neutral(ways: Ways, programmes: Sequence[Programme]) -> bool:
    """Whether a text may not say what it is about: a shared phone, or a programme that no text names."""
    return ways.reach.mobile_holders > 1 or not all(one.text_ok for one in programmes)


def begin(organisation_id: int, going: Sequence[Going], *, on: date, gap_days: int, by: Actor) -> None:
    """Send these waves in the caller's transaction; the invitations are locked. A fixed number of statements for any number."""
    practice, phone = accounts.sender(organisation_id)
    texts = [one for one in going if one.channel == "text"]
    bodies = [body(one, practice, phone) for one in texts]
    _text(organisation_id, texts, bodies, gap_days, by)
    _write(organisation_id, practice, phone, [one for one in going if one.channel == "letter"], by)
    _ring(organisation_id, [one for one in going if one.channel == "telephone"], by)
    prices = dict(zip((one.invitation.pk for one in texts), costs.of_texts(bodies, on), strict=True))
    Wave.objects.bulk_create(
        [
            Wave(
                invitation=one.invitation,
                organisation_id=organisation_id,
                number=one.number,
                channel=one.channel,
                made_on=on,
                forecast=costs.LETTER_PENCE if one.channel == "letter" else prices.get(one.invitation.pk),
            )
            for one in going
        ],
        batch_size=5_000,
    )


def _text(organisation_id: int, going: Sequence[Going], bodies: Sequence[str], gap_days: int, by: Actor) -> None:
    now = clock.now()
    messages = [
        NewMessage(
            intent_key=intent(one.invitation.pk, one.number),
            organisation_id=organisation_id,
            purpose=INVITE.name,
            body=said,
            # Later than this the next wave asks.
            not_after=min(one.invitation.ends_at, now + timedelta(days=gap_days)),
            patient_id=one.invitation.patient_id,
            subject=SUBJECT,
            subject_id=one.invitation.pk,
            ask=None if is_neutral(one.ways, one.programmes) else _ask(one.invitation),
        )
        for one, said in zip(going, bodies, strict=True)
    ]
    if messages:
        messaging.queue(messages=messages, by=by)


def _ask(invitation: Invitation) -> NewAsk:
    return NewAsk(FLU if invitation.programme == FLU else CHECKS, SUBJECT, invitation.pk, invitation.ends_at)


def _write(organisation_id: int, practice: str, phone: str, going: Sequence[Going], by: Actor) -> None:
    if not going:
        return
    ids = [one.invitation.patient_id for one in going]
    people = patients.Patient.objects.in_bulk(ids)
    needs = patients.needing(ids)
    today = clock.today()
    letters = []
    for one in going:
        person = people[one.invitation.patient_id]
        lines = documents.address_lines(person.address, person.postcode)
        style = documents.wanted(needs[person.pk].needs).format if person.pk in needs else "standard"
        facts = Facts(
            kind="invitation",
            dated=today,
            sender=Party(practice),
            patient=Person(person.shown_name, lines, person.nhs_number or "", person.born_on),
            reference=f"INV-{one.invitation.pk}",
            service=practice,
            who_books="nobody",
            contact=Contact(practice, phone),
            language=person.language or "en",
        )
        to = Recipient("patient", Party(person.shown_name, lines), style, ("page", "print"))
        letters.append(NewLetter(facts, organisation_id, SUBJECT, one.invitation.pk, one.invitation.patient_id, (to,)))
    documents.compose(letters=letters, by=by)


def _ring(organisation_id: int, going: Sequence[Going], by: Actor) -> None:
    work = [
        NewTask(
            kind=RING.name,
            organisation_id=organisation_id,
            key=key_of(RING, one.invitation.pk),
            title=f"Ring about a visit: {rules.visits_said([p.asked for p in one.programmes])}",
            detail=_says(one),
            patient_id=one.invitation.patient_id,
            subject=SUBJECT,
            subject_id=one.invitation.pk,
        )
        for one in going
    ]
    if work:
        tasks.ask_for(tasks=work, by=by)


def _says(one: Going) -> str:
    """What whoever rings may say: to themselves, never to a machine or to somebody else (clinical.md 6.2)."""
    private = "" if all(programme.text_ok for programme in one.programmes) else " Say what it is about to nobody else."
    return f"{benefit(one.programmes)} Leave no message that says what it is.{private}"
