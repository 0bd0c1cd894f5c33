"""What an ITK3 message says, without its XML: a document on its way to a practice, and the answer to one.

Pure values: no ORM, no clock. Identifiers are text as they stand on the wire; moments have an offset.
"""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass
from typing import Literal

ResponseKind = Literal["infrastructure", "business"]


class Unacceptable(Exception):
    """A message is refused. `code`: the ITK3 response code to answer with; `why`: a sentence that its sender can act on and that
    names nobody; `where`: the place in the message; `bundle_id`: the message to answer to, as far as it could be
    read, else empty.
    """

    def __init__(self, code: str, why: str, where: str, bundle_id: str = "") -> None:
        super().__init__(f"{code}: {why} ({where})")
        self.code, self.why, self.where, self.bundle_id = code, why, where, bundle_id


class Unwritable(ValueError):
    """Something that no ITK3 message may carry: the message says what, and names nobody."""


class TooLarge(Unwritable):
    """The message would be larger than the 5 MB that receivers take (interop.md 2.3)."""


@dataclass(frozen=True, slots=True)
class Party:
    """An organisation. `name` may be empty in what was read."""

    ods: str
    name: str


@dataclass(frozen=True, slots=True)
class Person:
    """The patient. `given`: all given names, a space between; `gender`: male, female, other, unknown or empty.

    Of a document that was read, `born_on` is None when it gives no full date, and `verified` says whether its sender has traced
    the number (status 01): without both it is for a person to say whose document it is.
    """

    nhs_number: str
    family: str
    given: str
    born_on: dt.date | None
    gender: str = ""
    verified: bool = True
    died: bool = False
    """Whether the document says that they have died."""


@dataclass(frozen=True, slots=True)
class CarriedEntry:
    """One coded result that travels beside the PDF. `code` (SNOMED CT) and `unit` may be empty; `text` is the result
    as people say it."""

    code: str
    term: str
    value: float | None
    unit: str
    day: dt.date | None
    text: str


@dataclass(frozen=True, slots=True)
class File:
    """An attached file: the first of a document is the document as people read it."""

    title: str
    media_type: str
    content: bytes


@dataclass(frozen=True, slots=True)
class SendDocument:
    """One Send Document message.

    `bundle_id` is what responses name; `document_identifier` stays the same however often the document is sent. `type_code` and
    `care_setting_code` are SNOMED CT codes of the value sets, or empty where none is loaded (interop.md 6).
    `recipient.ods` is empty
    when a message does not say for whom it is.
    """

    bundle_id: str
    document_identifier: str
    replaces_identifier: str
    sender: Party
    sender_mailbox: str
    author: str
    recipient: Party
    patient: Person
    written_at: dt.datetime
    title: str
    type_code: str
    type_term: str
    care_setting_code: str
    confidential: bool
    files: tuple[File, ...]
    entries: tuple[CarriedEntry, ...] = ()
    author_sds_user_id: str = ""
    infrastructure_wanted: bool = True
    """Whether the sender asks for the infrastructure response."""
    business_wanted: bool = True


@dataclass(frozen=True, slots=True)
class Response:
    """An answer to a message. `responds_to`: the `bundle_id` of that message; `text` says in words what `code` means here.

    `outcome`: ok, fatal-error or transient-error as read; the writer takes it from the code.
    """

    bundle_id: str
    responds_to: str
    kind: ResponseKind
    code: str
    text: str
    sender_ods: str
    sender_mailbox: str
    written_at: dt.datetime
    outcome: str = ""
