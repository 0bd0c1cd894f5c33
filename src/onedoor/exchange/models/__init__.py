"""What crosses the line to other systems, as tables: files, MESH, documents, the feed and extracts."""

from onedoor.exchange.models.extracts import Extract, ExtractMapping, ExtractReject
from onedoor.exchange.models.feed import FeedDue, FeedItem, FeedSetting
from onedoor.exchange.models.files import ImportFile, StoredFile, TrustCheck, TrustFile
from onedoor.exchange.models.mesh import Mailbox, MeshArrival, MeshAttempt, MeshMessage, MeshMessageHistory
from onedoor.exchange.models.papers import (
    Attachment,
    ItkResponse,
    ProposedEntry,
    ReceivedDocument,
    ReceivedDocumentHistory,
    SentDocument,
    SentDocumentHistory,
)
from onedoor.exchange.models.tries import SentAnswer, SentTry

__all__ = [
    "Attachment",
    "Extract",
    "ExtractMapping",
    "ExtractReject",
    "FeedDue",
    "FeedItem",
    "FeedSetting",
    "ImportFile",
    "ItkResponse",
    "Mailbox",
    "MeshArrival",
    "MeshAttempt",
    "MeshMessage",
    "MeshMessageHistory",
    "ProposedEntry",
    "ReceivedDocument",
    "ReceivedDocumentHistory",
    "SentAnswer",
    "SentDocument",
    "SentDocumentHistory",
    "SentTry",
    "StoredFile",
    "TrustCheck",
    "TrustFile",
]
