"""The little of HTTP/1.1 that the benchmark stub needs, on bytes: cutting messages out of a stream, writing answers."""

from __future__ import annotations

from typing import NamedTuple

_LENGTH = b"\r\ncontent-length:"
_CHUNKED = b"\r\ntransfer-encoding: chunked"
_REASONS = {
    200: b"OK",
    201: b"Created",
    400: b"Bad Request",
    403: b"Forbidden",
    404: b"Not Found",
    429: b"Too Many Requests",
}


class Message(NamedTuple):
    """One complete request or response. ``head`` ends before its blank line; ``size`` is what it took of the buffer."""

    head: bytes
    lower: bytes
    body: bytes
    size: int

    def header(self, name: bytes) -> bytes:
        """A header's value, empty when absent. ``name`` in lower case."""
        start = self.lower.find(b"\r\n" + name + b":")
        if start < 0:
            return b""
        start += len(name) + 3
        end = self.lower.find(b"\r\n", start)
        return self.head[start : end if end >= 0 else None].strip()


def cut(buffer: bytes | bytearray) -> Message | None:
    """The first message of the buffer, None while it is incomplete. Raises ValueError for a malformed length."""
    end = buffer.find(b"\r\n\r\n")
    if end < 0:
        return None
    head = bytes(buffer[:end])
    lower = head.lower()
    start = end + 4
    at = lower.find(_LENGTH)
    if at >= 0:
        stop = lower.find(b"\r\n", at + 2)
        length = int(lower[at + len(_LENGTH) : stop if stop >= 0 else None])
        if len(buffer) < start + length:
            return None
        return Message(head, lower, bytes(buffer[start : start + length]), start + length)
    if _CHUNKED in lower:
        return _cut_chunked(buffer, head, lower, start)
    return Message(head, lower, b"", start)


def _cut_chunked(buffer: bytes | bytearray, head: bytes, lower: bytes, start: int) -> Message | None:
    parts: list[bytes] = []
    while True:
        line = buffer.find(b"\r\n", start)
        if line < 0:
            return None
        length = int(bytes(buffer[start:line]).split(b";")[0], 16)
        start = line + 2
        if len(buffer) < start + length + 2:
            return None
        if length == 0:
            return Message(head, lower, b"".join(parts), start + 2)
        parts.append(bytes(buffer[start : start + length]))
        start += length + 2


def written(status: int, body: bytes) -> bytes:
    """A JSON answer on a connection that stays open."""
    return b"HTTP/1.1 %d %s\r\nContent-Type: application/json\r\nContent-Length: %d\r\n\r\n%s" % (
        status,
        _REASONS.get(status, b"Status"),
        len(body),
        body,
    )
