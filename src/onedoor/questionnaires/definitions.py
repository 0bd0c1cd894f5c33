"""The questionnaires that Onedoor has: FHIR R4 Questionnaires in `definitions/`, checked when they are read.

What FHIR has no place for stands in extensions of our own: `urn:onedoor:reader` (how an answer in words is read), `sms` and
`again` (the question as a text puts it, and once more), `private` (of all or of one question: not begun by text on a shared
phone), `red-flag` (on an option), `from` and `to` (the numbers that an option stands for), `licence` (whose words are not ours
to ship), `monitored` (needs somebody who watches for its answers) and `each-stands` (each answer counts without the others).
"""

from __future__ import annotations

import json
from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from decimal import Decimal
from functools import lru_cache
from pathlib import Path
from typing import Any, Literal

FOLDER = Path(__file__).with_name("definitions")
OURS = "urn:onedoor:"
FHIR = "http://hl7.org/fhir/StructureDefinition/"
CALCULATED = "http://hl7.org/fhir/uv/sdc/StructureDefinition/sdc-questionnaire-calculatedExpression"
UCUM = "http://unitsofmeasure.org"
LONGEST_CONTEXT = 20
"""Letters of the name under which messaging knows a question."""
READERS = frozenset({"option", "band", "yesno", "smoking", "alcohol", "bp", "count", "weight", "height", "words"})

Kind = Literal["choice", "integer", "decimal", "pair", "string"]


class Faulty(Exception):
    """A definition is not one that can be asked; the message names the file and the item."""


@dataclass(frozen=True)
class Option:
    """One answer of a choice. `ordinal` is what it scores; `low` to `high` are the numbers that it stands for."""

    code: str
    label: str
    ordinal: int | None = None
    low: int | None = None
    high: int | None = None
    says: tuple[str, ...] = ()
    red_flag: bool = False


@dataclass(frozen=True)
class When:
    """A condition on an earlier answer, as in `enableWhen`."""

    question: str
    operator: Literal["=", "!=", "exists"]
    answer: str


@dataclass(frozen=True)
class Part:
    """One of the two numbers of a pair, asked for together."""

    link: str
    label: str
    low: Decimal
    high: Decimal


@dataclass(frozen=True)
class Item:
    """One question. Numbers are `low` to `high` inclusive with at most `places` decimals, in `unit` (UCUM)."""

    link: str
    kind: Kind
    reader: str
    text: str
    sms: str
    again: str
    hint: str = ""
    options: tuple[Option, ...] = ()
    low: Decimal | None = None
    high: Decimal | None = None
    places: int = 0
    unit: str = ""
    unit_words: str = ""
    whens: tuple[When, ...] = ()
    any_when: bool = False
    private: bool = False
    parts: tuple[Part, ...] = ()

    def option(self, code: str) -> Option | None:
        """The option of this code."""
        return next((one for one in self.options if one.code == code), None)

    @property
    def by_letter(self) -> bool:
        """Whether a bare figure could be meant for a number in the words of an option: then letters name the options."""
        return (
            self.reader == "option" and any(c.isdigit() for one in self.options for c in one.label) and not self.coded
        )

    @property
    def coded(self) -> bool:
        """Whether the options are themselves numbers, so that "3" is the option 3 and not the third."""
        return bool(self.options) and all(one.code.isdigit() for one in self.options)


@dataclass(frozen=True)
class Definition:
    """A questionnaire. `licence` says whose words are missing; it is empty once a site has loaded them."""

    key: str
    version: str
    title: str
    intro: str
    items: tuple[Item, ...]
    private: bool = False
    each_stands: bool = False
    licence: str = ""
    monitored: bool = False
    scored: tuple[str, ...] = ()
    """Links of the items whose options have ordinals; all of them must be answered for a score."""

    def item(self, link: str) -> Item:
        """The item of this link; KeyError when there is none."""
        for one in self.items:
            if one.link == link:
                return one
        raise KeyError(link)

    def is_private(self, only: Collection[str] = ()) -> bool:
        """Whether what is asked, all or `only` these, must not be begun by text on a telephone that others have."""
        return self.private or any(item.private and (not only or item.link in only) for item in self.items)

    def context(self, item: Item) -> str:
        """The name under which messaging knows this question."""
        return f"{self.key}:{item.link}"


@lru_cache(maxsize=1)
def shipped() -> Mapping[str, Definition]:
    """Every definition by its key, as the files have them. Raises Faulty for the first that is none."""
    return {one.key: one for one in (_read_file(file) for file in sorted(FOLDER.glob("*.json")))}


def with_words(shell: Definition, words: Mapping[str, Any]) -> Definition:
    """A licensed scale with the words that its site loaded:
    `{"title"?, "items": {link: {"text", "sms"?, "options": {code: label}}}}`.

    Raises Faulty when an item or an option has none, or one is named that the scale does not have.
    """
    given = words.get("items")
    if not isinstance(given, Mapping) or set(given) != {item.link for item in shell.items}:
        raise Faulty(f"{shell.key}: the words must be for exactly its items: {', '.join(i.link for i in shell.items)}")
    items = tuple(_worded(shell, item, given[item.link]) for item in shell.items)
    return replace(shell, items=items, title=str(words.get("title") or shell.title), licence="")


def _worded(shell: Definition, item: Item, given: object) -> Item:
    where = f"{shell.key}, {item.link}"
    if not isinstance(given, Mapping) or not isinstance(given.get("text"), str) or not given["text"].strip():
        raise Faulty(f"{where}: no text")
    labels = given.get("options", {})
    if not isinstance(labels, Mapping) or set(labels) != {one.code for one in item.options}:
        raise Faulty(
            f"{where}: the words must be for exactly the options {', '.join(one.code for one in item.options)}"
        )
    if any(not isinstance(label, str) or not label.strip() for label in labels.values()):
        raise Faulty(f"{where}: an option without words")
    text = " ".join(given["text"].split())
    options = tuple(replace(one, label=" ".join(labels[one.code].split())) for one in item.options)
    reply = ", ".join(f"{one.code} {one.label}" for one in options) or f"a number from {item.low} to {item.high}"
    sms = str(given.get("sms") or f"{text} Reply {reply}")
    return replace(item, text=text, options=options, sms=sms, again=f"Reply with one number: {reply}")


# ---- reading a file


def _read_file(file: Path) -> Definition:
    try:
        found = read(json.loads(file.read_text(encoding="utf-8")))
    except (ValueError, Faulty) as error:
        raise Faulty(f"{file.name}: {error}") from error
    if found.key != file.stem:
        raise Faulty(f"{file.name}: its id is {found.key!r}")
    return found


def read(resource: Mapping[str, Any]) -> Definition:
    """A definition from a FHIR R4 Questionnaire. Raises Faulty with what is wrong."""
    _need(resource.get("resourceType") == "Questionnaire", "not a Questionnaire")
    _need(resource.get("status") == "active", "its status is not active")
    for name in ("id", "url", "version", "title"):
        _need(bool(resource.get(name)), f"no {name}")
    key, licence = resource["id"], _own(resource, "licence", "valueString", "")
    items = tuple(
        _item(one, licensed=bool(licence)) for one in resource.get("item", []) if not one.get("readOnly", False)
    )
    _need(bool(items), "no question")
    _check_order(key, items)
    return Definition(
        key=key,
        version=resource["version"],
        title=resource["title"],
        intro=_own(resource, "intro", "valueString", ""),
        items=items,
        private=_own(resource, "private", "valueBoolean", False),
        each_stands=_own(resource, "each-stands", "valueBoolean", False),
        licence=licence,
        monitored=_own(resource, "monitored", "valueBoolean", False),
        scored=tuple(item.link for item in items if any(one.ordinal is not None for one in item.options)),
    )


def _check_order(key: str, items: Sequence[Item]) -> None:
    """Links are unique and short enough, and a condition looks back at a choice that is there."""
    seen: dict[str, Item] = {}
    for item in items:
        _need(item.link not in seen, f"{item.link}: twice")
        _need(
            len(f"{key}:{item.link}") <= LONGEST_CONTEXT, f"{item.link}: key and link are longer than {LONGEST_CONTEXT}"
        )
        for when in item.whens:
            _need(when.question in seen, f"{item.link}: enableWhen of {when.question}, which does not come before it")
            before = seen[when.question]
            known = when.operator == "exists" or not before.options or before.option(when.answer) is not None
            _need(known, f"{item.link}: enableWhen of an answer that {when.question} does not have")
        seen[item.link] = item


def _item(raw: Mapping[str, Any], *, licensed: bool) -> Item:
    link = raw.get("linkId", "")
    _need(bool(link), "an item without linkId")
    reader = _own(raw, "reader", "valueCode", "")
    _need(reader in READERS, f"{link}: no reader {reader!r}")
    text, sms, again = raw.get("text", ""), _own(raw, "sms", "valueString", ""), _own(raw, "again", "valueString", "")
    _need(licensed or bool(text and sms and again), f"{link}: no words")
    kinds: dict[str, Kind] = {
        "choice": "choice",
        "integer": "integer",
        "decimal": "decimal",
        "group": "pair",
        "string": "string",
    }
    _need(raw.get("type") in kinds, f"{link}: type {raw.get('type')!r} cannot be asked")
    kind = kinds[raw["type"]]
    options = tuple(_option(link, one, licensed=licensed) for one in raw.get("answerOption", []))
    _need(bool(options) == (kind == "choice"), f"{link}: a choice has options, and nothing else has")
    _need(len({one.code for one in options}) == len(options), f"{link}: an option twice")
    low, high, places = _range(link, raw) if kind in ("integer", "decimal") else (None, None, 0)
    unit, unit_words = _unit(link, raw)
    whens = tuple(_when(link, one) for one in raw.get("enableWhen", []))
    _need(
        len(whens) < 2 or raw.get("enableBehavior") in ("all", "any"), f"{link}: several conditions, no enableBehavior"
    )
    return Item(
        link=link,
        kind=kind,
        reader=reader,
        text=text,
        sms=sms,
        again=again,
        hint=_own(raw, "hint", "valueString", ""),
        options=options,
        low=low,
        high=high,
        places=places,
        unit=unit,
        unit_words=unit_words,
        whens=whens,
        any_when=raw.get("enableBehavior") == "any",
        private=_own(raw, "private", "valueBoolean", False),
        parts=tuple(_parts(link, raw)) if kind == "pair" else (),
    )


def _option(link: str, raw: Mapping[str, Any], *, licensed: bool) -> Option:
    coding = raw.get("valueCoding", {})
    code, label = coding.get("code", ""), coding.get("display", "")
    _need(bool(code) and (licensed or bool(label)), f"{link}: an option without code or words")
    ordinal = _value([*raw.get("extension", []), *coding.get("extension", [])], FHIR + "ordinalValue", "valueDecimal")
    _need(ordinal is None or ordinal == int(ordinal), f"{link}: an ordinal that is no whole number")
    return Option(
        code=code,
        label=label,
        ordinal=None if ordinal is None else int(ordinal),
        low=_own(raw, "from", "valueInteger", None),
        high=_own(raw, "to", "valueInteger", None),
        says=tuple(e["valueString"] for e in raw.get("extension", []) if e["url"] == OURS + "says"),
        red_flag=_own(raw, "red-flag", "valueBoolean", False),
    )


def _when(link: str, raw: Mapping[str, Any]) -> When:
    operator: Any = raw.get("operator")
    _need(operator in ("=", "!=", "exists"), f"{link}: enableWhen with {operator!r}")
    answer = raw.get("answerCoding", {}).get("code", "") or str(raw.get("answerBoolean", "")).lower()
    return When(raw["question"], operator, answer)


def _range(link: str, raw: Mapping[str, Any]) -> tuple[Decimal, Decimal, int]:
    key = "valueInteger" if raw["type"] == "integer" else "valueDecimal"
    low, high = (_value(raw.get("extension", []), FHIR + name, key) for name in ("minValue", "maxValue"))
    _need(low is not None and high is not None and low < high, f"{link}: no range")
    places = _value(raw.get("extension", []), FHIR + "maxDecimalPlaces", "valueInteger") or 0
    return Decimal(str(low)), Decimal(str(high)), int(places)


def _unit(link: str, raw: Mapping[str, Any]) -> tuple[str, str]:
    coding = _value(raw.get("extension", []), FHIR + "questionnaire-unit", "valueCoding")
    if coding is None:
        return "", ""
    _need(coding.get("system") == UCUM and bool(coding.get("code")), f"{link}: a unit that is not UCUM")
    return coding["code"], coding.get("display", coding["code"])


def _parts(link: str, raw: Mapping[str, Any]) -> Iterator[Part]:
    found = raw.get("item", [])
    _need(len(found) == 2, f"{link}: a group that is asked at once is two numbers")
    for one in found:
        _need(one.get("type") == "integer" and bool(one.get("text")), f"{link}: part {one.get('linkId')!r}")
        low, high, _ = _range(one["linkId"], one)
        yield Part(one["linkId"], one["text"], low, high)


def _own(raw: Mapping[str, Any], name: str, key: str, otherwise: Any) -> Any:
    found = _value(raw.get("extension", []), OURS + name, key)
    return otherwise if found is None else found


def _value(extensions: Sequence[Mapping[str, Any]], url: str, key: str) -> Any:
    return next((one[key] for one in extensions if one.get("url") == url and key in one), None)


def _need(holds: bool, otherwise: str) -> None:
    if not holds:
        raise Faulty(otherwise)
