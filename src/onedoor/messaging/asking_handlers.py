"""What the asking half does when others are done: work about a thread ends, and so does its waiting."""

from __future__ import annotations

from onedoor.kernel.events import handles
from onedoor.messaging.actions.threads import lock_for_work, newer_waits, on_task_completed
from onedoor.tasks.api import ask_newer, lock_first
from onedoor.tasks.events import TaskCompleted

lock_first("thread", lock_for_work)
ask_newer("thread", newer_waits)
handles(TaskCompleted)(on_task_completed)
