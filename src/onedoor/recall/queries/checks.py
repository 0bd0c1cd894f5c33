"""Reads for the check form: what each check is now, what the visit has, what was found, and whose visits a day holds."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date
from decimal import Decimal

from onedoor.directory import api as directory
from onedoor.kernel import clock, words
from onedoor.kernel.access import Access, Permission
from onedoor.patients import api as patients
from onedoor.recall import check_fields as fields
from onedoor.recall import days, ruleset
from onedoor.recall import rules_checks as rules
from onedoor.recall.check_types import AwayValue, CheckFindingView, CheckPage, CheckView, ItemView, LastValue
from onedoor.recall.models import AgreedDate, CheckFinding, CheckItem, CheckVisit
from onedoor.recall.queries.standing import why
from onedoor.recall.rules_findings import ACTIONS, FINDINGS, SOURCES
from onedoor.recall.standing_types import ACTIONABLE, PartView, Why
from onedoor.records import api as records

CHECK_SETS = ("smi", "smi-nine")
"""Those that a form can be filled by: six checks or nine."""
SUBJECT = "check_visit"
_ADULT = 18
_UNITS = {
    "{score}": "",
    "ratio": "",
    "mm[Hg]": "mmHg",
    "kg/m2": "kg/m²",
    "units/week": "units a week",
    "n/day": "a day",
}
_HEIGHTS = (fields.HEIGHT.code, "50373000")  # clinical.md 2 #3
_PAIRS = (("271649006", "271650006"), ("413606001", "413605002"), ("1162737008", "1162735000"))  # #8 to #11


def rule_set_of(key: str) -> ruleset.RuleSet:
    """A rule set that a form can be filled by; KeyError for another."""
    if key not in CHECK_SETS:
        raise KeyError(key)
    return next(one for one in ruleset.shipped() if one.key == key)


def open_visit(organisation_id: int, patient_id: int, *, lock: bool = False) -> CheckVisit | None:
    """The visit that is open, to be written to with `lock`."""
    found = CheckVisit.objects.filter(organisation_id=organisation_id, patient_id=patient_id, state="open")
    return (found.select_for_update() if lock else found).first()


def height_before(
    coded: Sequence[records.Coded], born_on: date, visit: CheckVisit | None
) -> tuple[Decimal, date] | None:
    """The last height in cm of an adult, and its day, leaving out what this visit wrote: grown-ups stay as tall as they are, and
    are not measured each year."""
    grown = days.add_months(born_on, 12 * _ADULT)
    own = (
        set(
            records.Entry.objects.filter(patient_id=visit.patient_id, subject=SUBJECT, subject_id=visit.pk).values_list(
                "pk", flat=True
            )
        )
        if visit
        else set()
    )
    for fact in coded:
        tall = fact.code.code in _HEIGHTS and fact.value is not None and fact.in_error_at is None
        if tall and fact.day >= grown and fact.entry_id not in own:
            return Decimal(str(fact.value)).quantize(rules.ONE), fact.day
    return None


def missing_parts(access: Access, visit: CheckVisit) -> list[str]:
    """The checks of a visit's rule set of which neither the visit says anything nor what is on the record counts."""
    words_of = CheckItem.objects.filter(visit=visit).exclude(state__in=("cleared", "part"))
    said = set(words_of.values_list("key", flat=True))
    facts = records.coded_of(access, visit.patient_id)
    found = rule_set_of(visit.rule_set)
    stands = _stands(found, why(access, visit.patient_id, visit.rule_set), facts, _codes(found))
    return [part.key for part in stands.values() if not part.done and part.key not in said]


def check_page(access: Access, patient_id: int, key: str = "") -> CheckPage:
    """The form of one person by a rule set: that of the open visit, or `key`, or six checks.

    Raises NotPermitted, Patient.DoesNotExist outside the access, KeyError for a rule set that no form is filled by.
    """
    access.require(Permission.CHECKS)
    patient = patients.by_id(access, patient_id)
    visit = open_visit(access.actor.organisation_id or 0, patient_id)
    found = rule_set_of(key or (visit.rule_set if visit else CHECK_SETS[0]))
    facts = [fact for fact in records.coded_of(access, patient_id) if fact.in_error_at is None]
    height = height_before(facts, patient.born_on, visit)
    items = {item.key: item for item in CheckItem.objects.filter(visit=visit)} if visit else {}
    earlier = _earlier(access, patient_id, visit)
    standing = why(access, patient_id, found.key)
    codes = _codes(found)
    stands = _stands(found, standing, facts, codes)
    checks = tuple(
        _check(part, stands[part.key], facts, codes[part.key], items.get(part.key), earlier.get(part.key), height)
        for part in found.parts
    )
    agreed = AgreedDate.objects.filter(patient_id=patient_id, programme=found.programme).first()
    closed = CheckVisit.objects.filter(patient_id=patient_id, organisation_id__in=access.organisations, state="closed")
    last = closed.order_by("-closed_at").first()
    return CheckPage(
        rule_set=found.key,
        name=found.name,
        visit_ref=visit.ref if visit else None,
        opened_at=visit.opened_at if visit else None,
        opened_by=visit.opened_by if visit else "",
        checks=checks,
        findings=_findings(visit, days.age(patient.born_on, clock.today())) if visit else (),
        done=sum(1 for part in stands.values() if part.done),
        standing=_not_asked(standing),
        agreed_on=agreed.on if agreed else None,
        agreed_month=agreed.whole_month if agreed else False,
        agreed_by=agreed.agreed_by if agreed else "",
        last_closed=last,
    )


def _not_asked(standing: Why) -> str:
    if standing.status == ACTIONABLE or standing.in_numerator:
        return ""
    return standing.text if standing.status is not None or not standing.cohorts else "; ".join(standing.cohorts)


def _earlier(access: Access, patient_id: int, visit: CheckVisit | None) -> dict[str, CheckItem]:
    """The last word of earlier visits on each check."""
    found = CheckItem.objects.filter(visit__patient_id=patient_id, visit__organisation_id__in=access.organisations)
    found = found.exclude(state="cleared").exclude(visit=visit) if visit else found.exclude(state="cleared")
    return {item.key: item for item in found.order_by("saved_at", "id")}


def _check(
    part: ruleset.Part,
    stands: PartView,
    facts: Sequence[records.Coded],
    codes: frozenset[str],
    item: CheckItem | None,
    earlier: CheckItem | None,
    height: tuple[Decimal, date] | None,
) -> CheckView:
    own, away = _latest(codes, facts), _latest(codes, facts, elsewhere=True)
    if away and own and own[0].day > away[0].day:
        away = []
    last = (
        LastValue(
            _words(part.key, own),
            own[0].day,
            own[0].organisation.name,
            stands.done and not stands.hidden,
            stands.expires_on,
        )
        if own
        else None
    )
    typed = dict(item.typed) if item else {}
    if part.key == "bmi" and height is not None and "height" not in typed and not typed.get("state"):
        typed["height"] = rules.plain(height[0])
    # What came onto the record since, of whatever day and by whomever, is the news.
    newer = (
        earlier is not None
        and item is None
        and all(one[0].recorded_at < earlier.saved_at for one in (own, away) if one)
    )
    return CheckView(
        key=part.key,
        label=part.label,
        last=last,
        declined_on=stands.declined_on,
        earlier=_said(earlier) if earlier is not None and newer and earlier.state not in ("measured", "part") else "",
        awaited=earlier is not None and newer and earlier.state == "awaited",
        item=ItemView(item.state, item.typed, item.words, item.version, item.saved_at, item.saved_by) if item else None,
        known=stands.known,
        kept_until=stands.expires_on if stands.done and stands.hidden else None,
        hint=f"Height of {words.long_day(height[1]).split(' ', 1)[1]}, unless measured today."
        if part.key == "bmi" and height is not None and not (item and item.typed.get("height"))
        else "",
        base=f"{item.version if item else 0}.{rules.mark(typed)}",
        typed=typed,
        away=AwayValue(_words(part.key, away), away[0].day, away[0].organisation.name) if away else None,
    )


def _stands(
    found: ruleset.RuleSet, standing: Why, facts: Sequence[records.Coded], codes: Mapping[str, frozenset[str]]
) -> dict[str, PartView]:
    """Each part for this person. Of somebody who is in no cohort (on lithium only, or not on the register) no standing is worked
    out, and what is recorded still has its year."""
    if standing.parts:
        return {part.key: part for part in standing.parts}
    return {part.key: _outside(part, facts, codes[part.key], part.months or found.months) for part in found.parts}


def _outside(part: ruleset.Part, facts: Sequence[records.Coded], codes: frozenset[str], months: int) -> PartView:
    own = _latest(codes, facts)
    until = days.lapses(own[0].day, months) if own else None
    return PartView(
        key=part.key,
        label=part.label,
        done=until is not None and until > clock.today(),
        known=bool(codes),
        done_on=own[0].day if own else None,
        value=None,
        unit="",
        organisation="",
        entry_id=None,
        expires_on=until,
        declined_on=None,
        by_text=part.by_text,
    )


def _said(item: CheckItem) -> str:
    return f"{item.words}, {words.long_day(item.saved_at).split(' ', 1)[1]}"


def _codes(found: ruleset.RuleSet) -> dict[str, frozenset[str]]:
    """By the key of a part the codes by which it is done."""
    members = records.members_of([key for part in found.parts for key in part.done])
    return {part.key: frozenset().union(*(members[key] for key in part.done)) for part in found.parts}


def _latest(codes: frozenset[str], facts: Sequence[records.Coded], *, elsewhere: bool = False) -> list[records.Coded]:
    """The facts of the latest day on which the check was recorded, by whoever wrote the latest of them: of those that count, or
    of those that were done elsewhere and wait to be accepted."""
    today = clock.today()
    own = [fact for fact in facts if fact.code.code in codes and fact.day <= today and fact.in_error_at is None]
    own = [fact for fact in own if fact.elsewhere == elsewhere]
    return [f for f in own if f.day == own[0].day and f.organisation_id == own[0].organisation_id]


def _words(key: str, own: Sequence[records.Coded]) -> str:
    values = {fact.code.code: fact.value for fact in reversed(own) if fact.value is not None}
    if key == "bp":
        for first, second in _PAIRS:
            if first in values and second in values:
                return f"{values[first]:g}/{values[second]:g} mmHg"
    return "; ".join(dict.fromkeys(_fact(fact) for fact in reversed(own)))


def _fact(fact: records.Coded) -> str:
    if fact.value is None:
        return fact.code.term
    unit = _UNITS.get(fact.unit.ucum, fact.unit.ucum) if fact.unit else ""
    return f"{fact.code.term} {fact.value:g} {unit}".rstrip()


def services_for(words: str, age: int) -> tuple[tuple[str, str], ...]:
    """(slug, name) of up to three services that the directory finds for these words and that staff may refer to."""
    if not words:
        return ()
    found = directory.find(words, age=age, by_patient=False).found
    return tuple((one.card.slug, one.card.name) for one in found if set(SOURCES) & set(one.card.refers))[:3]


def _findings(visit: CheckVisit, age: int) -> tuple[CheckFindingView, ...]:
    found = CheckFinding.objects.filter(visit=visit, ended_at=None).order_by("id")
    # What waits for an action stands first.
    found_first = sorted(found, key=lambda one: bool(one.action))
    return tuple(
        CheckFindingView(
            code=one.code,
            key=one.key,
            text=one.text,
            urgent=FINDINGS[one.code].urgent,
            invented=FINDINGS[one.code].source.startswith("invented"),
            offers=tuple((action, ACTIONS[action]) for action in FINDINGS[one.code].offers),
            services=() if one.action else services_for(FINDINGS[one.code].service, age),
            action=ACTIONS.get(one.action, ""),
            note=one.note,
            acted_by=one.acted_by,
            acted_at=one.acted_at,
            referral_ref=one.referral_ref,
        )
        for one in found_first
    )
