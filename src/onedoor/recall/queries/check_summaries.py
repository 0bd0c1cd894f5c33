"""What a visit for checks came to, for whoever tells others of it."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping, Sequence
from datetime import datetime

from django.db.models import Max

from onedoor.kernel import clock
from onedoor.kernel.access import Access, Permission
from onedoor.patients import api as patients
from onedoor.recall import ruleset
from onedoor.recall.check_fields import LABELS
from onedoor.recall.check_types import SummaryEntry, SummaryFinding, SummaryItem, VisitSummary
from onedoor.recall.models import AgreedDate, CheckFinding, CheckItem, CheckVisit, CheckVisitHistory
from onedoor.recall.queries.checks import SUBJECT, rule_set_of
from onedoor.recall.rules_findings import ACTIONS, FINDINGS
from onedoor.records import api as records


def visit_summary(access: Access, visit_id: int) -> VisitSummary:
    """A visit for checks as it stands, with the coded entries that stand for each check, those entered in error left out.

    Raises NotPermitted without Permission.CHECKS, CheckVisit.DoesNotExist and Patient.DoesNotExist outside the access.
    """
    access.require(Permission.CHECKS)
    found = CheckVisit.objects.select_related("organisation")
    if not access.everything:
        found = found.filter(organisation_id__in=access.organisations)
    visit = found.get(pk=visit_id)
    patients.by_id(access, visit.patient_id)
    rules = rule_set_of(visit.rule_set)
    agreed = AgreedDate.objects.filter(visit=visit).first()
    finished = CheckVisitHistory.objects.filter(parent=visit, to_state="closed").order_by("-id").first()
    return VisitSummary(
        visit_id=visit.pk,
        ref=visit.ref,
        patient_id=visit.patient_id,
        organisation_id=visit.organisation_id,
        organisation=visit.organisation.name,
        rule_set=rules.key,
        name=rules.name,
        day=visit.day,
        state=visit.state,
        opened_at=visit.opened_at,
        opened_by=visit.opened_by,
        closed_at=visit.closed_at,
        closed_by=finished.actor_label if finished and visit.state == "closed" else "",
        items=_items(visit, rules),
        missing=tuple(LABELS.get(key, key) for key in visit.missing.split()),
        findings=_findings(visit),
        next_on=agreed.on if agreed else None,
        next_whole_month=agreed.whole_month if agreed else False,
    )


def left_open(organisation_ids: Sequence[int], *, unchanged_since: datetime) -> list[tuple[int, datetime]]:
    """Open visits at these organisations in which something is saved and nothing was since the moment: (key, when it last was).
    For whoever tells others of them, which says why it may know."""
    found = CheckVisit.objects.filter(state="open", organisation_id__in=organisation_ids)
    last = found.annotate(saved=Max("items__saved_at")).filter(saved__lte=unchanged_since)
    return list(last.order_by("saved", "pk").values_list("pk", "saved"))


def _items(visit: CheckVisit, rules: ruleset.RuleSet) -> tuple[SummaryItem, ...]:
    order = {part.key: number for number, part in enumerate(rules.parts)}
    entries = _entries(visit)
    kept = CheckItem.objects.filter(visit=visit).exclude(state="cleared").order_by("id")
    return tuple(
        SummaryItem(
            key=item.key,
            label=LABELS.get(item.key, item.key),
            state=item.state,
            words=item.words,
            entries=tuple(entries.get(item.key, ())),
            saved_by=item.saved_by,
            saved_at=item.saved_at,
        )
        for item in sorted(kept, key=lambda one: order.get(one.key, len(order)))
    )


def _entries(visit: CheckVisit) -> Mapping[str, Sequence[SummaryEntry]]:
    """By check, in the order in which they were written: `actions.checks` names each `check:<visit>:<check>:<number>`."""
    own = records.Entry.objects.filter(
        patient_id=visit.patient_id, subject=SUBJECT, subject_id=visit.pk, in_error_at=None
    )
    found: dict[str, list[SummaryEntry]] = defaultdict(list)
    for entry in own.select_related("code").order_by("id"):
        key, _, number = entry.intent_key.removeprefix(f"check:{visit.pk}:").partition(":")
        if not number.isdecimal():
            continue
        found[key].append(
            SummaryEntry(
                code=entry.code.code if entry.code else "",
                term=entry.code.shown_term if entry.code else "",
                value=entry.value,
                unit=entry.code.unit if entry.code and entry.value is not None else "",
                day=entry.effective_at.astimezone(clock.LONDON).date(),
                text=entry.text,
            )
        )
    return found


def _findings(visit: CheckVisit) -> tuple[SummaryFinding, ...]:
    return tuple(
        SummaryFinding(
            code=one.code,
            key=one.key,
            text=one.text,
            urgent=FINDINGS[one.code].urgent,
            action=ACTIONS.get(one.action, ""),
            note=one.note,
            acted_by=one.acted_by,
            acted_at=one.acted_at,
        )
        for one in CheckFinding.objects.filter(visit=visit, ended_at=None).order_by("id")
    )
