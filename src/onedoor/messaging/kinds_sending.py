"""Work for people that comes from sending: a text whose fate nobody knows, a number that texts do not reach."""

from __future__ import annotations

from datetime import timedelta

from onedoor.tasks.api import declare_kind
from onedoor.tasks.types import Kind, Outcome

UNKNOWN_SEND = declare_kind(
    Kind(
        "unknown_send",
        "A text may not have been sent",
        "reception",
        timedelta(hours=2),
        (Outcome("resend", "Send it again"), Outcome("told", "Told them another way"), Outcome("leave", "Leave it")),
    )
)
UNKNOWN_SENDS = declare_kind(
    Kind(
        "unknown_sends",
        "Texts may not have been sent",
        "management",
        timedelta(hours=2),
        (Outcome("look", "Put right: look them up again"), Outcome("leave", "Leave them: they are not sent again")),
    )
)
UNREACHABLE = declare_kind(
    Kind(
        "unreachable",
        "Texts do not reach this number",
        "reception",
        timedelta(hours=21),
        (Outcome("corrected", "Has a new number, or none"), Outcome("again", "The number is right: text it again")),
    )
)
