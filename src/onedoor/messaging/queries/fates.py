"""What became of texts about something, for owners that must know whether anybody heard."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal
from typing import Literal

from onedoor.messaging.models import Message, OptOut, State, Tariff
from onedoor.messaging.rules import money
from onedoor.messaging.rules.text import downgraded, fragments

_NEVER = (State.REFUSED, State.EXPIRED, State.CLEARED, State.SUPPRESSED)
_CAME_BACK = (State.UNREACHED, State.DEAD_NUMBER, State.TECHNICAL)


_STANDS: dict[int, Literal["on_its_way", "never"]] = {
    **dict.fromkeys((state.value for state in _NEVER), "never"),
    **dict.fromkeys((State.SENDING.value, State.UNKNOWN.value), "on_its_way"),
}


@dataclass(frozen=True)
class Fate:
    """How one text stands. `sent` from the moment at which the provider took it, whatever came of it; `on_its_way` when nobody
    can take it back; `never` when it was not taken and never will be; else it waits."""

    stands: Literal["waiting", "on_its_way", "sent", "never"]
    accepted_at: datetime | None
    pence: Decimal | None


def fates(intent_keys: Sequence[str]) -> dict[str, Fate]:
    """How these texts stand, by intent; what was never queued is left out. For their owner."""
    rows = Message.objects.filter(intent_key__in=list(intent_keys)).values_list(
        "intent_key", "state", "accepted_at", "pence"
    )
    return {
        key: Fate("sent" if at is not None else _STANDS.get(state, "waiting"), at, pence)
        for key, state, at, pence in rows
    }


def price(bodies: Sequence[str], on: date) -> list[Decimal]:
    """What these texts would cost on a day, in pence without VAT. LookupError before the first tariff."""
    tariff = list(Tariff.objects.filter(provider="govuk").values_list("starts_on", "pence"))
    return [money.pence(fragments(downgraded(body)), on, tariff) for body in bodies]


def not_to_be_texted(organisation_id: int, numbers: Sequence[str]) -> set[str]:
    """Those of these E.164 numbers to which an organisation begins no texts: STOP, wrong, out of reach. One query."""
    found = OptOut.objects.filter(organisation_id=organisation_id, number__in=list(numbers), until=None)
    return set(found.values_list("number", flat=True))


def never_sent(*, subject: str, subject_ids: Sequence[int], purpose: str) -> set[int]:
    """Those of the subjects whose text for this purpose was not sent and never will be."""
    return _with_text_in(_NEVER, subject, subject_ids, purpose)


def not_arrived(*, subject: str, subject_ids: Sequence[int], purpose: str) -> set[int]:
    """Those of the subjects whose text for this purpose nobody has: never sent, or sent and not delivered."""
    return _with_text_in((*_NEVER, *_CAME_BACK), subject, subject_ids, purpose)


def _with_text_in(states: Sequence[State], subject: str, subject_ids: Sequence[int], purpose: str) -> set[int]:
    rows = Message.objects.filter(
        subject=subject, subject_id__in=list(subject_ids), purpose=purpose, state__in=states
    ).values_list("subject_id", flat=True)
    return {key for key in rows if key is not None}
