"""The door of recall."""

from onedoor.recall import check_fields
from onedoor.recall.actions.checks import open_checks_again, save_checks
from onedoor.recall.actions.finish_line import (
    AskedMany,
    CheckOwnerName,
    NotDone,
    ask_for_checks,
    own_checks,
    plan_checks,
)
from onedoor.recall.actions.invitations import invite, withdraw
from onedoor.recall.actions.standing import bring_up_to_date, compute, mark_stale, refresh
from onedoor.recall.check_types import (
    NOT_CLOSED_FOUND,
    NOT_CLOSED_MISSING,
    CheckAct,
    CheckFindingView,
    CheckForm,
    CheckPage,
    ChecksSaved,
    CheckView,
    Meanwhile,
)
from onedoor.recall.models import AgreedDate, CheckVisit, Invitation
from onedoor.recall.queries.check_clinic import ClinicRow, clinic_day, next_in_clinic
from onedoor.recall.queries.checks import CHECK_SETS, check_page
from onedoor.recall.queries.finish_line import (
    FINISH_LINE_VIEWS,
    CheckSet,
    FinishLine,
    FinishLineCount,
    FinishLineFilter,
    FinishLineGroup,
    check_sets,
    expected_today,
    finish_line,
    owners_of,
    plans_at,
)
from onedoor.recall.queries.invitations import by_ref, invitations_of, open_invitations_of
from onedoor.recall.queries.standing import in_words, parts_of, rule_sets, standings_of, why
from onedoor.recall.rules_checks import fields_of, sure_mark
from onedoor.recall.standing_types import EntryView, PartView, RuleSetView, StandingView, Why, Words
from onedoor.recall.types import CannotInvite, InvitationView

__all__ = [
    "CHECK_SETS",
    "FINISH_LINE_VIEWS",
    "NOT_CLOSED_FOUND",
    "NOT_CLOSED_MISSING",
    "AgreedDate",
    "AskedMany",
    "CannotInvite",
    "CheckAct",
    "CheckFindingView",
    "CheckForm",
    "CheckOwnerName",
    "CheckPage",
    "CheckSet",
    "CheckView",
    "CheckVisit",
    "ChecksSaved",
    "ClinicRow",
    "EntryView",
    "FinishLine",
    "FinishLineCount",
    "FinishLineFilter",
    "FinishLineGroup",
    "Invitation",
    "InvitationView",
    "Meanwhile",
    "NotDone",
    "PartView",
    "RuleSetView",
    "StandingView",
    "Why",
    "Words",
    "ask_for_checks",
    "bring_up_to_date",
    "by_ref",
    "check_fields",
    "check_page",
    "check_sets",
    "clinic_day",
    "compute",
    "expected_today",
    "fields_of",
    "finish_line",
    "in_words",
    "invitations_of",
    "invite",
    "mark_stale",
    "next_in_clinic",
    "open_checks_again",
    "open_invitations_of",
    "own_checks",
    "owners_of",
    "parts_of",
    "plan_checks",
    "plans_at",
    "refresh",
    "rule_sets",
    "save_checks",
    "standings_of",
    "sure_mark",
    "why",
    "withdraw",
]
