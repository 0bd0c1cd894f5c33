"""Tables of messaging: sending (the outbox) and asking (what people answer).

One lock order, for whoever locks more than one row; rows of one table in order of key:

    inbound, thread, then what the owners of subjects lock (patient, session, seat, appointment),
    receipt, message, attempt, opt-out, ask, task

A text is dealt with under its inbound and its thread; what is said about it, done about it and asked of people comes after.
Work is last: `tasks.complete` locks what the work is about before the work itself (`tasks.lock_first`). Statements that skip
locked rows wait for nobody, and may take theirs in any order. Tested in tests/test_lock_order.py.
"""

from onedoor.messaging.models.asking import Answer, Ask, Inbound, OptOut, Thread
from onedoor.messaging.models.sending import (
    Attempt,
    DispatchRun,
    Message,
    ProviderAccount,
    RateBucket,
    Receipt,
    State,
    Stop,
    Tariff,
)
from onedoor.messaging.models.teaching import AcceptedPhrase, ProposedPhrase, Reading, ReadyReply, Verdict

__all__ = [
    "AcceptedPhrase",
    "Answer",
    "Ask",
    "Attempt",
    "DispatchRun",
    "Inbound",
    "Message",
    "OptOut",
    "ProposedPhrase",
    "ProviderAccount",
    "RateBucket",
    "Reading",
    "ReadyReply",
    "Receipt",
    "State",
    "Stop",
    "Tariff",
    "Thread",
    "Verdict",
]
