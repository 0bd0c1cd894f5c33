"""Kinds of work that booking puts on people's lists; those of an outside diary are in `adapters.tasks`."""

from __future__ import annotations

from datetime import timedelta

from onedoor.tasks import api as tasks
from onedoor.tasks.types import Kind, Outcome

CANCEL_ASKED = tasks.declare_kind(
    Kind(
        name="cancel_asked",
        label="A patient asks to cancel what only staff may cancel",
        team="reception",
        within=timedelta(hours=2),
        outcomes=(Outcome("cancelled", "Cancel it"), Outcome("keeps", "They keep it")),
    )
)
EARLIER_ASKED = tasks.declare_kind(
    Kind(
        name="earlier_asked",
        label="A patient asks for an earlier appointment",
        team="reception",
        within=timedelta(hours=4),
        outcomes=(Outcome("done", "Dealt with"),),
    )
)
CHANGE_ASKED = tasks.declare_kind(
    Kind(
        name="change_asked",
        label="A patient asks for another time",
        team="reception",
        within=timedelta(hours=4),
        outcomes=(Outcome("moved", "Moved"), Outcome("keeps", "They keep it"), Outcome("cancelled", "Cancelled")),
    )
)
TELL_PATIENT = tasks.declare_kind(
    Kind(
        name="tell_patient",
        label="Ring a patient about their appointment",
        team="reception",
        within=timedelta(hours=2),
        outcomes=(Outcome("told", "Told"), Outcome("not_reached", "Not reached")),
    )
)
DIARY_CONFLICT = tasks.declare_kind(
    Kind(
        name="diary_conflict",
        label="The practice's diary disagrees with a change made here",
        team="reception",
        within=timedelta(hours=2),
        outcomes=(Outcome("ours", "Ours is right"), Outcome("theirs", "Theirs is right")),
    )
)
DIARY_VANISHED = tasks.declare_kind(
    Kind(
        name="diary_vanished",
        label="Many appointments are missing from an import",
        team="management",
        within=timedelta(hours=2),
        outcomes=(Outcome("apply", "Take it: they were cancelled"), Outcome("refuse", "Leave our diary as it is")),
    )
)
OFFER_CALL = tasks.declare_kind(
    Kind(
        name="offer_call",
        label="Ring somebody with an earlier appointment",
        team="reception",
        within=timedelta(minutes=15),
        outcomes=(
            Outcome("accepted", "They take it"),
            Outcome("declined", "They say no"),
            Outcome("no_answer", "No answer"),
        ),
    )
)
