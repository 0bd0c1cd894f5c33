"""The door of messaging."""

from onedoor.messaging.actions.accounts import resume_sending, set_account, set_tariff, stop_sending
from onedoor.messaging.actions.asking import NotOpen, answer, close_asks, opt_in, opt_out, resting
from onedoor.messaging.actions.heeding import heed
from onedoor.messaging.actions.queueing import clear, queue
from onedoor.messaging.actions.teaching import (
    NamesSomebody,
    NotAMeaning,
    accept_phrase,
    refuse_phrase,
    say_meant,
    set_ready_replies,
)
from onedoor.messaging.actions.threads import (
    MustDecide,
    NothingToSay,
    assign_thread,
    opened,
    reply_to_thread,
    settle_thread,
)
from onedoor.messaging.dispatch import run_dispatcher
from onedoor.messaging.models import Inbound, ProposedPhrase, Thread
from onedoor.messaging.ports import Context, SubjectOwner, declare_context, declare_subject
from onedoor.messaging.purposes import declare_purpose, purpose_of
from onedoor.messaging.queries.accounts import account_by_ref, account_for, stopped
from onedoor.messaging.queries.accuracy import Accuracy, Cell, Line, Table, accuracy, practices
from onedoor.messaging.queries.balance import (
    REMINDERS_ANSWERED,
    accounts_of_day,
    pence_of_day,
    reminders_sent,
    under_way,
)
from onedoor.messaging.queries.fates import Fate, fates, never_sent, not_arrived, not_to_be_texted, price
from onedoor.messaging.queries.genuine import is_number, sent_to, texts_from
from onedoor.messaging.queries.measured import MEASURED
from onedoor.messaging.queries.months import TextMonth, text_months
from onedoor.messaging.queries.teaching import (
    Judged,
    accepted_phrases,
    judged,
    phrases_to_check,
    ready_replies,
)
from onedoor.messaging.queries.threads import (
    Person,
    Said,
    ThreadView,
    inbox_count,
    newest_texts,
    texts_of_patient,
    thread,
    thread_of_patient,
    thread_refs,
    threads_lately,
    threads_waiting,
)
from onedoor.messaging.queries.threads import by_ref as thread_by_ref
from onedoor.messaging.receiving import Connection, Door, door, store_inbound, store_receipts
from onedoor.messaging.rules import verdicts

__all__ = [
    "MEASURED",
    "REMINDERS_ANSWERED",
    "Accuracy",
    "Cell",
    "Connection",
    "Context",
    "Door",
    "Fate",
    "Inbound",
    "Judged",
    "Line",
    "MustDecide",
    "NamesSomebody",
    "NotAMeaning",
    "NotOpen",
    "NothingToSay",
    "Person",
    "ProposedPhrase",
    "Said",
    "SubjectOwner",
    "Table",
    "TextMonth",
    "Thread",
    "ThreadView",
    "accept_phrase",
    "accepted_phrases",
    "account_by_ref",
    "account_for",
    "accounts_of_day",
    "accuracy",
    "answer",
    "assign_thread",
    "clear",
    "close_asks",
    "declare_context",
    "declare_purpose",
    "declare_subject",
    "door",
    "fates",
    "heed",
    "inbox_count",
    "is_number",
    "judged",
    "never_sent",
    "newest_texts",
    "not_arrived",
    "not_to_be_texted",
    "opened",
    "opt_in",
    "opt_out",
    "pence_of_day",
    "phrases_to_check",
    "practices",
    "price",
    "purpose_of",
    "queue",
    "ready_replies",
    "refuse_phrase",
    "reminders_sent",
    "reply_to_thread",
    "resting",
    "resume_sending",
    "run_dispatcher",
    "say_meant",
    "sent_to",
    "set_account",
    "set_ready_replies",
    "set_tariff",
    "settle_thread",
    "stop_sending",
    "stopped",
    "store_inbound",
    "store_receipts",
    "text_months",
    "texts_from",
    "texts_of_patient",
    "thread",
    "thread_by_ref",
    "thread_of_patient",
    "thread_refs",
    "threads_lately",
    "threads_waiting",
    "under_way",
    "verdicts",
]
