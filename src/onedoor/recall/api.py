"""The door of recall."""

from onedoor.recall.actions.invitations import invite, withdraw
from onedoor.recall.models import Invitation
from onedoor.recall.queries.invitations import by_ref, invitations_of, open_invitations_of
from onedoor.recall.types import CannotInvite, InvitationView

__all__ = [
    "CannotInvite",
    "Invitation",
    "InvitationView",
    "by_ref",
    "invitations_of",
    "invite",
    "open_invitations_of",
    "withdraw",
]
