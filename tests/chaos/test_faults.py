"""The dispatcher as shipped against the stateful provider with faults on order (messaging.md 7): each text ends as it must."""

from __future__ import annotations

import json
from collections.abc import Iterator
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from django.db import connection, transaction
from psycopg.conninfo import make_conninfo

from bench.rig import SERVICE, TEMPLATE, Rig, wait_for
from onedoor.factories import TEST, practice
from onedoor.kernel import clock
from onedoor.messaging import api
from onedoor.messaging.models import Attempt, Message, ProviderAccount, State
from onedoor.messaging.tests.sending_factories import SECRET, account
from onedoor.messaging.types import NewMessage
from tests.chaos.kills import TIMINGS

pytestmark = [pytest.mark.chaos, pytest.mark.slow, pytest.mark.django_db(transaction=True)]

MONDAY = datetime(2026, 12, 7, 9, 0, tzinfo=clock.LONDON)
FAULTS = [
    # mode, how the text ends, how often the provider got it, how many attempts it took
    ("accept_then_drop", State.ACCEPTED, 1, 1),
    ("accept_after", State.ACCEPTED, 1, 1),
    ("drop", State.ACCEPTED, 1, 2),
    ("error_500", State.ACCEPTED, 1, 2),
    ("refuse_503", State.ACCEPTED, 1, 2),
    ("refuse_429", State.ACCEPTED, 1, 2),
    ("refuse_400", State.REFUSED, 0, 1),
]


@pytest.fixture
def made(tmp_path: Path) -> Iterator[Rig]:
    """Processes on the test's own database, the domain clock at Monday morning for them too."""
    parameters = connection.get_connection_params()
    url = make_conninfo(
        **{key: parameters[key] for key in ("dbname", "user", "password", "host", "port") if key in parameters}
    )
    clock.set_clock(at=MONDAY)
    (tmp_path / "assets").mkdir()
    rig = Rig(url, tmp_path)
    yield rig
    rig.stop()


def provider(made: Rig) -> ProviderAccount:
    """The whole fake, and the practice's account at it."""
    service = {
        "service_id": SERVICE,
        "name": "Wexcombe Road",
        "key_secret": SECRET,
        "templates": [{"id": TEMPLATE, "name": "Pass-through"}],
    }
    services = made.folder / "services.json"
    services.write_text(json.dumps([service]))
    made.start("simulator", "--port", str(made.stub_port), "--services", str(services))
    wait_for(lambda: made.ask("/control/idle") is not None, "the simulator")
    return account(practice(), made.stub)


def say(organisation_id: int, number: str) -> None:
    with transaction.atomic():
        api.queue(
            messages=[
                NewMessage(
                    intent_key=f"fault:{number}",
                    organisation_id=organisation_id,
                    purpose="answer",
                    body="Sam: your appointment is Tue 8 Dec at 10:20am.",
                    not_after=MONDAY + timedelta(days=2),
                    number=number,
                )
            ],
            by=TEST,
        )


def test_each_fault_ends_as_it_must(made: Rig) -> None:
    at = provider(made)
    faults = [{"mode": mode, "phone": f"0770090030{n}", "next": 1, "seconds": 3} for n, (mode, *_) in enumerate(FAULTS)]
    made.ask("/control/faults", "PUT", faults)
    for n, _ in enumerate(FAULTS):
        say(at.organisation_id, f"+44770090030{n}")
    made.dispatcher(**TIMINGS)
    wait_for(lambda: not Message.objects.filter(waiting=True).exists(), "every text's end", 90)
    for n, (mode, state, times, attempts) in enumerate(FAULTS):
        message = Message.objects.get(number=f"+44770090030{n}")
        assert State(message.state) == state, mode
        assert made.ask(f"/control/sent?reference={message.ref}")["count"] == times, mode
        assert Attempt.objects.filter(message=message).count() == attempts, mode


def test_a_stop_holds_and_is_lifted_and_sigterm_leaves_nothing_in_hand(made: Rig) -> None:
    at = provider(made)
    dispatcher = made.dispatcher(**TIMINGS)
    api.stop_sending(organisation_id=None, by=TEST)
    say(at.organisation_id, "+447700900311")
    wait_for(lambda: _runs() == 1, "the dispatcher")
    assert Message.objects.get().state == State.QUEUED
    api.resume_sending(organisation_id=None, by=TEST)
    wait_for(lambda: Message.objects.get().state == State.ACCEPTED, "the text")
    made.stop(dispatcher)
    assert dispatcher.returncode == 0
    assert not Message.objects.filter(waiting=True).exists()


def test_a_lost_session_begins_a_new_shift(made: Rig) -> None:
    """As after a restart of the database: every session is cut, and the process goes on."""
    at = provider(made)
    made.dispatcher(**TIMINGS)
    wait_for(lambda: _runs() == 1, "the first shift")
    with connection.cursor() as cursor:
        cursor.execute(
            """SELECT pg_terminate_backend(pid) FROM pg_stat_activity
               WHERE datname = current_database() AND pid <> pg_backend_pid()"""
        )
    say(at.organisation_id, "+447700900312")
    wait_for(lambda: _runs() == 2 and Message.objects.get().state == State.ACCEPTED, "the second shift")


def _runs() -> int:
    with connection.cursor() as cursor:
        cursor.execute("SELECT count(*) FROM messaging_dispatch_run")
        found: Any = cursor.fetchone()
    return int(found[0])
