"""Work for people about documents on their way. How long each may take is `invented:`: the facts set no time for any of it."""

from __future__ import annotations

from datetime import timedelta

from onedoor.tasks.api import declare_kind
from onedoor.tasks.types import Kind, Outcome

SUBJECT = "sent_document"
CHECK_VISIT, ANSWERS, CONTACTS = "check_visit", "answers", "contacts"
"""What a document tells of: a visit for checks, a patient's answers of a day, or all that was said and answered on one."""
ABOUT = {
    CHECK_VISIT: "physical health check",
    ANSWERS: "answers of a day to questions",
    CONTACTS: "messages and answers of a day",
}

BY_HAND = Outcome("by_hand", "Given to the practice by other means")
STOPPED = Outcome("stopped", "Not to be sent")

HELD = declare_kind(
    Kind(
        "document_held",
        "A document for a practice is held",
        "exchange",
        timedelta(hours=8),
        (Outcome("look", "Put right: look again"), BY_HAND, STOPPED),
    )
)
LATE = declare_kind(
    Kind(
        "document_late",
        "A practice has not answered about a document",
        "exchange",
        timedelta(hours=8),
        (Outcome("again", "Send it again"), BY_HAND, Outcome("wait", "Wait another day")),
    )
)
NOT_OUT = declare_kind(
    Kind(
        "document_not_out",
        "A document for a practice has not left",
        "exchange",
        timedelta(hours=8),
        (BY_HAND, STOPPED, Outcome("wait", "Wait another day")),
    )
)
REFUSED = declare_kind(
    Kind(
        "document_refused",
        "A document did not get to a practice",
        "exchange",
        timedelta(hours=8),
        (Outcome("again", "Put right: send it again"), BY_HAND, STOPPED),
    )
)
FAULT = declare_kind(
    Kind(
        "document_fault",
        "Documents to practices: something must be mended",
        "exchange",
        timedelta(hours=8),
        (Outcome("again", "Mended: send it again"), BY_HAND, STOPPED),
    )
)
ANSWER = declare_kind(
    Kind(
        "document_answer",
        "An answer to a document that somebody must read",
        "exchange",
        timedelta(hours=8),
        (Outcome("has_it", "The practice has it"), Outcome("again", "Send it again"), BY_HAND),
    )
)
NO_MAILBOX = declare_kind(
    Kind(
        "documents_no_mailbox",
        "Documents to practices wait for a mailbox",
        "exchange",
        timedelta(hours=8),
        (Outcome("set_up", "A mailbox is set up"), Outcome("told", "Whoever runs the system knows")),
    )
)
ELSEWHERE = declare_kind(
    Kind(
        "document_elsewhere",
        "Tell a practice that a document which they have was corrected",
        "exchange",
        timedelta(hours=8),
        (Outcome("told", "They know"), Outcome("not_theirs", "They do not have it")),
    )
)


def mailbox_key(organisation_id: int) -> str:
    """Of the one piece of work about the mailbox that an organisation lacks."""
    return f"documents_no_mailbox:{organisation_id}"


def key(document_id: int) -> str:
    """Of the one piece of work about a document."""
    return f"sent_document:{document_id}"


def elsewhere_key(document_id: int, practice_id: int) -> str:
    """Of the work to tell a practice that this document replaces one which they have."""
    return f"sent_document:{document_id}:elsewhere:{practice_id}"
