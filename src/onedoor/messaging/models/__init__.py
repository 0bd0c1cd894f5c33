"""Tables of messaging: sending (the outbox) and asking (what people answer)."""

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

__all__ = [
    "Answer",
    "Ask",
    "Attempt",
    "DispatchRun",
    "Inbound",
    "Message",
    "OptOut",
    "ProviderAccount",
    "RateBucket",
    "Receipt",
    "State",
    "Stop",
    "Tariff",
    "Thread",
]
