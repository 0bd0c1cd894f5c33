"""Rules of the line to MESH: how a message moves, how long is waited, and what is too large to take."""

from __future__ import annotations

import re
from collections.abc import Mapping
from datetime import timedelta

from onedoor.kernel.transitions import Moves

MOVES: Moves = {
    "waiting": frozenset({"sending", "failed"}),
    # An attempt is committed before the request leaves; of what its answer was lost, nobody says "sent" or "not sent".
    "sending": frozenset({"sent", "in_doubt", "waiting", "failed"}),
    "in_doubt": frozenset({"sent", "waiting", "failed"}),
    "sent": frozenset({"collected", "failed"}),
    "collected": frozenset(),
    "failed": frozenset({"waiting"}),
}

BACK_OFF = (5.0, 15.0, 60.0, 300.0, 900.0, 3_600.0)
"""Seconds of real time before the next try, by how many there were; the last of them from then on. Ours."""

MOST_TRIES = 40
"""After so many tries, a day and a half, a message fails and a person has it; nothing is dropped without a word. Ours."""

LARGEST = 10 * 1024 * 1024
"""Bytes of a message that are read, after any compression is undone: twice the 5 MB that code 20015 names, for base64."""

LEASE = timedelta(seconds=90)
"""How long whoever speaks for a mailbox holds it without saying so again; more than one request may take (`client.TIMEOUT`)."""

SLICE = 50
"""Messages in hand at once."""

TRACK_AFTER = timedelta(seconds=20)
"""Real time between two questions whether a message was collected, while it is young."""
TRACK_LATER = timedelta(minutes=15)
"""And once it is `TRACK_YOUNG` old."""
TRACK_YOUNG = timedelta(minutes=10)

HANDSHAKE = timedelta(hours=24)
"""interop.md 1.3: once every 24 hours."""

CODES: Mapping[str, str] = {
    # interop.md 1.5.
    "02": "the message was empty",
    "06": "something in its address or subject is not allowed",
    "07": "MESH does not know our mailbox as the sender",
    "08": "it had no address",
    "11": "MESH does not know this type of message",
    "12": "there is no mailbox at this address",
    "14": "nobody collected it within five days",
    "15": "it was not accepted on the way",
    "16": "our mailbox may not send to this one",
    "17": "the mailbox does not take this kind of message",
    "20": "the message is not there",
    "EPL-150": "the practice has several mailboxes for this",
    "EPL-151": "the practice has no mailbox for this",
    "EPL-152": "the NHS number is not valid",
    "EPL-153": "the NHS number is not known nationally",
    "EPL-154": "the name or date of birth is not what is known nationally for this NHS number",
}


def says(code: str) -> str:
    """A code of MESH in words; of one that is not in the facts that it is not known here."""
    return CODES.get(code, f"MESH answered with {code or 'an error'}, which is not known here")


def code_of(said: str) -> str:
    """What MESH gives as a code, if it is one; else "". Free words are not kept: they may name somebody (interop.md 1.5)."""
    code = said.strip()
    return code if re.fullmatch(r"(EPL-)?[0-9]{1,5}", code) else ""


def pause(attempts: int) -> timedelta:
    """How long after so many tries the next is made."""
    return timedelta(seconds=BACK_OFF[min(max(attempts, 1), len(BACK_OFF)) - 1])
