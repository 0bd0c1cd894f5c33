"""Where people stand, and why: kept standings, and the same rules judged for one person on any day."""

from __future__ import annotations

from collections.abc import Mapping, Sequence, Set
from datetime import date
from typing import Any

from django.db import connection

from onedoor.kernel import clock
from onedoor.kernel.access import Access
from onedoor.patients import api as patients
from onedoor.recall import compiler, words
from onedoor.recall.actions.standing import PRESENT, Program, program
from onedoor.recall.compiler import Compiled
from onedoor.recall.models import RuleSet, Standing
from onedoor.recall.ruleset import Cohort, Group, parse
from onedoor.recall.ruleset import RuleSet as Rules
from onedoor.recall.standing_types import EntryView, PartView, RuleSetView, StandingView, Why, Words
from onedoor.recall.versions import rule_sets_in_force
from onedoor.records import api as records


def rule_sets(on: date | None = None) -> list[RuleSetView]:
    """The rule sets in force on a day (today), by key."""
    return [
        _view(row, parse(row.content), empty) for row, empty in _with_empty(rule_sets_in_force(on or clock.today()))
    ]


def in_words(key: str, on: date | None = None) -> Words:
    """A rule set in plain words; LookupError when none of that key is in force."""
    row, empty = next(iter(_with_empty(_one(key, on or clock.today()))))
    return words.in_words(parse(row.content), empty)


def why(access: Access, patient_id: int, rule_set_key: str, on: date | None = None) -> Why:
    """Where a patient stands on a day (today) under the rule set in force then, worked out anew, with the entries that decided.

    Raises Patient.DoesNotExist outside the access, LookupError when no rule set of that key is in force.
    """
    patients.by_id(access, patient_id)
    day = on or clock.today()
    row = _one(rule_set_key, day)[rule_set_key]
    made = program(day, only=row)
    judged = _judged(made, row.pk, patient_id)
    keys = _keys(made.rule_sets[row.pk], judged) if judged is not None else {}
    # What is due is worked out from all there is; what decided is shown as far as it is shared (docs/adr/0013).
    read = records.read_of(access, patient_id, {key & compiler.ID_MASK for key in keys.values()})
    return _why(made, made.rule_sets[row.pk], row, judged, read)


def parts_of(access: Access, patient_id: int, key: str, on: date | None = None) -> list[PartView]:
    """The parts of a rule set for a patient, as `why` has them; raises what `why` raises."""
    return list(why(access, patient_id, key, on).parts)


def standings_of(access: Access, patient_id: int) -> list[StandingView]:
    """A patient's kept standings by name of the rule set; raises Patient.DoesNotExist outside the access. Four queries."""
    patients.by_id(access, patient_id)
    today = clock.today()
    rows = {row.pk: (row, empty) for row, empty in _with_empty(rule_sets_in_force(today))}
    with connection.cursor() as cursor:
        cursor.execute("SELECT EXISTS (SELECT 1 FROM recall_stale WHERE patient_id = %s)", [patient_id])
        stale = cursor.fetchone()[0]
    found = []
    for one in Standing.objects.filter(patient_id=patient_id, rule_set_id__in=list(rows)):
        row, empty = rows[one.rule_set_id]
        rules = parse(row.content)
        bits = {part.key: 1 << index for index, part in enumerate(rules.parts)}
        unknown = tuple(part.key for part in rules.parts if set(part.done) <= empty)
        found.append(
            StandingView(
                rule_set_key=row.key,
                programme=row.programme,
                name=rules.name,
                status=one.status,
                reason=one.reason,
                text=_texts(rules).get(one.reason, one.reason),
                in_denominator=one.in_denominator,
                in_numerator=one.in_numerator,
                done=tuple(key for key, bit in bits.items() if one.parts_done & bit),
                missing=tuple(key for key, bit in bits.items() if not one.parts_done & bit and key not in unknown),
                declined=tuple(key for key, bit in bits.items() if one.parts_declined & bit),
                unknown=unknown,
                due_on=one.due_on,
                expires_on=one.expires_on,
                up_to_date=not stale and (one.changes_on is None or one.changes_on > today),
            )
        )
    return sorted(found, key=lambda view: view.name)


# One person on any day


def _one(key: str, on: date) -> dict[str, RuleSet]:
    found = rule_sets_in_force(on).get(key)
    if found is None:
        raise LookupError(f"no rule set {key} is in force on {on.isoformat()}")
    return {key: found}


def _judged(made: Program, rule_set_id: int, patient_id: int) -> dict[str, Any] | None:
    """The row of one person with everything that led to it: the statements of the whole, for one. None when not registered."""
    rows = made.slots.map_rows()
    compiled = made.rule_sets[rule_set_id]
    with connection.cursor() as cursor:
        cursor.execute(
            f"""WITH recall_asked AS MATERIALIZED ({PRESENT.replace("WHERE", "WHERE patient_id = %(patient)s AND", 1)}),
                recall_map AS MATERIALIZED ({compiler.MAP}),
                recall_facts AS MATERIALIZED ({compiler.facts_sql(compiler.OF_SOME)})
                {compiled.judged(everybody=True)}""",
            {"patient": patient_id, "on": made.on, **compiler.map_parameters(rows)},
        )
        found = cursor.fetchone()
        names = [column.name for column in cursor.description or ()]
    return dict(zip(names, found, strict=True)) if found else None


def _keys(compiled: Compiled, judged: Mapping[str, Any]) -> dict[str, int]:
    """The keys of the entries that led to it, by what they are about."""
    return {about: judged[column] for about, column in compiled.columns() if judged[column] is not None}


def _why(made: Program, compiled: Compiled, row: RuleSet, judged: Mapping[str, Any] | None, read: Set[int]) -> Why:
    rules = compiled.rule_set
    if judged is None:
        return Why(
            row.key, row.version, made.on, None, "not_registered", words.REASONS["not_registered"], (), (), (), False, False,
            None, None, None, (), (),
        )  # fmt: skip
    found = _entries(_keys(compiled, judged))
    entries = {about: entry for about, entry in found.items() if entry.id in read}
    hidden = {about: entry.id for about, entry in found.items() if entry.id not in read}
    parts = tuple(_part(compiled, index, judged, entries, hidden) for index in range(len(rules.parts)))
    inside = [cohort for cohort in rules.cohorts if judged[f"m_{cohort.label}"]]
    status = judged["status"]
    if status is None:
        cohorts, reasons = (
            [cohort.outside for cohort in rules.cohorts],
            [("not_in_cohort", words.REASONS["not_in_cohort"])],
        )
        deciding: list[Group] = []
    else:
        best = next(cohort for cohort in inside if judged[f"s_{cohort.label}"] == status)
        cohorts, deciding = [cohort.inside for cohort in inside], _deciding(rules, best, judged)
        reasons = _reasons(rules, judged, deciding)
    asked = _asked(rules, inside, deciding)
    return Why(
        rule_set_key=row.key,
        version=row.version,
        on=made.on,
        status=status,
        reason=reasons[0][0],
        text=reasons[0][1],
        cohorts=tuple(cohorts),
        reasons=tuple(reasons),
        next_steps=_next_steps(rules, status, judged),
        in_denominator=bool(judged["in_denominator"]),
        in_numerator=bool(judged["in_numerator"]),
        due_on=judged["due_on"],
        expires_on=judged["expires_on"],
        changes_on=judged["changes_on"],
        evidence=tuple(entry for about, entry in entries.items() if about.startswith("part:") or about in asked),
        parts=parts if status is not None else (),
        hidden=len({key for about, key in hidden.items() if about.startswith("part:") or about in asked}),
    )


def _deciding(rules: Rules, cohort: Cohort, judged: Mapping[str, Any]) -> list[Group]:
    """The groups that hold for the cohort which decided: the first filter, or the suppressions up to one that stops."""
    filters = [g for g in rules.groups_of("F") if g.applies_to(cohort) and judged[f"g_f{g.priority}"]]
    if filters:
        return filters[:1]
    if judged["achieved"]:
        return []
    found = []
    for group in rules.groups_of("S"):
        if group.applies_to(cohort) and judged[f"g_s{group.priority}"]:
            found.append(group)
            if group.stop:
                break
    return found


def _reasons(rules: Rules, judged: Mapping[str, Any], deciding: Sequence[Group]) -> list[tuple[str, str]]:
    decided = judged["reason"]
    first = [(decided, _texts(rules).get(decided, decided))]
    return first + [(group.code, group.text) for group in deciding if group.code != decided]


def _next_steps(rules: Rules, status: int | None, judged: Mapping[str, Any]) -> tuple[str, ...]:
    kind = "X" if not status else "Y" if status == 1 else "R"
    return tuple(g.text for g in rules.groups_of(kind) if judged[f"g_{g.type.lower()}{g.priority}"])[:1]


def _asked(rules: Rules, cohorts: Sequence[Cohort], groups: Sequence[Group]) -> set[str]:
    """The facts that put somebody in their cohorts and decided what follows, with those that flags and other facts rest on."""
    tests = [cohort.test for cohort in cohorts] + [rule.test for group in groups for rule in group.rules]
    tests += [rules.flags[part.relief_unless] for part in rules.parts if part.relief_months]
    found: set[str] = set()
    for test in tests:
        for cond in test.conditions():
            found |= {cond.subject, cond.other} & set(rules.facts)
            if cond.kind == "flag":
                found |= {c.subject for c in rules.flags[cond.subject].conditions()}
    return found | {rules.facts[name].after for name in found if name in rules.facts and rules.facts[name].after}


def _entries(keys: Mapping[str, int]) -> dict[str, EntryView]:
    """The entries of keys, by what they are about; one query."""
    ids = {about: key & compiler.ID_MASK for about, key in keys.items()}
    columns = ("id", "code__code", "code__term", "day", "value", "unit__ucum", "organisation__name", "entry_id")
    found = {row[0]: row for row in records.Coded.objects.filter(pk__in=set(ids.values())).values_list(*columns)}
    seen = {}
    for about, (pk, code, term, day, value, unit, organisation, entry_id) in (
        (about, found[key]) for about, key in ids.items() if key in found
    ):
        seen[about] = EntryView(about, pk, code, term, day, value, unit or "", organisation, entry_id)
    return seen


def _part(
    compiled: Compiled,
    index: int,
    judged: Mapping[str, Any],
    entries: Mapping[str, EntryView],
    hidden: Mapping[str, int],
) -> PartView:
    part = compiled.rule_set.parts[index]
    last, refused = entries.get(f"part:{part.key}:done"), entries.get(f"part:{part.key}:declined")
    done = judged[f"p{index}_is_done"]
    return PartView(
        key=part.key,
        label=part.label,
        done=done,
        known=part in compiled.known_parts,
        done_on=last.day if last else None,
        value=last.value if last else None,
        unit=last.unit if last else "",
        organisation=last.organisation if last else "",
        entry_id=last.entry_id if last else None,
        expires_on=judged[f"p{index}_lapses_on"],
        declined_on=refused.day if refused and judged[f"p{index}_is_out"] and not done else None,
        by_text=part.by_text,
        hidden=f"part:{part.key}:done" in hidden,
    )


# Rule sets


def _with_empty(rows: Mapping[str, RuleSet]) -> list[tuple[RuleSet, frozenset[str]]]:
    """Each with the code sets it names that have no members; one query."""
    wanted = {row.pk: parse(row.content).sets for row in rows.values()}
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT DISTINCT key FROM records_code_members WHERE key = ANY(%s)", [sorted(set().union(*wanted.values()))]
        )
        filled = {key for (key,) in cursor.fetchall()}
    return [(row, frozenset(wanted[row.pk] - filled)) for row in rows.values()]


def _texts(rules: Rules) -> dict[str, str]:
    return {**words.REASONS, **{group.code: group.text for group in rules.groups}}


def _view(row: RuleSet, rules: Rules, empty: frozenset[str]) -> RuleSetView:
    asked = {
        key
        for cohort in rules.cohorts
        for cond in cohort.test.conditions()
        if cond.subject in rules.facts
        for key in rules.facts[cond.subject].sets
    }
    by_age = any(cond.kind == "age" for cohort in rules.cohorts for cond in cohort.test.conditions())
    return RuleSetView(
        id=row.pk,
        key=row.key,
        programme=row.programme,
        name=rules.name,
        version=row.version,
        active_from=row.active_from,
        kind=rules.kind,
        window=rules.window,
        visit=rules.visit,
        benefit=rules.benefit,
        text_ok=rules.text_ok,
        parts=tuple((part.key, part.label, part.by_text, not set(part.done) <= empty) for part in rules.parts),
        reasons=_texts(rules),
        empty_sets=tuple(sorted(empty)),
        register_is_empty=not by_age and asked <= empty,
    )
