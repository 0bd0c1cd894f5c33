"""Declarations of questionnaires to messaging."""

from __future__ import annotations

from onedoor.messaging.api import declare_context, declare_purpose, declare_subject
from onedoor.questionnaires import actions, subjects

declare_subject(subjects.Questions())
declare_purpose(actions.PUT)
for context in subjects.CONTEXTS:
    declare_context(context)
