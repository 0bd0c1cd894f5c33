import base64
import hashlib
import hmac
from typing import Any

import orjson
import pytest

from simulator.govuk.auth import authenticate
from simulator.govuk.errors import NotifyError
from simulator.govuk.services import Services, parse_service
from simulator.tests.helpers import service

NOW = 1_800_000_000.0
SERVICE = service("http://127.0.0.1:1", more_keys=[{"secret": "another", "key_type": "test"}])


def _encoded(document: Any) -> bytes:
    return base64.urlsafe_b64encode(orjson.dumps(document)).rstrip(b"=")


def token(secret: str = SERVICE["key_secret"], alg: str = "HS256", **claims: Any) -> str:
    claims = {"iss": SERVICE["service_id"], "iat": NOW, **claims}
    text = _encoded({"typ": "JWT", "alg": alg}) + b"." + _encoded({k: v for k, v in claims.items() if v is not None})
    signature = base64.urlsafe_b64encode(hmac.digest(secret.encode(), text, hashlib.sha256)).rstrip(b"=")
    return f"Bearer {(text + b'.' + signature).decode()}"


@pytest.mark.parametrize(("secret", "key_type"), [(SERVICE["key_secret"], "live"), ("another", "test")])
@pytest.mark.parametrize("skew", [-30, 0, 30])
def test_a_good_token_names_service_and_key_type(secret: str, key_type: str, skew: int) -> None:
    caller = authenticate(token(secret, iat=NOW + skew), Services([parse_service(SERVICE)]), NOW)
    assert (caller.service.name, caller.key_type) == ("Riverside Surgery", key_type)


@pytest.mark.parametrize(
    ("header", "status", "message"),
    [
        (None, 401, "must be provided"),
        ("Basic abc", 401, "bearer scheme"),
        ("Bearer abc", 403, "signature"),
        ("Bearer a.b.c", 403, "signature"),
        (token(alg="none"), 403, "HS256"),
        (token(iss=None), 403, "iss field"),
        (token(iss="6f6d2d5e-0b1c-4c8e-9a53-5a0c1d9effff"), 403, "service not found"),
        (token("wrong"), 403, "API key not found"),
        (token(iat=None), 403, "iat field"),
        (token(iat=NOW - 31), 403, "within 30 seconds"),
        (token(iat=NOW + 31), 403, "within 30 seconds"),
    ],
)
def test_a_bad_token_is_refused(header: str | None, status: int, message: str) -> None:
    with pytest.raises(NotifyError, match=message) as refused:
        authenticate(header, Services([parse_service(SERVICE)]), NOW)
    assert (refused.value.status, refused.value.error) == (status, "AuthError")
