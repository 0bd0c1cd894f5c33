"""Letters about a referral: the welcome, what triage decided, the discharge. Written when they are due, by sweeps.

Whose letter lacks something that it must say (`documents.missing`) is not written: the service has a task that names what.
A patient whose needs a text does not meet, or who has no mobile, has the letter by post; everybody has it on their own page.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date, timedelta

from django.db import transaction

from onedoor.accounts.api import Organisation
from onedoor.directory import api as directory
from onedoor.documents import api as documents
from onedoor.documents.types import Contact, Facts, NewLetter, Party, Person, Recipient
from onedoor.kernel import clock
from onedoor.kernel.access import Access
from onedoor.kernel.actor import Actor
from onedoor.kernel.calendar import is_working_day
from onedoor.kernel.clock import LONDON
from onedoor.messaging import api as messaging
from onedoor.messaging.types import NewMessage, Purpose
from onedoor.patients import api as patients
from onedoor.patients.api import Patient
from onedoor.patients.types import Reach
from onedoor.referrals import rules
from onedoor.referrals.actions.track_links import new_links
from onedoor.referrals.clocks import clocks_on
from onedoor.referrals.models import Decision, HeardBy, Intake, Referral
from onedoor.referrals.rules_booking import PROVIDER_DAYS, THINKING_DAYS
from onedoor.tasks import api as tasks
from onedoor.tasks.types import Kind, NewTask, Outcome

LETTER = messaging.declare_purpose(Purpose("letter_link", "reminder", 1, True))
"""That there is a letter. It names no clinic and no reason, and its link asks for the date of birth (clinical.md 6.2)."""
TO_READ = "There is a letter for you. Read it here:"
TO_CHOOSE = "There is a letter for you, and you can choose a time. Read it and choose here:"
UNWRITTEN = tasks.declare_kind(
    Kind(
        "letter_unwritten",
        "A letter could not be written",
        "triage",
        timedelta(hours=4),
        (Outcome("told", "They have been told another way"), Outcome("nothing", "Nothing needed saying")),
    )
)
OTHERWISE = tasks.declare_kind(
    Kind(
        "letter_otherwise",
        "A letter is needed in another way",
        "triage",
        timedelta(hours=8),
        (Outcome("done", "They have it in the way they need"), Outcome("nothing", "They do not need it so")),
    )
)
_SLICE = 100
_KEPT = timedelta(days=7)

_SIGNPOSTS = {"smoking", "weight", "talking"}


@dataclass(frozen=True)
class _People:
    """What is known of the people of some letters, read once for all of them."""

    patients: dict[int, Patient]
    reach: dict[int, Reach]
    practices: dict[str, Organisation]
    heard_by: dict[tuple[int, str], HeardBy]
    addresses: dict[int, tuple[str, ...]]
    """By service: the lines of its main place."""


@transaction.atomic
def write_triage_letters(*, access: Access) -> int:
    """Letters to patient and practice about decisions that have taken effect; returns how many decisions were dealt with."""
    due = list(
        Decision.objects.select_for_update(skip_locked=True, of=("self",))
        .filter(state="done", lettered_at=None)
        .select_related("referral__service__organisation", "referral__stream", "stream")
        .order_by("pk")[:_SLICE]
    )
    people = _people(access, [decision.referral for decision in due])
    letters: list[NewLetter] = []
    for decision in due:
        facts = _triage_facts(decision, people)
        # The practice has a letter of its own, not a copy of the patient's.
        theirs = replace(facts, kind="triage_patient", practice=None)
        letters += _letters(decision.referral, theirs, people, to_patient=True)
        letters += _letters(decision.referral, replace(facts, kind="triage_gp"), people, to_patient=False)
    _write(letters, people, access.actor)
    Decision.objects.filter(pk__in=[decision.pk for decision in due]).update(lettered_at=clock.now())
    return len(due)


@transaction.atomic
def write_welcomes(*, access: Access) -> int:
    """Welcome letters of referrals that were made here, once a day can be said; returns how many were dealt with."""
    due = list(
        Intake.objects.select_for_update(skip_locked=True, of=("self",))
        .filter(
            welcomed_at=None,
            referral__patient__isnull=False,
            referral_id__in=HeardBy.objects.filter(what="decision").values("referral_id"),
        )
        .select_related("referral__service__organisation")
        .order_by("pk")[:_SLICE]
    )
    people = _people(access, [intake.referral for intake in due])
    letters = [
        letter
        for intake in due
        if intake.referral.closed_at is None
        for letter in _letters(intake.referral, _welcome_facts(intake.referral, people), people, to_patient=True)
    ]
    _write(letters, people, access.actor)
    Intake.objects.filter(pk__in=[intake.pk for intake in due]).update(welcomed_at=clock.now())
    return len(due)


@transaction.atomic
def write_discharges(*, access: Access) -> int:
    """Letters of discharges that were made here; returns how many were dealt with."""
    due = list(
        Referral.objects.select_for_update(skip_locked=True, of=("self",))
        .filter(discharge_lettered_at=None)
        .exclude(ended_with="")
        .select_related("service__organisation")
        .order_by("pk")[:_SLICE]
    )
    people = _people(access, due)
    letters = [
        letter
        for referral in due
        for letter in _letters(
            referral,
            replace(
                _facts(referral, people, "discharge"),
                outcome=referral.ended_with,
                who_books="nobody",
                summary=referral.ending_note,
            ),
            people,
            to_patient=True,
            copied=True,
        )
    ]
    _write(letters, people, access.actor)
    Referral.objects.filter(pk__in=[referral.pk for referral in due]).update(discharge_lettered_at=clock.now())
    return len(due)


def write_apologies(*, missed: Mapping[int, date], access: Access) -> None:
    """Letters that own up to a day that is past, by the referral's key; in the caller's transaction.

    Whoever may have a text has had one already that says so: theirs is on their page, the others' goes by post. Without a day
    ahead there is nothing to write yet.
    """
    found = list(
        Referral.objects.filter(pk__in=missed, patient__isnull=False)
        .select_related("service__organisation")
        .order_by("pk")
    )
    people = _people(access, found)
    letters: list[NewLetter] = []
    for referral in found:
        ahead = [
            said.by for (key, _), said in people.heard_by.items() if key == referral.pk and said.by >= clock.today()
        ]
        if not ahead:
            continue
        # It goes to the patient alone, and says so: no copy is named.
        facts = replace(
            _facts(referral, people, "apology"),
            who_books="us",
            missed_on=missed[referral.pk],
            by_when=max(ahead),
            practice=None,
        )
        for letter in _letters(referral, facts, people, to_patient=True):
            to = [replace(one, ways=tuple(way for way in one.ways if way != "message")) for one in letter.recipients]
            letters.append(replace(letter, recipients=tuple(to)))
    _write(letters, people, access.actor)


@transaction.atomic
def text_links(*, access: Access) -> int:
    """Text to patients that a letter is on their page; returns how many."""
    waiting = [
        one for one in documents.deliveries_waiting(access, "message", limit=_SLICE) if one.subject == "referral"
    ]
    if not waiting:
        return 0
    links = new_links(referral_ids=sorted({one.subject_id for one in waiting}), by=access.actor)
    choosing = set(
        Referral.objects.filter(pk__in=links, state=rules.NOT_BOOKED, closed_at=None, stream__kinds__isnull=False)
        .values_list("pk", flat=True)
        .distinct()
    )
    messaging.queue(
        messages=[
            NewMessage(
                intent_key=f"letter:{one.document_ref}",
                organisation_id=one.organisation_id,
                purpose=LETTER.name,
                body=f"{TO_CHOOSE if one.subject_id in choosing else TO_READ} {links[one.subject_id]}",
                not_after=clock.now() + _KEPT,
                patient_id=one.patient_id,
                subject="letter",
                subject_id=one.id,
            )
            for one in waiting
        ],
        by=access.actor,
    )
    documents.mark_delivered(delivery_ids=[one.id for one in waiting], by=access.actor)
    return len(waiting)


def post_what_no_text_told(*, access: Access) -> int:
    """Letters whose text never went, or reached nobody, go by post; returns how many (hazard H15)."""
    made = documents.texted_since(access, clock.now() - 2 * _KEPT)
    untold = sorted(messaging.not_arrived(subject="letter", subject_ids=made, purpose=LETTER.name)) if made else []
    if not untold:
        return 0
    return documents.post_instead(delivery_ids=untold, because="the text did not arrive", by=access.actor)


def _people(access: Access, referrals: Iterable[Referral]) -> _People:
    found = list(referrals)
    keys = sorted({referral.patient_id for referral in found if referral.patient_id is not None})
    reach: dict[int, Reach] = {}
    for organisation_id in {referral.service.organisation_id for referral in found}:
        reach |= patients.reach(organisation_id, keys)
    latest: dict[tuple[int, str], HeardBy] = {}
    for said in HeardBy.objects.filter(referral_id__in=[referral.pk for referral in found]).order_by("pk"):
        latest[said.referral_id, said.what] = said
    codes = {referral.referrer_ods for referral in found if referral.referrer_ods}
    practices = {one.ods_code: one for one in Organisation.objects.filter(ods_code__in=codes)}
    addresses = directory.addresses({referral.service_id for referral in found})
    return _People(patients.names(access, keys), reach, practices, latest, addresses)


def _facts(referral: Referral, people: _People, kind: str) -> Facts:
    service = referral.service
    patient = people.patients.get(referral.patient_id or 0)
    practice = people.practices.get(referral.referrer_ods)
    title = f"{patient.title} {patient.shown_name}".strip() if patient else ""
    lines = tuple(line for line in (*patient.address.split(", "), patient.postcode) if line) if patient else ()
    return Facts(
        kind=kind,  # type: ignore[arg-type]
        dated=clock.today(),
        sender=Party(service.organisation.name, (service.name, *people.addresses.get(service.pk, ()))),
        patient=Person(title, lines, referral.nhs_number, patient.born_on if patient else None),
        reference=referral.source_ref,
        service=service.name,
        contact=Contact(service.name, service.phone, web=service.web),
        practice=Party(practice.name) if practice else None,
        referrer="" if referral.source in ("self", "inherited") else practice.name if practice else "",
        received_on=referral.received_at.astimezone(LONDON).date(),
        language=_language(patient),
    )


def _language(patient: Patient | None) -> str:
    return patient.language if patient and patient.language else "en"


def _welcome_facts(referral: Referral, people: _People) -> Facts:
    said = people.heard_by.get((referral.pk, "decision"))
    streams = tuple(stream.name for stream in referral.service.streams.all() if stream.active)
    return replace(
        _facts(referral, people, "welcome"),
        practice=None,
        who_books="us",
        commonest=streams or (referral.service.name,),
        by_when=said.by if said else None,
        earliest=said.earliest if said else None,
        latest=said.latest if said else None,
    )


def _triage_facts(decision: Decision, people: _People) -> Facts:
    referral, outcome = decision.referral, rules.OUTCOMES[decision.outcome]
    said = people.heard_by.get((referral.pk, "appointment"))
    who = decision.who_books or outcome.who_books or "nobody"
    stream = decision.stream.name if decision.stream else ""
    signposted = decision.outcome in _SIGNPOSTS
    options = tuple(line.strip() for line in decision.options.splitlines() if line.strip())
    if not options and stream:
        options = (f"{stream}, with {referral.service.name}",)
    if not options and signposted:
        options = (f"{outcome.said}: ring us on {referral.service.phone} and we put you through",)
    told = outcome.to_state == rules.TO_ACTION and decision.outcome != "onward" and said is not None
    return replace(
        _facts(referral, people, "triage_patient"),
        outcome="signposted" if signposted else decision.outcome,
        who_books=who,  # type: ignore[arg-type]
        options=options,
        by_when=said.by if told and said else by_when(decision, who),
        earliest=said.earliest if told and said else None,
        latest=said.latest if told and said else None,
        stream=stream,
        urgent=decision.outcome == "urgent" or referral.priority != "routine",
        onward=decision.onward_service or (outcome.said if signposted else ""),
        advice=decision.advice,
    )


def by_when(decision: Decision, who_books: str) -> date | None:
    """The day that a letter of triage says, where the queue tells none; None where nothing is to be booked."""
    if who_books == "nobody":
        return None
    day = decision.decided_at.astimezone(LONDON).date()
    if decision.outcome == "onward":
        return _working_days_on(day, clocks_on(decision.referral.service, day).onward_working_days)
    if who_books == "patient":
        return day + timedelta(days=THINKING_DAYS)
    urgent = "urgent" if decision.outcome == "urgent" else decision.referral.priority
    return day + timedelta(days=PROVIDER_DAYS[urgent])


def _working_days_on(day: date, days: int) -> date:
    while days:
        day += timedelta(days=1)
        days -= is_working_day(day)
    return day


def _letters(
    referral: Referral, facts: Facts, people: _People, *, to_patient: bool, copied: bool = False
) -> list[NewLetter]:
    """The letter with those to whom it goes; none to somebody who has died, or whose number nobody is known by.

    A practice is written to in its own letter, or reads a copy of the patient's, which names it.
    """
    recipients = []
    reach = people.reach.get(referral.patient_id or 0)
    if to_patient and reach is not None and not reach.deceased:
        layout = documents.wanted([(need, "") for need in reach.needs]).format
        texted = layout == "standard" and not reach.needs and reach.mobile is not None and not reach.restricted
        ways = ("page", "message") if texted else ("page", "print")
        party = Party(facts.patient.name, facts.patient.lines)
        recipients.append(Recipient("patient", party, layout, ways))  # type: ignore[arg-type]
    if (not to_patient or (copied and recipients)) and facts.practice is not None:
        practice = people.practices[referral.referrer_ods]
        recipients.append(Recipient("practice", facts.practice, ways=("page",), organisation_id=practice.pk))
    if not recipients:
        return []
    return [
        NewLetter(
            facts, referral.service.organisation_id, "referral", referral.pk, referral.patient_id, tuple(recipients)
        )
    ]


def _write(letters: Sequence[NewLetter], people: _People, by: Actor) -> None:
    """Compose what can be; the service sees to the rest: a letter that lacks something, a need that print does not meet."""
    asked = []
    whole = []
    for letter in letters:
        lacks = documents.missing(letter.facts)
        if lacks:
            said = f"It must say, and nobody said: {', '.join(lack.replace('_', ' ') for lack in lacks)}."
            asked.append(_to_see_to(letter, UNWRITTEN, "Letter not written", said))
            continue
        whole.append(letter)
        unmet = _unmet(letter, people)
        if unmet:
            said = (
                f"They need, and we cannot make: {', '.join(unmet)}. What we made goes to them, and is on their page."
            )
            asked.append(_to_see_to(letter, OTHERWISE, "Letter needed in another way", said))
    documents.compose(letters=whole, by=by)
    tasks.ask_for(tasks=asked, by=by)


def _unmet(letter: NewLetter, people: _People) -> tuple[str, ...]:
    """Needs of the patient whom the letter goes to that no format and no language of ours meets (clinical.md 6.4)."""
    reach = people.reach.get(letter.patient_id or 0)
    if reach is None or all(recipient.role != "patient" for recipient in letter.recipients):
        return ()
    unmet = documents.wanted([(need, "") for need in reach.needs]).unmet
    language = documents.unmet_language(letter.facts.language)
    return (*unmet, f"a letter in {language}") if language else unmet


def _to_see_to(letter: NewLetter, kind: Kind, what: str, said: str) -> NewTask:
    name = letter.facts.kind.replace("_", " ")
    return NewTask(
        kind=kind.name,
        organisation_id=letter.organisation_id,
        key=f"{kind.name}:{letter.subject_id}:{letter.facts.kind}",
        title=f"{what}: {name}",
        detail=f"Reference {letter.facts.reference}. {said}",
        patient_id=letter.patient_id,
        subject="referral",
        subject_id=letter.subject_id,
    )
