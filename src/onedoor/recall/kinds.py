"""Work for people that comes from invitations."""

from __future__ import annotations

from datetime import timedelta

from onedoor.tasks.api import declare_kind
from onedoor.tasks.types import Kind, Outcome

BOOK = declare_kind(
    Kind(
        "invitation_book",
        "Somebody wants what they were invited for",
        "reception",
        timedelta(hours=16),
        (
            Outcome("booked", "Booked"),
            Outcome("not_reached", "Not reached"),
            Outcome("declines", "They do not want it now"),
        ),
    )
)
RING = declare_kind(
    Kind(
        "invitation_ring",
        "Ring somebody who is invited to a visit",
        "reception",
        timedelta(hours=40),
        (
            Outcome("booked", "Reached: booked"),
            Outcome("wants", "Reached: they want it, to be booked"),
            Outcome("declines", "Reached: they do not want it now"),
            Outcome("reached", "Reached: they will think about it"),
            Outcome("not_reached", "Not reached"),
        ),
    )
)
CAME = declare_kind(
    Kind(
        "invitation_came",
        "Somebody was booked, and nothing is on the record",
        "reception",
        timedelta(hours=40),
        (
            Outcome("entered", "Done: it is on the record now"),
            Outcome("not_done", "Not done or not come: invite them again"),
            Outcome("to_come", "The visit is still to come"),
            Outcome("declines", "They do not want it now"),
        ),
    )
)
NOT_WANTED = declare_kind(
    Kind(
        "invitation_not_wanted",
        "Somebody said no, and a visit stands",
        "reception",
        timedelta(hours=16),
        (
            Outcome("cancelled", "They do not want the visit: it is cancelled"),
            Outcome("keeps", "They keep the visit"),
            Outcome("not_reached", "Not reached: the visit stands"),
        ),
    )
)
SAID_DONE = declare_kind(
    Kind(
        "said_done",
        "Somebody says that they have had it",
        "reception",
        timedelta(hours=40),
        (
            Outcome("checked", "Checked and put on the record"),
            Outcome("not_certain", "Not certain enough to enter: ask them again"),
        ),
    )
)
PARTNER_WRONG_NUMBER = declare_kind(
    Kind(
        "partner_wrong_number",
        "A partner says that a telephone number is wrong",
        "reception",
        timedelta(hours=40),
        (Outcome("corrected", "Number corrected"), Outcome("right", "The number is right")),
    )
)
