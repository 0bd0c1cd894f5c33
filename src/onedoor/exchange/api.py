"""The door of exchange."""

from onedoor.exchange.actions import apply_upload, import_appointments, import_patients, preview_upload
from onedoor.exchange.caseloads import import_pathways, import_referrals
from onedoor.exchange.demonstration import Line, connect, load
from onedoor.exchange.entries import import_entries
from onedoor.exchange.files.mapping import MappingError
from onedoor.exchange.files.mapping import load as load_mapping
from onedoor.exchange.files.report import Kind, Reject, Report, UnreadableFile, as_csv
from onedoor.exchange.lines import import_calls
from onedoor.exchange.models import ImportFile
from onedoor.exchange.queries import report_of, upload, uploads

__all__ = [
    "ImportFile",
    "Kind",
    "Line",
    "MappingError",
    "Reject",
    "Report",
    "UnreadableFile",
    "apply_upload",
    "as_csv",
    "connect",
    "import_appointments",
    "import_calls",
    "import_entries",
    "import_pathways",
    "import_patients",
    "import_referrals",
    "load",
    "load_mapping",
    "preview_upload",
    "report_of",
    "upload",
    "uploads",
]
