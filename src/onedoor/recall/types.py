"""Values that cross the door of recall."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime
from uuid import UUID


@dataclass(frozen=True)
class WaveView:
    """One try to reach somebody: `state` is waiting, sent, failed or stopped; `at` when it went out, None before."""

    number: int
    channel: str
    state: str
    made_on: date
    at: datetime | None


@dataclass(frozen=True)
class InvitationView:
    """An invitation and what came back. `where_when` is what the patient said, empty while it is not known."""

    id: int
    ref: UUID
    organisation_id: int
    season: int
    state: str
    where_when: str
    via: str
    invited_at: datetime
    ends_at: datetime
    changed_at: datetime
    programme: str = "flu"
    """flu, or checks."""
    visits: tuple[str, ...] = ()
    """What it is for, in the patient's words: "your asthma review"."""
    benefit: str = ""
    sensitive: bool = False
    because: str = ""
    waves: tuple[WaveView, ...] = ()
    may_choose: bool = False
    """Whether kinds of appointment are set from which the patient may choose a place."""


class CannotInvite(Exception):
    """Nobody was invited; the message says why, for the person who wanted to."""


class CannotSet(Exception):
    """Nothing was changed; the message says why, for the person who wanted to."""


class CannotShare(Exception):
    """Nobody was shared; the message says why, for the person who wanted to."""
