"""Values that cross the door of patients."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
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
        return bool({"Easyread", "Contact by letter", "Braille"} & set(self.needs))


@dataclass(frozen=True)
class Holder:
    """A living or dead patient whose number it is, for an organisation."""

    patient_id: int
    given_name: str
    family_name: str
    born_on: date
    deceased: bool


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
