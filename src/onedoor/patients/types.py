"""Values that cross the door of patients."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from typing import NamedTuple
from uuid import UUID

NO_TEXTS = "No text messages"
"""The need kept for somebody who does not consent to texts (clinical.md 6.1: a preference, kept and obeyed)."""


@dataclass(frozen=True)
class Reach:
    """What a sender must know of a patient: who they are to themselves, and whether and how they may be contacted."""

    patient_id: int
    given_name: str
    family_name: str
    born_on: date
    mobile: str | None
    landline: str | None
    mobile_holders: int
    """How many living patients share the mobile; 2 or more is a shared phone (clinical.md 6.2)."""
    deceased: bool
    restricted: bool
    registered: bool
    """Has a present care relationship with the asking organisation."""
    needs: tuple[str, ...]

    @property
    def by_phone_only(self) -> bool:
        """No text: "contact by telephone" and no consent to texts take SMS out, and so does having no mobile
        (clinical.md 6.4)."""
        return self.mobile is None or bool({"Contact by telephone", NO_TEXTS} & set(self.needs))

    @property
    def no_plain_text(self) -> bool:
        """Easyread and letter needs must not be met by a plain text alone (clinical.md 6.4)."""
        return any(need in ("Easyread", "Contact by letter") or need.startswith("Braille") for need in self.needs)


@dataclass(frozen=True)
class Holder:
    """A living or dead patient whose number it is, for an organisation."""

    patient_id: int
    given_name: str
    family_name: str
    born_on: date
    deceased: bool


@dataclass(frozen=True)
class NumberChange:
    """What an organisation changed about a number: for which patients, and which other organisations care for a holder of it."""

    patients: list[int]
    others: list[int]


@dataclass(frozen=True)
class Card:
    """The patient banner."""

    id: int
    ref: UUID
    name: str
    born_on: date
    nhs_number: str | None
    gender: str
    address: str
    postcode: str
    language: str
    deceased: bool
    restricted: bool
    practice: str
    mobiles: tuple[str, ...]
    landlines: tuple[str, ...]
    emails: tuple[str, ...]
    needs: tuple[str, ...]
    shared_mobile: bool


class PatientRow(NamedTuple):
    """One person as a list tells it. Texts are empty, and dates and numbers None, where it says nothing."""

    row: int
    """The row's number in the file, by which it is reported."""
    own_number: str
    """By which the organisation's own system knows the patient."""
    nhs_number: str | None
    title: str
    given_name: str
    family_name: str
    born_on: date
    gender: str
    address: str
    postcode: str
    language: str
    mobile: str | None
    """E.164, as is `landline`."""
    landline: str | None
    email: str | None
    needs: str
    """One a line."""
    texts: bool | None
    """Consent to text messages; None when not asked."""
    deceased: bool
    left_on: date | None
    """The day from which the patient is no longer this organisation's."""
    registered_on: date | None = None
    """Since when they are, where the list says so; otherwise since the day on which it is read."""


@dataclass(frozen=True)
class ListRefused:
    """A row that was not taken. `because` is one of:

    `repeat` (the person is in `other_row` already), `own_twice`, `nhs_twice` (the number stands for two people),
    `two_patients` (own number and NHS number are two people's here), `other_nhs` (this patient has another NHS number here),
    `own_taken`, `nhs_taken` (the number is somebody's here whose name and date of birth both differ).
    """

    row: int
    because: str
    own_number: str
    nhs_number: str | None
    other_row: int | None


@dataclass(frozen=True)
class NumberWithheld:
    """A contact point that was ended here, as a wrong number is, and that a list does not bring back."""

    row: int
    kind: str
    value: str


@dataclass(frozen=True)
class ListResult:
    """What a list did: each row read is new, changed, unchanged or refused."""

    read: int
    new: int
    changed: int
    unchanged: int
    refused: int
    rows_refused: list[ListRefused]
    """The first of them, at most 10,000."""
    withheld: list[NumberWithheld]


@dataclass(frozen=True)
class Found:
    """Whose an own number and an NHS number are, for an organisation. `nhs_number` is that of the patient of the own number."""

    by_own: int | None
    by_nhs: int | None
    nhs_number: str | None
    deceased: bool
    registered: bool


@dataclass(frozen=True)
class NeedView:
    """A present need as pages show it; `source` is the system whose list says so, "" when it was written down here."""

    id: int
    text: str
    code: str
    source: str
    organisation_id: int
    organisation: str


@dataclass(frozen=True)
class Needing:
    """What somebody needs: the language they speak ("" for not known), and their needs as (words, code or "")."""

    language: str
    needs: tuple[tuple[str, str], ...]
