"""What live MESH does and the sandbox does not, row by row of interop.md 1.6."""

from __future__ import annotations

import time
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import uuid4

from fastapi import BackgroundTasks, HTTPException, Request

from simulator.mesh import routing
from simulator.mesh.faults import Faults
from simulator.mesh.sandbox import (
    AdminHandler,
    CreateReportRequest,
    InboxHandler,
    Mailbox,
    Message,
    MessageEvent,
    MessageStatus,
    Messaging,
    MexHeaders,
    OutboxHandler,
    constants,
    deserialise_model,
    get_fernet,
    serialise_model,
    try_parse_authorisation_token,
)
from simulator.mesh.settings import Settings
from simulator.mesh.store import KeptStore

CLOCK = timedelta(hours=2)
"""interop.md 1.3: a token's time is within two hours of the server's."""
_LOOK = 1.0
"""Seconds between two looks for what has expired: each goes through all that waits."""
EXPIRY_WORDS = constants.ERROR_UNDELIVERED_MESSAGE.format(constants.MESSAGE_IN_INBOX_EXPIRY_IN_DAYS)


class Live(Messaging):
    """The sandbox's messaging with the live rules; `settings` can change while it runs."""

    def __init__(self, store: KeptStore, settings: Settings, faults: Faults) -> None:
        super().__init__(store)
        self.kept, self.settings, self.faults = store, settings, faults
        self._used: dict[str, datetime] = {}
        self._looked = (float("-inf"), timedelta())

    def apply(self, settings: Settings) -> None:
        """Other mailboxes, rules and people."""
        self.settings = settings
        self.kept.apply(settings)

    async def authorise_mailbox(self, mailbox_id: str, authorization: str) -> Mailbox:
        mailbox = await super().authorise_mailbox(mailbox_id, authorization)
        token = try_parse_authorisation_token(authorization)
        now = datetime.now(UTC)
        # interop.md 1.6, "token replay, clock": 403 both.
        try:
            said = datetime.strptime(token.timestamp, "%Y%m%d%H%M").replace(tzinfo=UTC)
        except (AttributeError, ValueError):
            raise HTTPException(403, constants.ERROR_READING_AUTH_HEADER) from None
        if abs(now - said) > CLOCK:
            # invented: the words; live says 403.
            raise HTTPException(403, constants.ERROR_INVALID_AUTH_TOKEN)
        key = f"{token.mailbox_id}:{token.nonce}:{token.nonce_count}"
        if key in self._used:
            raise HTTPException(403, constants.ERROR_DUPLICATED_AUTH_TOKEN)
        self._used[key] = now
        if len(self._used) > 100_000:
            # Older ones are refused by their time.
            self._used = {one: at for one, at in self._used.items() if now - at < 2 * CLOCK}
        await self.expire()
        return mailbox

    async def accept_message(self, message: Message, file_size: int, background_tasks: BackgroundTasks) -> None:
        await super().accept_message(message=message, file_size=file_size, background_tasks=background_tasks)
        code = message.recipient.mailbox_id
        if code in routing.WORDS:
            # interop.md 1.5, 1.6: accepted, and the failure comes by REPORT only.
            self.kept.put(message, "lost")
            await self.refuse_later(message, code, routing.WORDS[code])
            return
        await self.meet_fault(message)

    async def meet_fault(self, message: Message) -> None:
        """Whatever was laid in wait for it on its way to the inbox."""
        if not self.faults.laid:
            return
        content = await self.kept.whole(message)
        fault = self.faults.for_message(message.recipient.mailbox_id, message.workflow_id, content)
        if fault is None:
            return
        if fault.do == "report":
            self.kept.put(message, "lost")
            await self.refuse_later(message, fault.code, routing.WORDS.get(fault.code, fault.code))
        elif fault.do == "copy":
            for _ in range(fault.copies):
                await self.copy(message)
        else:
            self.kept.waiting[message.recipient.mailbox_id].pop(message.message_id, None)
            self.kept.put(message, "held" if fault.do == "hold" else "lost")

    async def copy(self, message: Message) -> Message:
        """The same once more in the same inbox, under an id of its own; its sender knows nothing of it."""
        twin = deserialise_model(serialise_model(message) or {}, Message)
        assert twin is not None
        twin.message_id = uuid4().hex.upper()
        twin.events = [MessageEvent(status=MessageStatus.ACCEPTED)]
        await self.kept.save_message(twin)
        self.kept.copy_chunks(message, twin)
        self.kept.put(twin, "")
        return twin

    async def refuse_later(self, message: Message, code: str, text: str) -> None:
        """The message fails after it was accepted: tracking says so, and its sender gets a REPORT."""
        await self.kept.fail(message, MessageStatus.ERROR, code, text)
        await self.report(message, code, text)

    async def report(self, message: Message, code: str, text: str) -> None:
        """Put a REPORT about a message into its sender's inbox (interop.md 1.5)."""
        undelivered = code == constants.ERROR_CODE_UNDELIVERED_MESSAGE
        await AdminHandler(self).create_report(
            CreateReportRequest(
                mailbox_id=message.sender.mailbox_id,
                status=MessageStatus.UNDELIVERABLE if undelivered else MessageStatus.ERROR,
                code=code,
                description=text,
                workflow_id=message.workflow_id,
                subject=message.metadata.subject,
                local_id=message.metadata.local_id,
                file_name=message.metadata.file_name,
                linked_message_id=message.message_id,
            ),
            BackgroundTasks(),
        )

    async def expire(self) -> None:
        """After five days nobody can collect it any more, and its sender is told by code 14 (interop.md 1.6, expiry)."""
        now, later = time.monotonic(), self.kept.later
        if now - self._looked[0] < _LOOK and later == self._looked[1]:
            return
        self._looked = (now, later)
        for message in self.kept.overdue():
            if message.sender.mailbox_id:
                await self.kept.fail(message, MessageStatus.UNDELIVERABLE, "14", EXPIRY_WORDS)
                await self.report(message, "14", EXPIRY_WORDS)


class LiveOutbox(OutboxHandler):
    """Rules of workflows, addresses by patient, chunks in order."""

    def __init__(self, messaging: Live) -> None:
        self.messaging = messaging
        self.logger = messaging.logger

    async def send_message(
        self,
        background_tasks: BackgroundTasks,
        request: Request,
        sender_mailbox: Mailbox,
        mex_headers: MexHeaders,
        content_encoding: str,
        content_type: str,
        accepts_api_version: int = 1,
    ) -> Any:
        live = self.messaging
        workflow_id, to = mex_headers.mex_workflow_id, mex_headers.mex_to
        # interop.md 1.6, workflow rules: code 17. invented: that it is the answer and not a REPORT.
        if not live.settings.may_send(sender_mailbox.mailbox_id, workflow_id):
            raise HTTPException(417, constants.ERROR_NOT_REGISTERED_FOR_WORKFLOWID)
        if routing.is_by_patient(to):
            to = routing.route(live.settings, to, workflow_id)
            # Patient details are replaced by the mailbox (interop.md 2.2, last line).
            mex_headers = mex_headers.update(mex_to=to)
            if to in routing.WORDS:
                live.kept.mailboxes[to] = Mailbox(mailbox_id=to, mailbox_name="")
        elif to in routing.WORDS:
            raise HTTPException(417, constants.ERROR_UNREGISTERED_RECIPIENT)
        if to in live.settings.boxes and not live.settings.may_receive(to, workflow_id):
            raise HTTPException(417, constants.ERROR_NOT_REGISTERED_FOR_WORKFLOWID)
        try:
            return await super().send_message(
                background_tasks,
                request,
                sender_mailbox,
                mex_headers,
                content_encoding,
                content_type,
                accepts_api_version,
            )
        finally:
            if to in routing.WORDS:
                live.kept.mailboxes.pop(to, None)

    async def send_chunk(
        self,
        background_tasks: BackgroundTasks,
        request: Request,
        sender_mailbox: Mailbox,
        message_id: str,
        chunk_number: int,
        mex_chunk_range: str,
        content_encoding: str,
        accepts_api_version: int = 1,
    ) -> Any:
        message = await self.messaging.get_message(message_id)
        # interop.md 1.6, out-of-order chunks: refused. invented: with which code. One that came already may come again.
        if message is not None and chunk_number > self.messaging.kept.chunks_of(message) + 1:
            raise HTTPException(417, constants.ERROR_INVALID_HEADER_CHUNKS)
        return await super().send_chunk(
            background_tasks,
            request,
            sender_mailbox,
            message_id,
            chunk_number,
            mex_chunk_range,
            content_encoding,
            accepts_api_version,
        )


class LiveInbox(InboxHandler):
    """What was acknowledged cannot be downloaded again (interop.md 1.6). invented: 410, as the sandbox has it for what failed."""

    def __init__(self, messaging: Live) -> None:
        super().__init__(messaging, get_fernet())

    async def retrieve_message(
        self, mailbox: Mailbox, message_id: str, accept_encoding: str, accepts_api_version: int = 1
    ) -> Any:
        await self._still_there(mailbox, message_id)
        return await super().retrieve_message(mailbox, message_id, accept_encoding, accepts_api_version)

    async def retrieve_chunk(
        self, mailbox: Mailbox, message_id: str, accept_encoding: str, chunk_number: int, accepts_api_version: int = 1
    ) -> Any:
        await self._still_there(mailbox, message_id)
        return await super().retrieve_chunk(mailbox, message_id, accept_encoding, chunk_number, accepts_api_version)

    async def _still_there(self, mailbox: Mailbox, message_id: str) -> None:
        message = await self.messaging.get_message(message_id)
        ours = message is not None and message.recipient.mailbox_id == mailbox.mailbox_id
        if ours and message.status == MessageStatus.ACKNOWLEDGED:
            raise HTTPException(410, constants.ERROR_MESSAGE_GONE)
