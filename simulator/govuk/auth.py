"""Checks the bearer token of a caller: a JWT, HS256, iss = service id, iat within 30 seconds (messaging.md 1.1, Auth)."""

from __future__ import annotations

import base64
import binascii
import hashlib
import hmac
from typing import NamedTuple

import orjson

from simulator.govuk.errors import NotifyError
from simulator.govuk.services import KeyType, Service, Services

TOLERANCE_SECONDS = 30


class Caller(NamedTuple):
    service: Service
    key_type: KeyType


def _refused(message: str, status: int = 403) -> NotifyError:
    return NotifyError(status, "AuthError", message)


def _decoded(part: str) -> bytes:
    return base64.urlsafe_b64decode(part + "=" * (-len(part) % 4))


def authenticate(header: str | None, services: Services, epoch: float) -> Caller:
    """Who calls. ``header``: the Authorization header; ``epoch``: real UTC seconds. Raises NotifyError 401 or 403."""
    if not header:
        raise _refused("Unauthorized: authentication token must be provided", 401)
    if header[:7].title() != "Bearer ":
        raise _refused("Unauthorized: authentication bearer scheme must be used", 401)
    try:
        head, body, signature = header[7:].strip().split(".")
        algorithm = orjson.loads(_decoded(head))["alg"]
        claims = orjson.loads(_decoded(body))
        signed = _decoded(signature)
    except (ValueError, KeyError, TypeError, binascii.Error):
        raise _refused("Invalid token: signature, api token is not valid") from None
    if algorithm != "HS256":
        raise _refused("Invalid token: algorithm used is not HS256")
    if not isinstance(claims, dict) or not claims.get("iss"):
        raise _refused("Invalid token: iss field not provided")
    service = services.get(str(claims["iss"]))
    if service is None:
        raise _refused("Invalid token: service not found")
    text = f"{head}.{body}".encode()
    key_type = next(
        (
            key_type
            for secret, key_type in service.keys
            if hmac.compare_digest(hmac.digest(secret.encode(), text, hashlib.sha256), signed)
        ),
        None,
    )
    if key_type is None:
        raise _refused("Invalid token: API key not found")
    issued = claims.get("iat")
    if not isinstance(issued, int | float):
        raise _refused("Invalid token: iat field not provided")
    if abs(epoch - issued) > TOLERANCE_SECONDS:
        raise _refused("Error: Your system clock must be accurate to within 30 seconds")
    return Caller(service, key_type)
