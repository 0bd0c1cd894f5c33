"""The door of documents."""

from onedoor.documents.actions import (
    MOST_PRINTED,
    compose,
    file_of,
    make_print_file,
    mark_delivered,
    opened,
    post_instead,
    post_on_request,
)
from onedoor.documents.errors import CannotBeSet, FaultyWording, IncompleteLetter, NoSuchFormat
from onedoor.documents.facts_file import from_json as facts_from_json
from onedoor.documents.facts_file import to_json as facts_to_json
from onedoor.documents.models import Document, PrintFile
from onedoor.documents.queries import (
    by_ref,
    deliveries_waiting,
    not_posted,
    of_patient,
    of_subjects,
    posted,
    print_file,
    print_files,
    texted_since,
    waiting_for_post,
)
from onedoor.documents.render import pdf, pictures
from onedoor.documents.rules import (
    DISCHARGES,
    FORMAT_NAMES,
    FORMATS,
    KINDS,
    OUTCOMES,
    address_lines,
    missing,
    review,
    unmet_language,
    wanted,
)
from onedoor.documents.rules import compose as compose_letter
from onedoor.documents.types import Facts, Format, NewLetter, Recipient, Shown

__all__ = [
    "DISCHARGES",
    "FORMATS",
    "FORMAT_NAMES",
    "KINDS",
    "MOST_PRINTED",
    "OUTCOMES",
    "CannotBeSet",
    "Document",
    "Facts",
    "FaultyWording",
    "Format",
    "IncompleteLetter",
    "NewLetter",
    "NoSuchFormat",
    "PrintFile",
    "Recipient",
    "Shown",
    "address_lines",
    "by_ref",
    "compose",
    "compose_letter",
    "deliveries_waiting",
    "facts_from_json",
    "facts_to_json",
    "file_of",
    "make_print_file",
    "mark_delivered",
    "missing",
    "not_posted",
    "of_patient",
    "of_subjects",
    "opened",
    "pdf",
    "pictures",
    "post_instead",
    "post_on_request",
    "posted",
    "print_file",
    "print_files",
    "review",
    "texted_since",
    "unmet_language",
    "waiting_for_post",
    "wanted",
]
