"""The package `mesh-sandbox`, imported in quiet, and the parts of it that are built upon. Everything else imports it from here.

On import it warns some forty times of what its libraries deprecate, and sets up a log with the addresses of requests in it, which
may name people (interop.md 1.1): both are silenced.
"""

from __future__ import annotations

import logging
import warnings

with warnings.catch_warnings():
    warnings.simplefilter("ignore")
    from mesh_sandbox.api import app
    from mesh_sandbox.common import EnvConfig, constants
    from mesh_sandbox.common.messaging import Messaging, try_parse_authorisation_token
    from mesh_sandbox.common.mex_headers import MexHeaders
    from mesh_sandbox.dependencies import authorised_mailbox, get_fernet, get_messaging
    from mesh_sandbox.handlers.admin import AdminHandler
    from mesh_sandbox.handlers.inbox import InboxHandler
    from mesh_sandbox.handlers.outbox import OutboxHandler
    from mesh_sandbox.models.mailbox import Mailbox
    from mesh_sandbox.models.message import Message, MessageEvent, MessageStatus, MessageType
    from mesh_sandbox.store.memory_store import MemoryStore
    from mesh_sandbox.store.serialisation import deserialise_model, serialise_model
    from mesh_sandbox.views.admin import CreateReportRequest

logger = logging.getLogger("mesh-sandbox")
logger.setLevel(logging.ERROR)

__all__ = [
    "AdminHandler",
    "CreateReportRequest",
    "EnvConfig",
    "InboxHandler",
    "Mailbox",
    "MemoryStore",
    "Message",
    "MessageEvent",
    "MessageStatus",
    "MessageType",
    "Messaging",
    "MexHeaders",
    "OutboxHandler",
    "app",
    "authorised_mailbox",
    "constants",
    "deserialise_model",
    "get_fernet",
    "get_messaging",
    "logger",
    "serialise_model",
    "try_parse_authorisation_token",
]
