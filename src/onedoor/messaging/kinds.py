"""Work for people that comes from texts, and the purposes of the texts that answer them."""

from __future__ import annotations

from datetime import timedelta

from onedoor.messaging.purposes import declare_purpose
from onedoor.messaging.types import Purpose
from onedoor.tasks.api import declare_kind
from onedoor.tasks.types import Kind, Outcome

REPLY = declare_kind(
    Kind(
        "reply",
        "A text needs a person",
        "reception",
        timedelta(hours=4),
        (Outcome("answered", "Answered"), Outcome("nothing", "Nothing needed doing")),
    )
)
_IN_DANGER = (
    Outcome("spoken", "Spoke to them"),
    Outcome("emergency", "Called 999 for them"),
    Outcome("no_danger", "Read it: nobody is in danger"),
)
CRISIS = declare_kind(Kind("crisis", "Somebody may be in danger", "duty", timedelta(0), _IN_DANGER, urgent=True))
DANGER_WRITTEN = declare_kind(
    Kind("danger_written", "Somebody may be in danger", "duty", timedelta(0), _IN_DANGER, urgent=True)
)
WHICH = declare_kind(
    Kind(
        "which_appointment",
        "Which appointment is meant",
        "reception",
        timedelta(minutes=15),
        (Outcome("answered", "Found out and done"), Outcome("nothing", "Nothing needed doing")),
    )
)
WRONG_NUMBER = declare_kind(
    Kind(
        "wrong_number",
        "A number to check",
        "reception",
        timedelta(hours=4),
        (Outcome("wrong", "Wrong number: stop using it"), Outcome("right", "The number is right: text it again")),
    )
)
DECEASED = declare_kind(
    Kind(
        "deceased_reply",
        "A text about somebody who has died",
        "reception",
        timedelta(minutes=15),
        (
            Outcome("answered", "Spoke to the family: no texts to this number"),
            Outcome("nothing", "Nobody has died: text this number again"),
        ),
    )
)
THREAD_KINDS = tuple(kind.name for kind in (REPLY, CRISIS, WHICH, WRONG_NUMBER, DECEASED))

ANSWER = declare_purpose(Purpose("answer", "answer", 0, False))
QUESTION = declare_purpose(Purpose("question", "answer", 0, False))
CRISIS_ANSWER = declare_purpose(Purpose("crisis", "answer", 0, False))
STAFF_REPLY = declare_purpose(Purpose("staff_reply", "answer", 0, False))
BY_MACHINE = (ANSWER.name, QUESTION.name, CRISIS_ANSWER.name)
"""What counts against the guard on loops."""
