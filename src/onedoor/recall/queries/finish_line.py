"""The finish line: who is nearest to all of a rule set's checks, what is missing, how it can be gathered, who sees to it.

One statement reads the standings of a register (some 15,000 people in a locality) with each person's next visit and owner, counts
them and cuts one page. The order is that which completes most people for each visit: first those whom a text alone completes,
then those with a visit booked in any case, then those who need one; who declined something last, since asking again is a
person's decision.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime
from typing import Any
from uuid import UUID

from django.db import connection

from onedoor.accounts import api as accounts
from onedoor.kernel import clock
from onedoor.kernel.access import Access
from onedoor.kernel.sensitive import says_sensitive
from onedoor.patients import api as patients
from onedoor.patients.api import Patient
from onedoor.questionnaires import api as questionnaires
from onedoor.recall.models.owners import CheckOwner, CheckPlan
from onedoor.recall.queries.on_its_way import OnItsWay, on_its_way
from onedoor.recall.versions import rule_sets_in_force

ACTIONABLE = 2
"""Of a standing's states: may be asked."""

FINISH_LINE_VIEWS = ("near", "further", "today", "complete", "out")
"""One or two short; more than two short; expected somewhere today; all done; not in the register's count, with the reason."""

QUESTIONNAIRE = "about-you"
FORMS: Mapping[str, tuple[str, ...]] = {
    "alcohol": ("units",),
    "smoking": ("smoking",),
    "bmi": ("weight", "height"),
}
"""Part of a rule set to the questions of it that gather it. Blood pressure is not among them: it takes a cuff, which few have, so
the list does not reckon with it; whoever has one is asked from the patient's page."""

BY_TEXT, BOOKED, TO_BOOK, DECLINED = range(4)
"""How somebody gets what is missing: a text alone; at a visit they have; at one to be booked; after a talk, since they declined
some of it, or are not to be asked."""


@dataclass(frozen=True)
class Part:
    """One check of a rule set. `known` is false while no code list says what counts for it: nobody can have it done."""

    bit: int
    key: str
    label: str
    by_text: bool
    known: bool
    sets: tuple[str, ...] = ()
    """Code sets any member of which completes it."""
    months: int = 12
    """For how long an entry counts."""


@dataclass(frozen=True)
class CheckSet:
    """A rule set as the finish line reads it."""

    id: int
    key: str
    name: str
    parts: tuple[Part, ...]
    reasons: Mapping[str, str] = field(default_factory=dict)
    """Code of a rule to its plain words."""

    @property
    def all(self) -> int:
        """The bits of all parts."""
        return sum(1 << part.bit for part in self.parts)

    @property
    def by_text(self) -> int:
        """The bits of those that a text can gather."""
        return sum(1 << part.bit for part in self.parts if part.by_text and part.known)

    def of(self, bits: int) -> list[Part]:
        """The parts of a set of bits."""
        return [part for part in self.parts if bits >> part.bit & 1]


@dataclass(frozen=True)
class FinishLineFilter:
    """What of the list is asked for. `practices` None is all within the access; `owner` is "", "none", "user:<key>" or
    "team:<name>"; `missing` the key of a part."""

    view: str = "near"
    practices: tuple[int, ...] | None = None
    owner: str = ""
    missing: str = ""
    way: int | None = None
    """One of BY_TEXT, BOOKED, TO_BOOK, DECLINED; None is all."""


@dataclass(frozen=True)
class Visit:
    """Where somebody is expected. `what` and `place` are empty where the visit is another organisation's business."""

    seat_ref: UUID | None
    at: datetime
    what: str
    place: str
    ours: bool
    today: bool
    by_telephone: bool


@dataclass(frozen=True)
class Row:
    """One person of the list."""

    patient: Patient
    practice: str
    done: int
    """How many are done."""
    missing: tuple[Part, ...]
    declined: tuple[Part, ...]
    """Of the missing."""
    by_text: tuple[Part, ...]
    by_hand: tuple[Part, ...]
    """Of the missing, those for which somebody must see them."""
    way: int
    runs_out: date | None
    """When the first of those done no longer counts."""
    visit: Visit | None
    owner: str
    actionable: bool
    reason: str
    """In plain words why they are not to be asked, or are not counted; empty for most."""
    planned: tuple[Part, ...]
    """What is to be done at their next visit and is not done yet."""
    asked: bool
    """Whether a questionnaire to them is open."""
    on_its_way: tuple[tuple[Part, OnItsWay], ...] = ()
    """Of the missing, what was done elsewhere lately and waits to be accepted: neither `by_text` nor `by_hand`."""


@dataclass(frozen=True)
class FinishLineCount:
    """Figures of a set of people."""

    register: int = 0
    """Who counts (remission does not)."""
    complete: int = 0
    one_short: int = 0
    near: int = 0
    further: int = 0
    today: int = 0
    unowned: int = 0
    """Of the near."""
    text_alone: int = 0
    """Of the near, whom a text alone completes."""
    out: int = 0

    def __add__(self, other: FinishLineCount) -> FinishLineCount:
        return FinishLineCount(
            *(getattr(self, name) + getattr(other, name) for name in FinishLineCount.__dataclass_fields__)
        )

    @property
    def share(self) -> float:
        """Per cent of the register that has all, 0 for none."""
        return 100 * self.complete / self.register if self.register else 0.0


@dataclass(frozen=True)
class FinishLineGroup:
    """Figures of a practice, PCN, trust or owner; `address` is how the filter names it."""

    name: str
    address: str
    count: FinishLineCount


@dataclass(frozen=True)
class FinishLine:
    """One page of the list, with the figures of all of it."""

    definition: CheckSet
    count: FinishLineCount
    lacking: Mapping[str, int]
    """Key of a part to how many of the near lack it."""
    practices: Sequence[FinishLineGroup]
    owners: Sequence[FinishLineGroup]
    rows: Sequence[Row]
    total: int
    """Rows of the list on all pages."""
    as_at: date | None
    """The day for which the standings were last looked at."""


def check_sets(*, on: date | None = None) -> list[CheckSet]:
    """The rule sets with more than one part that are in force, by name: those with a finish line."""
    found = [(one.pk, one.key, one.content) for one in rule_sets_in_force(on or clock.today()).values()]
    with connection.cursor() as cursor:
        sets = sorted({one for _, _, content in found for part in content["parts"] for one in part["done"]})
        cursor.execute("SELECT DISTINCT key FROM records_code_members WHERE key = ANY(%s)", [sets])
        known = {key for (key,) in cursor.fetchall()}
    return sorted(
        (
            CheckSet(
                key,
                name,
                content["name"],
                tuple(
                    Part(
                        bit,
                        part["key"],
                        part["label"],
                        bool(part.get("by_text")) and part["key"] in FORMS,
                        bool(known & set(part["done"])),
                        tuple(part["done"]),
                        part.get("months") or content.get("months") or 12,
                    )
                    for bit, part in enumerate(content["parts"])
                ),
                {rule["code"]: rule["text"] for rule in content.get("rules", ())},
            )
            for key, name, content in found
            if len(content["parts"]) > 1
        ),
        key=lambda one: one.name,
    )


def _read_json(value: Any) -> dict[str, Any]:
    read: dict[str, Any] = json.loads(value) if isinstance(value, str) else value
    return read


def finish_line(
    access: Access, definition: CheckSet, asked: FinishLineFilter, *, limit: int = 50, offset: int = 0
) -> FinishLine:
    """One page of the finish line of the people whose checks the access may see. Raises NotPermitted without Permission.CHECKS.

    The access is widened by what agreements share (`accounts.for_checks`); everybody listed is within a present care
    relationship of one of those organisations.
    """
    wide = accounts.for_checks(access)
    counted, rows = _read(wide, definition, asked, limit, offset)
    total = next((one for one in counted if one["grouped"] == _ALL), {})
    names = {one.pk: one.name for one in accounts.organisations(wide)}
    elsewhere = [one["organisation_id"] for one in counted if one["grouped"] == _PRACTICE]
    names |= accounts.names_of(set(elsewhere) - set(names))
    owners = [one for one in counted if one["grouped"] == _OWNER]
    people = accounts.shown_names({one["user_id"] for one in owners if one["user_id"]})
    lacking: dict[str, int] = {}
    for one in counted:
        if one["grouped"] == _MISSING and one["near"]:
            for part in definition.of(one["missing"]):
                lacking[part.key] = lacking.get(part.key, 0) + one["near"]
    count = _count(total)
    return FinishLine(
        definition=definition,
        count=count,
        lacking=lacking,
        practices=sorted(
            (
                FinishLineGroup(
                    names.get(one["organisation_id"], ""), f"practice:{one['organisation_id']}", _count(one)
                )
                for one in counted
                if one["grouped"] == _PRACTICE
            ),
            key=lambda group: group.name,
        ),
        owners=sorted(
            (FinishLineGroup(_owner(one, people), _owner_address(one), _count(one)) for one in owners),
            key=lambda group: (group.address != "none", group.name),
        ),
        rows=_rows(wide, definition, rows, names, people),
        total=rows[0]["listed"] if rows else 0,
        as_at=date.fromisoformat(total["as_at"]) if total.get("as_at") else None,
    )


def expected_today(access: Access, key: str = "smi") -> int:
    """How many people short of a check are expected in a building today, or there now: for the home page."""
    found = next((one for one in check_sets() if one.key == key), None)
    if found is None:
        return 0
    today = clock.today()
    midnight, tomorrow = clock.london_day(today)
    values: dict[str, Any] = {
        "all": found.all,
        "rule_set": found.id,
        "organisations": accounts.for_checks(access).organisations,
        "now": clock.now(),
        "day": today,
        "midnight": midnight,
        "tomorrow": tomorrow,
    }
    with connection.cursor() as cursor:
        cursor.execute(_EXPECTED, values)
        return int(cursor.fetchone()[0])


_ALL, _PRACTICE, _OWNER, _MISSING = 15, 7, 9, 14
"""What `grouping(organisation_id, user_id, team, missing)` is of each set."""

_CARE = """(EXISTS (SELECT 1 FROM patients_care_relationship r
                   WHERE r.patient_id = s.patient_id AND r.organisation_id = ANY(%(organisations)s)
                     AND r.ends_on IS NULL AND r.starts_on <= %(day)s)
           OR EXISTS (SELECT 1 FROM patients_care_relationship r
                      WHERE r.patient_id = s.patient_id AND r.organisation_id = ANY(%(organisations)s)
                        AND r.ends_on > %(day)s AND r.starts_on <= %(day)s))
      AND NOT EXISTS (SELECT 1 FROM patients_patient p WHERE p.id = s.patient_id AND p.deceased)"""
"""Who is shown: people alive within a present care relationship of these organisations."""

_PEOPLE = f"""
WITH people AS MATERIALIZED (
    SELECT s.patient_id, s.organisation_id, s.status, s.reason, s.in_denominator, s.parts_done & %(all)s AS done,
           %(all)s & ~s.parts_done AS missing, s.parts_declined & %(all)s & ~s.parts_done AS declined, s.expires_on,
           o.user_id, coalesce(o.team, '') AS team, v.starts_at, v.appointment_id,
           v.starts_at < %(tomorrow)s AS today
    FROM recall_standing s
    LEFT JOIN recall_check_owner o ON o.patient_id = s.patient_id AND o.until IS NULL
    LEFT JOIN LATERAL (
        SELECT a.starts_at, a.appointment_id FROM booking_visits_ahead a
        WHERE a.patient_id = s.patient_id
          AND (a.starts_at >= %(now)s OR (a.starts_at >= %(midnight)s AND a.state = 'arrived'))
          AND a.starts_at >= %(midnight)s
        ORDER BY a.starts_at LIMIT 1) v ON true
    WHERE s.rule_set_id = %(rule_set)s
      AND {_CARE}
      AND (%(practices)s::bigint[] IS NULL OR s.organisation_id = ANY(%(practices)s))
), shaped AS MATERIALIZED (
    SELECT *, bit_count(missing::bit(31))::int AS lacks,
           CASE WHEN declined <> 0 OR status = 1 THEN 3
                WHEN missing & ~%(by_text)s = 0 THEN 0
                WHEN starts_at IS NOT NULL THEN 1 ELSE 2 END AS way
    FROM people
    -- Not while they are gathered: asked for those without an owner the planner foresees one row, and joins as for one.
    WHERE %(owner)s = '' OR (%(owner)s = 'none' AND user_id IS NULL AND team = '') OR user_id = %(owner_user)s
          OR (%(owner_team)s <> '' AND team = %(owner_team)s)
), viewed AS MATERIALIZED (
    SELECT *, status <> 0 AND lacks BETWEEN 1 AND 2 AS near, status <> 0 AND lacks > 2 AS further,
           status <> 0 AND lacks = 0 AS complete, status <> 0 AND lacks > 0 AND coalesce(today, false) AS here
    FROM shaped
)
"""

_EXPECTED = f"""
SELECT count(*) FROM recall_standing s
WHERE s.rule_set_id = %(rule_set)s AND s.status <> 0 AND %(all)s & ~s.parts_done <> 0
      AND EXISTS (SELECT 1 FROM booking_visits_ahead a
                  WHERE a.patient_id = s.patient_id AND a.starts_at >= %(midnight)s AND a.starts_at < %(tomorrow)s
                    AND (a.starts_at >= %(now)s OR a.state = 'arrived'))
      AND {_CARE}
"""
"""The `here` of the list and nothing else of it: a home page is read again whenever anything changes."""

_COUNTS = """
SELECT 0 AS what, 0 AS place, to_jsonb(c) FROM (
    SELECT grouping(organisation_id, user_id, team, missing) AS grouped, organisation_id, user_id, team, missing,
           count(*) FILTER (WHERE in_denominator) AS register,
           count(*) FILTER (WHERE in_denominator AND complete) AS complete,
           count(*) FILTER (WHERE near AND lacks = 1) AS one_short, count(*) FILTER (WHERE near) AS near,
           count(*) FILTER (WHERE further) AS further, count(*) FILTER (WHERE here) AS today,
           count(*) FILTER (WHERE near AND user_id IS NULL AND team = '') AS unowned,
           count(*) FILTER (WHERE near AND way = 0) AS text_alone, count(*) FILTER (WHERE status = 0) AS out,
           (SELECT looked_on FROM recall_basis LIMIT 1) AS as_at
    FROM viewed GROUP BY GROUPING SETS ((), (organisation_id), (user_id, team), (missing))) c
"""

_PAGE = """
UNION ALL
SELECT 1, place, to_jsonb(r) FROM (
    SELECT *, count(*) OVER () AS listed, row_number() OVER (ORDER BY {order}, patient_id) AS place
    FROM viewed WHERE {view} AND (%(missing)s = 0 OR missing & %(missing)s <> 0)
      AND (%(way)s::int IS NULL OR way = %(way)s::int)
    ORDER BY {order}, patient_id LIMIT %(limit)s OFFSET %(offset)s) r
"""

_WHERE = {"near": "near", "further": "further", "today": "here", "complete": "complete", "out": "status = 0"}
_NEAREST = "(user_id IS NOT NULL OR team <> ''), way, lacks, starts_at NULLS LAST, expires_on NULLS LAST, status DESC"
_ORDER = {
    "near": _NEAREST,
    "further": _NEAREST,
    "today": "starts_at",
    "complete": "expires_on NULLS LAST",
    "out": "reason, organisation_id",
}


def _read(
    wide: Access, definition: CheckSet, asked: FinishLineFilter, limit: int, offset: int
) -> tuple[list[dict[str, Any]], list[dict[str, Any]]]:
    if asked.view not in FINISH_LINE_VIEWS:
        raise ValueError(asked.view)
    today = clock.today()
    midnight, tomorrow = clock.london_day(today)
    kind, _, which = asked.owner.partition(":")
    values: dict[str, Any] = {
        "all": definition.all,
        "by_text": definition.by_text,
        "rule_set": definition.id,
        "organisations": wide.organisations,
        "now": clock.now(),
        "day": today,
        "midnight": midnight,
        "tomorrow": tomorrow,
        "practices": list(asked.practices) if asked.practices is not None else None,
        "owner": asked.owner,
        "owner_user": int(which) if kind == "user" and which.isdecimal() and len(which) < 19 else -1,
        "owner_team": which if kind == "team" else "",
        "missing": sum(1 << part.bit for part in definition.parts if part.key == asked.missing),
        "way": asked.way,
        "limit": limit,
        "offset": offset,
    }
    page = _PAGE.format(order=_ORDER[asked.view], view=_WHERE[asked.view])
    with connection.cursor() as cursor:
        cursor.execute(_PEOPLE + _COUNTS + page, values)
        found = [(what, place, _read_json(row)) for what, place, row in cursor.fetchall()]
    rows = sorted(((place, row) for what, place, row in found if what), key=lambda one: one[0])
    return [row for what, _, row in found if not what], [row for _, row in rows]


_VISITS = """
SELECT appointment_id, seat_ref, organisation_id, starts_at, kind, coalesce(by_telephone, false), site
FROM booking_visits_ahead WHERE appointment_id = ANY(%s)
"""


def _rows(
    wide: Access,
    definition: CheckSet,
    found: Sequence[Mapping[str, Any]],
    names: Mapping[int, str],
    staff: Mapping[int, str],
) -> list[Row]:
    """The rows of a page, with names; in as many statements however many they are."""
    keys = [one["patient_id"] for one in found]
    people = patients.names(wide, keys)
    plans = {
        plan.patient_id: plan.parts
        for plan in CheckPlan.objects.filter(patient_id__in=keys, until=None, rule_set=definition.key)
    }
    asked = questionnaires.with_open(keys)
    away = on_its_way(wide, keys, {part.key: part.sets for part in definition.parts})
    visits = _visits(wide, [one["appointment_id"] for one in found if one["appointment_id"]])
    rows = []
    for one in found:
        patient = people.get(one["patient_id"])
        if patient is None:
            continue
        missing, declined = one["missing"], one["declined"]
        coming = {part.part: part for part in away.get(patient.pk, ())}
        waits = sum(1 << part.bit for part in definition.of(missing) if part.key in coming)
        text = missing & definition.by_text & ~declined & ~waits if one["status"] == ACTIONABLE else 0
        rows.append(
            Row(
                patient=patient,
                practice=names.get(one["organisation_id"], ""),
                done=len(definition.parts) - one["lacks"],
                missing=tuple(definition.of(missing)),
                declined=tuple(definition.of(declined & ~waits)),
                by_text=tuple(definition.of(text)),
                by_hand=tuple(definition.of(missing & ~text & ~declined & ~waits)),
                way=one["way"],
                runs_out=date.fromisoformat(one["expires_on"]) if one["expires_on"] else None,
                visit=visits.get(one["appointment_id"]),
                owner=_owner(one, staff),
                actionable=one["status"] == ACTIONABLE,
                reason=_because(definition, one),
                planned=tuple(definition.of(plans.get(patient.pk, 0) & missing & ~waits)),
                asked=patient.pk in asked,
                on_its_way=tuple((part, coming[part.key]) for part in definition.of(waits)),
            )
        )
    return rows


def _visits(wide: Access, keys: Sequence[int]) -> dict[int, Visit]:
    """Visits by key. Of another organisation's it is said when and whose, never what for; not even whose where its name tells."""
    if not keys:
        return {}
    _, tomorrow = clock.london_day(clock.today())
    with connection.cursor() as cursor:
        cursor.execute(_VISITS, [list(keys)])
        found = cursor.fetchall()
    foreign = accounts.names_of({whose for _, _, whose, *_ in found if whose not in wide.organisation_ids})
    visits = {}
    for key, seat, whose, at, kind, telephone, site in found:
        ours = whose in wide.organisation_ids
        other = foreign.get(whose, "")
        visits[key] = Visit(
            seat_ref=seat if ours else None,
            at=at,
            what=kind or "" if ours else "",
            place=(site or "") if ours else "" if says_sensitive(other.lower()) else other,
            ours=ours,
            today=at < tomorrow,
            by_telephone=telephone,
        )
    return visits


def _because(definition: CheckSet, one: Mapping[str, Any]) -> str:
    if one["status"] == ACTIONABLE or one["reason"] in ("", "done", "due"):
        return ""
    return definition.reasons.get(one["reason"], one["reason"].replace("_", " "))


def _owner(one: Mapping[str, Any], staff: Mapping[int, str]) -> str:
    return one["team"] or (staff.get(one["user_id"], "somebody who has left") if one["user_id"] else "")


def _owner_address(one: Mapping[str, Any]) -> str:
    if one["user_id"]:
        return f"user:{one['user_id']}"
    return f"team:{one['team']}" if one["team"] else "none"


def _count(one: Mapping[str, Any]) -> FinishLineCount:
    return FinishLineCount(**{name: one.get(name) or 0 for name in FinishLineCount.__dataclass_fields__})


def plans_at(access: Access, appointment_ids: Sequence[int]) -> dict[int, str]:
    """What is to be done for checks at these visits of the access, in words, by appointment: planned, and still missing.

    A plan is for the patient's next visit, whatever that is for: at a later one it is not shown.
    """
    with connection.cursor() as cursor:
        cursor.execute(
            """SELECT v.appointment_id, p.parts & ~s.parts_done, p.rule_set
               FROM booking_visits_ahead v
               JOIN recall_check_plan p ON p.patient_id = v.patient_id AND p.until IS NULL
               JOIN recall_rule_set d ON d.key = p.rule_set
               JOIN recall_standing s ON s.patient_id = v.patient_id AND s.rule_set_id = d.id
               WHERE v.appointment_id = ANY(%s) AND v.organisation_id = ANY(%s) AND p.parts & ~s.parts_done <> 0
                 AND NOT EXISTS (SELECT 1 FROM booking_visits_ahead e WHERE e.patient_id = v.patient_id
                                 AND e.starts_at < v.starts_at AND e.starts_at >= %s)""",
            [list(appointment_ids), access.organisations, clock.london_day(clock.today())[0]],
        )
        found = cursor.fetchall()
    known = {one.key: one for one in check_sets()} if found else {}
    return {
        visit: ", ".join(part.label for part in known[rule_set].of(parts))
        for visit, parts, rule_set in found
        if rule_set in known
    }


def owners_of(access: Access, patient_id: int) -> list[tuple[str, datetime, datetime | None, str]]:
    """Who saw to a patient's checks, the latest first: (name, from, until, said by). Patient.DoesNotExist outside the access."""
    patients.by_id(accounts.for_checks(access), patient_id)
    return [
        (one.team or (one.user.shown_name if one.user else ""), one.since, one.until, one.by_label)
        for one in CheckOwner.objects.filter(patient_id=patient_id).select_related("user").order_by("-since", "-id")
    ]
