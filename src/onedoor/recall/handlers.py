"""Declarations of recall to messaging."""

from __future__ import annotations

from onedoor.kernel import events
from onedoor.messaging.api import declare_context, declare_purpose, declare_subject
from onedoor.recall import subjects
from onedoor.recall.actions import invitations, standing
from onedoor.records.events import CodedChanged

declare_subject(subjects.Invitations())
declare_context(subjects.CONTEXT)
declare_purpose(invitations.INVITE)


@events.handles(CodedChanged)
def entries_changed(event: CodedChanged) -> None:
    """Whoever's entries changed is worked out again."""
    standing.mark_stale(patient_ids=event.patient_ids, import_id=event.import_id)
