"""Work for people that comes from questions."""

from __future__ import annotations

from datetime import timedelta

from onedoor.tasks.api import declare_kind
from onedoor.tasks.types import Kind, Outcome

# The facts give no threshold above which a machine may say anything of a blood pressure (clinical.md 4 has none), so every
# reading is put before a clinician, and the patient is told no more than that it will be read.
ANSWER = declare_kind(
    Kind(
        "read_answer",
        "An answer to read",
        "duty",
        timedelta(hours=4),
        (Outcome("read", "Read it, and acted as needed"),),
    )
)
UNCLEAR = declare_kind(
    Kind(
        "unclear_answer",
        "A question whose answer was not clear",
        "reception",
        timedelta(hours=8),
        (Outcome("asked", "Asked them"), Outcome("nothing", "Nothing needed doing")),
    )
)
ANSWERS = declare_kind(
    Kind(
        "questionnaire",
        "Answers that somebody acts on",
        "duty",
        timedelta(hours=8),
        (
            Outcome("spoken", "Spoke to them"),
            Outcome("booked", "Booked a visit"),
            Outcome("nothing", "Read it: nothing needs doing"),
        ),
    )
)
RED_FLAG = declare_kind(
    Kind(
        "red_flag",
        "An answer that cannot wait",
        "duty",
        timedelta(0),
        (
            Outcome("spoken", "Spoke to them"),
            Outcome("emergency", "Called 999 for them"),
            Outcome("no_danger", "Read it: nobody is in danger"),
        ),
        urgent=True,
    )
)
