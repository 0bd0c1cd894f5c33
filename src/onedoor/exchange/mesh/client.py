"""The one place that speaks to MESH, by its official client. It answers in four words, and never says more than it knows.

Sent: `accepted` with MESH's id, `refused` with its code, `unreached` when the request certainly did nothing, `unknown` for all
else: the answer was lost, or the other side failed after it may have taken the message (interop.md 1.4, 1.5).
"""

from __future__ import annotations

import os
import zlib
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any, Literal

from onedoor.exchange.models import Mailbox, MeshMessage

TIMEOUT = 20.0
"""Seconds for one request."""
CHUNK = 20 * 1024 * 1024
"""Larger messages go in parts; nothing of ours is so large (interop.md 6)."""

Word = Literal["accepted", "refused", "unreached", "unknown"]


@dataclass(frozen=True)
class Sent:
    """What became of one request to send."""

    word: Word
    message_id: str = ""
    code: str = ""
    detail: str = ""


@dataclass(frozen=True)
class Tracked:
    """How MESH has a message: accepted, acknowledged, undeliverable or error; empty `status` where it does not say."""

    status: str
    message_id: str = ""
    code: str = ""


@dataclass(frozen=True)
class Download:
    """A message of the inbox. `content` is None when it was larger than we take; `size` is then what was read of it."""

    message_id: str
    sender: str
    workflow: str
    message_type: str
    local_id: str
    linked_id: str
    status_code: str
    status_text: str
    content: bytes | None
    size: int


class LineDown(Exception):
    """MESH cannot be reached, or does not let us in. The words name nobody."""


class Line:
    """A session for one mailbox. Requests of one line are made one after another."""

    def __init__(self, mailbox: Mailbox) -> None:
        from mesh_client import MeshClient

        certificate = os.environ.get("ONEDOOR_MESH_CERTIFICATE"), os.environ.get("ONEDOOR_MESH_KEY")
        # Without a proxy or a bundle of the environment's: `verify` would be overridden by it (interop.md 1.6).
        self._client: Any = MeshClient(
            mailbox.base_url,
            mailbox.mailbox_id,
            mailbox.password,
            shared_key=mailbox.shared_key.encode(),
            cert=(str(certificate[0]), str(certificate[1])) if all(certificate) else None,
            verify=os.environ.get("ONEDOOR_MESH_CA") or None,
            max_chunk_size=CHUNK,
            max_retries=0,
            timeout=TIMEOUT,
            application_name="onedoor",
        )
        self._client._session.trust_env = False

    def close(self) -> None:
        """End the session."""
        self._client.close()

    def handshake(self) -> None:
        """Say that we are there (interop.md 1.3). Raises LineDown."""
        with _down():
            self._client.handshake()

    def send(self, message: MeshMessage) -> Sent:
        """Send it once, compressed."""
        import requests
        from mesh_client import MeshError

        try:
            said = self._client.send_message(
                message.to,
                bytes(message.content),
                compress=True,
                workflow_id=message.workflow,
                local_id=str(message.ref),
                subject=message.subject,
                content_type=message.content_type,
            )
        except MeshError as error:
            return _refused(error)
        except requests.ConnectionError as error:
            # Never connected is the one failure of which it is certain that nothing went.
            never = "NewConnectionError" in repr(error) or "Connection refused" in repr(error)
            return Sent(
                "unreached" if never else "unknown", detail="no connection" if never else "the connection broke"
            )
        except requests.Timeout:
            return Sent("unknown", detail="no answer in time")
        except requests.HTTPError as error:
            return _by_status(error.response.status_code if error.response is not None else 500)
        except (ValueError, KeyError, requests.RequestException):
            return Sent("unknown", detail="an answer that cannot be read")
        return Sent("accepted", message_id=said)

    def find(self, ref: str) -> Tracked | None:
        """What MESH has under a local id of ours; None when it has nothing. Raises LineDown.

        By the deprecated way to track: the present one knows a message by MESH's own id alone, which is what was lost.
        """
        with _down():
            found = self._client._session.get(
                f"{self._client.mailbox_url}/outbox/tracking/{ref}",
                headers={"Accept": "application/vnd.mesh.v1+json"},
                timeout=TIMEOUT,
            )
            if found.status_code == 404:
                return None
            if found.status_code == 300:
                # It went twice; whichever it is, it has gone (interop.md 1.5).
                return Tracked("accepted")
            found.raise_for_status()
            said = found.json()
        return Tracked(
            str(said.get("status", "")).lower(), str(said.get("messageId", "")), str(said.get("statusCode") or "")
        )

    def track(self, message_id: str) -> Tracked:
        """How MESH has a message of ours. Raises LineDown."""
        with _down():
            said: Any = self._client.track_message(message_id)
        return Tracked(str(said.get("status", "")).lower(), message_id, str(said.get("status_code") or ""))

    def inbox(self) -> list[str]:
        """Ids of what waits in our inbox, the oldest first, at most 500. Raises LineDown."""
        with _down():
            return list(self._client.list_messages())

    def download(self, message_id: str, largest: int) -> Download:
        """One message, read up to `largest` bytes whatever it unpacks to. Raises LineDown."""
        with _down():
            message: Any = self._client.retrieve_message(message_id)
            try:
                content, size = _read(message, largest)
            finally:
                message.close()
        header = message.mex_header
        return Download(
            message_id=message_id,
            sender=str(header("from", "") or ""),
            workflow=str(header("workflowid", "") or ""),
            message_type=str(header("messagetype", "DATA") or "DATA"),
            local_id=str(header("localid", "") or ""),
            linked_id=str(header("linkedmsgid", "") or ""),
            status_code=str(header("statuscode", "") or ""),
            status_text=str(header("statusdescription", "") or ""),
            content=content,
            size=size,
        )

    def acknowledge(self, message_id: str) -> None:
        """Tell MESH that we have it; a second time does no harm (interop.md 1.4). Raises LineDown."""
        with _down():
            self._client.acknowledge_message(message_id)


def _read(message: Any, largest: int) -> tuple[bytes | None, int]:
    parts, size = [], 0
    while block := message.read(65_536):
        size += len(block)
        if size > largest:
            return None, size
        parts.append(block)
    return b"".join(parts), size


def _refused(error: Exception) -> Sent:
    """`MeshError.args[1]` holds the body of the error (interop.md 1.4): a dictionary of either version."""
    body = error.args[1] if len(error.args) > 1 and isinstance(error.args[1], dict) else {}
    first = (body.get("detail") or [{}])[0] if isinstance(body.get("detail"), list) else body
    code = str(first.get("code") or first.get("errorCode") or "")
    return Sent("refused", code=code, detail=str(first.get("msg") or first.get("errorDescription") or "refused")[:200])


def _by_status(status: int) -> Sent:
    if status in (425, 429, 503):
        # It says itself that it did nothing.
        return Sent("unreached", detail=f"MESH is busy ({status})")
    if status >= 500:
        return Sent("unknown", detail=f"MESH failed ({status})")
    return Sent(
        "refused", detail="MESH does not let this mailbox in" if status in (401, 403) else f"refused ({status})"
    )


@contextmanager
def _down() -> Iterator[None]:
    """Whatever keeps us from an answer, in words that name nobody."""
    import requests

    try:
        yield
    except requests.HTTPError as error:
        status = error.response.status_code if error.response is not None else 500
        if status in (401, 403):
            raise LineDown(
                "MESH does not let this mailbox in: its password, key or certificate is not right."
            ) from None
        raise LineDown(f"MESH answers with an error ({status}).") from None
    except requests.Timeout:
        raise LineDown("MESH does not answer in time.") from None
    except (requests.RequestException, ValueError, zlib.error, OSError) as error:
        raise LineDown(f"MESH cannot be reached or read ({type(error).__name__}).") from None
