"""What the sending half does when others are done: a person decided about a text or a number."""

from __future__ import annotations

from onedoor.kernel.events import handles
from onedoor.messaging.actions.ending import on_task_completed
from onedoor.tasks.events import TaskCompleted

handles(TaskCompleted)(on_task_completed)
