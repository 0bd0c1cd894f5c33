"""What happens to a document on its way, as tables: its states, why it is held, what an answer means, what is too long. Pure."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Literal

from onedoor.exchange.itk import codes
from onedoor.kernel.transitions import declare_moves

CARRIED_BY = codes.SEND_DOCUMENT

MOVES = declare_moves(
    "SentDocument",
    {
        "waiting": frozenset({"held", "sent", "delivered", "refused", "replaced", "by_hand", "stopped"}),
        "held": frozenset({"waiting", "delivered", "by_hand", "replaced", "stopped"}),
        "sent": frozenset({"waiting", "delivered", "refused", "replaced", "by_hand"}),
        "refused": frozenset({"waiting", "replaced", "by_hand", "stopped"}),
        "delivered": frozenset({"replaced"}),
        "by_hand": frozenset({"delivered", "replaced"}),
        # Somebody found out that the practice has it all the same.
        "stopped": frozenset({"waiting", "by_hand", "replaced"}),
        "replaced": frozenset(),
    },
)

STATES: dict[str, tuple[str, str]] = {
    "waiting": ("On its way out", "It goes by itself within a minute."),
    "held": ("Held", "It is not sent as things are. It goes by itself when the reason ends."),
    "sent": ("Sent", "We wait to hear that the practice has it."),
    "delivered": (
        "Delivered",
        "The practice’s system knows the patient and has the document. Nothing more is to be done.",
    ),
    "refused": ("Not taken", "The practice does not have it by this way. Somebody must decide."),
    "by_hand": ("Given by other means", "A person saw to it."),
    "stopped": ("Not to be sent", "A person decided so."),
    "replaced": ("Replaced", "A newer version took its place."),
}
"""In words, and what happens next."""

FOR_A_PERSON = ("held", "refused")
OPEN = ("waiting", "held", "sent", "refused")


@dataclass(frozen=True)
class Hold:
    """Why a document does not go. `ends` says when it will."""

    words: str
    ask: str
    ends: str
    fault: bool = False
    """Whether whoever runs the system must mend something."""


DIED = "the patient has died"
HOLDS: dict[str, Hold] = {
    "deceased": Hold(
        DIED,
        "Decide whether the practice is to have the results.",
        "It goes by itself if the death was entered in error.",
    ),
    "restricted": Hold(
        "the patient’s whereabouts are restricted (S-flag)",
        "Ask whoever keeps the flag how the practice may be told; nothing that identifies them is sent.",
        "It goes by itself when the flag is lifted.",
    ),
    "left": Hold(
        "the patient is no longer registered where they were",
        "Find out where they are registered now, and correct it.",
        "It goes by itself when they are registered with a practice.",
    ),
    "unregistered": Hold(
        "the patient is registered with no practice that we know of",
        "Find out where they are registered, and correct it.",
        "It goes by itself when they are registered with a practice.",
    ),
    "no_number": Hold(
        "the patient has no NHS number here, so no practice’s system could know them",
        "Find their NHS number, and correct it.",
        "It goes by itself when the number is known.",
    ),
    "no_mailbox": Hold(
        "this organisation has no MESH mailbox",
        "Whoever runs the system sets one up. Until then give the practice the document by other means.",
        "It goes by itself when there is a mailbox.",
        fault=True,
    ),
    "faulty": Hold(
        "it cannot be put into a message",
        "Give the practice the document by other means, and tell whoever runs the system.",
        "It goes when somebody says that it was put right.",
        fault=True,
    ),
}
"""clinical.md 6.2 (results: stop when deceased or restricted; left: to a clinician) and interop.md 6 (deliverability before
sending)."""

LATE_AFTER: dict[str, tuple[timedelta, str]] = {
    "collected": (timedelta(hours=24), "The practice’s system has not collected it."),
    "read": (timedelta(hours=4), "The practice’s system collected it, and has not said whether it can read it."),
    "accepted": (
        timedelta(hours=48),
        "The practice’s system can read it, and has not said whether it knows the patient.",
    ),
}
"""How long each acknowledgement may take. collected: every mailbox is to be polled at least daily (interop.md 1.3). The other two
are `invented:`: SD-094 and SD-095 ask that a missing one is brought to a person, and set no time (2.3)."""

WAITS_TOO_LONG = timedelta(hours=4)
"""How long what is on its way out may be there, as while MESH cannot be reached, before a person is asked. `invented:`."""

ASK_AGAIN = timedelta(hours=24)
"""When somebody chose to wait longer: they are asked again after so long. `invented:`."""

UNFINISHED_AFTER = timedelta(hours=2)
"""A visit left open goes out as it stands after so long without a change: a report is due within three hours (SD-096)."""

Outcome = Literal["noted", "read", "delivered", "again", "rerouted", "refused", "fault", "person"]
CAME_OF_IT: dict[str, str] = {
    "noted": "Noted: it changes nothing",
    "read": "Their system can read it",
    "delivered": "Delivered",
    "again": "Sent again by itself",
    "rerouted": "Sent to the practice where they are registered now",
    "refused": "Not taken: somebody decides",
    "fault": "Not taken: something must be mended",
    "person": "Somebody looks what it means",
}

_BY_ACTION: dict[codes.Action, Outcome] = {
    "defect": "fault",
    "resend": "again",
    "retrace": "refused",
    "configuration": "fault",
    "convert": "fault",
    "duplicate": "read",
    "wait": "read",
    "person": "refused",
    "shrink": "fault",
    "delivered": "delivered",
    "feedback": "person",
}
"""interop.md 2.4, third column. A document of ours is a PDF already, so that there is nothing to convert; news of a referral
answers no result of a check."""


def means(code: str) -> Outcome:
    """What an ITK3 response code does to a document; one that nobody knows goes to a person."""
    known = codes.RESPONSES.get(code)
    return _BY_ACTION[known[1]] if known else "person"


def in_words(code: str, text: str) -> str:
    """What was answered, for people."""
    known = codes.RESPONSES.get(code)
    return (
        f"{known[0]} ({code})" if known else f"an answer that nobody here knows ({code}{': ' + text if text else ''})"
    )


FAULTS = frozenset({"06", "07", "08", "11", "15", "16", "17", "EPL-150"})
"""MESH error codes (interop.md 1.5) that whoever runs the system must see to; the others are about this patient or practice."""


def overdue(
    *,
    sent_at: datetime,
    collected_at: datetime | None,
    read_at: datetime | None,
    accepted_at: datetime | None,
    now: datetime,
) -> str:
    """Which acknowledgement of a sent document is overdue: a key of `LATE_AFTER`, "" for none."""
    if accepted_at is not None:
        return ""
    if read_at is not None:
        missing, since = "accepted", read_at
    elif collected_at is not None:
        missing, since = "read", collected_at
    else:
        missing, since = "collected", sent_at
    return missing if now - since >= LATE_AFTER[missing][0] else ""
