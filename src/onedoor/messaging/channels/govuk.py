"""GOV.UK Notify over aiohttp (messaging.md 1.1): one pass-through template per purpose, our reference on every text.

The official client stays out of the send path: it costs seven times the CPU, and reports a read time-out as a 503 that
invites a second sending (messaging.md 0; stack-spike.md 4). A contract test holds this module and that client together.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping

import aiohttp
import jwt
import orjson
from aiohttp import payload
from aiohttp.abc import AbstractStreamWriter
from multidict import CIMultiDict
from yarl import URL

from onedoor.messaging.ports import Found, NotAnswered, Outcome, Outgoing

TOKEN_SECONDS = 10
"""A token is good for 30 seconds either side of its making (messaging.md 1.1, auth)."""
LOOK_UP_SECONDS = 10.0
ANY = "*"
SILENCED = "silenced"
"""Why of an attempt that was too late to speak: nothing was wrong with the provider."""


class NotAKey(ValueError):
    """An API key that does not have the form name-<service id>-<secret>."""


class Silenced(Exception):
    """The text was not to be said any more when the connection was ready for it."""


class _Body(payload.BytesPayload):
    """A request's body that asks, at the last moment, whether it may still be sent; `left` says that it was.

    A process may have been stopped for minutes between claiming a text and this line (stack-spike.md 4, SIGSTOP).
    """

    def __init__(self, value: bytes, may_speak: Callable[[], bool], spoken: Callable[[], None] | None) -> None:
        super().__init__(value, content_type="application/json")
        self._may_speak = may_speak
        self._spoken = spoken
        self.left = False
        self.silenced = False

    async def write_with_length(self, writer: AbstractStreamWriter, content_length: int | None) -> None:
        if not self._may_speak():
            self.silenced = True
            raise Silenced
        self.left = True
        await super().write_with_length(writer, content_length)
        if self._spoken is not None:
            self._spoken()


class GovukNotify:
    """One service's key. `spoken` is called when a text has been handed to the network; tests of crashes use it."""

    def __init__(
        self,
        session: aiohttp.ClientSession,
        *,
        base_url: str,
        api_key: str,
        templates: Mapping[str, str],
        timeout: float,
        spoken: Callable[[], None] | None = None,
    ) -> None:
        """Raises NotAKey. `timeout`: real seconds that one attempt may take in all."""
        self._session = session
        self._send_url = URL(f"{base_url}/v2/notifications/sms")
        self._list_url = URL(f"{base_url}/v2/notifications")
        # The last 36 characters are the secret, the 36 before the service (messaging.md 1.1, auth).
        self._service, self._secret = api_key[-73:-37], api_key[-36:]
        if len(self._service) != 36 or len(self._secret) != 36:
            raise NotAKey
        self._templates = templates
        self._timeout = aiohttp.ClientTimeout(total=timeout)
        self._spoken = spoken
        self._signed_at = -1e9
        self._headers: CIMultiDict[str] = CIMultiDict()

    def _authorised(self) -> CIMultiDict[str]:
        if time.monotonic() - self._signed_at > TOKEN_SECONDS:
            token = jwt.encode({"iss": self._service, "iat": int(time.time())}, self._secret, algorithm="HS256")
            self._headers = CIMultiDict({"Authorization": f"Bearer {token}"})
            self._signed_at = time.monotonic()
        return self._headers

    async def send(self, text: Outgoing, may_speak: Callable[[], bool]) -> Outcome:
        """Try once (`ports.Channel`)."""
        template = self._templates.get(text.purpose) or self._templates.get(ANY)
        if template is None:
            return Outcome("refused_permanent", why="no_template")
        document = {
            "phone_number": text.number,
            "template_id": template,
            "personalisation": {"message": text.body},
            "reference": text.reference,
        }
        body = _Body(orjson.dumps(document), may_speak, self._spoken)
        try:
            async with self._session.post(
                self._send_url, data=body, headers=self._authorised(), timeout=self._timeout, allow_redirects=False
            ) as response:
                status = response.status
                said = await response.read()
        except (aiohttp.ClientError, TimeoutError, OSError, Silenced) as error:
            # Nothing of the text left this process: no connection, no name, no TLS, or too late to speak. Otherwise the
            # provider may have it, whatever went wrong (messaging.md 6.2).
            if body.left:
                return Outcome("unknown", why=type(error).__name__[:40])
            return Outcome("refused_temporary", why=SILENCED if body.silenced else type(error).__name__[:40])
        return classified(status, said)

    async def find(self, reference: str) -> Found | None:
        """Look a text up by our reference, with the key that sent it (`ports.Channel`)."""
        try:
            async with self._session.get(
                self._list_url,
                params={"reference": reference, "template_type": "sms"},
                headers=self._authorised(),
                timeout=aiohttp.ClientTimeout(total=LOOK_UP_SECONDS),
            ) as response:
                said = await response.read()
                if response.status != 200:
                    raise NotAnswered
            found = orjson.loads(said)["notifications"]
            return Found(provider_id=found[-1]["id"], status=str(found[-1]["status"])) if found else None
        except (aiohttp.ClientError, TimeoutError, OSError, ValueError, LookupError, TypeError) as error:
            raise NotAnswered from error


def classified(status: int, body: bytes) -> Outcome:
    """What an answer means (messaging.md 6.2). Status and error type count; messages change (messaging.md 1.1)."""
    if status in (200, 201):
        provider_id = _id(body)
        return Outcome("accepted" if provider_id else "unknown", status, provider_id)
    if status == 400:
        return Outcome("refused_permanent", status, why=_error_type(body) or "BadRequestError")
    if status == 429:
        day = _error_type(body) == "TooManyRequestsError"
        return Outcome("refused_temporary", status, limited="day" if day else "rate", why="429")
    if status == 408 or status >= 500:
        return Outcome("unknown", status, why=str(status))
    # A wrong key, a clock astray, a wrong address: not taken, and no fault of the text.
    return Outcome("refused_temporary", status, why=str(status))


def _id(body: bytes) -> str | None:
    try:
        return str(orjson.loads(body)["id"])[:60]
    except (ValueError, LookupError, TypeError):
        return None


def _error_type(body: bytes) -> str:
    try:
        return str(orjson.loads(body)["errors"][0]["error"])[:40]
    except (ValueError, LookupError, TypeError):
        return ""
