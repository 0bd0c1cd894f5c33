"""What recall keeps: one module for each thing it keeps, named here so that Django and the rest of recall find them."""

from onedoor.recall.models.checks import AgreedDate, CheckFinding, CheckItem, CheckSend, CheckVisit, CheckVisitHistory
from onedoor.recall.models.invitations import Invitation, InvitationHistory

__all__ = [
    "AgreedDate",
    "CheckFinding",
    "CheckItem",
    "CheckSend",
    "CheckVisit",
    "CheckVisitHistory",
    "Invitation",
    "InvitationHistory",
]
