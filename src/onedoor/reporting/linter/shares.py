"""Shares from their numerators and denominators, volume by price, and monthly amounts by months, in tables.

A share is held against its own counts before any rounding (clinical.md 5.5: 3,642 of 14,639 is 24.9%, 3.6k of 14.6k would be
24.7%).
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from decimal import Decimal
from itertools import permutations

from onedoor.reporting.linter import numbers, periods
from onedoor.reporting.linter.document import Cell, Document
from onedoor.reporting.linter.findings import Finding, Kind
from onedoor.reporting.linter.lines import MOST, Lines, Role, close
from onedoor.reporting.linter.numbers import PERCENT, Number, said

SHARE = "clinical.md 5.5: a share is computed before rounding"
PRICE = "product-map.md T1: volume by price is held against the bill"
MONTHS = "product-map.md T1, T7: a monthly amount by the months it is said to cover"

_SHARE_NAME = re.compile(r"\b(share|rate|proportion|percent(?:age)?|uptake|coverage)\b|%", re.I)
_SHARE_OF = re.compile(r"\b(?:share|proportion|percentage|%) of (~?[\d][\d, ]*\d)", re.I)
_PRICE_NAME = re.compile(r"\b(price|rate|each|tariff|per|unit cost|cost of one|charge)\b", re.I)
_MONTHLY = re.compile(r"\b(per month|a month|monthly|each month)\b", re.I)
_PLAN = re.compile(r"\b(plan|trajectory|recovery|target|aim|extra|additional|needed|required|programme)\b", re.I)


@dataclass(frozen=True)
class _Tried:
    """A way to make a line up, with where it holds and where not: what follows, from which cells, how said."""

    holds: tuple[int, ...]
    fails: tuple[tuple[int, Decimal, tuple[Cell, ...], str], ...]


def findings(document: Document) -> list[Finding]:
    """Breaches in all tables, looked at along their rows and down their columns."""
    found: list[Finding] = []
    for table in document.tables:
        for down in (False, True):
            lines = Lines(table, down)
            if len(lines.lines) <= MOST:
                found += _shares(lines)
                found += _products(lines)
            if not down:
                found += _spread(lines)
    return found


def _shares(lines: Lines) -> Iterator[Finding]:
    for target, line in enumerate(lines.lines):
        shares = [cell for cell in line.cells if cell.number and cell.number.unit == PERCENT]
        if not shares or lines.roles[target] in (Role.CHANGE, Role.SUMMARY):
            continue
        counts = [at for at in range(len(lines.lines)) if at != target and _counts(lines, at)]
        tried = [
            _try(lines, target, _ratio(numerator, denominator)) for numerator, denominator in permutations(counts, 2)
        ]
        tried += [_try(lines, target, way) for numerator in counts for way in _wholes(lines, target, numerator)]
        if not tried:
            continue
        best = max(tried, key=lambda one: (len(one.holds), -len(one.fails)))
        lone = len(best.holds) == 1 and len(best.fails) == 1 and len(counts) == 2
        if (len(best.holds) >= 2 and len(best.fails) * 2 <= len(best.holds)) or lone:
            yield from _breaches(lines, target, best, Kind.SHARE, SHARE)
        elif not any(one.holds for one in tried) and len(counts) == 2 and len(shares) == 1:
            near = [one for one in tried[:2] if len(one.fails) == 1 and abs(one.fails[0][1] - _value(shares[0])) <= 10]
            if len(near) == 1:
                yield from _breaches(lines, target, near[0], Kind.SHARE, SHARE)


def _value(cell: Cell) -> Decimal:
    assert cell.number is not None
    return cell.number.value


def _counts(lines: Lines, line: int) -> bool:
    found = [cell.number for cell in lines.lines[line].cells if cell.number]
    return bool(found) and all(number.unit in ("", "£") for number in found) and lines.roles[line] is not Role.CHANGE


_Way = Callable[[int], tuple[Decimal, Decimal, tuple[Cell, ...], str] | None]
"""Of a place: what follows, what rounding of its parts allows, its cells, and how to say it."""


def _try(lines: Lines, target: int, way: Callable[[Lines], _Way]) -> _Tried:
    made = way(lines)
    holds, fails = [], []
    for at, role in enumerate(lines.positions):
        number = lines.number(target, at)
        if number is None or number.unit != PERCENT or role in (Role.CHANGE, Role.SUMMARY):
            continue
        worked = made(at)
        if worked is None:
            continue
        follows, slack, cells, words = worked
        if abs(follows - number.value) <= slack + number.half:
            holds.append(at)
        else:
            fails.append((at, follows, cells, words))
    return _Tried(tuple(holds), tuple(fails))


def _ratio(numerator: int, denominator: int) -> Callable[[Lines], _Way]:
    def of(lines: Lines) -> _Way:
        def at_place(at: int) -> tuple[Decimal, Decimal, tuple[Cell, ...], str] | None:
            above, below = lines.cell(numerator, at), lines.cell(denominator, at)
            return _share(above, below.number, below.text, (above, below))

        return at_place

    return of


def _wholes(lines: Lines, target: int, numerator: int) -> Iterator[Callable[[Lines], _Way]]:
    """Shares of one whole: the one that the heading states, or the line's own total."""
    stated = _SHARE_OF.search(lines.lines[target].name)
    whole = numbers.read(stated[1]) if stated else None
    if whole:
        yield _of_whole(numerator, whole, whole.text)
    totals = [at for at, role in enumerate(lines.positions) if role in (Role.TOTAL, Role.ALL)]
    if len(totals) == 1:
        cell = lines.cell(numerator, totals[0])
        if cell.number:
            yield _of_whole(numerator, cell.number, cell.text)


def _of_whole(numerator: int, whole: Number, text: str) -> Callable[[Lines], _Way]:
    def of(lines: Lines) -> _Way:
        def at_place(at: int) -> tuple[Decimal, Decimal, tuple[Cell, ...], str] | None:
            above = lines.cell(numerator, at)
            return _share(above, whole, text, (above,))

        return at_place

    return of


def _share(
    above: Cell, below: Number | None, text: str, cells: tuple[Cell, ...]
) -> tuple[Decimal, Decimal, tuple[Cell, ...], str] | None:
    if above.number is None or below is None or not below.value or above.number.unit != below.unit:
        return None
    value, slack = share(above.number, below)
    return value, slack, cells, f"{above.text} of {text}"


def share(above: Number, below: Number) -> tuple[Decimal, Decimal]:
    """A share in percent, and how far the rounding of its two counts may move it."""
    value = above.value / below.value * 100
    slack = (above.half + abs(above.value / below.value) * below.half) / abs(below.value) * 100
    return value, slack


def _breaches(lines: Lines, target: int, tried: _Tried, kind: Kind, source: str) -> Iterator[Finding]:
    for at, follows, cells, words in tried.fails:
        cell = lines.cell(target, at)
        assert cell.number is not None
        right = said(follows, cell.number)
        yield Finding(
            kind,
            cell.place,
            cell.text,
            right,
            f"{cell.place.words} says {cell.text}; {words} is {right}.",
            source,
            others=tuple(one.place for one in cells),
            shift=follows - cell.number.value,
        )


def _products(lines: Lines) -> Iterator[Finding]:
    """A line that is two others multiplied: volume by price, months by a monthly amount."""
    prices = [at for at, line in enumerate(lines.lines) if _PRICE_NAME.search(line.name)]
    for target in range(len(lines.lines)):
        if lines.roles[target] in (Role.CHANGE, Role.SUMMARY):
            continue
        best: tuple[_Tried, int, int] | None = None
        for price in prices:
            for volume in range(len(lines.lines)):
                if len({price, volume, target}) == 3:
                    tried = _multiplied(lines, target, price, volume)
                    if best is None or (len(tried.holds), -len(tried.fails)) > (
                        len(best[0].holds),
                        -len(best[0].fails),
                    ):
                        best = (tried, price, volume)
        if best is None:
            continue
        tried, price, volume = best
        sure = len(tried.holds) >= 2 and len(tried.fails) * 2 <= len(tried.holds)
        lone = len(tried.holds) == 1 and len(tried.fails) == 1
        bare = not tried.holds and len(tried.fails) == 1 and len(lines.lines) == 3 and target == 2
        if bare:
            at, follows, _, _ = tried.fails[0]
            bare = close(_value(lines.cell(target, at)), follows)
        if not (sure or lone or bare):
            continue
        months = any(re.search(r"\bmonths?\b", lines.lines[at].name, re.I) for at in (price, volume))
        for one in _breaches(lines, target, tried, Kind.MONTHS if months else Kind.PRICE, MONTHS if months else PRICE):
            yield _in_thousands(one)


def _in_thousands(found: Finding) -> Finding:
    printed = numbers.read(found.printed)
    follows = numbers.read(found.follows)
    if printed and follows and printed.value and follows.value:
        ratio = abs(follows.value / printed.value)
        if abs(ratio - 1000) < 5 or abs(ratio - Decimal("0.001")) < Decimal("0.000005"):
            return Finding(
                Kind.THOUSAND,
                found.place,
                found.printed,
                found.follows,
                f"{found.words} It is off by a thousand.",
                "product-map.md T5: units belong to the figure",
                others=found.others,
            )
    return found


def _multiplied(lines: Lines, target: int, price: int, volume: int) -> _Tried:
    holds, fails = [], []
    for at, role in enumerate(lines.positions):
        if role is not Role.PLAIN:
            continue
        printed, each, many = (lines.number(line, at) for line in (target, price, volume))
        if printed is None or each is None or many is None or many.unit not in ("",) or each.unit != printed.unit:
            continue
        if not each.value or not many.value or PERCENT in (printed.unit, each.unit):
            continue
        follows = each.value * many.value
        slack = each.half * abs(many.value) + many.half * abs(each.value) + printed.half
        if each.places == 0 and each.unit == numbers.POUNDS:
            slack = printed.half
        # A price of 1, or a volume of 1, would bear out anything.
        if abs(follows - printed.value) <= max(slack, Decimal("0.005")):
            holds.append(at) if many.value != 1 and each.value != 1 else None
        else:
            cells = (lines.cell(volume, at), lines.cell(price, at))
            fails.append((at, follows, cells, f"{cells[0].text} × {cells[1].text}"))
    return _Tried(tuple(holds), tuple(fails))


def _spread(lines: Lines) -> Iterator[Finding]:
    """An amount of a stated period and what it is per month: the one is the other over the months of the period (T7)."""
    months = periods.length(" ".join((*lines.table.titles, *lines.table.headings)))
    if not months or any(re.fullmatch(r"months", line.name.strip(), re.I) for line in lines.lines):
        return
    plan = bool(_PLAN.search(f"{lines.table.title} {' '.join(lines.table.headings)}"))
    kind = Kind.PLAN if plan else Kind.MONTHS
    for target, line in enumerate(lines.lines):
        if not _MONTHLY.search(line.name):
            continue
        for whole in range(len(lines.lines)):
            if (
                whole == target
                or _MONTHLY.search(lines.lines[whole].name)
                or lines.roles[whole] not in (Role.PLAIN, Role.TOTAL)
            ):
                continue
            holds, fails = _over(lines, target, whole, months)
            if (holds and len(fails) <= max(1, len(holds) // 2)) or (
                not holds and fails and len(_other_months(fails)) == 1
            ):
                yield from (_wrong_months(lines, target, whole, at, months, other, kind) for at, other in fails)
                break


def _over(lines: Lines, target: int, whole: int, months: int) -> tuple[list[int], list[tuple[int, int | None]]]:
    """Where it holds, and where not with the number of months it was divided by, if that is a whole one."""
    holds: list[int] = []
    fails: list[tuple[int, int | None]] = []
    for at, role in enumerate(lines.positions):
        monthly, total = lines.number(target, at), lines.number(whole, at)
        if (
            role is not Role.PLAIN
            or monthly is None
            or total is None
            or monthly.unit != total.unit
            or not monthly.value
        ):
            continue
        if divided(total, monthly, months):
            holds.append(at)
        else:
            fails.append((at, next((other for other in range(1, 37) if divided(total, monthly, other)), None)))
    return holds, fails


def _other_months(fails: list[tuple[int, int | None]]) -> set[int | None]:
    found = {other for _, other in fails}
    return found if None not in found else set()


def divided(total: Number, monthly: Number, months: int) -> bool:
    """Whether the one is the other over so many months, rounded as it is printed (half a unit for a whole number)."""
    half = monthly.half or Decimal("0.5")
    return abs(total.value / months - monthly.value) <= half + total.half / months


def _wrong_months(
    lines: Lines, target: int, whole: int, at: int, months: int, other: int | None, kind: Kind
) -> Finding:
    cell, total = lines.cell(target, at), lines.cell(whole, at)
    assert cell.number is not None
    assert total.number is not None
    if periods.counted(lines.lines[whole].name) == [months]:
        follows = cell.number.value * months
        right = said(follows, total.number)
        return Finding(
            Kind.MONTHS,
            total.place,
            total.text,
            right,
            f"{total.place.words} says {total.text}; {months} × {cell.text} is {right}.",
            MONTHS,
            others=(cell.place,),
            shift=follows - total.number.value,
        )
    follows = total.number.value / months
    right = said(follows, cell.number)
    over = f" {cell.text} is over {other} months." if other else ""
    return Finding(
        kind,
        cell.place,
        cell.text,
        right,
        f"{cell.place.words} says {cell.text}; {total.text} over the {months} months is {right}.{over}",
        MONTHS,
        others=(total.place,),
        shift=Decimal(right.replace(",", "").replace("£", "").replace("−", "-").rstrip("km%")) - cell.number.value
        if cell.number.scale == 1
        else None,
    )
