"""Rule sets compiled to SQL for a day: from the coded entries of the people asked for to a row of each under each rule set.

One pass over the entries fills `recall_facts`, a row for each person: for each slot (a union of code sets with what is asked of
its entries) the latest and the earliest as `days since 1800 * 2^40 + entry id`, so that one max() gives the day and the entry.
They are arrays side by side: a column for each slot would cost every entry a test for each. Each rule set then reads the rows of
its candidates. The same statements judge everybody, those who changed, and one person on any
day: only where `recall_asked` and `recall_facts` come from differs. docs/reference/rule-sets.md says what every expression must
mean.

Entries and members of code sets are read from the relations that records publishes, or as they were known at a moment: the
same statements over other relations (`queries.judging`).

Nothing of a person is ever text in a statement: what is put in are days, numbers and names out of checked rule sets.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, timedelta
from typing import Any

from onedoor.recall import days
from onedoor.recall.ruleset import Any_, Cohort, Cond, Fact, Group, Part, RuleSet

EPOCH = "date '1800-01-01'"
ID_BITS = 40
ID_MASK = (1 << ID_BITS) - 1
_NEVER = date(9999, 1, 1)
"""The first day that counts where none does."""


@dataclass(frozen=True)
class Slot:
    """What one number stands for."""

    sets: tuple[str, ...]
    valued: bool = False
    unit: str = ""
    since: date | None = None


@dataclass
class Slots:
    """Numbers of slots, each wanted once however many rule sets ask for it."""

    numbers: dict[Slot, int] = field(default_factory=dict)

    def number(self, slot: Slot) -> int:
        return self.numbers.setdefault(slot, len(self.numbers))

    def map_rows(self) -> list[tuple[int, str, bool, str, date | None]]:
        """(slot, key of a set, whether a value is needed, unit, first day) for `recall_map`."""
        return [
            (number, key, slot.valued, slot.unit, slot.since)
            for slot, number in self.numbers.items()
            for key in slot.sets
        ]


ENTRIES, MEMBERS = "records_coded_entries", "records_code_members"
"""What is read, as it stands now."""

_MAP = """
SELECT DISTINCT w.slot, m.code_id, w.valued, CASE WHEN w.unit <> '' THEN coalesce(u.id, -1) END AS unit_id, w.since
FROM unnest(%(slots)s::int[], %(keys)s::text[], %(valued)s::bool[], %(units)s::text[], %(firsts)s::date[])
     AS w(slot, key, valued, unit, since)
JOIN {members} m ON m.key = w.key LEFT JOIN records_unit u ON u.ucum = w.unit
"""
MAP = _MAP.format(members=MEMBERS)

_KEY = f"((e.day - {EPOCH})::bigint << {ID_BITS} | e.id)"
_WANTED = """(m.since IS NULL OR e.day >= m.since)
    AND (NOT m.valued OR e.value IS NOT NULL AND (m.unit_id IS NULL OR e.unit_id = m.unit_id))"""

_FACTS = f"""
SELECT a.patient_id, a.organisation_id, a.since, a.born_on, f.*
FROM recall_asked a LEFT JOIN (
    SELECT patient_id AS of_patient, array_agg(slot) AS slots, array_agg(latest) AS latest, array_agg(earliest) AS earliest,
           min(slot) < 0 AS more_ahead
    FROM (SELECT patient_id, slot, max(key) AS latest, min(key) AS earliest
          FROM (SELECT e.patient_id, CASE WHEN e.day <= %(on)s THEN m.slot ELSE -1 - m.slot END AS slot, {_KEY} AS key
                FROM {{entries}} JOIN recall_map m ON m.code_id = e.code_id
                WHERE {_WANTED}) w
          GROUP BY patient_id, slot) g
    GROUP BY patient_id) f ON f.of_patient = a.patient_id
WHERE a.organisation_id IS NOT NULL
"""
"""Slot -1 - n has what lies ahead of the day for slot n: it counts for nothing yet."""

OF_RANGE = f"""(SELECT c.* FROM {ENTRIES} c
    WHERE c.patient_id > %(low)s AND c.patient_id <= %(high)s) e"""


def of_some(entries: str = ENTRIES) -> str:
    """The entries of those in `recall_asked`, looked up."""
    return f"""recall_asked a CROSS JOIN LATERAL (SELECT c.* FROM {entries} c
    WHERE c.patient_id = a.patient_id AND a.organisation_id IS NOT NULL OFFSET 0) e"""


OF_SOME = of_some()


def map_sql(members: str) -> str:
    """`MAP` over other members."""
    return _MAP.format(members=members)


def map_parameters(rows: Sequence[tuple[int, str, bool, str, date | None]]) -> dict[str, Any]:
    """Parameters of `MAP`."""
    names = ("slots", "keys", "valued", "units", "firsts")
    return {name: [row[index] for row in rows] for index, name in enumerate(names)}


def facts_sql(entries: str) -> str:
    """The one pass over the entries of the people asked for; `entries` is `OF_RANGE` or `OF_SOME`."""
    return _FACTS.format(entries=entries)


def _pick(number: int, *, earliest: bool = False) -> str:
    """The key of a slot's latest entry, or of its earliest."""
    return f"{'earliest' if earliest else 'latest'}[array_position(slots, {number})]"


def ahead(numbers: Sequence[int]) -> str:
    """The first day after the day on which there is an entry of one of these slots."""
    return f"""CASE WHEN more_ahead THEN (SELECT min({day_of("w.key")}) FROM unnest(slots, earliest) AS w(slot, key)
        WHERE -1 - w.slot = ANY(ARRAY{list(numbers)}::int[])) END"""


def quoted(day: date | None) -> str:
    """A day as SQL."""
    return "NULL::date" if day is None else f"date '{day.isoformat()}'"


def lapses(day: str, months: int) -> str:
    """`days.lapses` as SQL."""
    later = f"({day} + interval '{months} months')"
    return f"({later}::date + (extract(day FROM {later}) <> extract(day FROM {day}))::int)"


def day_of(key: str) -> str:
    """The day of a key."""
    return f"({EPOCH} + ({key} >> {ID_BITS})::int)"


def _soonest(days_: Iterable[str], on: date) -> str:
    """The earliest of these days after `on`."""
    later = [f"CASE WHEN {day} > {quoted(on)} THEN {day} END" for day in dict.fromkeys(days_)]
    return f"least({', '.join(later)})" if later else "NULL::date"


def _all(tests: Sequence[str]) -> str:
    return "(" + " AND ".join(tests) + ")" if tests else "true"


def _any(tests: Sequence[str]) -> str:
    return "(" + " OR ".join(tests) + ")" if tests else "false"


class Compiled:
    """One rule set on one day. `empty` are the keys of sets without members; `entries` is where a single one is looked up."""

    def __init__(
        self, rule_set: RuleSet, on: date, slots: Slots, empty: frozenset[str], *, entries: str = ENTRIES
    ) -> None:
        self.rule_set = rule_set
        self.on = on
        self._entries = entries
        self.window = {
            "rolling": lambda: days.rolling(on, rule_set.months),
            "contract_year": lambda: days.contract_year(on),
            "season": lambda: days.season(on),
        }[rule_set.window]()
        self.out_of_season = rule_set.window == "season" and self.window.first is None
        self.known_parts = [part for part in rule_set.parts if not set(part.done) <= empty]
        self._numbers = {name: slots.number(self._slot(fact)) for name, fact in rule_set.facts.items()}
        self._parts = {
            (index, kind): slots.number(Slot(sets))
            for index, part in enumerate(rule_set.parts)
            for kind, sets in (("done", part.done), ("declined", part.declined + part.unsuitable))
            if sets
        }

    # Facts

    def _start(self, fact: Fact) -> date | None:
        """The first day that a fact looks at."""
        if fact.months:
            return days.rolling(self.on, fact.months).first
        if fact.window:
            return self.window.first or _NEVER
        return None

    def _slot(self, fact: Fact) -> Slot:
        # The latest of all is the latest within the limit, or there is none; the earliest must be looked for within it.
        return Slot(fact.sets, fact.value, fact.unit, self._start(fact) if fact.earliest else None)

    def _valued(self) -> list[Fact]:
        """Facts of whose value something depends."""
        asked = {cond.subject for test in self._tests() for cond in test.conditions() if cond.kind == "value"}
        return [fact for fact in self.rule_set.facts.values() if fact.name in asked]

    def _tests(self) -> list[Any_]:
        rules = [rule.test for group in self.rule_set.groups for rule in group.rules]
        return [*self.rule_set.flags.values(), *(cohort.test for cohort in self.rule_set.cohorts), *rules]

    # Conditions

    def _cond(self, cond: Cond) -> str:
        match cond.kind:
            case "known":
                return f"d_{cond.subject} IS {'NOT ' if cond.holds else ''}NULL"
            case "day":
                unknown = "true" if cond.operator in (">", ">=") else "false"
                compared = f"coalesce(d_{cond.subject} {cond.operator} d_{cond.other}, {unknown})"
                return f"(d_{cond.subject} IS NOT NULL AND {compared})"
            case "within":
                return f"coalesce(d_{cond.subject} > {quoted(days.add_months(self.on, -int(cond.number)))}, false)"
            case "value":
                return f"coalesce(v_{cond.subject} {cond.operator} {cond.number:g}, false)"
            case "age":
                years = int(cond.number) + (cond.operator in (">", "<="))
                born = quoted(days.add_months(self.on, -12 * years))
                return f"born_on {'<=' if cond.operator in ('>=', '>') else '>'} {born}"
            case "registered":
                return f"since > {quoted(days.add_months(self.on, -int(cond.number)))}"
            case "season_days":
                passed = None if self.window.first is None else (self.on - self.window.first).days
                return "true" if passed is not None and _compare(passed, cond.operator, cond.number) else "false"
        return f"{'' if cond.holds else 'NOT '}f_{cond.subject}"

    def _test(self, test: Any_) -> str:
        return _any([_all([self._cond(cond) for cond in branch]) for branch in test.branches])

    def _group(self, group: Group) -> str:
        return _all([self._test(rule.test) for rule in group.rules])

    # Days on which something turns

    def _turns(self, test: Any_) -> list[str]:
        """The days on which a test may turn though nothing is written."""
        found: list[str] = []
        for cond in test.conditions():
            if cond.kind == "flag":
                found += self._turns(self.rule_set.flags[cond.subject])
            elif cond.kind == "age":
                found.append(lapses("born_on", 12 * (int(cond.number) + (cond.operator in (">", "<=")))))
            elif cond.kind == "registered":
                found.append(lapses("since", int(cond.number)))
            elif cond.kind == "season_days":
                if self.window.first is not None:
                    passes = int(cond.number) + (cond.operator in (">", "<="))
                    found.append(quoted(self.window.first + timedelta(days=passes)))
                found.append(quoted(self.window.next))
            else:
                found += self._turns_of(self.rule_set.facts[cond.subject])
                if cond.kind == "within":
                    found.append(lapses(f"d_{cond.subject}", int(cond.number)))
                if cond.other:
                    found += self._turns_of(self.rule_set.facts[cond.other])
        return found

    def _turns_of(self, fact: Fact) -> list[str]:
        found = self._turns_of(self.rule_set.facts[fact.after]) if fact.after else []
        months = fact.months or (self.rule_set.months if fact.window else 0)
        if months:
            found.append(lapses(f"d_{fact.name}", months))
        elif fact.window:
            found.append(quoted(self.window.next))
        return found

    # Parts

    def _part_start(self, months: int) -> date:
        """The first day that a part looks at: its months count back from the end of the window."""
        if self.window.first is None or self.window.last is None:
            return _NEVER
        if not months:
            return self.window.first
        if self.rule_set.window == "rolling":
            return days.add_months(self.on, -months) + timedelta(days=1)
        return days.add_months(self.window.last + timedelta(days=1), -months)

    def _part_lapses(self, day: str, months: int) -> str:
        """The first day on which an entry of this day no longer completes the part."""
        if self.rule_set.window == "rolling":
            return lapses(day, months or self.rule_set.months)
        later = f"extract(year FROM {day} - interval '3 months')::int"
        return f"make_date({later} + {(months or 12) // 12}, 4, 1)"

    def _of_part(self, part: Part, make: str) -> str:
        """`start` or `lapse` of a part, by whether it has relief."""

        def one(months: int) -> str:
            return quoted(self._part_start(months)) if make == "start" else self._part_lapses("{day}", months)

        if not part.relief_months:
            return one(part.months)
        return f"CASE WHEN f_{part.relief_unless} THEN {one(part.months)} ELSE {one(part.relief_months)} END"

    # The statement

    def _later(self, fact: Fact) -> str:
        """A fact that comes after another: looked for among the entries of those who have the other."""
        limit = self._start(fact)
        return f"""LEFT JOIN LATERAL (SELECT {"min" if fact.earliest else "max"}({_KEY}) AS r_{fact.name}
            FROM {self._entries} e JOIN recall_map m ON m.code_id = e.code_id AND m.slot = {self._numbers[fact.name]}
            WHERE e.patient_id = p.patient_id AND {_WANTED} AND e.day <= {quoted(self.on)}
              AND e.day >= {day_of(f"p.r_{fact.after}")} + {fact.gap_days}{f" AND e.day >= {quoted(limit)}" if limit else ""}
            ) l_{fact.name} ON {self._within(self.rule_set.facts[fact.after], f"p.r_{fact.after}")}"""

    def _within(self, fact: Fact, key: str) -> str:
        """Whether the entry of a key is one that the fact looks at."""
        start = self._start(fact)
        return f"{key} IS NOT NULL" + (f" AND {day_of(key)} >= {quoted(start)}" if start else "")

    def _values(self) -> tuple[list[str], list[str]]:
        """(joins, columns) of the values on which something depends; of the lowest of a day the entry changes too."""
        joins, columns = [], []
        for fact in self._valued():
            slot = self._numbers[fact.name]
            if fact.lowest_of_day:
                joins.append(f"""LEFT JOIN LATERAL (SELECT {_KEY} AS k, e.value FROM {self._entries} e
                    JOIN recall_map m ON m.code_id = e.code_id AND m.slot = {slot}
                    WHERE e.patient_id = q.patient_id AND {_WANTED} AND e.day = {day_of(f"q.k_{fact.name}")}
                    ORDER BY e.value, e.id DESC LIMIT 1) x_{fact.name} ON q.k_{fact.name} IS NOT NULL""")
            else:
                joins.append(f"""LEFT JOIN (SELECT id, value FROM {self._entries}) x_{fact.name}
                    ON x_{fact.name}.id = q.k_{fact.name} & {ID_MASK}""")
            columns.append(f"x_{fact.name}.value AS v_{fact.name}")
        return joins, columns

    def candidates(self) -> str:
        """Who could be in a cohort: by an entry that some cohort asks for, or by age. Everybody, if a cohort asks for neither."""
        tests: list[str] = []
        for cohort in self.rule_set.cohorts:
            for branch in cohort.test.branches:
                needed = self._needs(branch)
                aged = [c for c in branch if c.kind == "age" and c.operator in (">=", ">")]
                if needed:
                    tests.append(f"{self._numbers[needed[0].subject]} = ANY(slots)")
                elif aged:
                    tests.append(self._cond(aged[0]))
                else:
                    return "true"
        return _any(list(dict.fromkeys(tests)))

    def registers(self) -> list[int] | None:
        """Slots of which everybody in a cohort has an entry of one; None where somebody may be in without an entry."""
        branches = [branch for cohort in self.rule_set.cohorts for branch in cohort.test.branches]
        needed = [self._needs(branch) for branch in branches]
        return sorted({self._numbers[each[0].subject] for each in needed}) if all(needed) else None

    @staticmethod
    def _needs(branch: Sequence[Cond]) -> list[Cond]:
        """The conditions that do not hold without an entry."""
        return [c for c in branch if c.kind in ("day", "within", "value") or (c.kind == "known" and c.holds)]

    def ages(self) -> list[int]:
        """Ages on reaching which somebody may come into a cohort."""
        conds = [cond for cohort in self.rule_set.cohorts for cond in cohort.test.conditions() if cond.kind == "age"]
        return sorted({int(cond.number) + (cond.operator in (">", "<=")) for cond in conds})

    def judged(self, *, everybody: bool = False) -> str:
        """One row for each candidate of `recall_facts`, with every fact, flag, group and cohort that led to it."""
        rs, on = self.rule_set, quoted(self.on)
        keys = [
            f"{_pick(self._numbers[name], earliest=fact.earliest)} AS r_{name}"
            for name, fact in rs.facts.items()
            if not fact.after
        ]
        keys += [f"{_pick(number)} AS p{index}_{kind}" for (index, kind), number in self._parts.items()]
        numbers = sorted({*self._numbers.values(), *self._parts.values()})
        own = f"""SELECT patient_id, organisation_id, since, born_on, {", ".join(keys)}, {ahead(numbers)} AS ahead
            FROM recall_facts WHERE {"true" if everybody else self.candidates()}"""
        later = [fact for fact in rs.facts.values() if fact.after]
        columns = "".join(f", l_{fact.name}.r_{fact.name}" for fact in later)
        chained = f"SELECT p.*{columns} FROM ({own} OFFSET 0) p {' '.join(map(self._later, later))}"
        kept = ", ".join(f"CASE WHEN {self._within(f, f'r_{n}')} THEN r_{n} END AS k_{n}" for n, f in rs.facts.items())
        joins, values = self._values()
        facts = f"SELECT c.*{', ' if kept else ''}{kept} FROM ({chained} OFFSET 0) c"
        dated = ", ".join(f"{day_of(f'q.k_{name}')} AS d_{name}" for name in rs.facts)
        parts = ", ".join(f"{day_of(f'q.p{i}_{kind}')} AS p{i}_{kind}_on" for i, kind in self._parts)
        with_days = f"""SELECT q.*{", " if dated else ""}{dated}, {parts or "NULL"}{"".join(f", {v}" for v in values)}
            FROM ({facts} OFFSET 0) q {" ".join(joins)}"""
        flags = "".join(f", {self._test(test)} AS f_{name}" for name, test in rs.flags.items())
        groups = "".join(f", {self._group(g)} AS g_{g.type.lower()}{g.priority}" for g in rs.groups)
        members = "".join(f", {self._test(c.test)} AS m_{c.label}" for c in rs.cohorts)
        flagged = f"SELECT d.*{flags} FROM ({with_days} OFFSET 0) d"
        tested = f"SELECT g.*{groups}{members}, {self._part_columns()} FROM ({flagged} OFFSET 0) g"
        counted = f"SELECT t.*, {self._bits()} FROM ({tested} OFFSET 0) t"
        cohorts = ", ".join(self._cohort(c, i) for i, c in enumerate(rs.cohorts))
        by_cohort = f"SELECT b.*, {cohorts} FROM ({counted} OFFSET 0) b"
        best = f"SELECT h.*, greatest({', '.join(f's_{c.label}' for c in rs.cohorts)}) AS status FROM ({by_cohort} OFFSET 0) h"
        return f"""SELECT y.*, {self._outcome()} FROM ({best} OFFSET 0) y /* {rs.key} {on} */"""

    def _part_columns(self) -> str:
        """`done`, `out` (declined or unsuitable in time) and `lapse` of each part."""
        columns = []
        for index, part in enumerate(self.rule_set.parts):
            start = self._of_part(part, "start")
            known = part in self.known_parts
            done = f"coalesce(p{index}_done_on >= {start}, false)" if known else "false"
            columns.append(f"{done} AS p{index}_is_done")
            refused = (index, "declined") in self._parts
            columns.append(
                f"{f'coalesce(p{index}_declined_on >= {start}, false)' if refused else 'false'} AS p{index}_is_out"
            )
            lapse = self._of_part(part, "lapse").replace("{day}", f"p{index}_done_on")
            columns.append(f"{lapse if known else 'NULL::date'} AS p{index}_lapses_on")
        return ", ".join(columns)

    def _bits(self) -> str:
        parts = range(len(self.rule_set.parts))
        done = " + ".join(f"p{i}_is_done::int * {1 << i}" for i in parts)
        out = " + ".join(f"(p{i}_is_out AND NOT p{i}_is_done)::int * {1 << i}" for i in parts)
        known = sum(1 << i for i, part in enumerate(self.rule_set.parts) if part in self.known_parts)
        ends = ", ".join(f"CASE WHEN p{i}_is_done THEN p{i}_lapses_on END" for i in parts)
        complete = _all([f"p{i}_is_done" for i in parts])
        # What has no code cannot be asked for: of the parts that have one, is any missing?
        rest = _all([f"p{i}_is_done" for i in parts if known >> i & 1])
        return f"""{done} AS parts_done, {out} AS parts_declined, {complete} AS achieved, {rest} AS nothing_missing,
            least({ends}) AS expires_on"""

    def _cohort(self, cohort: Cohort, index: int) -> str:
        """`s_` status, `r_` reason, `e_` eligible and `c_` counted of one cohort."""
        rs = self.rule_set
        filters = [g for g in rs.groups_of("F") if g.applies_to(cohort)]
        holds = [g for g in rs.groups_of("S") if g.applies_to(cohort)]
        excluded = _any([f"g_f{g.priority}" for g in filters])
        suppressed = _any([f"g_s{g.priority}" for g in holds])
        adjusted = _any([f"g_s{g.priority}" for g in holds if g.pca])
        member = f"m_{cohort.label}"
        out = "true" if self.out_of_season else "false"
        unknown = "false" if len(self.known_parts) == len(rs.parts) else "nothing_missing"
        reasons = "".join(f" WHEN g_f{g.priority} THEN '{g.code}'" for g in filters)
        reasons += f" WHEN achieved THEN 'done' WHEN {out} THEN 'out_of_season'"
        reasons += "".join(f" WHEN g_s{g.priority} THEN '{g.code}'" for g in holds)
        return f"""CASE WHEN NOT {member} THEN NULL WHEN {excluded} THEN 0
                WHEN achieved OR {out} OR {suppressed} OR {unknown} THEN 1 ELSE 2 END AS s_{cohort.label},
            CASE{reasons} WHEN {unknown} THEN 'unknown' ELSE 'due' END AS w_{cohort.label},
            ({member} AND NOT {excluded}) AS e_{cohort.label},
            ({member} AND NOT {excluded} AND (achieved OR NOT {adjusted})) AS c_{cohort.label}"""

    def _outcome(self) -> str:
        """What is kept of a standing."""
        rs = self.rule_set
        reason = " ".join(f"WHEN s_{c.label} = status THEN w_{c.label}" for c in rs.cohorts)
        eligible = _any([f"e_{c.label}" for c in rs.cohorts])
        cohort_turns = [day for cohort in rs.cohorts for day in self._turns(cohort.test)]
        turns = [day for group in rs.groups for rule in group.rules for day in self._turns(rule.test)]
        for part in rs.parts:
            turns += self._turns(rs.flags[part.relief_unless]) if part.relief_months else []
        turns += self._declines_turn()
        turns += [f"p{index}_lapses_on" for index in range(len(rs.parts))]
        if self.window.next is not None:
            turns.append(quoted(self.window.next))
        return f"""status IS NOT NULL AS member, CASE {reason} END AS reason,
            {_any([f"c_{c.label}" for c in rs.cohorts])} AS in_denominator, achieved AND {eligible} AS in_numerator,
            CASE WHEN status > 0 THEN {self._due()} END AS due_on,
            least(ahead, {_soonest(cohort_turns, self.on)}, CASE WHEN status IS NOT NULL THEN {_soonest(turns, self.on)} END)
                AS changes_on"""

    def _declines_turn(self) -> list[str]:
        return [
            self._of_part(part, "lapse").replace("{day}", f"p{index}_declined_on")
            for index, part in enumerate(self.rule_set.parts)
            if (index, "declined") in self._parts
        ]

    def _due(self) -> str:
        rs = self.rule_set
        if rs.due_at == "season_start":
            if self.window.first is None or self.window.next is None:
                return quoted(self.window.next)
            following = date(self.window.next.year, *days.SEASON_STARTS)
            return f"CASE WHEN nothing_missing THEN {quoted(following)} ELSE {quoted(self.window.first)} END"
        never = f"greatest(since, {f'd_{rs.due_since}' if rs.due_since else 'NULL::date'})"
        known = [index for index, part in enumerate(rs.parts) if part in self.known_parts]
        if not known:
            return "NULL::date"
        missing = ", ".join(f"CASE WHEN NOT p{i}_is_done THEN coalesce(p{i}_lapses_on, {never}) END" for i in known)
        whole = "expires_on"
        if rs.due_at == "birthday_month_or_expiry":
            last = ", ".join(f"p{i}_done_on" for i in known)
            whole = f"least(expires_on, {birth_month(f'greatest({last})')})"
        return f"CASE WHEN nothing_missing THEN {whole} ELSE least({missing}) END"

    def columns(self) -> list[tuple[str, str]]:
        """(fact or "part:KEY:done" or "part:KEY:declined", column of its key) of what a row can show as evidence."""
        facts = [(name, f"k_{name}") for name in self.rule_set.facts]
        return facts + [(f"part:{self.rule_set.parts[i].key}:{kind}", f"p{i}_{kind}") for i, kind in self._parts]


def birth_month(done: str) -> str:
    """The first day of a birth month that is after `done` and at least 90 days after it (clinical.md 3.6)."""
    first = f"({done} + 90)"
    month = "extract(month FROM born_on)::int"
    this_year = f"make_date(extract(year FROM {first})::int, {month}, 1)"
    return f"CASE WHEN {this_year} >= {first} THEN {this_year} ELSE ({this_year} + interval '1 year')::date END"


def _compare(number: float, operator: str, other: float) -> bool:
    return {">": number > other, ">=": number >= other, "<": number < other, "<=": number <= other}[operator]


def compile_all(rule_sets: Mapping[int, RuleSet], on: date, empty: frozenset[str]) -> tuple[dict[int, Compiled], Slots]:
    """Every rule set by its key for one day, and the slots they share."""
    slots = Slots()
    return {key: Compiled(one, on, slots, empty) for key, one in rule_sets.items()}, slots
