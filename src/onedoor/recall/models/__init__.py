"""What recall keeps: one module for each thing it keeps, named here so that Django and the rest of recall find them."""

from onedoor.recall.models.checks import AgreedDate, CheckFinding, CheckItem, CheckSend, CheckVisit, CheckVisitHistory
from onedoor.recall.models.invitations import Invitation, InvitationHistory
from onedoor.recall.models.standing import Basis, Known, RuleSet, Stale, Standing

__all__ = [
    "AgreedDate",
    "Basis",
    "CheckFinding",
    "CheckItem",
    "CheckSend",
    "CheckVisit",
    "CheckVisitHistory",
    "Invitation",
    "InvitationHistory",
    "Known",
    "RuleSet",
    "Stale",
    "Standing",
]
