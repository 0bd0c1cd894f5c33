"""What recall keeps: one module for each thing it keeps, named here so that Django and the rest of recall find them."""

from onedoor.recall.models.checks import AgreedDate, CheckFinding, CheckItem, CheckSend, CheckVisit, CheckVisitHistory
from onedoor.recall.models.invitations import (
    OPEN,
    Invitation,
    InvitationHistory,
    InvitationProgramme,
    LastAsked,
    Wave,
)
from onedoor.recall.models.owners import CheckOwner, CheckPlan
from onedoor.recall.models.partners import PartnerLine, PartnerList, PartnerOpening, SharingAgreement
from onedoor.recall.models.running import RecallMonth, RecallPolicy, RecallProgramme
from onedoor.recall.models.standing import Basis, Known, RuleSet, Stale, Standing

__all__ = [
    "OPEN",
    "AgreedDate",
    "Basis",
    "CheckFinding",
    "CheckItem",
    "CheckOwner",
    "CheckPlan",
    "CheckSend",
    "CheckVisit",
    "CheckVisitHistory",
    "Invitation",
    "InvitationHistory",
    "InvitationProgramme",
    "Known",
    "LastAsked",
    "PartnerLine",
    "PartnerList",
    "PartnerOpening",
    "RecallMonth",
    "RecallPolicy",
    "RecallProgramme",
    "RuleSet",
    "SharingAgreement",
    "Stale",
    "Standing",
    "Wave",
]
