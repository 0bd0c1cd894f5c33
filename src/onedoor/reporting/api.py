"""The door of reporting."""

from onedoor.reporting.balance import Balance, balance
from onedoor.reporting.disclosure import HIDDEN, parts_shown, shown
from onedoor.reporting.gaps import GapsShown, gaps_shown
from onedoor.reporting.improvement.actions import add_milestone, end_milestone, finish_minutes, take_from_menu
from onedoor.reporting.improvement.actions import change as change_initiative
from onedoor.reporting.improvement.actions import decide as decide_at_forum
from onedoor.reporting.improvement.actions import finish_action as finish_forum_action
from onedoor.reporting.improvement.actions import move as move_initiative
from onedoor.reporting.improvement.actions import note as note_initiative
from onedoor.reporting.improvement.actions import plan_meeting as call_forum
from onedoor.reporting.improvement.actions import propose as propose_initiative
from onedoor.reporting.trajectory.actions import end_target, set_target

__all__ = [
    "HIDDEN",
    "Balance",
    "GapsShown",
    "add_milestone",
    "balance",
    "call_forum",
    "change_initiative",
    "decide_at_forum",
    "end_milestone",
    "end_target",
    "finish_forum_action",
    "finish_minutes",
    "gaps_shown",
    "move_initiative",
    "note_initiative",
    "parts_shown",
    "propose_initiative",
    "set_target",
    "shown",
    "take_from_menu",
]
