"""Letters composed from facts: what each kind must say, and the words in which it says it. Pure.

A letter is composed once. Every format and page shows the same blocks: no second text that could differ. In another language than
English it is composed from the same facts with the other words, and stays with the English (docs/adr/0009).
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace

from onedoor.documents import colleagues, wording
from onedoor.documents.errors import IncompleteLetter
from onedoor.documents.types import TO_PRACTICE, Block, Contact, Facts, Format, Kind, Letter, Party, Wanted
from onedoor.documents.wording import Wording, spaced
from onedoor.patients import api as patients

KINDS: tuple[Kind, ...] = (
    "welcome", "triage_patient", "triage_gp", "discharge", "apology", "invitation", "checks", "contacts",
)  # fmt: skip

NEEDED: dict[Kind, tuple[str, ...]] = {
    "welcome": ("service", "who_books", "commonest", "by_when", "contact"),
    "triage_patient": ("service", "outcome", "who_books", "options", "by_when", "contact"),
    "triage_gp": ("service", "outcome", "who_books", "options", "by_when", "contact", "practice"),
    "discharge": ("service", "outcome", "who_books", "contact"),
    "apology": ("service", "who_books", "missed_on", "by_when", "contact"),
    "invitation": ("service", "contact"),
    "checks": ("checks", "contact", "practice"),
    "contacts": ("contacts", "contact", "practice"),
}
"""What a kind must say (product-map.md H3: service, who books, options, date, contact). At the outset the options are the
service's streams, the commonest first (S2-02); a discharge books nothing. An invitation says who asks and whom to ring, and names
no condition: letters lie on doormats."""

NOTHING_BOOKED = frozenset({"options", "by_when"})
"""Not asked for in a letter of triage that says that nothing is to be booked."""

ALSO_BY_OUTCOME = {
    "accept": ("stream",),
    "urgent": ("stream",),
    "onward": ("onward",),
    "signposted": ("onward",),
}
"""S2-04: the letter names the service or specialty referred on to."""

OUTCOMES = ("accept", "urgent", "onward", "advice", "signposted", "more", "inappropriate")
DISCHARGES = ("finished", "advice", "declined", "no_show", "elsewhere", "onward")


def missing(facts: Facts) -> tuple[str, ...]:
    """The facts that a letter of this kind lacks, in the order in which a reader would look for them."""
    needed = NEEDED[facts.kind]
    if facts.who_books == "nobody" and facts.kind in ("triage_patient", "triage_gp"):
        needed = tuple(name for name in needed if name not in NOTHING_BOOKED)
    known = OUTCOMES if facts.kind.startswith("triage") else DISCHARGES
    lacks = [name for name in (*needed, *ALSO_BY_OUTCOME.get(facts.outcome, ())) if not _has(facts, name)]
    if "outcome" in needed and facts.outcome and facts.outcome not in known:
        lacks.append("outcome")
    return tuple(dict.fromkeys(lacks))


def _has(facts: Facts, name: str) -> bool:
    value = getattr(facts, name)
    if isinstance(value, Contact):
        return bool(value.name.strip() and value.phone.strip())
    if isinstance(value, tuple):
        return any(one.strip() for one in value)
    return bool(value.strip() if isinstance(value, str) else value)


def compose(facts: Facts) -> Letter:
    """The letter that these facts make. Raises IncompleteLetter, naming what is missing.

    Colleagues read English. A patient's letter is in their language where we have the words, with the English behind it for as
    long as no native speaker has checked them.
    """
    if lacks := missing(facts):
        raise IncompleteLetter(lacks)
    english = wording.committed()[wording.ENGLISH]
    letter = _in(facts, english)
    speaks = None if facts.kind in TO_PRACTICE else patients.spoken(facts.language)
    if speaks is None or speaks.code == wording.ENGLISH:
        return letter
    words = wording.of(speaks.code)
    if words is None:
        key = "signed" if speaks.code in SIGNED else "not_given" if speaks.code else "unknown"
        return replace(letter, notes=(Block("note", english.sentences("in_english", key, {"language": speaks.name})),))
    slots = {"language": words.name, "title": letter.title}
    told = Block("note", english.sentences("in_english", "whole" if words.checked else "both", slots), lang=english.tag)
    own = Block("note", words.sentences("languages", "both", {}))
    return replace(
        _in(facts, words), notes=(told,) if words.checked else (own, told), english=letter, both=not words.checked
    )


SIGNED = frozenset({"bfi"})
"""Languages that no letter can be in."""


def unmet_language(said: str) -> str:
    """The language that somebody speaks and no letter of ours is in, as an interpreter is asked for; "" where there is one."""
    speaks = patients.spoken(said)
    if speaks is None or wording.of(speaks.code):
        return ""
    return speaks.name


def _in(facts: Facts, words: Wording) -> Letter:
    """The letter in the words of one language."""
    assert facts.contact is not None
    slots = _slots(facts, words)
    to_practice = facts.kind in TO_PRACTICE
    practice = facts.practice or Party("")
    return Letter(
        kind=facts.kind,
        language=words.tag,
        direction=words.direction,
        script=words.script,
        title=colleagues.title(facts, words) if facts.checks else words.words(facts.kind, "title", slots),
        sender=facts.sender,
        contact=facts.contact,
        to=practice if to_practice else Party(facts.patient.name, facts.patient.lines),
        about=_about(facts, words),
        dated=words.day(facts.dated),
        dated_on=facts.dated,
        greeting=words.words("greeting", "practice" if to_practice else "patient", slots),
        blocks=tuple(_COMPOSED[facts.kind](facts, words, slots)),
        closing=words.words("closing", "closing"),
        signed=facts.sender.name,
        copies=(facts.practice.name,) if facts.practice and not to_practice else (),
        other_ways=() if to_practice else words.sentences("other_ways", "said", slots),
        labels={key: said[0] for key, said in words.sections["labels"].items()},
        pictured={key: said[0] for key, said in words.sections["pictures"].items()},
    )


def _slots(facts: Facts, words: Wording) -> dict[str, str]:
    days = {
        name: words.day(day)
        for name in ("by_when", "earliest", "latest", "received_on", "missed_on")
        if (day := getattr(facts, name)) is not None
    }
    return {
        "name": facts.patient.name,
        "service": facts.service,
        "stream": facts.stream,
        "onward": facts.onward,
        "referrer": facts.referrer or words.words("labels", "referrer"),
        **days,
    }


def _about(facts: Facts, words: Wording) -> tuple[tuple[str, str], ...]:
    rows = [(words.words("labels", "reference"), facts.reference)]
    if facts.kind in ("checks", "contacts"):
        return (*rows, *colleagues.whose(facts, words))
    if facts.patient.nhs_number and facts.kind not in TO_PRACTICE:
        rows.append((words.words("labels", "nhs_number"), spaced(facts.patient.nhs_number)))
    return tuple(rows)


PICTURES: dict[str, str | tuple[str, ...]] = {
    "welcome.referred": ("person", "letter"),
    "welcome.referred_self": ("person", "letter"),
    "welcome.commonest": ("building", ""),
    "welcome.path": ("person", "letter", "calendar", "building"),
    "welcome.not_heard": ("telephone", ""),
    "welcome.worse": "telephone",
    "books.us": "letter",
    "books.patient": "telephone",
    "books.gp": "building",
    "triage_patient.read": "person",
    "triage_patient.more": ("letter", "clock"),
    "triage_patient.lead_more": "clock",
    "triage_patient.late": ("telephone", ""),
    "triage_patient.late_patient": ("telephone", "person"),
    "triage_patient.advice": ("letter", "person"),
    "triage_patient.inappropriate": ("", "person"),
    "discharge.lead": "building",
    "discharge.next": ("person", "telephone"),
    "discharge.next_by": ("", "telephone"),
    "apology.still": "letter",
    "apology.doing": ("person", "letter"),
    "invitation.lead": "letter",
    "invitation.what": ("building", "person"),
    "invitation.how": ("telephone", "person"),
    "invitation.no": ("telephone", ""),
}
"""The drawing beside each sentence in Easy Read, for a whole key or for its sentences in turn. A sentence that names one day
to come has it on a calendar, unless it is told otherwise here."""


class _Writer:
    """Gathers blocks; each takes a section of the wording and leaves out what has nothing to say."""

    def __init__(self, section: str, words: Wording, slots: dict[str, str], facts: Facts) -> None:
        self.section, self.words, self.slots, self.facts = section, words, slots, facts
        self.blocks: list[Block] = []
        self.abroad = words.tag != wording.committed()[wording.ENGLISH].tag

    def say(self, *keys: str, section: str = "") -> tuple[str, ...]:
        return tuple(said for key in keys for said in self.words.sentences(section or self.section, key, self.slots))

    def drawn(self, *keys: str, section: str = "") -> tuple[str, ...]:
        """The pictures of the sentences of these keys."""
        return tuple(one for key in keys for one in self._pictures(section or self.section, key))

    def _pictures(self, section: str, key: str) -> tuple[str, ...]:
        days = self.words.days_said(section, key)
        told = PICTURES.get(f"{section}.{key}", ("",) * len(days))
        names = (told,) * len(days) if isinstance(told, str) else told
        return tuple(name or self._calendar(slot) for name, slot in zip(names, days, strict=True))

    def _calendar(self, slot: str) -> str:
        day = getattr(self.facts, slot) if slot else None
        return f"calendar {day.day} {self.words.months[day.month - 1]}" if day else ""

    def lead(self, *keys: str) -> None:
        self.blocks.append(Block("lead", self.say(*keys), pictures=self.drawn(*keys)))

    def head(self, key: str, section: str = "") -> None:
        self.blocks.append(Block("heading", self.say(key, section=section)))

    def para(self, *keys: str, section: str = "") -> None:
        self.blocks.append(Block("para", self.say(*keys, section=section), pictures=self.drawn(*keys, section=section)))

    def steps(self, key: str) -> None:
        self.blocks.append(Block("steps", self.say(key), pictures=self.drawn(key)))

    def written(self, text: str) -> None:
        """What a clinician wrote, as it was written: nobody translates it, and where it is in another language that is said."""
        lines = tuple(line for line in text.splitlines() if line.strip())
        if lines and self.abroad:
            self.para("as_written", section="languages")
        if lines:
            self.blocks.append(Block("para", lines, lang=self._foreign()))

    def names(self, said: Iterable[str]) -> None:
        """A list of what a service or a clinician named."""
        self.blocks.append(Block("bullets", tuple(said), lang=self._foreign()))

    def _foreign(self) -> str:
        return wording.committed()[wording.ENGLISH].tag if self.abroad else ""

    def books(self, facts: Facts) -> None:
        """Who books, and what there is to choose from."""
        self.head("books_head", section="welcome")
        self.para(facts.who_books, section="books")
        if facts.options:
            self.para("options_gp" if facts.who_books == "gp" else "options", section="books")
            if self.abroad:
                self.para("as_written", section="languages")
            self.names(facts.options)

    def worse(self) -> None:
        self.head("worse_head", section="welcome")
        self.para("worse", section="welcome")


def _welcome(facts: Facts, words: Wording, slots: dict[str, str]) -> list[Block]:
    write = _Writer("welcome", words, slots, facts)
    ranged = facts.earliest is not None and facts.latest is not None
    write.lead("lead", *(["lead_range"] if ranged else []))
    if facts.received_on:
        write.para("referred" if facts.referrer else "referred_self")
    write.head("commonest_head")
    write.para("commonest")
    write.names(facts.commonest)
    write.head("path_head")
    write.steps("path")
    write.books(facts)
    write.head("not_heard_head")
    write.para("not_heard")
    write.worse()
    return write.blocks


def _triage_patient(facts: Facts, words: Wording, slots: dict[str, str]) -> list[Block]:
    write = _Writer("triage_patient", words, slots, facts)
    write.lead("lead_more" if facts.outcome == "more" else f"lead_{facts.who_books}")
    write.head("decided_head")
    write.para("read", facts.outcome)
    if facts.who_books != "nobody":
        write.books(facts)
        own = "_patient" if facts.who_books == "patient" else ""
        write.head(f"late_head{own}")
        write.para(f"late{own}")
    write.worse()
    return write.blocks


def _triage_gp(facts: Facts, words: Wording, slots: dict[str, str]) -> list[Block]:
    """Action first, kept apart from information (product-map.md W27), then the facts in one table (S3-49)."""
    write = _Writer("triage_gp", words, slots, facts)
    write.lead(f"lead_{facts.who_books}")
    if facts.who_books != "nobody":
        write.head("action_head")
        write.para(f"books_{facts.who_books}", "options_gp" if facts.who_books == "gp" else "options")
        write.names(facts.options)
    if facts.advice:
        write.head("advice_head")
        write.written(facts.advice)
    write.head("summary_head")
    assert facts.contact is not None
    rows = (
        ("patient", facts.patient.name),
        ("born", words.day(facts.patient.born_on) if facts.patient.born_on else ""),
        ("nhs_number", spaced(facts.patient.nhs_number)),
        ("reference", facts.reference),
        ("received", slots.get("received_on", "")),
        ("service", facts.service),
        ("outcome", words.words("outcomes", facts.outcome, slots)),
        ("who_books", words.words("triage_gp", f"books_short_{facts.who_books}", slots)),
        ("by_when", slots.get("by_when", "")),
        ("contact", f"{facts.contact.name}, {facts.contact.phone}"),
    )
    write.blocks.append(
        Block("table", rows=tuple((words.words("triage_gp", key), value) for key, value in rows if value))
    )
    write.para("told")
    return write.blocks


def _discharge(facts: Facts, words: Wording, slots: dict[str, str]) -> list[Block]:
    write = _Writer("discharge", words, slots, facts)
    write.lead("lead")
    write.head("why_head")
    write.para(facts.outcome)
    write.written(facts.summary)
    if facts.who_books != "nobody":
        write.books(facts)
    write.head("next_head")
    write.para("next_by" if facts.by_when else "next")
    write.worse()
    return write.blocks


def _apology(facts: Facts, words: Wording, slots: dict[str, str]) -> list[Block]:
    write = _Writer("apology", words, slots, facts)
    write.lead("lead")
    write.para("still")
    write.head("doing_head")
    write.para("doing")
    write.books(facts)
    write.head("not_heard_head", section="welcome")
    write.para("not_heard", section="welcome")
    write.worse()
    return write.blocks


def _invitation(facts: Facts, words: Wording, slots: dict[str, str]) -> list[Block]:
    write = _Writer("invitation", words, slots, facts)
    write.lead("lead")
    write.head("what_head")
    write.para("what")
    write.head("how_head")
    write.para("how")
    write.head("no_head")
    write.para("no")
    return write.blocks


def _checks(facts: Facts, words: Wording, slots: dict[str, str]) -> list[Block]:
    return colleagues.checks(facts, words)


def _contacts(facts: Facts, words: Wording, slots: dict[str, str]) -> list[Block]:
    return colleagues.contacts(facts, words)


_COMPOSED = {
    "welcome": _welcome,
    "triage_patient": _triage_patient,
    "triage_gp": _triage_gp,
    "discharge": _discharge,
    "apology": _apology,
    "invitation": _invitation,
    "checks": _checks,
    "contacts": _contacts,
}


def text_of(letter: Letter) -> str:
    """All words of a letter, a line each: what a reader can find in it, whatever the format."""
    said = [letter.title, letter.greeting, letter.contact.name, letter.contact.phone]
    for block in (*letter.notes, *letter.blocks):
        said += [*block.said, *(": ".join(row) for row in (block.head, *block.rows) if row)]
    return "\n".join(said)


def review(facts: Facts, letter: Letter) -> tuple[str, ...]:
    """Facts that the kind must say and that cannot be found in the composed words, in each language that goes out."""
    return tuple(dict.fromkeys(name for part in letter.parts for name in _unsaid(facts, part)))


def _unsaid(facts: Facts, letter: Letter) -> list[str]:
    text = text_of(letter)
    words = next(one for one in wording.committed().values() if one.tag == letter.language)
    slots = _slots(facts, words)
    said: dict[str, tuple[str, ...]] = {
        name: (slots[name],) for name in ("service", "stream", "onward", "by_when", "missed_on") if slots.get(name)
    }
    said["options"], said["commonest"] = facts.options, facts.commonest
    said["contact"] = (facts.contact.phone,) if facts.contact else ("",)
    said["checks"], said["contacts"] = colleagues.to_be_said(facts)
    who = ("triage_gp", f"books_short_{facts.who_books}") if facts.kind == "triage_gp" else ("books", facts.who_books)
    said["who_books"] = () if facts.who_books in ("nobody", "") else words.sentences(who[0], who[1], slots)
    needed = (*NEEDED[facts.kind], *ALSO_BY_OUTCOME.get(facts.outcome, ()))
    return [name for name in needed if not all(one in text for one in said.get(name, ()))]


OPENS_BY_LINK: frozenset[Kind] = frozenset({"welcome", "apology"})
"""Letters of days and of who to ring, which the link of a text and a date of birth open. What was decided and what was found
asks for more than a family knows of each other (interop.md 5.2: reading records needs a proved identity)."""

FORMATS: tuple[Format, ...] = ("standard", "large20", "large24", "large28", "easyread")
FORMAT_NAMES: dict[Format, str] = {
    "standard": "Standard print",
    "large20": "Large print, 20 point",
    "large24": "Large print, 24 point",
    "large28": "Large print, 28 point",
    "easyread": "Easy Read",
}

_WINDOW_LINES = 7


def address_lines(address: str, postcode: str) -> tuple[str, ...]:
    """A postal address kept as one text, as the lines of an envelope: no more than its window shows beside the name."""
    parts = [part.strip() for part in address.split(",") if part.strip()]
    most = _WINDOW_LINES - 2
    if len(parts) > most:
        parts = [*parts[: most - 1], ", ".join(parts[most - 1 :])]
    return (*parts, postcode.strip()) if postcode.strip() else tuple(parts)


_BY_CODE: dict[str, Format] = {
    "796161000000101": "easyread",
    "957331000000109": "large20",
    "957351000000102": "large24",
    "957371000000106": "large28",
}
_UNMET = {
    "936661000000109": "Braille grade 2",
    "936681000000100": "Braille grade 1",
    "936601000000105": "Electronic audio",
    "936641000000108": "Makaton",
    "936621000000101": "Moon",
    "367741000000102": "Verbally",
    "985021000000106": "Third party to read out",
}
"""Information formats by code (clinical.md 6.4) that a page of print does not meet: somebody must see to them."""

_UNMET_WORDS = ("braille", "audio", "makaton", "moon", "sign language", "bsl")


def wanted(needs: Iterable[tuple[str, str]]) -> Wanted:
    """The format for somebody with these needs, as (words, SNOMED CT code or ""), and the needs that it does not meet.

    Easyread goes before size, since it is set large; the largest size asked for wins. "Large print" without a size is 20 point,
    the smallest that has a code.
    """
    asked: set[Format] = set()
    unmet: list[str] = []
    for text, code in needs:
        words = text.casefold()
        if code in _BY_CODE:
            asked.add(_BY_CODE[code])
        elif "easyread" in words.replace(" ", ""):
            asked.add("easyread")
        elif "large print" in words or " point" in words:
            asked.add(next((f for f in ("large28", "large24") if f[-2:] in words), "large20"))
        elif code in _UNMET or any(word in words for word in _UNMET_WORDS):
            unmet.append(text or _UNMET[code])
    ordered: tuple[Format, ...] = ("easyread", "large28", "large24", "large20")
    return Wanted(next((one for one in ordered if one in asked), "standard"), tuple(unmet))
