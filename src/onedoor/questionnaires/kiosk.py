"""The practice's tablet: somebody finds themselves by what they know, or by reception's code. Nobody is listed.

Whoever stands at the tablet is seen by others and has shown no paper: they see questions there, and nothing of the record.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date

from onedoor.kernel import clock
from onedoor.kernel.access import Access
from onedoor.kernel.actor import Actor
from onedoor.kernel.words import folded
from onedoor.patients import api as patients
from onedoor.questionnaires.answering import start
from onedoor.questionnaires.definitions import shipped
from onedoor.questionnaires.models import OPEN, Response
from onedoor.questionnaires.types import CannotAsk

FEWEST_LETTERS = 3
"""Of the family name; a shorter one is written whole."""
GENERAL = "about-you"
"""What somebody is asked for whom nothing else waits."""


@dataclass(frozen=True)
class KioskFound:
    """Whose questionnaire it is. The page shows the questions and no name."""

    response_id: int
    patient_id: int


def find(*, organisation_id: int, born_on: date, letters: str, by: Actor) -> KioskFound | None:
    """The one patient of the practice born on this day whose family name begins so, and what they are to be asked: what waits for
    them and is not private, else the general questions. None when there is none or more than one, which nobody is told."""
    wanted = folded(letters).replace(" ", "")
    access = Access(actor=by, organisation_ids=frozenset({organisation_id}), purpose="find oneself at the tablet")
    if not wanted:
        return None
    born = patients.search(access, f"{born_on:%d/%m/%Y}", limit=200)
    fits = [one for one in born if not one.deceased and _fits(folded(one.family_name).replace(" ", ""), wanted)]
    if len(fits) != 1:
        return None
    return _for(organisation_id, fits[0].pk, by)


def _fits(name: str, letters: str) -> bool:
    return name == letters or (len(letters) >= FEWEST_LETTERS and name.startswith(letters))


def by_code(*, organisation_id: int, code: str) -> KioskFound | None:
    """The questionnaire of reception's code, while that is good; None for any other."""
    plain = "".join(code.split())
    if not plain:
        return None
    found = Response.objects.filter(
        organisation_id=organisation_id,
        code=plain,
        code_until__gt=clock.real_now(),
        state__in=OPEN,
        ends_at__gt=clock.now(),
    ).first()
    return KioskFound(found.pk, found.patient_id) if found else None


def _for(organisation_id: int, patient_id: int, by: Actor) -> KioskFound | None:
    waits = Response.objects.filter(
        organisation_id=organisation_id, patient_id=patient_id, state__in=OPEN, ends_at__gt=clock.now()
    )
    first = next((one for one in waits.order_by("asked_at", "id") if _opens_without_code(one)), None)
    if first is not None:
        return KioskFound(first.pk, patient_id)
    try:
        made = start(
            patient_id=patient_id,
            organisation_id=organisation_id,
            key=GENERAL,
            via="kiosk",
            by=by,
            reason="at the tablet",
        )
    except CannotAsk:
        return None
    return KioskFound(made.pk, patient_id)


def _opens_without_code(response: Response) -> bool:
    """A date of birth and three letters are known to others too: what is private takes the desk's code. The general questions
    are asked of everybody."""
    return response.key == GENERAL or not shipped()[response.key].is_private(response.only)
