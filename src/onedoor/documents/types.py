"""Values that cross the door of documents: what a letter is made of, and what was made."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import date, datetime
from typing import Literal
from uuid import UUID

Kind = Literal["welcome", "triage_patient", "triage_gp", "discharge", "apology", "invitation", "checks", "contacts"]
TO_PRACTICE: frozenset[Kind] = frozenset({"triage_gp", "checks", "contacts"})
"""Letters between colleagues: to the patient's GP practice, in English."""
WhoBooks = Literal["us", "patient", "gp", "nobody", ""]
"""In the words of triage: the service, the patient, the practice through e-RS; "nobody" where nothing is booked."""
Format = Literal["standard", "large20", "large24", "large28", "easyread"]
Role = Literal["patient", "practice"]
Way = Literal["page", "message", "print"]
"""How a letter reaches somebody: a page they sign in to, a text with a link, or post."""
BlockKind = Literal["note", "lead", "heading", "para", "bullets", "steps", "table"]


@dataclass(frozen=True)
class Party:
    """Somebody with a postal address: the name, then lines of which the last is the postcode."""

    name: str
    lines: tuple[str, ...] = ()


@dataclass(frozen=True)
class Contact:
    """Who to ring about a letter. `hours` as people say them."""

    name: str
    phone: str
    hours: str = ""
    web: str = ""


@dataclass(frozen=True)
class Person:
    """The patient of a letter. `name` is how they are addressed, with the title where it is known."""

    name: str
    lines: tuple[str, ...] = ()
    nhs_number: str = ""
    born_on: date | None = None


@dataclass(frozen=True)
class CheckRow:
    """One check that has a result: in words with its unit, the day it is of, the codes it is carried by with the term of each,
    and what was found in it and done about it; `found` is empty where nothing was."""

    check: str
    result: str
    on: date
    codes: tuple[tuple[str, str], ...] = ()
    found: str = ""


@dataclass(frozen=True)
class CheckFacts:
    """What a visit for checks came to, or what a patient answered on a day, for the patient's GP practice."""

    name: str
    """Of the checks, as "Physical health check, severe mental illness"."""
    on: date
    by: str
    """Who finished it, or while it is open who began it."""
    rows: tuple[CheckRow, ...] = ()
    without: tuple[tuple[str, str], ...] = ()
    """Checks without a result, each with why: declined, not suitable, taken and awaited, not done."""
    acted: tuple[str, ...] = ()
    """What was done already: for information."""
    asked: tuple[str, ...] = ()
    """What the practice is asked to do besides putting the results in its record."""
    following: str = ""
    """When they come next, in words; empty where nothing was agreed."""
    finished: bool = True
    replaces: bool = False
    """Whether an earlier document about the same visit, or the same day, went out."""
    answers: bool = False
    """Whether it is what the patient answered to questions, and no visit."""


@dataclass(frozen=True)
class ContactRow:
    """One thing of a day: when, by which way and from whom, what it said, and its code where it has one."""

    at: str
    what: str
    said: str
    code: str = ""


@dataclass(frozen=True)
class ContactFacts:
    """A day of one patient's messages, replies and coded answers, in their order."""

    on: date
    rows: tuple[ContactRow, ...] = ()


@dataclass(frozen=True)
class Facts:
    """What a letter is composed from, once. What a kind does not need stays empty (`rules.NEEDED` says what it does).

    Days are London's. `commonest` are the streams of the service, the commonest first. `options` is what whoever books may
    choose from. `earliest` to `latest` is the range within which most people hear.
    """

    kind: Kind
    dated: date
    sender: Party
    patient: Person
    reference: str
    service: str = ""
    who_books: WhoBooks = ""
    options: tuple[str, ...] = ()
    by_when: date | None = None
    earliest: date | None = None
    latest: date | None = None
    contact: Contact | None = None
    practice: Party | None = None
    """The GP practice: addressee of `triage_gp`, and who gets a copy of the others."""
    referrer: str = ""
    """Who referred, as the patient knows them."""
    received_on: date | None = None
    commonest: tuple[str, ...] = ()
    stream: str = ""
    """What triage accepted the patient to."""
    urgent: bool = False
    onward: str = ""
    """The service or specialty that the patient is referred on or signposted to."""
    advice: str = ""
    """What the clinician wrote for the practice, as it was written."""
    outcome: str = ""
    """Of a decision or a discharge: its key in the wording, such as "accept" or "finished"."""
    summary: str = ""
    """What the clinician wrote for the patient at discharge."""
    missed_on: date | None = None
    """The day by which we said that they would hear."""
    language: str = "en"
    """What the patient speaks, as their record says it: code or name (`patients.spoken`)."""
    checks: CheckFacts | None = None
    contacts: ContactFacts | None = None


@dataclass(frozen=True)
class Block:
    """A piece of a letter. `said` holds sentences, one idea each, or the items of a list; `rows` those of a table.

    A table of more than two columns has `head`, their names. Lines of a cell are apart by line feeds.

    `lang` is the language of words that are not in the letter's own. `pictures` stand beside the sentences in Easy Read, one by
    one: the name of a drawing of ours, "" for none; "calendar 21 December" shows that day.
    """

    kind: BlockKind
    said: tuple[str, ...] = ()
    rows: tuple[tuple[str, ...], ...] = ()
    lang: str = ""
    pictures: tuple[str, ...] = ()
    head: tuple[str, ...] = ()


@dataclass(frozen=True)
class Letter:
    """A composed letter, before any format: the same words whatever it looks like.

    `labels` are our own words around it ("Page", "Our reference"), in `language`; `title` names it without naming anybody.
    """

    kind: Kind
    language: str
    title: str
    sender: Party
    contact: Contact
    to: Party
    about: tuple[tuple[str, str], ...]
    dated: str
    dated_on: date
    greeting: str
    blocks: tuple[Block, ...]
    closing: str
    signed: str
    copies: tuple[str, ...] = ()
    other_ways: tuple[str, ...] = ()
    """What a patient is told about other formats."""
    labels: dict[str, str] = field(default_factory=dict)
    pictured: dict[str, str] = field(default_factory=dict)
    """What each drawing of Easy Read shows, for those who hear the letter."""
    direction: str = "ltr"
    script: str = "Latin"
    notes: tuple[Block, ...] = ()
    """What is said of the letter's language, before all else."""
    english: Letter | None = None
    """The same letter in English, where it is in another language."""
    both: bool = False
    """Whether it goes out with the English behind it: nobody has checked the words of its language."""

    @property
    def parts(self) -> tuple[Letter, ...]:
        """What goes out, in order."""
        return self.all if self.both else (self,)

    @property
    def all(self) -> tuple[Letter, ...]:
        """The letter, and its English where it is in another language: what staff read."""
        return (self, self.english) if self.english else (self,)


@dataclass(frozen=True)
class Wanted:
    """How a person needs a letter: the format that can be made here, and needs that it does not meet ("Braille")."""

    format: Format
    unmet: tuple[str, ...] = ()


@dataclass(frozen=True)
class Recipient:
    """To whom a letter goes, in which format and by which ways."""

    role: Role
    party: Party
    format: Format = "standard"
    ways: tuple[Way, ...] = ("page",)
    organisation_id: int | None = None
    """Of a practice that works here: its staff may open the letter."""


@dataclass(frozen=True)
class NewLetter:
    """A letter to be composed. `subject` and `subject_id` say what it is about, in its owner's words ("referral", its key);
    `organisation_id` is whose letter it is."""

    facts: Facts
    organisation_id: int
    subject: str
    subject_id: int
    patient_id: int | None
    recipients: tuple[Recipient, ...]


@dataclass(frozen=True)
class Sent:
    """One delivery of a letter: by which way, how it stands, and since when."""

    role: Role
    name: str
    way: Way
    format: Format
    state: str
    at: datetime | None
    because: str = ""


@dataclass(frozen=True)
class Shown:
    """A letter as its page shows it. `newer` is the version that took its place; `to_receive` says that it waits for the reader,
    a practice, to say that it came."""

    ref: UUID
    patient_id: int | None
    version: int
    newer: UUID | None
    letter: Letter
    formats: tuple[Format, ...]
    sent: tuple[Sent, ...]
    to_receive: bool = False


@dataclass(frozen=True)
class Line:
    """A letter in a list."""

    ref: UUID
    title: str
    service: str
    dated_on: date
    version: int
    current: bool
    language: str
    english: str
    """Its title in English, for staff."""
    opens_by_link: bool
    """Whether it says no more than a page that a date of birth opens (`rules.OPENS_BY_LINK`)."""


@dataclass(frozen=True)
class Waiting:
    """A delivery that waits to be made."""

    id: int
    document_ref: UUID
    patient_id: int | None
    organisation_id: int
    role: Role
    way: Way
    since: datetime
    subject: str = ""
    subject_id: int = 0
    """What the letter is about, in its owner's words."""


@dataclass(frozen=True)
class Printed:
    """A file for the post: how many letters it holds, and the letters left out with the reason."""

    ref: UUID | None
    """None when every letter was left out."""
    name: str
    letters: int
    pages: int
    left_out: tuple[tuple[UUID, str], ...] = ()
