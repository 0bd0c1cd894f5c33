"""Streams of one patient: who gets one, what it tells of, and when it ends. Over ASGI, on a database that commits."""

from __future__ import annotations

import asyncio
import re
from collections.abc import AsyncIterator, Awaitable, Callable, MutableMapping
from contextlib import asynccontextmanager
from datetime import date
from pathlib import Path
from typing import Any

import psycopg
import pytest
from asgiref.sync import sync_to_async
from django.contrib.auth import BACKEND_SESSION_KEY, HASH_SESSION_KEY, SESSION_KEY
from django.contrib.sessions.backends.db import SessionStore
from django.db import connection, connections, transaction

from onedoor import factories
from onedoor.accounts import api as accounts
from onedoor.gateway import live
from onedoor.gateway.asgi import Gateway
from onedoor.gateway.tests.test_doors import running
from onedoor.kernel.access import Access, Role
from onedoor.kernel.codes import Concept
from onedoor.kernel.jobs import notify_live
from onedoor.kernel.snapshots import Snapshot
from onedoor.patients import api as patients
from onedoor.patients.models import BreakGlass, CareRelationship, Patient
from onedoor.records import api as records
from onedoor.records.types import NewEntry

pytestmark = pytest.mark.django_db(transaction=True)
WEIGHT = Concept("27113001", "Body weight")
SOON = 20.0
PAGES = Path(__file__).parents[2] / "staff" / "views"


@pytest.fixture(autouse=True)
async def close_connections() -> AsyncIterator[None]:
    """Django's connection in the thread that async tests use is closed, or the test database could not be dropped."""
    yield
    await sync_to_async(connections.close_all)()


LONG_AGO = date(2020, 1, 1)
"""The threads of the streams do not stand still with the clock of the test: what holds here holds on any day."""


def works(organisation: accounts.Organisation, role: Role) -> tuple[accounts.User, Access]:
    """Somebody with this role, for years."""
    user, access = factories.person(organisation, role)
    user.memberships.update(starts_on=LONG_AGO)
    return user, access


class Place:
    """A practice and a trust that both care for Sam, with somebody of each."""

    def __init__(self) -> None:
        self.practice, self.trust = factories.practice(), factories.practice("Y99902", "Wexcombe Mental Health")
        self.sam = factories.patient(self.practice)
        CareRelationship.objects.create(patient=self.sam, organisation=self.trust, kind="caseload", starts_on=LONG_AGO)
        self.manager_user, self.manager = works(self.practice, Role.PRACTICE_MANAGER)
        self.nurse_user, self.nurse = works(self.trust, Role.HEALTH_CARE_ASSISTANT)


def cookie_of(user: accounts.User) -> str:
    """The header of somebody who has signed in."""
    session = SessionStore()
    session.update(
        {
            SESSION_KEY: str(user.pk),
            BACKEND_SESSION_KEY: "django.contrib.auth.backends.ModelBackend",
            HASH_SESSION_KEY: user.get_session_auth_hash(),
        }
    )
    session.save()
    return f"sessionid={session.session_key}"


def write(patient: Patient, at: accounts.Organisation, text: str, *, coded: bool = False) -> None:
    """An entry, through the door."""
    with transaction.atomic():
        records.record_entries(
            entries=[
                NewEntry(
                    patient.pk, at.pk, "check", text, f"{at.pk}:{text}", "check form", WEIGHT if coded else None,
                    value=80.0 if coded else None,
                )
            ],
            by=factories.TEST,
        )  # fmt: skip


class Stream:
    """One open stream: its status, and the events that it has told."""

    def __init__(self) -> None:
        self.status = 0
        self.told: asyncio.Queue[str] = asyncio.Queue()
        self.begun = asyncio.Event()
        self.gone = asyncio.Event()

    async def receive(self) -> dict[str, Any]:
        await self.gone.wait()
        return {"type": "http.disconnect"}

    async def send(self, message: MutableMapping[str, Any]) -> None:
        if message["type"] == "http.response.start":
            self.status = message["status"]
            self.begun.set()
        elif message.get("body", b"").startswith(b"event: "):
            await self.told.put(message["body"].split(b"\n")[0].removeprefix(b"event: ").decode())

    async def next(self) -> str:
        """The next event, which comes soon."""
        async with asyncio.timeout(SOON):
            return await self.told.get()


@asynccontextmanager
async def streaming(app: Gateway, path: str, cookie: str, seen: str | None = None) -> AsyncIterator[Stream]:
    """A stream for as long as the block lasts, of a page that saw what there is now or was `seen`."""
    stream = Stream()
    if seen is None:
        seen = (await sync_to_async(Snapshot.now)()).written
    scope = {
        "type": "http",
        "method": "GET",
        "path": f"/live/{path}",
        "query_string": f"seen={seen}".encode(),
        "headers": [(b"cookie", cookie.encode())],
    }
    task = asyncio.create_task(app(scope, stream.receive, stream.send))
    await stream.begun.wait()
    try:
        yield stream
    finally:
        stream.gone.set()
        for screens in app._live._screens.values():
            for screen in screens:
                screen.queue.put_nowait("")
        await task


async def test_only_what_is_read_is_told() -> None:
    """Nothing comes of what is not shared: the first event that comes is of what is."""
    place = await sync_to_async(Place)()
    cookie = await sync_to_async(cookie_of)(place.nurse_user)
    async with running() as app, streaming(app, f"patient:{place.sam.ref}", cookie) as stream:
        assert stream.status == 200
        await sync_to_async(write)(place.sam, place.practice, "private note")
        await sync_to_async(write)(place.sam, place.practice, "private weight", coded=True)
        await sync_to_async(write)(place.sam, place.trust, "own note")
        assert await stream.next() == "changed"
        assert stream.told.empty()
        await sync_to_async(accounts.agree_records)(**agreed(place) | {"covers": "coded"})
        assert await stream.next() == "rights"
        await sync_to_async(write)(place.sam, place.practice, "another private note")
        await sync_to_async(write)(place.sam, place.practice, "shared weight", coded=True)
        assert await stream.next() == "changed"
        assert stream.told.empty()


def agreed(place: Place) -> dict[str, Any]:
    """What it takes to agree that the trust reads all of the practice's."""
    return {
        "access": place.manager, "organisation_id": place.practice.pk, "partner_ods": "Y99902", "covers": "all",
        "purpose": "Direct care", "basis": "6(1)(e)", "signed_by": "Dr Thorne", "signed_on": LONG_AGO, "starts_on": LONG_AGO,
        "ends_on": date(2040, 1, 1),
    }  # fmt: skip


def test_every_list_that_a_page_listens_to_is_streamed() -> None:
    """A page whose list is not told asks in vain every few seconds, and says nothing of what is new."""
    asked = {
        name
        for file in PAGES.glob("*.py")
        for names in re.findall(r"listens\(access, (.*)", file.read_text())
        for name in re.findall(r'"(\w+)"', names)
    }
    assert {"tasks", "documents", "exchange", "referrals"} <= asked
    assert asked <= live.TOPICS


async def test_one_stream_tells_of_several_lists_of_ones_own() -> None:
    place = await sync_to_async(Place)()
    cookie = await sync_to_async(cookie_of)(place.manager_user)
    mine, theirs = place.practice.pk, place.trust.pk
    async with running() as app:
        async with streaming(app, f"tasks:{mine},documents:{mine}", cookie) as stream:
            assert stream.status == 200
            await sync_to_async(notify_live)("inbox", mine)
            await sync_to_async(notify_live)("documents", theirs)
            await sync_to_async(notify_live)("documents", mine)
            assert await stream.next() == "changed"
            await sync_to_async(notify_live)("tasks", mine)
            assert await stream.next() == "changed"
            assert stream.told.empty()
        for path in (f"tasks:{mine},documents:{theirs}", f"tasks:{mine},patient:{place.sam.ref}", f"tasks:{mine},"):
            async with streaming(app, path, cookie) as refused:
                assert refused.status == 404, path
        assert not app._live._screens


async def test_what_changed_between_a_page_and_its_stream_is_told_at_once() -> None:
    """Of its own list, and once: also what was begun before the page was read and committed after it."""
    place = await sync_to_async(Place)()
    cookie = await sync_to_async(cookie_of)(place.manager_user)
    mine, theirs = place.practice.pk, place.trust.pk
    async with running() as app, streaming(app, f"tasks:{mine}", cookie) as other:
        saw_nothing = (await sync_to_async(Snapshot.now)()).written
        async with begun_elsewhere(mine) as commit:
            meanwhile = (await sync_to_async(Snapshot.now)()).written
            await commit()
        assert await other.next() == "changed"
        for seen in (saw_nothing, meanwhile):
            async with streaming(app, f"tasks:{mine}", cookie, seen) as stream:
                assert await stream.next() == "changed"
                await sync_to_async(notify_live)("tasks", theirs)
                await sync_to_async(notify_live)("tasks", mine)
                assert [await stream.next(), await other.next()] == ["changed"] * 2
                assert stream.told.empty()


async def test_what_a_page_saw_is_not_told_again_nor_what_changed_elsewhere() -> None:
    place = await sync_to_async(Place)()
    cookie = await sync_to_async(cookie_of)(place.manager_user)
    mine = place.practice.pk
    async with running() as app, streaming(app, f"tasks:{mine},inbox:{mine}", cookie) as other:
        await sync_to_async(notify_live)("tasks", mine)
        saw = (await sync_to_async(Snapshot.now)()).written
        await sync_to_async(notify_live)("inbox", mine)
        assert [await other.next(), await other.next()] == ["changed"] * 2
        async with streaming(app, f"tasks:{mine},documents:{mine}", cookie, saw) as stream:
            await sync_to_async(notify_live)("documents", mine)
            assert await stream.next() == "changed"
            assert stream.told.empty()


@pytest.mark.parametrize("seen", ["", "x", "1:2", "before"])
async def test_who_may_have_missed_something_looks(seen: str) -> None:
    """A page that was read before this process listened, and one that does not say what it saw."""
    place = await sync_to_async(Place)()
    cookie = await sync_to_async(cookie_of)(place.manager_user)
    if seen == "before":
        seen = (await sync_to_async(Snapshot.now)()).written
        await sync_to_async(notify_live)("tasks", place.practice.pk)
    async with running() as app, streaming(app, f"tasks:{place.practice.pk}", cookie, seen) as stream:
        assert await stream.next() == "changed"


@asynccontextmanager
async def begun_elsewhere(key: int) -> AsyncIterator[Callable[[], Awaitable[None]]]:
    """A change of that organisation's tasks that stands uncommitted, and what commits it."""
    parameters = connection.get_connection_params()
    for name in ("cursor_factory", "context"):
        parameters.pop(name, None)
    async with await psycopg.AsyncConnection.connect(**parameters) as other:
        await other.execute("SELECT pg_notify('onedoor_live', %s || ' ' || pg_current_xact_id())", [f"tasks:{key}"])
        yield other.commit


async def test_a_notice_that_cannot_be_read_ends_no_stream() -> None:
    place = await sync_to_async(Place)()
    cookie = await sync_to_async(cookie_of)(place.nurse_user)
    async with running() as app, streaming(app, f"patient:{place.sam.ref}", cookie) as stream:
        for topic, key in (("record", "1"), ("record", "1:x:0"), ("sharing", "x")):
            await sync_to_async(notify_live)(topic, key)
        await sync_to_async(write)(place.sam, place.trust, "own note")
        assert await stream.next() == "changed"


async def test_an_agreement_that_ends_is_told_to_open_screens_at_once() -> None:
    place = await sync_to_async(Place)()
    made = await sync_to_async(accounts.agree_records)(**agreed(place))
    cookie = await sync_to_async(cookie_of)(place.nurse_user)
    async with running() as app, streaming(app, f"patient:{place.sam.ref}", cookie) as stream:
        await sync_to_async(write)(place.sam, place.practice, "shared note")
        assert await stream.next() == "changed"
        await sync_to_async(accounts.end_records)(access=place.manager, ref=made.ref, because="Over")
        assert await stream.next() == "rights"
        await sync_to_async(write)(place.sam, place.practice, "private note")
        await sync_to_async(write)(place.sam, place.trust, "own note")
        assert await stream.next() == "changed"
        assert stream.told.empty()


async def test_whoever_may_no_longer_see_the_patient_is_told_and_let_go(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(live, "_AGAIN_SECONDS", 0.2)
    place = await sync_to_async(Place)()
    cookie = await sync_to_async(cookie_of)(place.nurse_user)
    async with running() as app, streaming(app, f"patient:{place.sam.ref}", cookie) as stream:
        ended = CareRelationship.objects.filter(patient=place.sam, organisation=place.trust)
        await sync_to_async(ended.update)(ends_on=date(2021, 1, 1))
        # It may look once more before, if anybody was writing while it was opened.
        while (said := await stream.next()) != "over":
            assert said == "changed"


async def test_a_screen_looks_once_more_for_who_was_writing_while_it_was_opened(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """Whoever had looked before for screens that are open told nobody."""
    monkeypatch.setattr(live, "_AGAIN_SECONDS", 0.2)
    place = await sync_to_async(Place)()
    cookie = await sync_to_async(cookie_of)(place.nurse_user)
    async with (
        begun_elsewhere(place.practice.pk) as commit,
        running() as app,
        streaming(app, f"patient:{place.sam.ref}", cookie) as stream,
    ):
        await commit()
        assert await stream.next() == "changed"


async def test_a_record_that_was_closed_is_gone_from_its_screen() -> None:
    place = await sync_to_async(Place)()

    def opened() -> tuple[str, Access, Any]:
        hospital = factories.practice("Y99904", "Wexshire Hospital")
        user, access = works(hospital, Role.HEALTH_CARE_ASSISTANT)
        made = patients.break_glass(
            access=access, number=place.sam.nhs_number or "", born_on=place.sam.born_on, reason="emergency",
            words="Unconscious in the department",
        )  # fmt: skip
        assert isinstance(made, BreakGlass)
        return cookie_of(user), access, made.ref

    cookie, access, ref = await sync_to_async(opened)()
    async with running() as app:
        async with streaming(app, f"patient:{place.sam.ref}", cookie) as refused:
            assert refused.status == 404
        async with streaming(app, f"opened:{ref}", cookie) as stream:
            await sync_to_async(write)(place.sam, place.practice, "any note")
            assert await stream.next() == "changed"
            await sync_to_async(patients.close_glass)(access=access, ref=ref)
            assert await stream.next() == "over"


@pytest.mark.parametrize(
    "path",
    [
        "patient:",
        "patient:17",
        "patient:0000",
        "opened:1",
        "record:1",
        "sharing:1",
        "patient:{elsewhere}",
        "opened:{sam}",
    ],
)
async def test_nobody_guesses_a_stream(path: str) -> None:
    place = await sync_to_async(Place)()
    elsewhere = await sync_to_async(factories.patient)(place.practice, "Maud")
    cookie = await sync_to_async(cookie_of)(place.nurse_user)
    async with running() as app:
        asked = path.format(elsewhere=elsewhere.ref, sam=place.sam.ref)
        async with streaming(app, asked, cookie) as stream:
            assert stream.status == 404
        async with streaming(app, f"patient:{place.sam.ref}", "sessionid=abcdefgh") as stream:
            assert stream.status == 404


async def test_a_set_of_thousands_sends_a_notice_for_each_open_patient_and_no_more() -> None:
    place = await sync_to_async(Place)()

    def many() -> list[str]:
        others = [factories.patient(place.practice, f"P{n}") for n in range(3)]
        heard = connection.get_connection_params()
        for key in ("cursor_factory", "context"):
            heard.pop(key, None)
        import psycopg

        with psycopg.connect(**heard, autocommit=True) as listener:
            listener.execute("LISTEN onedoor_live")
            with transaction.atomic():
                records.record_entries(
                    entries=[
                        NewEntry(one.pk, place.practice.pk, "check", f"{n}", f"{one.pk}:{n}", "file")
                        for one in (place.sam, *others)
                        for n in range(500)
                    ],
                    by=factories.TEST,
                )
            return [notice.payload for notice in listener.notifies(timeout=0.5)]

    assert await sync_to_async(many)() == []
    cookie = await sync_to_async(cookie_of)(place.manager_user)
    async with running() as app, streaming(app, f"patient:{place.sam.ref}", cookie) as stream:

        def again() -> None:
            records.Entry.objects.all().delete()

        await sync_to_async(again)()
        told = await sync_to_async(many)()
        assert told == [f"record:{place.sam.pk}:{place.practice.pk}:0"]
        assert await stream.next() == "changed"
