"""The door of exchange."""

from onedoor.exchange.actions import apply_upload, import_appointments, import_patients, preview_upload
from onedoor.exchange.caseloads import import_pathways, import_referrals
from onedoor.exchange.codes import import_codes
from onedoor.exchange.demonstration import Line, connect, load
from onedoor.exchange.entries import import_entries
from onedoor.exchange.files.mapping import MappingError
from onedoor.exchange.files.mapping import load as load_mapping
from onedoor.exchange.files.report import Kind, Reject, Report, UnreadableFile, as_csv
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
from onedoor.exchange.models import Attachment as DocumentFile
from onedoor.exchange.models import ImportFile, ReceivedDocument, TrustFile
from onedoor.exchange.queries import report_of, upload, uploads
from onedoor.exchange.receiving.coding import NotSo, wrong_person
from onedoor.exchange.receiving.coding import accept as accept_document
from onedoor.exchange.receiving.coding import leave as leave_document
from onedoor.exchange.receiving.coding import not_ours as send_back_document
from onedoor.exchange.receiving.coding import propose as propose_entry
from onedoor.exchange.receiving.coding import say_who as say_whose
from onedoor.exchange.receiving.coding import undo as undo_document
from onedoor.exchange.receiving.queries import MOST as MOST_DOCUMENTS
from onedoor.exchange.receiving.queries import VIEWS as DOCUMENT_VIEWS
from onedoor.exchange.receiving.queries import Folder, next_document, received_of
from onedoor.exchange.receiving.queries import attachment as document_file
from onedoor.exchange.receiving.queries import folder as document_in
from onedoor.exchange.receiving.queries import waiting as documents_waiting
from onedoor.exchange.receiving.queries import whose as whose_document
from onedoor.exchange.receiving.queries import worklist as documents_in
from onedoor.exchange.receiving.rules import DIFFERENCES, MATCHES, NOT_OURS, THEIRS
from onedoor.exchange.receiving.rules import STATES as DOCUMENT_STATES

__all__ = [
    "DIFFERENCES",
    "DOCUMENT_STATES",
    "DOCUMENT_VIEWS",
    "MATCHES",
    "MOST_DOCUMENTS",
    "NOT_OURS",
    "REASONS",
    "THEIRS",
    "DocumentFile",
    "Folder",
    "ImportFile",
    "Kind",
    "Line",
    "MappingError",
    "NotSo",
    "ReceivedDocument",
    "Reject",
    "Report",
    "TrustFile",
    "UnreadableFile",
    "accept_checks",
    "accept_document",
    "apply_upload",
    "as_csv",
    "compare_checks",
    "connect",
    "document_file",
    "document_in",
    "documents_in",
    "documents_waiting",
    "import_appointments",
    "import_calls",
    "import_codes",
    "import_entries",
    "import_pathways",
    "import_patients",
    "import_referrals",
    "import_trust_checks",
    "leave_document",
    "load",
    "load_mapping",
    "next_document",
    "preview_upload",
    "propose_entry",
    "received_of",
    "report_of",
    "say_whose",
    "send_back_document",
    "trust_file",
    "trust_files",
    "trusts_for",
    "undo_document",
    "upload",
    "uploads",
    "whose_document",
    "wrong_person",
]
