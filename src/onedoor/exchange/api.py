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
from onedoor.exchange.models import ImportFile, TrustFile
from onedoor.exchange.queries import report_of, upload, uploads

__all__ = [
    "REASONS",
    "ImportFile",
    "Kind",
    "Line",
    "MappingError",
    "Reject",
    "Report",
    "TrustFile",
    "UnreadableFile",
    "accept_checks",
    "apply_upload",
    "as_csv",
    "compare_checks",
    "connect",
    "import_appointments",
    "import_calls",
    "import_codes",
    "import_entries",
    "import_pathways",
    "import_patients",
    "import_referrals",
    "import_trust_checks",
    "load",
    "load_mapping",
    "preview_upload",
    "report_of",
    "trust_file",
    "trust_files",
    "trusts_for",
    "upload",
    "uploads",
]
