"""The review of a record opened by break-glass: work for the patient's practice and for the manager of whoever opened it.

A person ends it, never time or the system. Outcomes: it was right; ask whoever opened it; report it.
"""

from __future__ import annotations

from datetime import timedelta

from onedoor.kernel.access import Permission
from onedoor.kernel.events import handles
from onedoor.patients.api import review_opening
from onedoor.patients.events import GlassBroken
from onedoor.tasks.actions import ask_for
from onedoor.tasks.events import TaskCompleted
from onedoor.tasks.kinds import declare_kind
from onedoor.tasks.types import Kind, NewTask, Outcome

SUBJECT = "break_glass"
REVIEW = declare_kind(
    Kind(
        name="break_glass_review",
        label="Review a record opened by break-glass",
        team="management",
        within=timedelta(hours=16),
        outcomes=(Outcome("right", "It was right"), Outcome("ask", "Ask them"), Outcome("report", "Report it")),
        permission=Permission.SHARING,
    )
)
ASK = declare_kind(
    Kind(
        name="break_glass_ask",
        label="Ask why a record was opened by break-glass",
        team="management",
        within=timedelta(hours=16),
        outcomes=(Outcome("right", "They explained, and it was right"), Outcome("report", "Report it")),
        permission=Permission.SHARING,
    )
)
REPORT = declare_kind(
    Kind(
        name="break_glass_report",
        label="Report a record opened by break-glass",
        team="management",
        within=timedelta(hours=8),
        outcomes=(Outcome("reported", "Told whoever is responsible for privacy"),),
        permission=Permission.SHARING,
    )
)


@handles(GlassBroken)
def ask_for_review(event: GlassBroken) -> None:
    """Both are asked, in the transaction that opens the record; only the patient's practice is told whose it is."""
    asked: list[tuple[int, str, int | None]] = [
        (event.organisation_id, "Somebody of yours opened a record by break-glass", None)
    ]
    if event.practice_id is not None and event.practice_id != event.organisation_id:
        asked.append(
            (event.practice_id, "The record of one of your patients was opened by break-glass", event.patient_id)
        )
    ask_for(
        tasks=[
            NewTask(
                kind=REVIEW.name,
                organisation_id=organisation_id,
                key=f"{REVIEW.name}:{event.opening_id}:{organisation_id}",
                title=title,
                patient_id=patient_id,
                subject=SUBJECT,
                subject_id=event.opening_id,
            )
            for organisation_id, title, patient_id in asked
        ],
        by=event.by,
    )


@handles(TaskCompleted)
def reviewed(event: TaskCompleted) -> None:
    """What the manager said is kept with the opening, and asking or reporting is work again."""
    if event.kind not in (REVIEW.name, ASK.name, REPORT.name) or event.subject_id is None:
        return
    opening = review_opening(
        opening_id=event.subject_id,
        organisation_id=event.organisation_id,
        outcome=event.outcome,
        note=event.note,
        by=event.by,
    )
    after = {"ask": (ASK, opening.organisation_id), "report": (REPORT, event.organisation_id)}.get(event.outcome)
    if after is None:
        return
    kind, organisation_id = after
    ask_for(
        tasks=[
            NewTask(
                kind=kind.name,
                organisation_id=organisation_id,
                key=f"{kind.name}:{opening.pk}:{event.organisation_id}",
                title=kind.label,
                detail=event.note[:300],
                patient_id=event.patient_id if organisation_id == event.organisation_id else None,
                subject=SUBJECT,
                subject_id=opening.pk,
            )
        ],
        by=event.by,
    )
