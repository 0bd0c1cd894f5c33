"""What follows from what was found at a visit for checks: work for clinicians, a referral, a repeat, or a recorded refusal."""

from __future__ import annotations

from collections.abc import Mapping
from uuid import NAMESPACE_URL, uuid5

from django.db import transaction

from onedoor.accounts import api as accounts
from onedoor.directory import api as directory
from onedoor.kernel import clock
from onedoor.kernel.access import Access, Permission
from onedoor.kernel.actor import Actor
from onedoor.recall.check_kinds import AWAITED, DANGER, LOOK, READ, REPEAT
from onedoor.recall.check_types import CheckAct
from onedoor.recall.models import CheckFinding, CheckItem, CheckVisit
from onedoor.recall.queries.checks import SUBJECT
from onedoor.recall.rules_checks import Reading
from onedoor.recall.rules_findings import ACTIONS, CODES, FINDINGS, SOURCES
from onedoor.records.api import concept, record_entries
from onedoor.records.types import NewEntry
from onedoor.referrals import api as referrals
from onedoor.tasks import api as tasks
from onedoor.tasks.types import Kind, NewTask

READ_BY_A_CLINICIAN = ("bp", "glucose", "lipid")
"""Checks for whose values the facts give no threshold: whatever they are, a clinician reads them."""


class NotActed(Exception):
    """Nothing was done about a finding; the message says why, for whoever chose it."""


def take_findings(visit: CheckVisit, readings: Mapping[str, Reading], *, by: Actor) -> None:
    """Bring what was found in line with what was saved, in the caller's transaction: new ones, and ones corrected away.

    What is dangerous goes to the duty clinician at once.
    """
    now = clock.now()
    standing = {one.code: one for one in CheckFinding.objects.filter(visit=visit, key__in=readings).order_by("id")}
    found = {code: (key, text) for key, reading in readings.items() for code, text in reading.found}
    gone = [code for code, one in standing.items() if one.ended_at is None and code not in found]
    CheckFinding.objects.filter(visit=visit, code__in=gone).update(ended_at=now)
    keys = [_key(kind, visit, code) for code in gone for kind in (DANGER, LOOK, REPEAT)]
    tasks.withdraw(keys=keys, because="the value was corrected", by=by)
    for code, (key, text) in found.items():
        urgent = FINDINGS[code].urgent
        acted = (
            {"action": "duty", "acted_at": now, "acted_by": by.label} if urgent else {"action": "", "acted_at": None}
        )
        before = standing.get(code)
        if before is None or before.ended_at is not None:
            CheckFinding.objects.update_or_create(
                visit=visit, code=code, defaults={"key": key, "text": text, "ended_at": None, "note": "", **acted}
            )
        else:
            CheckFinding.objects.filter(pk=before.pk).update(text=text)
        if urgent:
            tasks.withdraw(keys=[_key(DANGER, visit, code)], because="the value was corrected", by=by)
            tasks.ask_for(tasks=[_task(DANGER, visit, code, f"Out of the usual: {text}", "")], by=by)


def ask_to_read(visit: CheckVisit, *, by: Actor) -> None:
    """One task for a clinician to read what was measured, with all of it as it stands; none once nothing is measured."""
    items = CheckItem.objects.filter(visit=visit, key__in=READ_BY_A_CLINICIAN, state="measured").order_by("id")
    words = "; ".join(item.words for item in items)
    tasks.withdraw(keys=[_key(READ, visit)], because="the results have changed", by=by)
    if words:
        tasks.ask_for(tasks=[_task(READ, visit, "", "Read the results of a physical health check", words)], by=by)


def follow_awaited(visit: CheckVisit, readings: Mapping[str, Reading], *, by: Actor) -> None:
    """A blood test that was taken has somebody who sees that its result comes, until it has."""
    keys = [f"{AWAITED.name}:{visit.patient_id}:{key}" for key in readings]
    tasks.withdraw(keys=keys, because="the check has a result, or none is awaited", by=by)
    awaited = [key for key, reading in readings.items() if reading.state == "awaited"]
    tasks.ask_for(
        tasks=[
            NewTask(
                kind=AWAITED.name,
                organisation_id=visit.organisation_id,
                key=f"{AWAITED.name}:{visit.patient_id}:{key}",
                title="A blood test was taken at a check: has its result come?",
                patient_id=visit.patient_id,
                subject=SUBJECT,
                subject_id=visit.pk,
            )
            for key in awaited
        ],
        by=by,
    )


def act(visit: CheckVisit, acts: Mapping[str, CheckAct], *, access: Access) -> tuple[list[str], dict[str, str]]:
    """Do what was chosen about findings that nothing was done about; returns those done, and why others were not, by code."""
    open_ones = CheckFinding.objects.select_for_update().filter(visit=visit, action="", ended_at=None, code__in=acts)
    done: list[str] = []
    problems: dict[str, str] = {}
    for finding in open_ones.order_by("id"):
        chosen = acts[finding.code]
        if not chosen.action:
            continue
        try:
            with transaction.atomic():
                _act(visit, finding, chosen, access=access)
        except (NotActed, referrals.NotDone) as why:
            problems[finding.code] = str(why)
        else:
            done.append(finding.code)
    return done, problems


def _act(visit: CheckVisit, finding: CheckFinding, chosen: CheckAct, *, access: Access) -> None:
    if chosen.action not in FINDINGS[finding.code].offers:
        raise NotActed("Choose one of the list.")
    by, note = access.actor, " ".join(chosen.note.split())[:300]
    said = ACTIONS[chosen.action]
    finding.action, finding.note, finding.acted_at, finding.acted_by = chosen.action, note, clock.now(), by.label
    if chosen.action == "refer":
        said = _refer(visit, finding, chosen, access=access)
    elif chosen.action in ("clinician", "repeat"):
        kind = LOOK if chosen.action == "clinician" else REPEAT
        tasks.ask_for(tasks=[_task(kind, visit, finding.code, f"{kind.label}: {finding.text}", note)], by=by)
    finding.save(update_fields=["action", "note", "acted_at", "acted_by", "referral_ref"])
    code = CODES.get((finding.code, chosen.action), "")
    record_entries(
        entries=[
            NewEntry(
                patient_id=visit.patient_id,
                organisation_id=visit.organisation_id,
                kind="check",
                text=f"{finding.text}: {said[0].lower()}{said[1:]}{'. ' + note if note else ''}"[:400],
                intent_key=f"check:{visit.pk}:acted:{finding.code}:{finding.acted_at.isoformat()}",
                source="check form",
                concept=concept(code) if code else None,
                elsewhere=bool(code) and accounts.serves_as_trust(visit.organisation_id),
                subject=SUBJECT,
                subject_id=visit.pk,
            )
        ],
        by=by,
    )


def _refer(visit: CheckVisit, finding: CheckFinding, chosen: CheckAct, *, access: Access) -> str:
    """Refer by the door of referrals; an open referral to the same service is as good. Returns what was done in words."""
    if not access.may(Permission.REFER):
        raise NotActed("You may not refer: choose that a clinician looks at it.")
    card = directory.card(chosen.service) if chosen.service else None
    if card is None:
        raise NotActed("Choose the service.")
    source = next((one for one in SOURCES if one in card.refers), "")
    if not source:
        raise NotActed(f"{card.name} takes no referrals from here: choose something else.")
    new = referrals.NewReferral(
        service_slug=card.slug,
        patient_id=visit.patient_id,
        source=source,
        reason=f"Found at a physical health check: {finding.text}. {chosen.note}".strip(),
        form_key=uuid5(NAMESPACE_URL, f"check:{visit.pk}:{finding.code}:{card.slug}"),
    )
    try:
        finding.referral_ref = referrals.refer(access=access, new=new).ref
    except referrals.OpenAlready as open_already:
        finding.referral_ref = open_already.twin.ref
        return f"Referred to {card.name} already"
    return f"Referred to {card.name}"


def _key(kind: Kind, visit: CheckVisit, code: str = "") -> str:
    return f"{kind.name}:{visit.pk}:{code}" if code else f"{kind.name}:{visit.pk}"


def _task(kind: Kind, visit: CheckVisit, code: str, title: str, detail: str) -> NewTask:
    return NewTask(
        kind=kind.name,
        organisation_id=visit.organisation_id,
        key=_key(kind, visit, code),
        title=title[:200],
        detail=detail,
        patient_id=visit.patient_id,
        subject=SUBJECT,
        subject_id=visit.pk,
    )
