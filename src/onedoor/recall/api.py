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
from onedoor.recall.actions.following import book_visit
from onedoor.recall.actions.invitations import invite, withdraw
from onedoor.recall.actions.partners import OUTCOMES as PARTNER_OUTCOMES
from onedoor.recall.actions.partners import agree as agree_to_share
from onedoor.recall.actions.partners import bring_back, end_agreement, open_list
from onedoor.recall.actions.partners import share as share_list
from onedoor.recall.actions.setting import set_month, set_run, set_visits, switch_programme
from onedoor.recall.actions.standing import bring_up_to_date, compute, mark_stale, refresh
from onedoor.recall.check_types import (
    NOT_CLOSED_FOUND,
    NOT_CLOSED_MISSING,
    NOT_CLOSED_TYPED,
    CheckAct,
    CheckFindingView,
    CheckForm,
    CheckPage,
    ChecksSaved,
    CheckView,
    Meanwhile,
    SummaryEntry,
    SummaryFinding,
    SummaryItem,
    VisitSummary,
)
from onedoor.recall.days import lapses
from onedoor.recall.models import AgreedDate, CheckVisit, Invitation, PartnerLine, PartnerList, SharingAgreement
from onedoor.recall.planning import CHANNEL_WORDS, EXCEPTIONS
from onedoor.recall.queries.check_clinic import ClinicRow, check_visit_patients, clinic_day, next_in_clinic
from onedoor.recall.queries.check_summaries import left_open, visit_summary
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
from onedoor.recall.queries.judging import as_it_stands as rule_set_as_it_stands
from onedoor.recall.queries.judging import judge as judge_as_known
from onedoor.recall.queries.judging import reasons_of as reasons_as_kept
from onedoor.recall.queries.judging import registered_sql as registered_as_known_sql
from onedoor.recall.queries.judging import rules_of as rules_as_kept
from onedoor.recall.queries.lapsing import lapsing
from onedoor.recall.queries.measured import MEASURED
from onedoor.recall.queries.partners import agreements, lists_for_partner
from onedoor.recall.queries.running import asked as asked_people
from onedoor.recall.queries.running import exceptions as left_out
from onedoor.recall.queries.running import month_of, policy_of_run, programmes, uptake
from onedoor.recall.queries.running import preview as preview_run
from onedoor.recall.queries.standing import in_words, parts_of, rule_sets, standings_of, why
from onedoor.recall.queries.visits import places
from onedoor.recall.rules_checks import fields_of, sure_mark
from onedoor.recall.standing_types import EntryView, PartView, RuleSetView, StandingView, Why, Words
from onedoor.recall.types import CannotInvite, CannotSet, CannotShare, InvitationView

__all__ = [
    "CHANNEL_WORDS",
    "CHECK_SETS",
    "EXCEPTIONS",
    "FINISH_LINE_VIEWS",
    "MEASURED",
    "NOT_CLOSED_FOUND",
    "NOT_CLOSED_MISSING",
    "NOT_CLOSED_TYPED",
    "PARTNER_OUTCOMES",
    "AgreedDate",
    "AskedMany",
    "CannotInvite",
    "CannotSet",
    "CannotShare",
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
    "PartnerLine",
    "PartnerList",
    "RuleSetView",
    "SharingAgreement",
    "StandingView",
    "SummaryEntry",
    "SummaryFinding",
    "SummaryItem",
    "VisitSummary",
    "Why",
    "Words",
    "agree_to_share",
    "agreements",
    "ask_for_checks",
    "asked_people",
    "book_visit",
    "bring_back",
    "bring_up_to_date",
    "by_ref",
    "check_fields",
    "check_page",
    "check_sets",
    "check_visit_patients",
    "clinic_day",
    "compute",
    "end_agreement",
    "expected_today",
    "fields_of",
    "finish_line",
    "in_words",
    "invitations_of",
    "invite",
    "judge_as_known",
    "lapses",
    "lapsing",
    "left_open",
    "left_out",
    "lists_for_partner",
    "mark_stale",
    "month_of",
    "next_in_clinic",
    "open_checks_again",
    "open_invitations_of",
    "open_list",
    "own_checks",
    "owners_of",
    "parts_of",
    "places",
    "plan_checks",
    "plans_at",
    "policy_of_run",
    "preview_run",
    "programmes",
    "reasons_as_kept",
    "refresh",
    "registered_as_known_sql",
    "rule_set_as_it_stands",
    "rule_sets",
    "rules_as_kept",
    "save_checks",
    "set_month",
    "set_run",
    "set_visits",
    "share_list",
    "standings_of",
    "sure_mark",
    "switch_programme",
    "uptake",
    "visit_summary",
    "why",
    "withdraw",
]
