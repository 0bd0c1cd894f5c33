"""Declarations of recall to messaging."""

from __future__ import annotations

from onedoor.messaging.api import declare_context, declare_purpose, declare_subject
from onedoor.recall import subjects
from onedoor.recall.actions import invitations

declare_subject(subjects.Invitations())
declare_context(subjects.CONTEXT)
declare_purpose(invitations.INVITE)
