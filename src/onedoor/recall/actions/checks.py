"""Taking a check form: what is sound of it is saved at once, the rest comes back as it was typed.

Sent twice it is one: each check is compared with what stands and with what the page showed, so that a retry finds nothing to do,
and what somebody else saved meanwhile is never overwritten unseen.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from dataclasses import asdict, replace
from datetime import date, datetime, time
from uuid import UUID, uuid5

from django.db import IntegrityError, transaction

from onedoor.accounts import api as accounts
from onedoor.kernel import audit, clock, events, words
from onedoor.kernel.access import Access, NotPermitted, Permission
from onedoor.kernel.actor import Actor
from onedoor.kernel.codes import Concept
from onedoor.kernel.transitions import record_first, transition
from onedoor.patients import api as patients
from onedoor.recall import rules_checks as rules
from onedoor.recall.actions.check_findings import act, ask_to_read, follow_awaited, take_findings
from onedoor.recall.actions.sparing import tell_of_visits
from onedoor.recall.actions.standing import refresh
from onedoor.recall.check_fields import LABELS
from onedoor.recall.check_types import (
    NOT_CLOSED_FOUND,
    NOT_CLOSED_MISSING,
    NOT_CLOSED_TYPED,
    CheckForm,
    ChecksSaved,
    Meanwhile,
)
from onedoor.recall.events import ChecksClosed
from onedoor.recall.models import AgreedDate, CheckFinding, CheckItem, CheckSend, CheckVisit, CheckVisitHistory
from onedoor.recall.queries.checks import SUBJECT, height_before, missing_parts, open_visit, rule_set_of
from onedoor.recall.rules_checks import Reading
from onedoor.records import api as records
from onedoor.records.api import in_error, record_entries
from onedoor.records.types import NewEntry


@transaction.atomic
def save_checks(*, access: Access, patient_id: int, form: CheckForm) -> ChecksSaved:
    """Save what is sound of a form, and say what is not; finish the visit if that is asked and nothing stands against it.

    Raises NotPermitted, Patient.DoesNotExist outside the access.
    """
    access.require(Permission.CHECKS)
    patient = patients.by_id(access, patient_id)
    here = access.actor.organisation_id
    if here is None:
        raise NotPermitted(Permission.CHECKS)
    first, closed_as = _first_time(form, patient_id)
    if not first and closed_as is not None:
        return ChecksSaved(ref=closed_as, closed=True)
    visit = open_visit(here, patient_id, lock=True)
    if visit is None:
        if not (_changed(None, form) or form.next_month or form.close):
            return ChecksSaved()
        visit = _open(here, patient_id, form, by=access.actor)
    CheckSend.objects.filter(pk=_send_key(form, patient_id)).update(visit=visit)
    height = height_before(records.coded_of(access, patient_id), patient.born_on, visit)
    known = rules.Known(clock.today(), patient.born_on, height[0] if height else None)
    return _save(access, visit, form, known)


def _save(access: Access, visit: CheckVisit, form: CheckForm, known: rules.Known) -> ChecksSaved:
    by = access.actor
    items = {item.key: item for item in CheckItem.objects.filter(visit=visit)}
    refused: dict[str, Reading] = {}
    meanwhile: dict[str, Meanwhile] = {}
    sound: dict[str, Reading] = {}
    changed = _changed(visit, form)
    for key, typed in changed.items():
        item = items.get(key)
        if item is not None and form.base.get(key, "").partition(".")[0] != str(item.version):
            meanwhile[key] = Meanwhile(item.saved_by, item.saved_at, item.words or "taken away")
            continue
        reading = rules.read(key, typed, known)
        if reading.problems or (reading.asks and form.sure.get(key) != rules.sure_mark(key, typed)):
            refused[key] = reading
        elif reading.state or item is not None:
            sound[key] = reading
    elsewhere = bool(sound) and accounts.serves_as_trust(visit.organisation_id)
    for key, reading in sound.items():
        _keep(visit, items.get(key), key, changed[key], reading, by=by)
    if sound:
        record_entries(entries=_entries(visit, sound, elsewhere=elsewhere), by=by)
        take_findings(visit, sound, by=by)
        follow_awaited(visit, sound, by=by)
        ask_to_read(visit, by=by)
        refresh(patient_ids=[visit.patient_id])
    acted, act_problems = act(visit, form.acts, access=access)
    next_problem, agreed = _agree(visit, form, by=by)
    saved = ChecksSaved(
        visit.ref,
        tuple(sound),
        tuple(acted),
        refused,
        meanwhile,
        act_problems,
        next_problem,
        agreed,
    )
    if form.close:
        missing = missing_parts(access, visit)
        saved = replace(saved, why_open=_why_open(visit, form, missing, unsaved=not saved.sound))
    audit.record(by=by, line=_line(visit, "save_checks", checks=sorted(sound), acted=acted))
    if form.close and not saved.why_open:
        _close(visit, missing, by=by)
        saved = ChecksSaved(saved.ref, saved.changed, saved.acted, agreed=agreed, closed=True)
    return saved


@transaction.atomic
def open_checks_again(*, access: Access, visit_ref: UUID) -> bool:
    """Open a finished visit again to correct it, on its own day; False on another, or while another visit is open.

    Raises NotPermitted, CheckVisit.DoesNotExist outside the access.
    """
    access.require(Permission.CHECKS)
    visit = CheckVisit.objects.select_for_update().get(ref=visit_ref, organisation_id__in=access.organisations)
    patients.by_id(access, visit.patient_id)
    if visit.day != clock.today() or open_visit(visit.organisation_id, visit.patient_id) is not None:
        return False
    moved = transition(
        model=CheckVisit, history=CheckVisitHistory, moves=rules.MOVES, ids=[visit.pk], to="open", by=access.actor,
        also={"closed_at": None, "missing": ""},
    )  # fmt: skip
    if moved:
        audit.record(by=access.actor, line=_line(visit, "open_checks_again"))
    return bool(moved)


def _send_key(form: CheckForm, patient_id: int) -> UUID:
    """Of the page's own key and all that was sent: what was typed after a send that was lost is another form."""
    said = json.dumps([patient_id, asdict(replace(form, form_key=UUID(int=0)))], sort_keys=True, default=str)
    return uuid5(form.form_key, hashlib.sha256(said.encode()).hexdigest())


def _first_time(form: CheckForm, patient_id: int) -> tuple[bool, UUID | None]:
    """Whether this form comes for the first time; if not, the visit that it finished, if it did. Waits for its twin."""
    key = _send_key(form, patient_id)
    try:
        with transaction.atomic():
            CheckSend.objects.create(pk=key, patient_id=patient_id, at=clock.now())
    except IntegrityError:
        sent = CheckSend.objects.select_related("visit").get(pk=key)
        visit = sent.visit
        return False, visit.ref if visit is not None and visit.state == "closed" else None
    return True, None


def _changed(visit: CheckVisit | None, form: CheckForm) -> dict[str, Mapping[str, str]]:
    """The checks of the form that say otherwise than the page showed and than what stands, each with its day filled in."""
    stands = {item.key: item.typed for item in CheckItem.objects.filter(visit=visit)} if visit else {}
    today = clock.today().isoformat()
    found: dict[str, Mapping[str, str]] = {}
    for key, typed in form.typed.items():
        if rules.mark(typed) == form.base.get(key, "").partition(".")[2]:
            continue
        said = any(said.strip() for name, said in typed.items() if name != "on")
        dated = {**typed, "on": typed.get("on", "").strip() or today} if said else {}
        if rules.mark(dated) != rules.mark(stands.get(key, {})):
            found[key] = dated
    return found


def _open(organisation_id: int, patient_id: int, form: CheckForm, *, by: Actor) -> CheckVisit:
    try:
        with transaction.atomic():
            visit = CheckVisit.objects.create(
                organisation_id=organisation_id,
                patient_id=patient_id,
                rule_set=form.rule_set,
                day=clock.today(),
                opened_at=clock.now(),
                opened_by=by.label,
            )
            record_first(history=CheckVisitHistory, ids=[visit.pk], state="open", by=by)
            return visit
    except IntegrityError:
        found = open_visit(organisation_id, patient_id, lock=True)
        assert found is not None, "another opened it a moment ago"
        return found


def _keep(
    visit: CheckVisit, item: CheckItem | None, key: str, typed: Mapping[str, str], reading: Reading, *, by: Actor
) -> None:
    """Replace what stood of one check; its former entries are in error."""
    if item is not None:
        in_error(patient_id=visit.patient_id, intents=_intents(visit, key))
    CheckItem.objects.update_or_create(
        visit=visit,
        key=key,
        defaults={
            "state": reading.state or "cleared",
            "typed": {name: said.strip() for name, said in typed.items() if said.strip()} if reading.state else {},
            "words": reading.words,
            "version": item.version + 1 if item else 1,
            "saved_at": clock.now(),
            "saved_by": by.label,
        },
    )


def _entries(visit: CheckVisit, sound: Mapping[str, Reading], *, elsewhere: bool) -> list[NewEntry]:
    """What a form puts on the timeline; with `elsewhere` it counts once the practice has accepted it (ADR 12)."""
    terms = records.terms(one.code for reading in sound.values() for one in reading.writes if one.code)
    return [
        NewEntry(
            patient_id=visit.patient_id,
            organisation_id=visit.organisation_id,
            kind="check",
            text=_text(key, reading, one)[:400],
            intent_key=f"{_intents(visit, key)}{n}",
            source="check form",
            concept=Concept(one.code, terms[one.code]) if one.code else None,
            effective_at=_moment(reading.on or clock.today()),
            subject=SUBJECT,
            subject_id=visit.pk,
            value=one.value,
            unit=one.unit,
            elsewhere=elsewhere,
        )
        for key, reading in sound.items()
        for n, one in enumerate(reading.writes)
    ]


def _intents(visit: CheckVisit, key: str) -> str:
    return f"check:{visit.pk}:{key}:"


def _text(key: str, reading: Reading, one: rules.Write) -> str:
    """Words of an entry: what is not a value says of which check it is."""
    return one.text if reading.state in ("measured", "part") else f"{LABELS.get(key, key)}: {one.text}"


def _moment(on: date) -> datetime:
    """Now, or for another day the midnight with which it begins: the day is all that is known."""
    return clock.now() if on == clock.today() else datetime.combine(on, time(), tzinfo=clock.LONDON)


def _agree(visit: CheckVisit, form: CheckForm, *, by: Actor) -> tuple[str, bool]:
    """Keep when they will come next; returns what is wrong with it, and whether it is new."""
    if not form.next_month:
        return ("Choose the month too.", False) if form.next_day else ("", False)
    try:
        on = date.fromisoformat(f"{form.next_month}-{int(form.next_day or 1):02}")
    except ValueError:
        return "There is no such day.", False
    if not clock.today() < on <= clock.today() + rules.NEXT_WITHIN:
        return "Choose a day to come, within two years.", False
    whole, programme = not form.next_day, rule_set_of(visit.rule_set).programme
    stands = AgreedDate.objects.filter(patient_id=visit.patient_id, programme=programme).first()
    if stands is not None and (stands.on, stands.whole_month) == (on, whole):
        return "", False
    AgreedDate.objects.update_or_create(
        patient_id=visit.patient_id,
        programme=programme,
        defaults={
            "on": on, "whole_month": whole, "visit": visit, "agreed_at": clock.now(), "agreed_by": by.label
        },
    )  # fmt: skip
    said = words.long_day(on).split(" ", 1)[1]
    record_entries(
        entries=[
            NewEntry(
                patient_id=visit.patient_id,
                organisation_id=visit.organisation_id,
                kind="check",
                text=f"Next checks agreed for {said.split(' ', 1)[1] if whole else said}",
                intent_key=f"check:{visit.pk}:next:{clock.now().isoformat()}",
                source="check form",
                subject=SUBJECT,
                subject_id=visit.pk,
            )
        ],
        by=by,
    )
    return "", True


def _why_open(visit: CheckVisit, form: CheckForm, missing: list[str], *, unsaved: bool) -> tuple[str, ...]:
    """Everything for which a visit cannot be finished yet; nothing when it can."""
    why = []
    if unsaved:
        why.append(NOT_CLOSED_TYPED)
    if CheckFinding.objects.filter(visit=visit, action="", ended_at=None).exists():
        why.append(NOT_CLOSED_FOUND)
    if missing and not form.missing_ok:
        why.append(NOT_CLOSED_MISSING)
    return tuple(why)


def _close(visit: CheckVisit, missing: list[str], *, by: Actor) -> None:
    transition(
        model=CheckVisit, history=CheckVisitHistory, moves=rules.MOVES, ids=[visit.pk], to="closed", by=by,
        also={"closed_at": clock.now(), "missing": " ".join(missing)[:200]},
    )  # fmt: skip
    audit.record(by=by, line=_line(visit, "finish_checks"))
    tell_of_visits(visit, by=by)
    events.emit(ChecksClosed((visit.pk,)))


def _line(visit: CheckVisit, action: str, **detail: object) -> audit.Line:
    return audit.Line(
        action, SUBJECT, visit.pk, patient_id=visit.patient_id, organisation_id=visit.organisation_id, detail=dict(detail)
    )  # fmt: skip
