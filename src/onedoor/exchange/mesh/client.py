"""The one place that speaks to MESH, by its official client. It answers in four words, and never says more than it knows.

Sent: `accepted` with MESH's id, `refused` with its code, `unreached` when the request certainly did nothing, `unknown` for all
else: the answer was lost, or the other side failed after it may have taken the message (interop.md 1.4, 1.5).
"""

from __future__ import annotations

import os
import unicodedata
import zlib
from collections.abc import Iterable, Iterator, Mapping
from contextlib import closing, contextmanager
from dataclasses import dataclass
from io import BytesIO
from typing import Any, Literal

from onedoor.exchange.mesh import rules
from onedoor.exchange.models import Mailbox, MeshMessage

TIMEOUT = 20.0
"""Seconds for one request."""
CHUNK = 20 * 1024 * 1024
"""Larger messages go in parts; nothing of ours is so large (interop.md 6)."""
MOST_PARTS = 1_000
"""Parts that we ask for of one message."""
TURNED_AWAY = "MESH does not let this mailbox in: its password, key or certificate is not right."

NO_ANSWER = "no answer in time"

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
    """A message of the inbox. `content` is None where there is a problem with it; `size` is then what was read of it."""

    message_id: str
    sender: str
    workflow: str
    message_type: str
    local_id: str
    linked_id: str
    status_code: str
    content: bytes | None
    size: int
    problem: str = ""
    """too_large, too_many_parts, cannot_unpack; empty where it is whole."""


class LineDown(Exception):
    """MESH cannot be reached, or does not let us in. The words name nobody."""


class Silent(LineDown):
    """Nothing answers in time: who asks for another mailbox there waits in vain as long."""


class Turn:
    """One sweep over mailboxes: behind one address that is silent no other mailbox is tried until the next."""

    def __init__(self) -> None:
        self._silent: set[str] = set()

    def of(self, mailboxes: Iterable[Mailbox]) -> Iterator[Mailbox]:
        """Those of these that may be tried, as it turns out."""
        return (one for one in mailboxes if one.base_url not in self._silent)

    def silent(self, mailbox: Mailbox) -> None:
        """It does not answer."""
        self._silent.add(mailbox.base_url)


class NotThis(LineDown):
    """MESH answered, and this message cannot be had now: others may."""


class Gone(NotThis):
    """It is not there any more: somebody else has acknowledged it."""


class Line:
    """A session for one mailbox. Requests of one line are made one after another: a token is good for one (interop.md 1.3)."""

    def __init__(self, mailbox: Mailbox) -> None:
        """Raises LineDown where a certificate or key is not there or cannot be read."""
        from mesh_client import MeshClient

        certificate = os.environ.get("ONEDOOR_MESH_CERTIFICATE"), os.environ.get("ONEDOOR_MESH_KEY")
        authority = os.environ.get("ONEDOOR_MESH_CA") or None
        proxy = os.environ.get("ONEDOOR_MESH_PROXY")
        try:
            self._client: Any = MeshClient(
                mailbox.base_url,
                mailbox.mailbox_id,
                mailbox.password,
                shared_key=mailbox.shared_key.encode(),
                cert=(str(certificate[0]), str(certificate[1])) if all(certificate) else None,
                verify=authority,
                max_chunk_size=CHUNK,
                # What is tried again, and when, is said by the outbox alone.
                max_retries=0,
                timeout=TIMEOUT,
                proxies={"http": proxy, "https": proxy} if proxy else None,
                application_name="onedoor",
            )
        except OSError as error:
            raise LineDown(f"A certificate or key for MESH cannot be read ({type(error).__name__}).") from None
        # Without a proxy or a bundle of the environment's: `verify` would be overridden by it (interop.md 1.6).
        self._client._session.trust_env = False
        if authority:
            # The client gives it to its own adapter only; requests would trust the public authorities besides.
            self._client._session.verify = authority

    def __repr__(self) -> str:
        return "Line()"

    def __enter__(self) -> Line:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def close(self) -> None:
        """End the session."""
        self._client.close()

    def handshake(self) -> None:
        """Say that we are there (interop.md 1.3). Raises LineDown."""
        with _down():
            self._client.handshake()

    def send(self, message: MeshMessage) -> Sent:
        """Send it once, compressed, in parts where it is large."""
        import requests

        headers = {
            "workflow_id": message.workflow,
            "local_id": str(message.ref),
            "subject": carried(message.subject),
            "content_type": message.content_type,
        }
        if not (_fits(message.to) and _fits(message.workflow)):
            # No header carries it, and MESH would say the same (interop.md 1.5, control characters).
            return Sent("refused", code="06", detail="an address that cannot be sent")
        content = bytes(message.content)
        parts = [content[at : at + CHUNK] for at in range(0, len(content), CHUNK)] or [b""]
        try:
            said = _judged(
                self._client.send_chunk(message.to, BytesIO(parts[0]), 1, len(parts), compress=True, **headers)
            )
            if said.word != "accepted":
                return said
            for number, part in enumerate(parts[1:], start=2):
                self._client.send_chunk(
                    message.to, BytesIO(part), number, len(parts), compress=True, message_id=said.message_id
                )
        except requests.ConnectionError as error:
            return _broken(error)
        except requests.Timeout:
            return Sent("unknown", detail=NO_ANSWER)
        except requests.HTTPError as error:
            # A later part that was not taken leaves the message unfinished at MESH, which then says so when it is asked.
            return Sent("unknown", detail=f"MESH failed ({_status(error)})")
        except (ValueError, KeyError, requests.RequestException):
            return Sent("unknown", detail="an answer that cannot be read")
        return said

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
                # It went more than once; whichever it is, it has gone (interop.md 1.5).
                return Tracked("accepted")
            found.raise_for_status()
            said = found.json()
            if not isinstance(said, dict):
                raise ValueError("an answer that is no object")
        status = str(said.get("status", "")).lower()
        if status == "uploading":
            # Some of its parts came, and not all: nobody will ever be given it.
            return None
        return Tracked(status, str(said.get("messageId", "")), rules.code_of(str(said.get("statusCode") or "")))

    def track(self, message_id: str) -> Tracked:
        """How MESH has a message of ours. Raises LineDown."""
        with _down():
            said: Any = self._client.track_message(message_id)
            if not isinstance(said, dict):
                raise ValueError("an answer that is no object")
        return Tracked(
            str(said.get("status", "")).lower(), message_id, rules.code_of(str(said.get("status_code") or ""))
        )

    def inbox(self) -> list[str]:
        """Ids of what waits in our inbox, the oldest first, at most 500. Raises LineDown."""
        with _down():
            return [str(one) for one in self._client.list_messages()]

    def download(self, message_id: str, largest: int) -> Download:
        """One message, unpacked up to `largest` bytes and no further. Raises LineDown, Gone where it is not there any more."""
        content, size, problem, number, of = bytearray(), 0, "", 1, 1
        header: Mapping[str, str] = {}
        with _down():
            while number <= of and not problem:
                with closing(self._client.retrieve_message_chunk(message_id, number)) as response:
                    if number == 1:
                        header = response.headers
                        of = _parts(header.get("Mex-Chunk-Range", ""))
                    more, problem = _read(response, largest - len(content))
                size += len(more)
                content += more
                number += 1
                if of > MOST_PARTS:
                    problem = "too_many_parts"
        return Download(
            message_id=message_id,
            sender=header.get("Mex-From", ""),
            workflow=header.get("Mex-WorkflowID", ""),
            message_type=header.get("Mex-MessageType", "DATA"),
            local_id=header.get("Mex-LocalID", ""),
            linked_id=header.get("Mex-LinkedMsgID", ""),
            status_code=header.get("Mex-StatusCode", ""),
            content=None if problem else bytes(content),
            size=size,
            problem=problem,
        )

    def acknowledge(self, message_id: str) -> None:
        """Tell MESH that we have it; a second time does no harm (interop.md 1.4). Raises LineDown."""
        with _down():
            self._client.acknowledge_message(message_id)


def carried(subject: str) -> str:
    """A subject in letters that every header carries: accents go, other letters are question marks, lines become one."""
    plain = unicodedata.normalize("NFKD", " ".join(subject.split()))
    shown = "".join(one for one in plain if not unicodedata.combining(one)).encode("ascii", "replace").decode()
    return "".join(one for one in shown if one.isprintable()).strip()


def _fits(value: str) -> bool:
    """Whether a header carries this as it is."""
    return value.isascii() and value.isprintable() and value == value.strip()


def _parts(chunk_range: str) -> int:
    """Of "1:3" the 3; of a REPORT's "1:0", and of anything else, 1."""
    last = chunk_range.partition(":")[2]
    return max(1, int(last)) if last.isascii() and last.isdigit() and len(last) < 9 else 1


def _read(response: Any, room: int) -> tuple[bytes, str]:
    """The bytes of one part, and why there are no more.

    Unpacked piece by piece: the client's own stream unpacks each piece to whatever that comes to, a bomb too.
    """
    packed = response.headers.get("Content-Encoding") == "gzip"
    unpack = zlib.decompressobj(31)
    got = bytearray()
    while block := response.raw.read(65_536, decode_content=False):
        try:
            got += unpack.decompress(block, room + 1 - len(got)) if packed else block
        except zlib.error:
            return bytes(got[:room]), "cannot_unpack"
        if len(got) > room:
            return bytes(got), "too_large"
    if packed and not unpack.eof and (got or unpack.unconsumed_tail):
        return bytes(got), "cannot_unpack"
    return bytes(got), ""


def _judged(response: Any) -> Sent:
    """What the answer to a request to send means (interop.md 1.5)."""
    try:
        body = response.json()
    except ValueError:
        body = {}
    body = body if isinstance(body, dict) else {}
    status = response.status_code
    if status in (200, 202) and body.get("message_id"):
        return Sent("accepted", message_id=str(body["message_id"]))
    if status in (425, 429):
        return Sent("unreached", detail=f"MESH is busy ({status})")
    if status in (401, 403):
        # The mailbox is turned away and not the message: it waits until the password, key or certificate is put right.
        return Sent("unreached", detail=TURNED_AWAY)
    if status < 400 or status in (408, 499):
        return Sent("unknown", detail=f"an answer that cannot be read ({status})")
    listed = body.get("detail")
    first = (listed or [{}])[0] if isinstance(listed, list) else body
    first = first if isinstance(first, dict) else {}
    # MESH's own words are not kept, nor what is no code: they may repeat an address, which names a patient (interop.md 1.5).
    code = rules.code_of(str(first.get("code") or first.get("errorCode") or "")) or str(status)
    return Sent("refused", code=code, detail=rules.says(code))


def _broken(error: Exception) -> Sent:
    """Never connected is the one failure of which it is certain that nothing went."""
    from urllib3.exceptions import ConnectTimeoutError, NewConnectionError, SSLError

    reason = getattr(error.args[0] if error.args else None, "reason", None)
    if isinstance(reason, ConnectTimeoutError) and not isinstance(reason, NewConnectionError):
        return Sent("unreached", detail=NO_ANSWER)
    if isinstance(reason, NewConnectionError | SSLError):
        return Sent("unreached", detail="no connection")
    return Sent("unknown", detail="the connection broke")


def _status(error: Any) -> int:
    return error.response.status_code if error.response is not None else 500


@contextmanager
def _down() -> Iterator[None]:
    """Whatever keeps us from an answer, in words that name nobody."""
    import requests
    from urllib3.exceptions import HTTPError

    try:
        yield
    except requests.HTTPError as error:
        status = _status(error)
        if status in (401, 403):
            raise LineDown(TURNED_AWAY) from None
        if status in (404, 410):
            raise Gone("MESH does not have it any more.") from None
        raise NotThis(f"MESH answers with an error ({status}).") from None
    except requests.Timeout:
        raise Silent("MESH does not answer in time.") from None
    except (requests.RequestException, HTTPError, ValueError, OSError) as error:
        raise LineDown(f"MESH cannot be reached or read ({type(error).__name__}).") from None
