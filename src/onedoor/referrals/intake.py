"""What a referral form asks, and what of it is known already. Pure."""

from __future__ import annotations

from dataclasses import dataclass

from onedoor.patients.types import Card


@dataclass(frozen=True)
class RedFlag:
    """A sign that cannot wait for a referral, and where to go: `now` (999), `today` (111) or `practice`."""

    text: str
    where: str


RED_FLAGS = (
    RedFlag("Chest pain, trouble breathing, or a face, arm or speech that is suddenly weak", "now"),
    RedFlag("Numb between the legs, or suddenly unable to pass or hold urine or stools", "now"),
    RedFlag("A bad injury, or a bone or joint that looks out of place", "now"),
    RedFlag("A hot, swollen joint with fever, or feeling very ill", "today"),
    RedFlag("A leg or arm that has quickly become weak or numb", "today"),
    RedFlag("Thoughts of harming yourself", "today"),
    RedFlag("Losing weight without trying, or pain that wakes you every night", "practice"),
    RedFlag("Cancer, now or in the past, and a new pain in the bones", "practice"),
)
"""invented: common signs in our words, the most urgent first. A service's clinical safety officer approves its own before use;
nothing is decided by them but that a patient is told to go elsewhere first."""

FACTS = {
    "name": "Name",
    "born_on": "Date of birth",
    "nhs_number": "NHS number",
    "gender": "Gender",
    "address": "Address",
    "telephone": "Telephone",
    "email": "E-mail",
    "practice": "Practice",
    "language": "Language",
    "needs": "What they need of us",
}
"""What any referral form asks of the person, by key."""

ASKED = {
    "since": "How long it has been so",
    "tried": "What was tried, and what it did",
    "matters": "What it keeps them from doing",
}
"""What is asked besides the reason, which is always asked. Empty answers are taken: a short referral is better than none."""

ASKED_OF_PATIENT = {
    "since": "How long has it been so?",
    "tried": "What have you tried, and did it help?",
    "matters": "What does it keep you from doing?",
}

LONGEST = 2_000


def known_of(card: Card) -> dict[str, str]:
    """The facts that need not be asked again, by key, in words."""
    found = {
        "name": card.name,
        "born_on": card.born_on.isoformat(),
        "nhs_number": card.nhs_number or "",
        "gender": card.gender,
        "address": ", ".join(part for part in (card.address, card.postcode) if part),
        "telephone": ", ".join(card.mobiles + card.landlines),
        "email": ", ".join(card.emails),
        "practice": card.practice,
        "language": card.language,
        "needs": ", ".join(card.needs),
    }
    return {key: value for key, value in found.items() if value}


def questions() -> int:
    """How many questions the form has for somebody of whom nothing is known."""
    return len(FACTS) + len(ASKED) + 1
