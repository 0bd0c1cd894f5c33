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
COURSE_MISSED = tasks.declare_kind(
    Kind(
        name="course_missed",
        label="Ring somebody who missed a course twice in a row",
        team="reception",
        within=timedelta(hours=10, minutes=30),
        outcomes=(
            Outcome("stays", "They come again"),
            Outcome("leaves", "They leave the course"),
            Outcome("not_reached", "Not reached"),
        ),
    )
)
COURSE_NO_PLACE = tasks.declare_kind(
    Kind(
        name="course_no_place",
        label="Find another course for somebody who waited in vain",
        team="reception",
        within=timedelta(hours=10, minutes=30),
        outcomes=(Outcome("done", "Dealt with"),),
    )
)
DOES_NOT_FIT = tasks.declare_kind(
    Kind(
        name="visit_does_not_fit",
        label="A visit does not fit what the patient needs",
        team="reception",
        within=timedelta(hours=4),
        outcomes=(
            Outcome("fits", "It fits after all"),
            Outcome("stands", "It goes ahead: kept as a need not met"),
        ),
    )
)
