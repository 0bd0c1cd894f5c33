"""Values that cross the door of recall."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from uuid import UUID


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


class CannotInvite(Exception):
    """Nobody was invited; the message says why, for the person who wanted to."""
