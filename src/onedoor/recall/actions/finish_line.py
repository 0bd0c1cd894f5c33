"""What is done from the finish line, for many people at once: an owner named, checks planned for a next visit, texts asked."""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

from django.db import connection, transaction

from onedoor.accounts import api as accounts
from onedoor.kernel import audit, clock
from onedoor.kernel.access import Access
from onedoor.patients import api as patients
from onedoor.questionnaires import api as questionnaires
from onedoor.recall.queries.finish_line import ACTIONABLE, FORMS, QUESTIONNAIRE, CheckSet
from onedoor.recall.queries.on_its_way import on_its_way, parts_away

MOST = 500
"""People of one step: what a page can tick, with room."""


class NotDone(Exception):
    """Nothing was changed; the message says why, for the person who wanted to."""


@dataclass(frozen=True)
class CheckOwnerName:
    """A named person or a team: exactly one of the two."""

    user_id: int | None = None
    team: str = ""


def own_checks(*, access: Access, patient_ids: Collection[int], owner: CheckOwnerName | None) -> int:
    """Say who sees to these people's checks from now on, or with None that nobody does; returns for how many that is new.

    Raises NotPermitted without Permission.CHECKS, Patient.DoesNotExist when one of them is outside the access, and NotDone for
    somebody who may not do checks here or a team without a name. Who was it before stays in the history.
    """
    wide = accounts.for_checks(access)
    keys = _within(wide, patient_ids)
    team = " ".join(owner.team.split())[:60] if owner else ""
    if owner is not None and (owner.user_id is None) == (not team):
        raise NotDone("Choose a person, or give a team’s name.")
    if owner and owner.user_id is not None and owner.user_id not in {user.pk for user in accounts.checkers(wide)}:
        raise NotDone("Choose somebody who does checks here.")
    values: dict[str, Any] = {
        "keys": keys,
        "user": owner.user_id if owner else None,
        "team": team,
        "now": clock.now(),
        "organisation": access.actor.organisation_id,
        "by": access.actor.label,
    }
    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute(_END_OWNER, values)
        ended = {key for (key,) in cursor.fetchall()}
        began: set[int] = set()
        if owner is not None:
            cursor.execute(_BEGIN_OWNER, values)
            began = {key for (key,) in cursor.fetchall()}
        changed = sorted(ended | began)
        detail = {"user": owner.user_id, "team": team} if owner else {}
        _write_down(access, "own_checks", changed, detail)
    return len(changed)


_END_OWNER = """
WITH present AS (
    SELECT id FROM recall_check_owner
    WHERE patient_id = ANY(%(keys)s) AND until IS NULL
      AND (user_id IS DISTINCT FROM %(user)s::bigint OR team <> %(team)s) ORDER BY id FOR UPDATE)
UPDATE recall_check_owner o SET until = %(now)s FROM present WHERE o.id = present.id RETURNING o.patient_id
"""

_BEGIN_OWNER = """
INSERT INTO recall_check_owner (patient_id, organisation_id, user_id, team, since, by_label)
SELECT k, %(organisation)s, %(user)s, %(team)s, %(now)s, %(by)s FROM unnest(%(keys)s::bigint[]) AS k ORDER BY k
ON CONFLICT (patient_id) WHERE until IS NULL DO NOTHING
RETURNING patient_id
"""


def plan_checks(*, access: Access, patient_ids: Collection[int], definition: CheckSet, bits: int | None = None) -> int:
    """Have what is missing done at these people's next visit, whatever that is for; returns for how many that is new.

    `bits` are the parts meant, None for all that only somebody who sees them can do. Whoever has declined a check is not planned
    for it. Raises NotPermitted without Permission.CHECKS and Patient.DoesNotExist when one of them is outside the access.
    """
    wide = accounts.for_checks(access)
    keys = _within(wide, patient_ids)
    values: dict[str, Any] = {
        "keys": keys,
        "rule_set": definition.id,
        "rule_set_key": definition.key,
        "parts": definition.all & ~definition.by_text if bits is None else bits & definition.all,
        "now": clock.now(),
        "organisation": access.actor.organisation_id,
        "by": access.actor.label,
    }
    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute(_END_PLAN, values)
        cursor.execute(_BEGIN_PLAN, values)
        began = sorted(key for (key,) in cursor.fetchall())
        _write_down(access, "plan_checks", began, {"rule_set": definition.key})
    return len(began)


_TO_PLAN = """
SELECT s.patient_id, %(parts)s & ~s.parts_done & ~s.parts_declined AS parts FROM recall_standing s
WHERE s.rule_set_id = %(rule_set)s AND s.patient_id = ANY(%(keys)s) AND s.status <> 0
  AND %(parts)s & ~s.parts_done & ~s.parts_declined <> 0
"""

_END_PLAN = f"""
WITH wanted AS ({_TO_PLAN}), present AS (
    SELECT p.id FROM recall_check_plan p JOIN wanted w ON w.patient_id = p.patient_id
    WHERE p.until IS NULL AND (p.parts <> w.parts OR p.rule_set <> %(rule_set_key)s) ORDER BY p.id FOR UPDATE OF p)
UPDATE recall_check_plan p SET until = %(now)s FROM present WHERE p.id = present.id
"""

_BEGIN_PLAN = f"""
INSERT INTO recall_check_plan (patient_id, organisation_id, rule_set, parts, since, by_label)
SELECT w.patient_id, %(organisation)s, %(rule_set_key)s, w.parts, %(now)s, %(by)s FROM ({_TO_PLAN}) w ORDER BY w.patient_id
ON CONFLICT (patient_id) WHERE until IS NULL DO NOTHING
RETURNING patient_id
"""


def _within(wide: Access, patient_ids: Collection[int]) -> list[int]:
    """The keys in order; Patient.DoesNotExist when one is outside the access: nobody learns which by trying."""
    keys = sorted(set(patient_ids))
    if not keys:
        raise NotDone("Tick whom it is about. Nothing was changed.")
    if len(keys) > MOST:
        raise NotDone(f"At most {MOST} people at a time.")
    if len(patients.names(wide, keys)) < len(keys):
        raise patients.Patient.DoesNotExist
    return keys


def _write_down(access: Access, action: str, keys: Sequence[int], detail: Mapping[str, object]) -> None:
    audit.record_many(
        by=access.actor,
        lines=[audit.Line(action, "patient", key, patient_id=key, detail=dict(detail)) for key in keys],
    )


@dataclass(frozen=True)
class AskedMany:
    """How many were asked by text, and how many not, by the reason in plain words."""

    asked: int
    not_asked: Mapping[str, int]


def ask_for_checks(*, access: Access, patient_ids: Collection[int], definition: CheckSet) -> AskedMany:
    """Ask these people by text for what of their missing checks they can say themselves; each has one questionnaire open at most.

    Who declined one, or may not be asked at all, is not asked for it. Raises NotPermitted without Permission.CHECKS,
    Patient.DoesNotExist when one of them is outside the access, and NotDone when nobody was given.
    """
    wide = accounts.for_checks(access)
    keys = _within(wide, patient_ids)
    sets = {part.key: part.sets for part in definition.parts}
    # All facts decide, as they do at night; the reader's own rights say only how it is told.
    away, told = parts_away(keys, sets), on_its_way(wide, keys, sets)
    with connection.cursor() as cursor:
        cursor.execute(
            """SELECT patient_id, organisation_id, %(text)s & ~parts_done & ~parts_declined, status
               FROM recall_standing WHERE rule_set_id = %(rule_set)s AND patient_id = ANY(%(keys)s) ORDER BY patient_id""",
            {"text": definition.by_text, "rule_set": definition.id, "keys": keys},
        )
        found = cursor.fetchall()
    not_asked: Counter[str] = Counter()
    asks: dict[int, dict[int, tuple[str, ...]]] = {}
    for patient_id, organisation_id, lacks, status in found:
        coming, seen = away.get(patient_id, set()), {one.part for one in told.get(patient_id, ())}
        bits = sum(1 << part.bit for part in definition.of(lacks) if part.key not in coming)
        if status != ACTIONABLE:
            not_asked["they are not to be asked: see the reason on the list"] += 1
        elif lacks and not bits and all(part.key in seen for part in definition.of(lacks)):
            not_asked["it was done elsewhere, and waits to be accepted"] += 1
        elif not bits:
            not_asked["there is nothing to ask them by text now"] += 1
        else:
            links = tuple(link for part in definition.of(bits) for link in FORMS[part.key])
            asks.setdefault(organisation_id, {})[patient_id] = links
    asked = 0
    for organisation_id, only in sorted(asks.items()):
        # By agreement it is the practice's own question, whoever of the PCN presses the button: its name is in the text.
        by = replace(access.actor, organisation_id=organisation_id)
        done = questionnaires.start_many(
            organisation_id=organisation_id, key=QUESTIONNAIRE, only=only, reason="checks", by=by
        )
        asked += done.asked
        not_asked.update(done.not_asked)
    if len(found) < len(keys):
        not_asked["they are not on this register"] += len(keys) - len(found)
    return AskedMany(asked, dict(not_asked))
