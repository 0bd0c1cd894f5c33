"""Work for people that comes from checks. How long each may take is `invented:`: the facts set no time for any of it."""

from __future__ import annotations

from datetime import timedelta

from onedoor.tasks.api import declare_kind
from onedoor.tasks.types import Kind, Outcome

DANGER = declare_kind(
    Kind(
        "check_danger",
        "A reading out of the usual",
        "duty",
        timedelta(0),
        (
            Outcome("seen", "Seen to today"),
            Outcome("spoke", "Spoke to them: can wait"),
            Outcome("wrong", "Measured again: not so"),
        ),
        urgent=True,
    )
)
"""The facts give no threshold of danger: those that make this are invented, and wide of what anybody would miss."""
READ = declare_kind(
    Kind(
        "check_results",
        "Results of a check to read",
        "duty",
        timedelta(hours=8),
        (Outcome("read", "Read, nothing to do"), Outcome("acted", "Read, and acted as needed")),
    )
)
LOOK = declare_kind(
    Kind(
        "check_look",
        "A clinician looks at what a check found",
        "duty",
        timedelta(hours=40),
        (Outcome("acted", "Acted as needed"), Outcome("nothing", "Nothing needs doing")),
    )
)
REPEAT = declare_kind(
    Kind(
        "check_repeat",
        "Book somebody to be measured again",
        "reception",
        timedelta(hours=24),
        (
            Outcome("booked", "Booked"),
            Outcome("not_reached", "Not reached"),
            Outcome("declines", "They do not want it"),
        ),
    )
)
AWAITED = declare_kind(
    Kind(
        "check_awaited",
        "A result of a blood test to come",
        "reception",
        timedelta(hours=40),
        (
            Outcome("came", "It came, and is entered"),
            Outcome("again", "It will not come: the test is to be done again"),
        ),
    )
)
SPARED = declare_kind(
    Kind(
        "check_spared",
        "A visit is booked for checks done elsewhere",
        "reception",
        timedelta(hours=16),
        (
            Outcome("cancelled", "They do not need the visit: it is cancelled"),
            Outcome("keeps", "The visit stands: it is for something else too"),
            Outcome("not_reached", "Not reached: the visit stands"),
        ),
    )
)
