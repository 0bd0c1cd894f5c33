"""The door of reporting: all that it writes, and what other packages read of it by name.

Dashboards, measures and plans are read from their own queries; whatever changes something is called from here.
"""

from onedoor.reporting.areas import take as take_areas
from onedoor.reporting.balance import Balance, balance
from onedoor.reporting.counting import count as count_loop
from onedoor.reporting.disclosure import HIDDEN, parts_shown, shown
from onedoor.reporting.gaps import GapsShown, gaps_shown
from onedoor.reporting.improvement.actions import (
    Overtaken,
    Refused,
    add_milestone,
    end_milestone,
    finish_minutes,
    take_from_menu,
)
from onedoor.reporting.improvement.actions import change as change_initiative
from onedoor.reporting.improvement.actions import decide as decide_at_forum
from onedoor.reporting.improvement.actions import finish_action as finish_forum_action
from onedoor.reporting.improvement.actions import move as move_initiative
from onedoor.reporting.improvement.actions import note as note_initiative
from onedoor.reporting.improvement.actions import plan_meeting as call_forum
from onedoor.reporting.improvement.actions import propose as propose_initiative
from onedoor.reporting.measures.closing import CannotClose, NotClosed
from onedoor.reporting.measures.closing import close as close_month
from onedoor.reporting.measures.closing import rebuild as rebuild_month
from onedoor.reporting.measures.explaining import people as people_counted
from onedoor.reporting.packs.actions import NoFigures, make_pack, open_pack, send_packs
from onedoor.reporting.packs.actions import schedule as schedule_pack
from onedoor.reporting.packs.queries import packs_ready
from onedoor.reporting.packs.setting import CannotBeSet
from onedoor.reporting.published.actions import Taken
from onedoor.reporting.published.actions import know as know_published
from onedoor.reporting.published.actions import take as take_published
from onedoor.reporting.trajectory.actions import FIELDS as TARGET_FIELDS
from onedoor.reporting.trajectory.actions import Overtaken as TargetOvertaken
from onedoor.reporting.trajectory.actions import end_target, set_target

__all__ = [
    "HIDDEN",
    "TARGET_FIELDS",
    "Balance",
    "CannotBeSet",
    "CannotClose",
    "GapsShown",
    "NoFigures",
    "NotClosed",
    "Overtaken",
    "Refused",
    "Taken",
    "TargetOvertaken",
    "add_milestone",
    "balance",
    "call_forum",
    "change_initiative",
    "close_month",
    "count_loop",
    "decide_at_forum",
    "end_milestone",
    "end_target",
    "finish_forum_action",
    "finish_minutes",
    "gaps_shown",
    "know_published",
    "make_pack",
    "move_initiative",
    "note_initiative",
    "open_pack",
    "packs_ready",
    "parts_shown",
    "people_counted",
    "propose_initiative",
    "rebuild_month",
    "schedule_pack",
    "send_packs",
    "set_target",
    "shown",
    "take_areas",
    "take_from_menu",
    "take_published",
]
