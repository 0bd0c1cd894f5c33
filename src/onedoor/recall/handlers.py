"""Declarations of recall to messaging."""

from __future__ import annotations

from onedoor.messaging.api import declare_context, declare_purpose, declare_subject
from onedoor.recall import actions, subjects

declare_subject(subjects.Invitations())
declare_context(subjects.CONTEXT)
declare_purpose(actions.INVITE)
