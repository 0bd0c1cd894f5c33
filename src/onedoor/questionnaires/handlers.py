"""Declarations of questionnaires to messaging."""

from __future__ import annotations

from onedoor.messaging.api import declare_context, declare_purpose, declare_subject
from onedoor.questionnaires import subjects, turns
from onedoor.questionnaires.purposes import PUT

declare_subject(subjects.Questions())
declare_subject(turns.Responses())
declare_purpose(PUT)
for context in (*subjects.CONTEXTS, *turns.CONTEXTS):
    declare_context(context)
