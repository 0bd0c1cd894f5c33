"""The door of tasks."""

from onedoor.tasks.actions import (
    AlreadyDone,
    NewerCame,
    NoSuchOutcome,
    ask_for,
    ask_newer,
    claim,
    complete,
    give_back,
    lock_first,
    say_more,
    withdraw,
)
from onedoor.tasks.kinds import declare_kind, kind_of, kinds
from onedoor.tasks.models import Task
from onedoor.tasks.queries import KindCount, by_ref, counts, ended, visible, waiting
from onedoor.tasks.types import GLASS_KINDS

__all__ = [
    "GLASS_KINDS",
    "AlreadyDone",
    "KindCount",
    "NewerCame",
    "NoSuchOutcome",
    "Task",
    "ask_for",
    "ask_newer",
    "by_ref",
    "claim",
    "complete",
    "counts",
    "declare_kind",
    "ended",
    "give_back",
    "kind_of",
    "kinds",
    "lock_first",
    "say_more",
    "visible",
    "waiting",
    "withdraw",
]
