"""What a check form makes of what was typed: entries to write, what is impossible, what is unusual, what was found.

Pure: no database, no clock. What it knows of codes and limits is in `check_fields`.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import date, timedelta
from decimal import ROUND_HALF_UP, Decimal, InvalidOperation

from onedoor.recall.check_fields import (
    AUDIT_C,
    AUDIT_C_POSITIVE,
    BANDS,
    BLOOD,
    BMI,
    BMI_LEAST,
    BMI_MOST,
    BMI_OBESE,
    BMI_OTHER,
    BMI_OVER,
    BMI_UNDER,
    BMI_USUAL,
    BP_WHERE,
    CHOLESTEROL,
    COMMON,
    DECLINED,
    DEFAULTS,
    DIASTOLIC,
    DRINKING,
    GLUCOSE_KINDS,
    HBA1C,
    HDL,
    HEIGHT,
    NOT_DRINKING,
    PER_DAY,
    QUESTIONS,
    RATIO,
    SMOKING,
    STATES,
    SYSTOLIC,
    TRIGLYCERIDES,
    UNITS,
    UNSUITABLE,
    VALUES,
    WEIGHT,
    Field,
)  # fmt: skip

ONE = Decimal("0.1")
MOVES: Mapping[str, frozenset[str]] = {"open": frozenset({"closed"}), "closed": frozenset({"open"})}
"""Of a visit for checks."""
NEXT_WITHIN = timedelta(days=730)
"""invented: how far ahead a date may be agreed."""


@dataclass(frozen=True)
class Write:
    """An entry to write: SNOMED CT code or "", value with its UCUM unit or None, and words."""

    code: str
    text: str
    value: Decimal | None = None
    unit: str = ""


@dataclass(frozen=True)
class Reading:
    """What a check's fields say. With `problems` or `asks` nothing of it is written.

    `state`: "" (nothing typed), measured, part (something, and not enough for the check), declined, unsuitable, awaited, noted.
    """

    state: str = ""
    words: str = ""
    writes: tuple[Write, ...] = ()
    found: tuple[tuple[str, str], ...] = ()
    """(finding, what was found in words)."""
    on: date | None = None
    problems: Mapping[str, str] = field(default_factory=dict)
    """By field: what is wrong, for the person who typed."""
    asks: tuple[str, ...] = ()
    """What is unusual: written only once somebody says that it is right."""
    note: str = ""
    """Something to know that asks for nothing."""


@dataclass(frozen=True)
class Known:
    """What reading a form needs to know beside it."""

    today: date
    born_on: date
    height: Decimal | None = None
    """The last height of an adult, cm: used where none is typed."""


@dataclass
class _Sheet:
    """A check being read."""

    typed: Mapping[str, str]
    known: Known
    problems: dict[str, str] = field(default_factory=dict)
    asks: list[str] = field(default_factory=list)
    found: dict[str, str] = field(default_factory=dict)
    writes: list[Write] = field(default_factory=list)
    words: list[str] = field(default_factory=list)
    state: str = "measured"
    note: str = ""

    def said(self, name: str) -> str:
        return " ".join(self.typed.get(name, "").split())

    def number(self, one: Field) -> Decimal | None:
        """The number of a field; None where there is none or it is impossible, which is then a problem."""
        said = self.said(one.name).replace(",", ".")
        if not said:
            return None
        try:
            value = Decimal(said)
        except InvalidOperation:
            value = Decimal("NaN")
        if not value.is_finite():
            self.problems[one.name] = f"{one.label}: type a number, as in {_example(one)}."
            return None
        if not one.least <= value <= one.most:
            self.problems[one.name] = _impossible(one, value)
            return None
        value = value.quantize(Decimal(1).scaleb(-one.decimals), ROUND_HALF_UP)
        self._look(one, value)
        return value

    def _look(self, one: Field, value: Decimal) -> None:
        if one.usual[0] <= value <= one.usual[1]:
            return
        said = f"{one.label} {plain(value)}{' ' + one.shown if one.shown else ''} is unusual"
        self.asks.append(said)
        if one.danger:
            self.found[one.danger] = "; ".join(part for part in (self.found.get(one.danger, ""), said) if part)

    def write(self, one: Field, value: Decimal, *, code: str = "", text: str = "") -> None:
        said = text or f"{one.label} {plain(value)}{' ' + one.shown if one.shown else ''}"
        self.writes.append(Write(code or one.code, said, value, one.unit))

    def choice(self, name: str, among: Mapping[str, object]) -> str:
        said = self.said(name)
        if said and said not in among:
            self.problems[name] = "Choose one of the list."
            return ""
        return said


def plain(value: Decimal) -> str:
    """120, 27.4: no needless nought."""
    return f"{value.normalize():f}"


def _example(one: Field) -> str:
    middle = (one.usual[0] + one.usual[1]) / 2
    return plain(middle.quantize(Decimal(1).scaleb(-one.decimals)))


def _impossible(one: Field, value: Decimal) -> str:
    if one is HEIGHT and Decimal(1) < value < Decimal("2.6"):
        return f"Height is in centimetres: {plain(value * 100)}, not {plain(value)}?"
    if one is HBA1C and value < one.least:
        return f"{plain(value)} looks like per cent. HbA1c is taken in mmol/mol only."  # clinical.md 1.5
    return (
        f"{one.label} cannot be {plain(value)}: between {plain(one.least)} and {plain(one.most)} {one.shown}.".replace(
            " .", "."
        )
    )


def _blood_pressure(sheet: _Sheet) -> None:
    """A pair of one day, one systolic and one diastolic (clinical.md 1.5)."""
    where = sheet.choice("where", BP_WHERE) or "here"
    values = {one.name: sheet.number(one) for one in (SYSTOLIC, DIASTOLIC)}
    if sheet.problems:
        return
    for one, other in ((SYSTOLIC, DIASTOLIC), (DIASTOLIC, SYSTOLIC)):
        if values[one.name] is None and values[other.name] is not None:
            sheet.problems[one.name] = f"{one.label} is missing: a blood pressure is two numbers of one day."
    systolic, diastolic = values["systolic"], values["diastolic"]
    if systolic is None or diastolic is None:
        return
    if systolic <= diastolic:
        sheet.problems["systolic"] = "Systolic, the first number, is the higher one."
        return
    label, first, second = BP_WHERE[where]
    suffix = "" if where == "here" else f", {label[0].lower()}{label[1:]}"
    sheet.write(SYSTOLIC, systolic, code=first, text=f"Systolic blood pressure {plain(systolic)} mmHg{suffix}")
    sheet.write(DIASTOLIC, diastolic, code=second, text=f"Diastolic blood pressure {plain(diastolic)} mmHg{suffix}")
    sheet.words.append(f"{plain(systolic)}/{plain(diastolic)} mmHg{suffix}")


def bmi_of(weight: Decimal, height: Decimal) -> Decimal:
    """kg/m², one decimal (clinical.md 1.5)."""
    metres = height / 100
    return (weight / (metres * metres)).quantize(ONE, ROUND_HALF_UP)


def _body_mass(sheet: _Sheet) -> None:
    weight, height = sheet.number(WEIGHT), sheet.number(HEIGHT)
    if sheet.problems:
        return
    if weight is not None:
        sheet.write(WEIGHT, weight)
        sheet.words.append(f"{plain(weight)} kg")
    if height is not None and height != sheet.known.height:
        sheet.write(HEIGHT, height)
        sheet.words.append(f"{plain(height)} cm")
    tall = height if height is not None else sheet.known.height
    if weight is None or tall is None:
        sheet.state = "part"
        sheet.words.append("no height, so no BMI" if weight is not None else "no weight, so no BMI")
        return
    bmi = bmi_of(weight, tall)
    if not BMI_LEAST <= bmi <= BMI_MOST:
        said = f"A BMI of {bmi} is outside 10 to 55, and would be kept in words, without the code that counts"
        sheet.asks.append(said)
        sheet.found["bmi_unusual"] = f"BMI {bmi}"
        sheet.writes.append(Write("", f"BMI {bmi}, outside the range that is coded"))
        sheet.state = "part"
    else:
        sheet.writes.append(Write(BMI, f"BMI {bmi}", bmi, "kg/m2"))
        _bmi_findings(sheet, bmi)
    sheet.words.append(f"BMI {bmi}")


def _bmi_findings(sheet: _Sheet, bmi: Decimal) -> None:
    if not BMI_USUAL[0] <= bmi <= BMI_USUAL[1]:
        sheet.asks.append(f"A BMI of {bmi} is unusual")
        sheet.found["bmi_unusual"] = f"BMI {bmi}"
    elif bmi >= BMI_OBESE:
        sheet.found["bmi_obese"] = f"BMI {bmi}: 30 or more"
    elif bmi >= BMI_OVER:
        sheet.found["bmi_over"] = f"BMI {bmi}: 25 or more"
    elif bmi < BMI_UNDER:
        sheet.found["bmi_under"] = f"BMI {bmi}: under 18.5"
    elif bmi >= BMI_OTHER:
        sheet.note = "23 or more is high for people who are not White: the record here does not say who is"


def _glucose(sheet: _Sheet) -> None:
    kind = sheet.choice("kind", GLUCOSE_KINDS)
    if not kind:
        sheet.problems.setdefault("kind", "Say which test: HbA1c or glucose.")
        return
    label, one = GLUCOSE_KINDS[kind]
    value = sheet.number(one)
    if value is None:
        sheet.problems.setdefault("value", "The result is missing.")
        return
    said = f"{label} {plain(value)} {one.shown}"
    sheet.write(one, value, text=said)
    sheet.words.append(said)


def _lipids(sheet: _Sheet) -> None:
    fields = (CHOLESTEROL, HDL, RATIO, TRIGLYCERIDES)
    values = {one.name: sheet.number(one) for one in fields}
    if sheet.problems:
        return
    total, hdl, ratio = values["cholesterol"], values["hdl"], values["ratio"]
    if total is not None and hdl is not None:
        if hdl >= total:
            sheet.problems["hdl"] = "HDL is a part of the total, and cannot be as much."
            return
        worked_out = (total / hdl).quantize(ONE, ROUND_HALF_UP)
        if ratio is None and RATIO.least <= worked_out <= RATIO.most:
            values["ratio"] = worked_out
        elif ratio is not None and abs(ratio - worked_out) > Decimal("0.3"):
            sheet.asks.append(
                f"A ratio of {plain(ratio)} does not fit: {plain(total)} to {plain(hdl)} is {plain(worked_out)}"
            )
    for one in fields:
        value = values[one.name]
        if value is not None:
            sheet.write(one, value)
            sheet.words.append(sheet.writes[-1].text)


def _alcohol(sheet: _Sheet) -> None:
    """A score of AUDIT-C goes with a concept of ALC_COD, since by itself it does not complete the check (clinical.md 1.3)."""
    status = sheet.choice("status", DRINKING)
    units = sheet.number(UNITS)
    score = _audit_c(sheet)
    if sheet.problems:
        return
    if status in NOT_DRINKING and (units or score):
        sheet.problems["status"] = "They do not drink, and there are units or answers of drinking: which is so?"
    elif score and not status and units is None:
        sheet.problems["units"] = (
            "The three answers alone do not complete this check: add units in a usual week, or say which below."
        )
    if sheet.problems:
        return
    if score is not None:
        sheet.writes.append(Write(AUDIT_C, f"AUDIT-C score {score}", Decimal(score), "{score}"))
        sheet.words.append(f"AUDIT-C {score}")
        if score >= AUDIT_C_POSITIVE:
            sheet.found["audit_c"] = f"AUDIT-C {score}: 5 or more"
    if units is not None and status not in NOT_DRINKING:
        sheet.write(UNITS, units, text=f"Alcohol {plain(units)} units a week")
        sheet.words.append(f"{plain(units)} units a week")
    if status or (score == 0 and units is None):
        label, code = DRINKING[status or "not_now"]
        sheet.writes.append(Write(code, label))
        sheet.words.append(label)


def _audit_c(sheet: _Sheet) -> int | None:
    """The score; None where no question was answered or one is missing, which is a problem. "Never" to the first is 0."""
    answers: dict[str, int] = {}
    for name, _, options in QUESTIONS:
        said = sheet.said(name)
        if said and not (said.isascii() and said.isdigit() and int(said) < len(options)):
            sheet.problems[name] = "Choose one of the list."
        elif said:
            answers[name] = int(said)
    if not answers:
        return None
    if answers.get("audit1") == 0:
        if any(answers.values()):
            sheet.problems["audit1"] = "They never drink, and there are answers of drinking: which is so?"
        return 0
    for name, _, _ in QUESTIONS:
        if name not in answers:
            sheet.problems.setdefault(name, "Not answered: the score needs all three.")
    return sum(answers.values())


def _smoking(sheet: _Sheet) -> None:
    status = sheet.choice("status", SMOKING)
    per_day = sheet.number(PER_DAY)
    if not status or sheet.problems:
        sheet.problems.setdefault("status", "Say whether they smoke.")
        return
    label, code = SMOKING[status]
    if status != "smoker":
        if per_day:
            sheet.problems["perday"] = "They do not smoke, and there are cigarettes a day: which is so?"
            return
        sheet.writes.append(Write(code, label))
        sheet.words.append(label)
        return
    if per_day is None:
        sheet.writes.append(Write(code, "Smoker"))
        sheet.words.append("Smokes, how much is not known")
    else:
        _, code, label = next(band for band in BANDS if per_day < band[0])
        sheet.writes.append(Write(code, label))
        sheet.write(PER_DAY, per_day, text=f"Smokes {plain(per_day)} cigarettes a day")
        sheet.words.append(f"Smokes {plain(per_day)} a day")
    sheet.found["smoker"] = sheet.words[-1]


READERS: Mapping[str, Callable[[_Sheet], None]] = {
    "bp": _blood_pressure,
    "bmi": _body_mass,
    "glucose": _glucose,
    "lipid": _lipids,
    "alcohol": _alcohol,
    "smoking": _smoking,
}


def fields_of(key: str) -> tuple[str, ...]:
    """Every field of a check's part of the form, without those that say only how the page stood."""
    return (*VALUES.get(key, ()), *(("where",) if key == "bp" else ()), *COMMON)


def mark(typed: Mapping[str, str]) -> str:
    """Stands for what was typed: to know what was changed, and that what was confirmed is what is sent."""
    kept = "\n".join(f"{name}={' '.join(said.split())}" for name, said in sorted(typed.items()) if said.strip())
    return hashlib.sha256(kept.encode()).hexdigest()[:16]


def sure_mark(key: str, typed: Mapping[str, str]) -> str:
    """Stands for the values that somebody confirmed: another value is asked about again."""
    return mark({name: typed.get(name, "") for name in VALUES.get(key, ())})


def read(key: str, typed: Mapping[str, str], known: Known) -> Reading:
    """What the fields of one check say; `typed` by field name without the check's."""
    sheet = _Sheet(typed, known)
    state = sheet.choice("state", STATES)
    values = [name for name in VALUES.get(key, ()) if sheet.said(name) and name != DEFAULTS.get(key)]
    on = _day(sheet)
    if sheet.problems:
        return Reading(problems=sheet.problems)
    if state:
        return _without_value(sheet, key, state, values, on)
    if key in READERS and (values or (key == "bmi" and _height_is_new(sheet))):
        READERS[key](sheet)
    elif sheet.said("words"):
        sheet.state = "noted"
        sheet.words.append(sheet.said("words"))
        sheet.writes.append(Write("", sheet.said("words")[:300]))
    else:
        return Reading()
    if sheet.problems:
        return Reading(problems=sheet.problems)
    device = sheet.said("device")[:80]
    return Reading(
        state=sheet.state,
        words=". ".join(filter(None, ("; ".join(sheet.words), sheet.note)))[:380],
        writes=tuple(_with_device(one, device) for one in sheet.writes),
        found=tuple(sheet.found.items()),
        on=on,
        asks=tuple(sheet.asks),
        note=sheet.note,
    )


def _height_is_new(sheet: _Sheet) -> bool:
    """A height by itself says something where it is not the one that stood there before."""
    said = sheet.said("height").replace(",", ".")
    return bool(said) and (sheet.known.height is None or said != plain(sheet.known.height))


def _with_device(one: Write, device: str) -> Write:
    return Write(one.code, f"{one.text} ({device})", one.value, one.unit) if device else one


def _day(sheet: _Sheet) -> date:
    """The day of a check: today unless another is typed; never ahead, never before birth."""
    said = sheet.said("on")
    try:
        on = date.fromisoformat(said) if said else sheet.known.today
    except ValueError:
        sheet.problems["on"] = "Type a day, as in 2026-12-07."
        return sheet.known.today
    if on > sheet.known.today:
        sheet.problems["on"] = "This day is still to come."
    elif on < sheet.known.born_on:
        sheet.problems["on"] = "This day is before they were born."
    return on


def _without_value(sheet: _Sheet, key: str, state: str, values: list[str], on: date) -> Reading:
    if values:
        said = STATES[state][0].lower() + STATES[state][1:]
        return Reading(problems={"state": f"There is a value, and it says “{said}”: take one of them away."})
    if state == "awaited" and key not in BLOOD:
        return Reading(problems={"state": "Only a blood test has a result that comes later."})
    why = sheet.said("why")[:200]
    code = {"declined": DECLINED, "unsuitable": UNSUITABLE}.get(state, {}).get(key, "")
    words = f"{STATES[state]}{': ' + why if why else ''}"
    return Reading(state=state, words=words, writes=(Write(code, words),), on=on)
