"""What the asking half does when others are done: work about a thread ends, and so does its waiting."""

from __future__ import annotations

from onedoor.kernel.events import handles
from onedoor.messaging.actions.threads import on_task_completed
from onedoor.tasks.events import TaskCompleted

handles(TaskCompleted)(on_task_completed)
