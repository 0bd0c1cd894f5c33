"""What providers tell us, stored before it is understood: delivery receipts and texts from phones.

Asynchronous and in groups, for the machine doors: each function writes what came together in one transaction, and the caller
answers after it. Storing one twice leaves one (messaging.md 6.2, callbacks).
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any
from uuid import UUID

import orjson
import psycopg

from onedoor.kernel import arrays
from onedoor.kernel.clock import Setting, real_now
from onedoor.kernel.jobs import WAKE_CHANNEL

Connection = psycopg.AsyncConnection[tuple[Any, ...]]


@dataclass(frozen=True)
class Door:
    """An account as its machine doors need it."""

    account_id: int
    organisation_id: int
    token: str


async def door(connection: Connection, ref: UUID) -> Door | None:
    """The account with this public reference, None when there is none."""
    cursor = await connection.execute(
        "SELECT id, organisation_id, callback_token FROM messaging_provider_account WHERE ref = %s", [ref]
    )
    row = await cursor.fetchone()
    return Door(*row) if row else None


def _text(value: Any, longest: int) -> str:
    return str(value if value is not None else "")[:longest].replace("\x00", "")


def _object(body: bytes) -> dict[str, Any] | None:
    try:
        found = orjson.loads(body)
    except orjson.JSONDecodeError:
        return None
    return found if isinstance(found, dict) else None


_NUL_OR_BACKSLASH = re.compile(r"\\(\\|u0000)")


def _without_nul(document: str) -> str:
    """JSON without its NUL characters, which PostgreSQL does not take; a backslash that was written before "u0000" stays."""
    if "\\u0000" not in document:
        return document
    return _NUL_OR_BACKSLASH.sub(lambda escape: escape[0] if escape[1] == "\\" else "", document)


def _unreadable(body: bytes) -> dict[str, str]:
    return {"unreadable": body.decode("utf-8", "replace").replace("\x00", "")}


async def store_receipts(connection: Connection, received: Sequence[tuple[Door, bytes]]) -> None:
    """Store delivery receipts as they came. An unreadable one is stored too, under a hash of its bytes."""
    columns: tuple[list[Any], ...] = ([], [], [], [], [])
    for at, body in received:
        found = _object(body)
        if found is None:
            row = (
                at.account_id,
                hashlib.sha256(body).hexdigest(),
                "",
                "unreadable",
                orjson.dumps(_unreadable(body)).decode(),
            )
        else:
            key = f"{_text(found.get('id'), 60)}:{_text(found.get('status'), 30)}"
            clean = _without_nul(orjson.dumps(found).decode())
            row = (at.account_id, key, _text(found.get("reference"), 100), _text(found.get("status"), 30), clean)
        for column, value in zip(columns, row, strict=True):
            column.append(value)
    accounts, *texts = columns
    # One statement, which commits by itself: a transaction around it would be two more round trips a group.
    await connection.execute(
        """INSERT INTO messaging_receipt (account_id, key, reference, status, body, result)
           SELECT a, k, r, s, b::jsonb, ''
           FROM unnest(%s::bigint[], %s::text[], %s::text[], %s::text[], %s::text[]) AS t (a, k, r, s, b)
           ON CONFLICT (account_id, key) DO NOTHING""",
        [arrays.numbers(accounts), *(arrays.words(column) for column in texts)],
    )


async def store_inbound(connection: Connection, received: Sequence[tuple[Door, bytes]]) -> None:
    """Store texts from phones as they came, at the present domain time.

    One that cannot be read is stored with empty numbers and its bytes as text, so that a person sees it. Numbers come as
    447... and 07... (messaging.md 1.1) and are kept as E.164.
    """
    cursor = await connection.execute("SELECT anchor_real, anchor_domain, rate, slow_at FROM kernel_clock WHERE id = 1")
    setting = await cursor.fetchone()
    now = Setting(*setting).reading(real_now()) if setting else real_now()
    columns: tuple[list[Any], ...] = ([], [], [], [], [], [], [])
    for at, body in received:
        found = _object(body)
        if found is None or not found.get("id"):
            key = hashlib.sha256(body).hexdigest()[:60]
            row: tuple[Any, ...] = (
                at.account_id,
                at.organisation_id,
                key,
                "",
                "",
                _unreadable(body)["unreadable"],
                None,
            )
        else:
            row = (
                at.account_id,
                at.organisation_id,
                _text(found["id"], 60),
                e164(_text(found.get("source_number"), 20)),
                e164(_text(found.get("destination_number"), 20)),
                _text(found.get("message"), 20_000),
                _moment(found.get("date_received")),
            )
        for column, value in zip(columns, row, strict=True):
            column.append(value)
    async with connection.transaction():
        await connection.execute(
            """INSERT INTO messaging_inbound (ref, account_id, organisation_id, provider_id, number, to_number, text,
                   sent_real, received_at, intent, outcome, why, subject)
               SELECT gen_random_uuid(), a, o, p, n, d, x, s::timestamptz, %s, '', '', '', ''
               FROM unnest(%s::bigint[], %s::bigint[], %s::text[], %s::text[], %s::text[], %s::text[], %s::text[])
                    AS t (a, o, p, n, d, x, s)
               ON CONFLICT (account_id, provider_id) DO NOTHING""",
            [now, *columns],
        )
        await connection.execute("SELECT pg_notify(%s, 'messaging.understand')", [WAKE_CHANNEL])


def _moment(value: Any) -> str | None:
    """A moment that PostgreSQL and we can read, or none: a text is never lost because its date is odd. UTC when it does
    not say otherwise (messaging.md 1.1)."""
    try:
        moment = datetime.fromisoformat(str(value))
        return (moment if moment.tzinfo else moment.replace(tzinfo=UTC)).astimezone(UTC).isoformat()
    except (ValueError, OverflowError):
        return None


_SHORTEST = 10
"""Digits; a short code has fewer."""


def e164(number: str) -> str:
    """+447700900123 from 447700900123, 07700900123 or +44 7700 900123, +353861234567 from 353861234567 or 00353861234567;
    short codes and names stay as they are."""
    plain = number.replace(" ", "")
    if not (plain.isascii() and plain.isdigit()) or len(plain) < _SHORTEST:
        return plain
    if plain.startswith("00"):
        return "+" + plain[2:]
    return "+44" + plain[1:] if plain.startswith("0") else "+" + plain
