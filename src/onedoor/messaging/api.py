"""The door of messaging."""

from onedoor.messaging.actions.accounts import resume_sending, set_account, set_tariff, stop_sending
from onedoor.messaging.actions.queueing import clear, queue
from onedoor.messaging.purposes import declare_purpose, purpose_of
from onedoor.messaging.queries.accounts import account_by_ref, account_for, stopped
from onedoor.messaging.queries.balance import accounts_of_day, pence_of_day, reminders_of_day
from onedoor.messaging.queries.fates import never_sent

__all__ = [
    "account_by_ref",
    "account_for",
    "accounts_of_day",
    "clear",
    "declare_purpose",
    "never_sent",
    "pence_of_day",
    "purpose_of",
    "queue",
    "reminders_of_day",
    "resume_sending",
    "set_account",
    "set_tariff",
    "stop_sending",
    "stopped",
]
