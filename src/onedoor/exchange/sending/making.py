"""Documents are made in the transaction of what they tell: a finished visit for checks, a day's answers, or a day of messages.

A correction is a new version. What it replaces goes no more; what had gone is named in it, so that a practice knows which counts.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from datetime import date, datetime, time, timedelta
from textwrap import shorten
from typing import Any

from django.db import connection, transaction

from onedoor.accounts import api as accounts
from onedoor.documents import api as documents
from onedoor.documents.types import CheckFacts, CheckRow, Contact, ContactFacts, ContactRow, Party, Person
from onedoor.exchange.itk import codes
from onedoor.exchange.models import SentDocument
from onedoor.exchange.sending import having, kinds, moving
from onedoor.kernel import audit, clock, jobs, words
from onedoor.kernel.access import Access
from onedoor.kernel.actor import Actor
from onedoor.patients import api as patients
from onedoor.questionnaires import api as questionnaires
from onedoor.recall import api as recall
from onedoor.records import api as records

SEND = "exchange.compose"
"""The sweep that is woken."""
CHECK_VISIT, ANSWERS, CONTACTS = kinds.CHECK_VISIT, kinds.ANSWERS, kinds.CONTACTS
_NOT_DONE = {
    "declined": "declined on {day}",
    "unsuitable": "not suitable for the patient",
    "awaited": "taken on {day}, the result is to come",
}


@transaction.atomic
def make_of_visits(*, visit_ids: Sequence[int], access: Access) -> list[int]:
    """Documents of visits for checks at a trust, for the practices of their patients; returns the keys of those that are new.

    None is made of a visit at a practice, whose record it is; of a patient registered where the visit was; of a visit in which
    nothing was saved; and where nothing changed since the last.
    """
    made = []
    for visit_id in sorted(visit_ids):
        _take_turn(CHECK_VISIT, visit_id)
        visit = recall.visit_summary(access, visit_id)
        home = patients.registered_at(access, visit.patient_id)
        if home == visit.organisation_id or not accounts.serves_as_trust(visit.organisation_id):
            continue
        told = _told(visit)
        one = _new(
            organisation_id=visit.organisation_id,
            practice_id=home,
            patient_id=visit.patient_id,
            subject=CHECK_VISIT,
            subject_id=visit_id,
            reference=f"{str(visit.ref)[:8]}-{visit.day:%d%m%y}".upper(),
            told=told,
            entries=_entries(visit, told),
            empty=not visit.items,
            by=access.actor,
        )
        made += [one.pk] if one else []
    return made


@transaction.atomic
def make_of_answers(*, organisation_id: int, patient_ids: Sequence[int], access: Access) -> list[int]:
    """Documents of what patients answered today to the questions of a trust, for their practices; returns the keys of those that
    are new.

    One a patient and day: a later answer makes a new version of it. What has a code travels, for that counts once the practice
    has accepted it (docs/adr/0012). None is made of a patient registered where they were asked.
    """
    day, made = clock.today(), []
    number = int(f"{day:%Y%m%d}")
    for patient_id in sorted(set(patient_ids)):
        _take_turn(f"{ANSWERS}:{organisation_id}:{number}", patient_id)
        home = patients.registered_at(access, patient_id)
        if home == organisation_id:
            continue
        said = _said(organisation_id, patient_id, day)
        one = _new(
            organisation_id=organisation_id,
            practice_id=home,
            patient_id=patient_id,
            subject=ANSWERS,
            subject_id=number,
            reference=f"A{organisation_id}-{patient_id}-{day:%d%m%y}",
            told=_answers(said, day),
            entries=[_carried(entry) for entry in said],
            empty=not said,
            by=access.actor,
        )
        made += [one.pk] if one else []
    return made


def _said(organisation_id: int, patient_id: int, day: date) -> list[records.Entry]:
    """What somebody answered on a London day that waits to be accepted, or was since, in the order in which it came."""
    begins = datetime.combine(day, time(), tzinfo=clock.LONDON)
    found = records.Entry.objects.filter(
        patient_id=patient_id,
        organisation_id=organisation_id,
        subject__in=questionnaires.SUBJECTS,
        elsewhere=True,
        in_error_at=None,
        recorded_at__gte=begins,
        recorded_at__lt=datetime.combine(day + timedelta(days=1), time(), tzinfo=clock.LONDON),
    )
    return list(found.exclude(code=None).select_related("code").order_by("id"))


def _answers(said: Sequence[records.Entry], day: date) -> CheckFacts:
    return CheckFacts(
        name="Answers to a questionnaire or a single question",
        on=day,
        by="",
        rows=tuple(_answer(entry) for entry in said),
        answers=True,
    )


def _answer(entry: records.Entry) -> CheckRow:
    assert entry.code is not None
    who, _, what = entry.text.partition(": ")
    if entry.value is not None:
        what = records.measured(entry.value, entry.code.unit)
    what = f"{what[:1].upper()}{what[1:]}"
    day = entry.effective_at.astimezone(clock.LONDON).date()
    return CheckRow(entry.code.shown_term, what, day, ((entry.code.code, ""),), f"{who}.")


def _carried(entry: records.Entry) -> dict[str, Any]:
    assert entry.code is not None
    return {
        "code": entry.code.code,
        "term": entry.code.shown_term,
        "value": entry.value,
        "unit": entry.code.unit if entry.value is not None else "",
        "day": entry.effective_at.astimezone(clock.LONDON).date().isoformat(),
        "text": entry.text,
    }


@transaction.atomic
def make_contacts(
    *,
    organisation_id: int,
    patient_id: int,
    day: date,
    rows: Sequence[ContactRow],
    entries: Sequence[dict[str, Any]],
    by: Actor,
) -> SentDocument | None:
    """The document of one patient's day of messages, replies and coded answers, for the system of the practice itself.

    `entries` as `SentDocument.entries` has them. None where nothing is new since the last of that day.
    """
    number = int(f"{day:%Y%m%d}")
    _take_turn(f"{CONTACTS}:{organisation_id}:{number}", patient_id)
    return _new(
        organisation_id=organisation_id,
        practice_id=organisation_id,
        patient_id=patient_id,
        subject=CONTACTS,
        subject_id=number,
        reference=f"C{organisation_id}-{patient_id}-{day:%d%m%y}",
        told=ContactFacts(day, tuple(rows)),
        entries=list(entries),
        empty=not rows,
        by=by,
    )


def _take_turn(subject: str, subject_id: int) -> None:
    """Whoever tells of the same thing takes turns, and reads it only then: a sweep cannot overtake a correction."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_advisory_xact_lock(hashtextextended(%s, 0))", [f"exchange {subject} {subject_id}"])


def _new(
    *,
    organisation_id: int,
    practice_id: int | None,
    patient_id: int,
    subject: str,
    subject_id: int,
    reference: str,
    told: CheckFacts | ContactFacts,
    entries: list[dict[str, Any]],
    empty: bool,
    by: Actor,
) -> SentDocument | None:
    before = (
        SentDocument.objects.select_for_update(of=("self",))
        .filter(organisation_id=organisation_id, subject=subject, subject_id=subject_id, patient_id=patient_id)
        .order_by("-version")
        .first()
    )
    if before is None and empty:
        return None
    facts = _facts(organisation_id, practice_id, patient_id, reference, told)
    if before is not None and _same(before.document.facts, documents.facts_to_json(facts)):
        return None
    if before is not None:
        # Out of the outbox first: what never left is nothing that a practice is told to replace.
        moving.take_back(before, by=by)
    if facts.checks is not None:
        facts = replace(facts, checks=replace(facts.checks, replaces=having.anything_went(before, practice_id)))
    # Among documents a subject is of one patient: a patient's day is told by organisation and day.
    key = (subject, subject_id) if subject == CHECK_VISIT else (f"{organisation_id}:{subject_id}"[:20], patient_id)
    to = documents.Recipient("practice", facts.practice or Party(""), ways=())
    letter = documents.NewLetter(facts, organisation_id, *key, patient_id, (to,))
    ref = documents.compose(letters=[letter], by=by)[0]
    made = SentDocument.objects.create(
        organisation_id=organisation_id,
        practice_id=practice_id,
        patient_id=patient_id,
        kind=facts.kind,
        subject=subject,
        subject_id=subject_id,
        version=before.version + 1 if before else 1,
        replaces=before,
        document=documents.Document.objects.get(ref=ref),
        entries=entries,
        composed_at=clock.now(),
    )
    moving.begin(made, by=by)
    if before is not None:
        moving.move(before, "replaced", by=by, reason=f"version {made.version}")
        having.end_work(before, by=by)
        having.ask_to_tell(made, practice_id, by=by)
    audit.record(by=by, line=moving.line(made, "make_document", version=made.version))
    jobs.wake(SEND)
    return made


def _facts(
    organisation_id: int, practice_id: int | None, patient_id: int, reference: str, told: CheckFacts | ContactFacts
) -> documents.Facts:
    known = accounts.Organisation.objects.in_bulk([key for key in (organisation_id, practice_id) if key is not None])
    here, practice = known[organisation_id], known.get(practice_id or 0)
    return documents.Facts(
        kind="checks" if isinstance(told, CheckFacts) else "contacts",
        dated=clock.today(),
        sender=Party(here.name),
        patient=person_of(patient_id),
        reference=reference,
        contact=Contact(here.name, here.phone),
        practice=Party(practice.name if practice else "The patient’s GP practice"),
        checks=told if isinstance(told, CheckFacts) else None,
        contacts=told if isinstance(told, ContactFacts) else None,
    )


def person_of(patient_id: int) -> Person:
    """The patient as a document of today names them."""
    patient = patients.Patient.objects.get(pk=patient_id)
    return Person(
        f"{patient.title} {patient.shown_name}".strip(),
        nhs_number=patient.nhs_number or "",
        born_on=patient.born_on,
    )


def _same(old: dict[str, Any], new: dict[str, Any]) -> bool:
    """Whether two documents tell the same, whenever they were written and whatever they replace."""

    def bare(facts: dict[str, Any]) -> dict[str, Any]:
        checks = {key: value for key, value in (facts.get("checks") or {}).items() if key != "replaces"}
        return {**{key: value for key, value in facts.items() if key != "dated"}, "checks": checks}

    return bare(old) == bare(new)


def _told(visit: recall.VisitSummary) -> CheckFacts:
    found = {item.key: [one for one in visit.findings if one.key == item.key] for item in visit.items}
    rows, without = [], []
    for item in visit.items:
        day = item.entries[0].day if item.entries else visit.day
        if item.state in _NOT_DONE:
            without.append((item.label, _NOT_DONE[item.state].format(day=words.plain_day(day))))
            continue
        said = [_found(one) for one in found[item.key]]
        said += ["Not enough to complete the check."] if item.state == "part" else []
        said += ["In words only: no code stands for it."] if item.state == "noted" else []
        coded = dict.fromkeys((one.code, one.term) for one in item.entries if one.code)
        rows.append(CheckRow(item.label, item.words, day, tuple(coded), " ".join(said)))
    given = {check for check, _ in without} | {row.check for row in rows}
    without += [(label, "not done") for label in visit.missing if label not in given]
    declined = [item.label for item in visit.items if item.state == "declined"]
    again = [*declined, *(label for label, why in without if why == "not done")]
    return CheckFacts(
        name=visit.name,
        on=visit.day,
        by=visit.closed_by or visit.opened_by,
        rows=tuple(rows),
        without=tuple(without),
        acted=tuple(f"{one.text}: {_done(one)}" for one in visit.findings if one.action),
        asked=(f"Still due, please offer: {', '.join(again)}.",) if again else (),
        following=_following(visit),
        finished=visit.state == "closed",
    )


def _found(one: recall.SummaryFinding) -> str:
    done = f" {one.action}." if one.action else " Nothing was done about it yet."
    return f"{one.text.rstrip('.')}.{done}"


def _done(one: recall.SummaryFinding) -> str:
    who = f" ({one.acted_by}, {words.plain_day(one.acted_at)})" if one.acted_at else ""
    return f"{one.action[0].lower()}{one.action[1:]}{who}{': ' + one.note if one.note else ''}"


def _following(visit: recall.VisitSummary) -> str:
    if visit.next_on is None:
        return ""
    said = words.long_day(visit.next_on)
    return said.split(" ", 2)[2] if visit.next_whole_month else said


def _entries(visit: recall.VisitSummary, told: CheckFacts) -> list[dict[str, Any]]:
    """What it carries: the coded entries, and what is asked of the practice, which has no code."""
    results = [
        {
            "code": one.code,
            "term": one.term,
            "value": one.value,
            "unit": one.unit,
            "day": one.day.isoformat(),
            "text": one.text,
        }
        for item in visit.items
        for one in item.entries
    ]
    return results + [_asked(text, visit.day) for text in told.asked]


def _asked(text: str, day: date) -> dict[str, Any]:
    # The document has it whole.
    text = shorten(text, codes.LENGTHS["text"], placeholder=" …")
    return {"code": "", "term": "", "value": None, "unit": "", "day": day.isoformat(), "text": text}
