"""What the sending half does when others are done: a person decided about a text or a number."""

from __future__ import annotations

from onedoor.kernel.events import handles
from onedoor.messaging.actions.ending import lock_message, lock_opt_out, on_task_completed
from onedoor.tasks.api import lock_first
from onedoor.tasks.events import TaskCompleted

lock_first("message", lock_message)
lock_first("opt_out", lock_opt_out)
handles(TaskCompleted)(on_task_completed)
