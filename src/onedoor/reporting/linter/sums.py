"""Totals, differences and flows: which line of a table follows from which others, and where it does not.

What a line is made of is not guessed from one cell. Each way it could be made up is tried at every place, and the one that most
of the others bear out is held against the rest (product-map.md T3, T4; clinical.md 5.4).
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from decimal import Decimal
from itertools import product

from onedoor.reporting.linter.document import Cell, Document
from onedoor.reporting.linter.findings import Finding, Kind
from onedoor.reporting.linter.lines import LONGEST, MOST, Lines, Role, close, last_of
from onedoor.reporting.linter.numbers import PERCENT, POINTS, Number, said

TOTALS = "product-map.md T3: derive totals and cross-foot, never accept typed ones"
FLOW = "product-map.md T4: opening + in − out = closing"

Terms = tuple[tuple[int, int], ...]
"""Sign and line."""

_OPENING = re.compile(
    r"\b(at 1(?:st)? \w+|on 1(?:st)? \w+|opening|start|brought forward|inherited|at the beginning|b/f)\b", re.I
)
_CLOSING = re.compile(
    r"\b(at (?:28|29|30|31)\w* \w+|on (?:28|29|30|31)\w* \w+|closing|carried forward|still open"
    r"|at the end|end of|c/f|remaining)\b",
    re.I,
)
_OUT = re.compile(
    r"\b(removed|removals|discharged|discharges|treated|left|off|out|sent|died|deaths|closed|completed|seen|inappropriate|leavers|lapsed"
    r"|cancelled|withdrawn|rejected|deducted|moved away|finished|went|gone)\b",
    re.I,
)
_TIMES = re.compile(r"\bx\b|×", re.I)


@dataclass(frozen=True)
class Relation:
    """A line that is made up of others, with their signs; `kind`: what a breach of it is."""

    lines: Lines
    target: int
    terms: Terms
    kind: Kind
    holds: frozenset[int]
    fails: frozenset[int]


def findings(document: Document) -> tuple[list[Finding], list[Relation]]:
    """Breaches of what the tables' own lines bear out, and what holds."""
    found: list[Finding] = []
    relations: list[Relation] = []
    for table in document.tables:
        for down in (False, True):
            lines = Lines(table, down)
            if not 2 <= len(lines.lines) <= LONGEST or not lines.across:
                continue
            known: set[int] = set()
            for relation in _relations(lines):
                if relation.target in known:
                    continue
                known.add(relation.target)
                relations.append(relation)
                found += [_breach(relation, at) for at in sorted(relation.fails)]
            found += _hundred(lines)
            found += _changes(lines)
            found += _carried_forward(lines)
    return found, relations


def _relations(lines: Lines) -> Iterator[Relation]:
    for target in range(len(lines.lines)):
        flow = _flow(lines, target)
        if flow:
            yield flow
    if not lines.free:
        for target, role in enumerate(lines.roles):
            if role in (Role.TOTAL, Role.SUBTOTAL, Role.ALL, Role.LAST):
                total = _total(lines, target, role)
                if total:
                    yield total
    for target in range(2, len(lines.lines) if len(lines.lines) <= MOST else 0):
        if lines.roles[target] in (Role.PLAIN, Role.TOTAL, Role.ALL):
            other = _borne_out(lines, target)
            if other:
                yield other


def _tried(lines: Lines, target: int, terms: Terms, kind: Kind, *, alike: bool = True) -> Relation:
    """Where it holds and where it does not; nowhere where a term is missing, not told, or of another unit."""
    holds: set[int] = set()
    fails: set[int] = set()
    for at, role in enumerate(lines.positions):
        if role in (Role.SUMMARY, Role.CHANGE):
            continue
        worked = _worked(lines, target, terms, at, alike=alike)
        if worked is not None:
            (holds if abs(worked[0] - worked[1].value) <= worked[2] else fails).add(at)
    return Relation(lines, target, terms, kind, frozenset(holds), frozenset(fails))


def _worked(
    lines: Lines, target: int, terms: Terms, at: int, *, alike: bool = True
) -> tuple[Decimal, Number, Decimal] | None:
    """What follows, what is printed, and by how much rounding alone may part them."""
    printed = lines.number(target, at)
    numbers = [lines.number(line, at) for _, line in terms]
    if printed is None or any(number is None for number in numbers):
        return None
    parts = [number for number in numbers if number is not None]
    if alike and not (lines.adds(target, at) and all(lines.adds(line, at) for _, line in terms)):
        return None
    if any(part.unit != printed.unit for part in parts) or (len(parts) == 1 and not parts[0].product):
        return None
    follows = sum((sign * part.value for (sign, _), part in zip(terms, parts, strict=True)), Decimal(0))
    if _by_fives(lines, [printed, *parts]):
        return follows, printed, Decimal("2.5") * (len(parts) + 1)
    return follows, printed, printed.half + sum((part.half for part in parts), Decimal(0))


def _by_fives(lines: Lines, numbers: Sequence[Number]) -> bool:
    """Counts that are rounded to the nearest 5: the table hides small ones, or all of several end so."""
    if any(number.unit for number in numbers):
        return False
    return lines.hides or (len(numbers) > 3 and all(number.value % 5 == 0 for number in numbers))


def _total(lines: Lines, target: int, role: Role) -> Relation | None:
    """A line that its name calls a total: of all before it, of those since the last total, or that total less what follows."""
    kind = Kind.COLUMN_TOTAL if lines.down else Kind.ROW_TOTAL
    tried = [_tried(lines, target, terms, what) for terms, what in _ways(lines, target, role, kind)]
    tried = [one for one in tried if one.holds or one.fails]
    if not tried:
        return None
    best = max(tried, key=lambda one: (len(one.holds), -len(one.fails)))
    if best.holds:
        certain = 1 if role in (Role.TOTAL, Role.SUBTOTAL, Role.LAST) else 2
        return best if len(best.holds) >= certain and len(best.fails) <= len(best.holds) else None
    if role is Role.ALL or len(best.fails) > 2:
        return None
    twice = [one for one in tried if one.kind is kind and all(_twice(one, at) for at in one.fails)]
    if twice:
        return twice[0]
    nearest = min(tried, key=lambda one: min(abs(_gap(one, at)) for at in one.fails))
    near = all(_meant(nearest, at) for at in nearest.fails)
    return nearest if near else None


def _meant(relation: Relation, at: int) -> bool:
    """The sum was meant by what is printed: it is near, or one of its parts is off by a thousand."""
    printed, gap = _printed(relation, at), _gap(relation, at)
    return close(printed, printed + gap) or _thousandth(relation, at) is not None


def _ways(lines: Lines, target: int, role: Role, kind: Kind) -> Iterator[tuple[Terms, Kind]]:
    roles = lines.roles
    plain = [at for at in range(target) if roles[at] is Role.PLAIN and _any_adds(lines, at)]
    totals = [at for at in range(target) if roles[at] in (Role.TOTAL, Role.SUBTOTAL)]
    last = totals[-1] if totals else -1
    since = [at for at in plain if at > last]
    if role is Role.LAST:
        some = plain[-last_of(lines.lines[target].name) :]
        yield _plus(some), kind
        return
    if plain:
        yield _plus(plain), kind
    if totals and since:
        if role is not Role.SUBTOTAL:
            yield ((1, last), *((-1, at) for at in since)), Kind.DIFFERENCE
            yield ((1, last), *_plus(since)), kind
        yield _plus(since), kind
    if len(totals) > 1 and role is not Role.SUBTOTAL:
        yield _plus(totals), kind
        yield (*_plus(totals), *_plus(since)), kind
    if not plain and not totals and role is Role.TOTAL:
        after = [at for at in range(target + 1, len(roles)) if roles[at] is Role.PLAIN and _any_adds(lines, at)]
        if len(after) > 1:
            yield _plus(after), kind


def _plus(lines: Sequence[int]) -> Terms:
    return tuple((1, at) for at in lines)


def _any_adds(lines: Lines, line: int) -> bool:
    return any(lines.adds(line, at) for at in range(len(lines.across)))


def _flow(lines: Lines, target: int) -> Relation | None:
    """Opening + in − out = closing, by the names of the lines."""
    if not _CLOSING.search(lines.lines[target].name) or lines.roles[target] in (Role.CHANGE, Role.SUMMARY):
        return None
    opening = next((at for at in range(target) if _OPENING.search(lines.lines[at].name)), None)
    if opening is None:
        return None
    between = [at for at in range(opening + 1, target) if lines.roles[at] is Role.PLAIN and _any_adds(lines, at)]
    if not between:
        return None
    terms = ((1, opening), *((-1 if _OUT.search(lines.lines[at].name) else 1, at) for at in between))
    tried = _tried(lines, target, terms, Kind.FLOW)
    total = frozenset(at for at, role in enumerate(lines.positions) if role is not Role.PLAIN)
    tried = Relation(lines, target, terms, Kind.FLOW, tried.holds - total, tried.fails - total)
    if tried.holds:
        return tried if len(tried.fails) <= len(tried.holds) else None
    near = len(tried.fails) <= 2 and all(
        close(_printed(tried, at), _printed(tried, at) + _gap(tried, at)) for at in tried.fails
    )
    return tried if tried.fails and near else None


def _borne_out(lines: Lines, target: int) -> Relation | None:
    """A line without a telling name that two thirds of its places, and at least three, show to be made up of those before it."""
    best: Relation | None = None
    plain = [at for at in range(target) if lines.roles[at] not in (Role.SUMMARY, Role.CHANGE)]
    for many in (2, 3, 4):
        some = plain[-many:]
        if len(some) < many:
            break
        for signs in product((1, -1), repeat=many - 1):
            terms = ((1, some[0]), *zip(signs, some[1:], strict=True))
            if lines.free and -1 not in signs:
                continue
            tried = _tried(lines, target, terms, _kind(lines, signs))
            told = [at for at in tried.holds if _telling(lines, target, terms, at)]
            different = {number.value for at in told if (number := lines.number(target, at))}
            sure = (
                len(different) >= 3
                and len(tried.fails) * 2 <= len(told)
                and all(_meant(tried, at) for at in tried.fails)
            )
            if sure and (best is None or len(tried.holds) > len(best.holds)):
                best = tried
    return best


def _telling(lines: Lines, target: int, terms: Terms, at: int) -> bool:
    """A place where it cannot well hold by chance: more than one term is not nought, and the result is no small number, nor one
    that rounding makes up for."""
    values = [number.value for _, line in terms if (number := lines.number(line, at))]
    worked = _worked(lines, target, terms, at)
    large = worked is not None and abs(worked[1].value) >= max(Decimal(10), 10 * worked[2])
    return large and sum(1 for value in values if value) > 1


def _kind(lines: Lines, signs: Sequence[int]) -> Kind:
    if -1 not in signs:
        return Kind.COLUMN_TOTAL if lines.down else Kind.ROW_TOTAL
    return Kind.FLOW if 1 in signs else Kind.DIFFERENCE


def _gap(relation: Relation, at: int) -> Decimal:
    worked = _worked(relation.lines, relation.target, relation.terms, at)
    return worked[0] - worked[1].value if worked else Decimal(0)


def _printed(relation: Relation, at: int) -> Decimal:
    number = relation.lines.number(relation.target, at)
    return number.value if number else Decimal(0)


def _breach(relation: Relation, at: int) -> Finding:
    lines, cell = relation.lines, relation.lines.cell(relation.target, at)
    follows, printed, slack = _worked(lines, relation.target, relation.terms, at) or (
        Decimal(0),
        _number(cell),
        Decimal(0),
    )
    parts = tuple((sign, lines.cell(line, at)) for sign, line in relation.terms)
    right = said(follows, printed)
    words = f"{_place(cell)} says {cell.text}; {spelled(parts)} is {right}."
    twice = _twice(relation, at)
    kind = relation.kind
    if abs(follows) and abs(printed.value / follows) in (Decimal(1000), Decimal("0.001")):
        kind = Kind.THOUSAND
    elif twice:
        words += f" {twice}"
    elif part := _thousandth(relation, at):
        other, times = part
        return Finding(
            Kind.THOUSAND,
            other.place,
            other.text,
            said(_number(other).value * times, _number(other)),
            f"{_place(other)} says {other.text}; {_place(cell)}, {cell.text}, has it"
            f" {'a thousand times' if times > 1 else 'at a thousandth'}.",
            "product-map.md T5: units belong to the figure",
            others=(cell.place,),
        )
    return Finding(
        kind,
        cell.place,
        cell.text,
        right,
        words,
        FLOW if kind is Kind.FLOW else TOTALS,
        tuple((sign, part.place) for sign, part in parts),
        follows - printed.value,
        slack=slack,
    )


def _number(cell: Cell) -> Number:
    assert cell.number is not None
    return cell.number


def _twice(relation: Relation, at: int) -> str:
    """Whether the total is right once the subtotals are counted as lines too."""
    lines = relation.lines
    subtotals = [
        line for line, role in enumerate(lines.roles[: relation.target]) if role in (Role.SUBTOTAL, Role.TOTAL)
    ]
    extra = [number.value for line in subtotals if (number := lines.number(line, at))]
    gap = -_gap(relation, at)
    again = extra and gap in (*extra, sum(extra))
    return "A subtotal is counted a second time in it." if again else ""


def _thousandth(relation: Relation, at: int) -> tuple[Cell, Decimal] | None:
    """The part that agrees once it is taken a thousand times, or at a thousandth."""
    worked = _worked(relation.lines, relation.target, relation.terms, at)
    if worked is None:
        return None
    gap, slack = worked[1].value - worked[0], worked[2]
    for sign, line in relation.terms:
        cell = relation.lines.cell(line, at)
        for times in (Decimal(1000), Decimal("0.001")):
            change = sign * cell.number.value * (times - 1) if cell.number else Decimal(0)
            # What rounding could be is no thousand.
            if abs(change) > 20 * slack and abs(change) >= 100 and abs(change - gap) <= slack:
                return cell, times
    return None


def spelled(parts: Sequence[tuple[int, Cell]]) -> str:
    """158 + 0 − 21, at most eight of them."""
    if len(parts) > 8:
        return f"the sum of the {len(parts)} figures {parts[0][1].text} to {parts[-1][1].text}"
    words = "".join(f" {'−' if sign < 0 else '+'} {part.text}" for sign, part in parts)
    return words[3:] if words.startswith(" +") else words.strip()


def _place(cell: Cell) -> str:
    return cell.place.words


def _hundred(lines: Lines) -> Iterator[Finding]:
    """Shares of a whole that is printed as 100%: their sum may be off by their rounding and no more (clinical.md 5.5)."""
    for target, role in enumerate(lines.roles):
        if role not in (Role.TOTAL, Role.ALL):
            continue
        plain = [at for at in range(target) if lines.roles[at] is Role.PLAIN]
        for at in range(len(lines.across)):
            cell, number = lines.cell(target, at), lines.number(target, at)
            parts = [part for line in plain if (part := lines.number(line, at))]
            if (
                number is None
                or number.unit != PERCENT
                or number.value != 100
                or len(parts) < 2
                or len(parts) != len(plain)
            ):
                continue
            if any(part.unit != PERCENT for part in parts) or lines.free:
                continue
            total = sum((part.value for part in parts), Decimal(0))
            slack = sum((part.half for part in parts), Decimal(0))
            # Shares of several wholes (each of its own register) come nowhere near: only what nearly makes a whole was meant to.
            if slack < abs(total - 100) <= 10:
                yield Finding(
                    Kind.COLUMN_TOTAL if lines.down else Kind.ROW_TOTAL,
                    cell.place,
                    cell.text,
                    said(total, parts[0]),
                    f"{_place(cell)} says {cell.text}; the {len(parts)} shares come to {said(total, parts[0])},"
                    " more than rounding explains.",
                    TOTALS,
                    tuple((1, lines.cell(line, at).place) for line in plain),
                    total - 100,
                    slack=slack,
                )


def _changes(lines: Lines) -> Iterator[Finding]:
    """A line called change or difference: the later of two lines less the earlier, or by how many percent."""
    for target, role in enumerate(lines.roles):
        plain = [
            at for at in range(target) if lines.roles[at] not in (Role.CHANGE, Role.SUMMARY) and _figures(lines, at)
        ]
        if role is not Role.CHANGE or len(plain) < 2:
            continue
        pairs = {(plain[-2], plain[-1]), (plain[0], plain[-1])}
        best: tuple[list[int], list[int], tuple[int, int]] | None = None
        for earlier, later in sorted(pairs):
            fits = [at for at in range(len(lines.across)) if _fits(lines, target, earlier, later, at) is True]
            not_ = [at for at in range(len(lines.across)) if _fits(lines, target, earlier, later, at) is False]
            if best is None or len(fits) > len(best[0]):
                best = (fits, not_, (earlier, later))
        if (
            best is None
            or not (best[0] or (len(plain) == 2 and len(best[1]) == 1))
            or len(best[1]) > max(1, len(best[0]))
        ):
            continue
        for at in best[1]:
            yield _changed(lines, target, best[2], at)


def _figures(lines: Lines, line: int) -> bool:
    return any(cell.number for cell in lines.lines[line].cells)


def _fits(lines: Lines, target: int, earlier: int, later: int, at: int) -> bool | None:
    printed, first, second = (lines.number(line, at) for line in (target, earlier, later))
    if printed is None or first is None or second is None or first.unit != second.unit:
        return None
    slack = first.half + second.half + printed.half
    plain = second.value - first.value
    size = printed.value if re.search(r"[-−–+(]", printed.text) else abs(printed.value)
    # A variance is budget less spend to some and spend less budget to others.
    both = re.search(r"differ|variance", lines.lines[target].name, re.I)
    wanted = [plain, -plain] if both else [plain]
    if not re.search(r"[-−–(]", printed.text) and re.search(
        r"\b(fall|decrease|reduction)\b", lines.lines[target].name, re.I
    ):
        wanted = [-plain]
    same = printed.unit == first.unit or (printed.unit in (POINTS, PERCENT) and first.unit == PERCENT)
    if same and any(abs(size - one) <= slack for one in wanted):
        return True
    if printed.unit == PERCENT and first.value:
        percent = plain / first.value * 100
        spread = (first.half + second.half) / abs(first.value) * 200
        return abs(abs(size) - abs(percent)) <= printed.half + spread
    return False if printed.unit in (first.unit, POINTS) else None


def _changed(lines: Lines, target: int, pair: tuple[int, int], at: int) -> Finding:
    cell = lines.cell(target, at)
    earlier, later = (lines.cell(line, at) for line in pair)
    printed, first, second = _number(cell), _number(earlier), _number(later)
    relative = printed.unit == PERCENT and first.unit != PERCENT
    follows = (second.value - first.value) / first.value * 100 if relative else second.value - first.value
    right = said(follows, printed)
    how = f"({later.text} − {earlier.text}) ÷ {earlier.text}" if relative else f"{later.text} − {earlier.text}"
    return Finding(
        Kind.DIFFERENCE,
        cell.place,
        cell.text,
        right,
        f"{_place(cell)} says {cell.text}; {how} is {right}.",
        TOTALS,
        others=(earlier.place, later.place),
    )


def _carried_forward(lines: Lines) -> Iterator[Finding]:
    """Where each place is a period, what one opens with is what the one before closed with."""
    names = [line.name for line in lines.lines]
    opening = next((at for at, name in enumerate(names) if _OPENING.search(name)), None)
    closing = next((at for at, name in enumerate(names) if _CLOSING.search(name) and at != opening), None)
    if opening is None or closing is None or any(role is not Role.PLAIN for role in lines.positions[:-1]):
        return
    pairs = [
        (before, after)
        for at in range(1, len(lines.across))
        if lines.positions[at] is Role.PLAIN
        and (before := lines.cell(closing, at - 1)).number
        and (after := lines.cell(opening, at)).number
    ]
    broken = [(before, after) for before, after in pairs if _number(before).value != _number(after).value]
    if len(broken) * 2 > len(pairs) or len(pairs) < 2:
        return
    for before, after in broken:
        yield Finding(
            Kind.FLOW,
            after.place,
            after.text,
            before.text,
            f"{_place(after)} says {after.text}; the period before closed with {before.text}.",
            FLOW,
            ((1, before.place),),
            _number(before).value - _number(after).value,
        )
