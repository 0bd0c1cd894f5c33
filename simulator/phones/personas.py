"""People who answer by themselves: when a text with certain words arrives, they reply some minutes of the world's time later.

A persona file is a list of {mobile, name, character, replies: [{when_text_contains, text, after_minutes}]}. Every entry whose
words are in the text fires once for that text; the same wording again earns the same reply no second time, so a text that was
sent twice is answered once.
"""

from __future__ import annotations

import asyncio
import datetime as dt
import logging
import random
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from simulator.clock import NOTICE_SECONDS, WorldClock
from simulator.database import Database
from simulator.govuk.services import Services
from simulator.govuk.sms import international
from simulator.phones.phones import NoReplyNumber, Phones

log = logging.getLogger(__name__)


@dataclass(frozen=True)
class Reply:
    when_text_contains: str
    text: str
    after_minutes: float


@dataclass(frozen=True)
class Persona:
    """``mobile`` in 447 form; ``character`` is one sentence for whoever looks at the phone."""

    mobile: str
    name: str
    character: str
    replies: tuple[Reply, ...]


def parse_persona(document: Mapping[str, Any]) -> Persona:
    """Raises KeyError or ValueError when something is missing or malformed."""
    return Persona(
        mobile=international(document["mobile"]),
        name=document["name"],
        character=document.get("character", ""),
        replies=tuple(
            Reply(str(reply["when_text_contains"]), str(reply["text"]), float(reply.get("after_minutes", 0)))
            for reply in document.get("replies", ())
        ),
    )


_ASKED = {"reply yes to take it": "offer", "reply yes to keep it": "appointment"}
_KEYWORDS: Mapping[str, Sequence[tuple[str, float]]] = {
    "offer": (("YES", 0.30), ("NO", 0.15)),
    "appointment": (("YES", 0.45), ("CANCEL", 0.09), ("EARLY", 0.12), ("Can I bring my daughter?", 0.03)),
}


@dataclass(frozen=True)
class Crowd:
    """Everybody who is no persona, answering by seeded chance: the same seed, phone and text give the same reply.

    `invented:` the shares. Offers are accepted by three in ten after half an hour on average, between the two cases of
    product-map.md M3. With `words`, texts of people by what was asked ("appointment", "offer"), each who answers says one
    of them: seven in ten do.
    """

    seed: int
    words: Mapping[str, Sequence[str]] = field(default_factory=dict)

    def reply(self, phone: str, body: str) -> Reply | None:
        """What this phone answers to a text, None for silence."""
        draw = random.Random(f"{self.seed}:{phone}:{body}")
        words = body.casefold()
        asked = next((name for sign, name in _ASKED.items() if sign in words), None)
        if asked is None:
            return None
        table = _KEYWORDS[asked]
        if self.words:
            own = self.words.get(asked)
            table = ((draw.choice(own), 0.7),) if own else ()
        share = draw.random()
        for text, part in table:
            if share < part:
                return Reply("", text, draw.expovariate(1 / 25))
            share -= part
        return None


class Personas:
    """Who is behind which phone. One that is switched off leaves its phone to a human."""

    def __init__(self, database: Database, phones: Phones, services: Services, clock: WorldClock) -> None:
        self._database = database
        self._phones = phones
        self._services = services
        self._clock = clock
        self._by_mobile: dict[str, Persona] = {}
        self._off: set[str] = set(database.setting("personas_off") or ())
        known = database.setting("crowd")
        self.crowd: Crowd | None = Crowd(*known) if isinstance(known, list) else None

    def replace(self, personas: Iterable[Persona]) -> None:
        self._by_mobile = {persona.mobile: persona for persona in personas}

    def all(self) -> list[Persona]:
        return list(self._by_mobile.values())

    def of(self, mobile: str) -> Persona | None:
        return self._by_mobile.get(mobile)

    def is_on(self, mobile: str) -> bool:
        return mobile in self._by_mobile and mobile not in self._off

    def switch(self, mobile: str, on: bool) -> None:
        """Switched off, the persona also takes back what it had not sent yet."""
        if on:
            self._off.discard(mobile)
        else:
            self._off.add(mobile)
            self._database.execute(
                "UPDATE persona_reply SET state = 'withdrawn' WHERE phone = ? AND state = 'pending'", mobile
            )
        self._database.remember("personas_off", sorted(self._off))

    def read(self, phone: str, service_id: str, body: str) -> None:
        """A text arrived: plan the replies that its words call for."""
        if phone in self._off:
            return
        for reply in self._replies(phone, body):
            self._database.execute(
                "INSERT INTO persona_reply (phone, service_id, answered, text, due) VALUES (?, ?, ?, ?, ?)"
                " ON CONFLICT DO NOTHING",
                phone,
                service_id,
                body,
                reply.text,
                self._clock.epoch() + reply.after_minutes * 60,
            )

    def _replies(self, phone: str, body: str) -> list[Reply]:
        persona = self._by_mobile.get(phone)
        if persona is not None:
            words = body.casefold()
            return [reply for reply in persona.replies if reply.when_text_contains.casefold() in words]
        reply = self.crowd.reply(phone, body) if self.crowd else None
        return [reply] if reply else []

    def put_crowd(self, crowd: Crowd | None) -> None:
        """Let everybody else answer by this chance, or not at all."""
        self.crowd = crowd
        self._database.remember("crowd", crowd and [crowd.seed, crowd.words])

    def pending(self) -> tuple[int, dt.datetime | None]:
        """How many replies are planned, and the world's time of the first."""
        row = self._database.one("SELECT count(*), min(due) FROM persona_reply WHERE state = 'pending'")
        if row is None or not row[0]:
            return 0, None
        return row[0], dt.datetime.fromtimestamp(row[1], dt.UTC)

    async def run(self) -> None:
        while True:
            _, due = self.pending()
            self._send_due()
            await asyncio.sleep(self._clock.pause(due.timestamp()) if due else NOTICE_SECONDS)

    def _send_due(self) -> None:
        rows = self._database.all(
            "SELECT * FROM persona_reply WHERE state = 'pending' AND due <= ? ORDER BY due, seq", self._clock.epoch()
        )
        for row in rows:
            with self._database.transaction():  # killed here, the reply is either sent or still planned
                sent = self._reply(row["phone"], row["service_id"], row["text"])
                self._database.execute(
                    "UPDATE persona_reply SET state = ? WHERE seq = ?", "sent" if sent else "withdrawn", row["seq"]
                )

    def _reply(self, phone: str, service_id: str, text: str) -> bool:
        service = self._services.get(service_id)
        try:
            if service is not None:
                self._phones.send(phone, service, text, by_persona=True)
                return True
        except NoReplyNumber:
            log.warning("a persona cannot reply: the service has no number for replies")
        return False
