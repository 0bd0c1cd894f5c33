"""The door of exchange."""

from onedoor.exchange.actions import apply_upload, import_appointments, import_patients, preview_upload
from onedoor.exchange.caseloads import import_pathways, import_referrals
from onedoor.exchange.codes import import_codes
from onedoor.exchange.demonstration import Line, connect, load
from onedoor.exchange.entries import import_entries
from onedoor.exchange.extracts.actions import (
    CannotTake,
    WrongMapping,
    import_extract,
)
from onedoor.exchange.extracts.actions import (
    confirm_mapping as confirm_extract,
)
from onedoor.exchange.extracts.actions import (
    map_again as map_extract_again,
)
from onedoor.exchange.extracts.actions import (
    receive as receive_extract,
)
from onedoor.exchange.extracts.actions import (
    take as take_extract,
)
from onedoor.exchange.extracts.actions import (
    withdraw as withdraw_extract,
)
from onedoor.exchange.extracts.proposing import ExtractColumn, FieldGroup, columns_of, field_groups
from onedoor.exchange.extracts.reading import REASONS as EXTRACT_REASONS
from onedoor.exchange.extracts.register import Form as SheetForm
from onedoor.exchange.extracts.register import register_sheet
from onedoor.exchange.extracts.running import Opened as ExtractOpened
from onedoor.exchange.extracts.status import STATES as EXTRACT_STATES
from onedoor.exchange.extracts.status import extract_of, extracts, months_back
from onedoor.exchange.extracts.status import quality_of as extract_quality
from onedoor.exchange.extracts.status import rejects as extract_rejects
from onedoor.exchange.extracts.status import rejects_csv as extract_rejects_csv
from onedoor.exchange.extracts.status import status as extract_status
from onedoor.exchange.feed.setting import ROUTES as FEED_ROUTES
from onedoor.exchange.feed.setting import FeedView, NoMailbox, feed_setting, set_feed
from onedoor.exchange.feed.typing_list import ToType, say_typed, to_type, to_type_count
from onedoor.exchange.files.columns import FIELDS as EXTRACT_FIELDS
from onedoor.exchange.files.mapping import MappingError
from onedoor.exchange.files.mapping import load as load_mapping
from onedoor.exchange.files.report import Findings, Kind, Reject, Report, UnreadableFile, as_csv, rejects_as_csv
from onedoor.exchange.files.workbook import Table as Sheet
from onedoor.exchange.files.workbook import tables as sheets
from onedoor.exchange.freshness import Feed, feeds
from onedoor.exchange.lines import import_calls
from onedoor.exchange.lost_checks import (
    REASONS,
    accept_checks,
    compare_checks,
    import_trust_checks,
    trust_file,
    trust_files,
    trusts_for,
)
from onedoor.exchange.measured import MEASURED
from onedoor.exchange.mesh.actions import set_mailbox, switch_mailbox_off
from onedoor.exchange.mesh.queries import MailboxView, mailboxes, try_mailbox
from onedoor.exchange.models import Attachment as DocumentFile
from onedoor.exchange.models import Extract, ImportFile, ReceivedDocument, SentDocument, TrustFile
from onedoor.exchange.queries import files_read, report_of, upload, uploads
from onedoor.exchange.receiving.coding import NotSo, wrong_person
from onedoor.exchange.receiving.coding import accept as accept_document
from onedoor.exchange.receiving.coding import leave as leave_document
from onedoor.exchange.receiving.coding import not_ours as send_back_document
from onedoor.exchange.receiving.coding import propose as propose_entry
from onedoor.exchange.receiving.coding import say_who as say_whose
from onedoor.exchange.receiving.coding import undo as undo_document
from onedoor.exchange.receiving.queries import MOST as MOST_DOCUMENTS
from onedoor.exchange.receiving.queries import VIEWS as DOCUMENT_VIEWS
from onedoor.exchange.receiving.queries import Folder, document_refs, next_document, received_of
from onedoor.exchange.receiving.queries import attachment as document_file
from onedoor.exchange.receiving.queries import folder as document_in
from onedoor.exchange.receiving.queries import waiting as documents_waiting
from onedoor.exchange.receiving.queries import whose as whose_document
from onedoor.exchange.receiving.queries import worklist as documents_in
from onedoor.exchange.receiving.rules import DIFFERENCES, EARLIER, MATCHES, NOT_OURS, THEIRS
from onedoor.exchange.receiving.rules import STATES as DOCUMENT_STATES
from onedoor.exchange.sending.deciding import CHOICES as SENT_CHOICES
from onedoor.exchange.sending.deciding import CannotChoose
from onedoor.exchange.sending.deciding import decide as decide_document
from onedoor.exchange.sending.queries import MOST as MOST_SENT
from onedoor.exchange.sending.queries import VIEWS as SENT_VIEWS
from onedoor.exchange.sending.queries import (
    partners,
    practices_sent_to,
    routes,
    sent_about,
    sent_document,
    sent_documents,
    sent_pdf,
    sent_refs,
)

__all__ = [
    "DIFFERENCES",
    "DOCUMENT_STATES",
    "DOCUMENT_VIEWS",
    "EARLIER",
    "EXTRACT_FIELDS",
    "EXTRACT_REASONS",
    "EXTRACT_STATES",
    "FEED_ROUTES",
    "MATCHES",
    "MEASURED",
    "MOST_DOCUMENTS",
    "MOST_SENT",
    "NOT_OURS",
    "REASONS",
    "SENT_CHOICES",
    "SENT_VIEWS",
    "THEIRS",
    "CannotChoose",
    "CannotTake",
    "DocumentFile",
    "Extract",
    "ExtractColumn",
    "ExtractOpened",
    "Feed",
    "FeedView",
    "FieldGroup",
    "Findings",
    "Folder",
    "ImportFile",
    "Kind",
    "Line",
    "MailboxView",
    "MappingError",
    "NoMailbox",
    "NotSo",
    "ReceivedDocument",
    "Reject",
    "Report",
    "SentDocument",
    "Sheet",
    "SheetForm",
    "ToType",
    "TrustFile",
    "UnreadableFile",
    "WrongMapping",
    "accept_checks",
    "accept_document",
    "apply_upload",
    "as_csv",
    "columns_of",
    "compare_checks",
    "confirm_extract",
    "connect",
    "decide_document",
    "document_file",
    "document_in",
    "document_refs",
    "documents_in",
    "documents_waiting",
    "extract_of",
    "extract_quality",
    "extract_rejects",
    "extract_rejects_csv",
    "extract_status",
    "extracts",
    "feed_setting",
    "feeds",
    "field_groups",
    "files_read",
    "import_appointments",
    "import_calls",
    "import_codes",
    "import_entries",
    "import_extract",
    "import_pathways",
    "import_patients",
    "import_referrals",
    "import_trust_checks",
    "leave_document",
    "load",
    "load_mapping",
    "mailboxes",
    "map_extract_again",
    "months_back",
    "next_document",
    "partners",
    "practices_sent_to",
    "preview_upload",
    "propose_entry",
    "receive_extract",
    "received_of",
    "register_sheet",
    "rejects_as_csv",
    "report_of",
    "routes",
    "say_typed",
    "say_whose",
    "send_back_document",
    "sent_about",
    "sent_document",
    "sent_documents",
    "sent_pdf",
    "sent_refs",
    "set_feed",
    "set_mailbox",
    "sheets",
    "switch_mailbox_off",
    "take_extract",
    "to_type",
    "to_type_count",
    "trust_file",
    "trust_files",
    "trusts_for",
    "try_mailbox",
    "undo_document",
    "upload",
    "uploads",
    "whose_document",
    "withdraw_extract",
    "wrong_person",
]
