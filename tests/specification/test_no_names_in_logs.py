"""No name, telephone number, NHS number or text of a patient is ever in a log, at any level and in no error.

The loop is played with everything logged, through the very handler that every process has; then things go wrong, with an error
of the database that quotes the row it is about.
"""

from __future__ import annotations

import logging
from collections.abc import Iterator
from io import StringIO

import pytest
import structlog
from django.db import IntegrityError, transaction
from django.test import Client

from onedoor.config import log as logs
from onedoor.kernel import clock, jobs
from onedoor.messaging.models import Inbound
from onedoor.messaging.tests import asking_factories as asking
from onedoor.patients.api import Patient
from onedoor.patients.models import ContactPoint
from tests.specification.world import FRIDAY, MONDAY, WEDNESDAY, World, at, sweeps_and_provider

pytestmark = pytest.mark.django_db

NAMES = ("Xanthippe", "Quennell", "Zebedee", "Oduyale", "Wilhelmina", "Threlkeld")


@pytest.fixture
def written() -> Iterator[StringIO]:
    """What a process writes to its log, from DEBUG on and from every logger."""
    root = logging.getLogger()
    handlers, level, disabled = root.handlers[:], root.level, logging.root.manager.disable
    logging.disable(logging.NOTSET)
    logs.configure()
    stream = StringIO()
    [handler] = root.handlers
    assert isinstance(handler, logging.StreamHandler)
    handler.setStream(stream)
    root.setLevel(logging.DEBUG)
    levels = {name: logging.getLogger(name).level for name in ("django", "onedoor")}
    for name in levels:
        logging.getLogger(name).setLevel(logging.DEBUG)
    try:
        yield stream
    finally:
        root.handlers[:] = handlers
        root.setLevel(level)
        logging.disable(disabled)
        for name, before in levels.items():
            logging.getLogger(name).setLevel(before)


def people(world: World) -> list[Patient]:
    """Three whose names are in no word of ours."""
    made = [world.person(NAMES[n]) for n in (0, 2, 4)]
    for n, patient in zip((1, 3, 5), made, strict=True):
        patient.family_name = NAMES[n]
        patient.save()
    return made


def secrets() -> list[str]:
    """Everything that must not be in a log, as it stands and as people write it."""
    found = list(NAMES)
    for number in ContactPoint.objects.values_list("value", flat=True):
        found += [number, number.removeprefix("+"), f"0{number[3:]}", f"{number[3:7]} {number[7:]}"]
    for nhs in Patient.objects.exclude(nhs_number=None).values_list("nhs_number", flat=True):
        found += [str(nhs), f"{str(nhs)[:3]} {str(nhs)[3:6]} {str(nhs)[6:]}"]
    return found + list(Inbound.objects.values_list("text", flat=True))


def check(stream: StringIO) -> None:
    text = stream.getvalue().lower()
    assert [secret for secret in secrets() if secret.lower() in text] == []


def test_the_loop_names_nobody(written: StringIO) -> None:
    world = World()
    xanthippe, zebedee, wilhelmina = people(world)
    world.booked(xanthippe, at(WEDNESDAY, 10, 20))
    for n, who in enumerate((zebedee, wilhelmina)):
        world.waits(who, world.booked(who, at(FRIDAY, 11, 10 * n)), days=3)
    with clock.at(at(MONDAY, 10, 20)):
        sweeps_and_provider()
        world.says(xanthippe, "Cancel please, Xanthippe Quennell")
        world.says(zebedee, "I want to die and my number is 07700 900123")
        world.says(wilhelmina, "is this about my embarrassing rash")
        sweeps_and_provider()
    structlog.get_logger("onedoor").debug("the log is heard", of=1)
    assert "the log is heard" in written.getvalue()
    check(written)


def test_an_error_of_the_database_names_nobody(written: StringIO) -> None:
    world = World()
    xanthippe, *_ = people(world)

    def twice() -> int:
        Patient.objects.create(
            nhs_number=xanthippe.nhs_number,
            given_name="Xanthippe",
            family_name="Quennell",
            name_key="q",
            born_on=FRIDAY,
        )
        return 0

    with pytest.raises(IntegrityError, match=str(xanthippe.nhs_number)), transaction.atomic():
        twice()
    # In a sweep of the worker, in a page, and in whatever somebody logs.
    jobs.sweep("specification.fault")(lambda: _in_its_own(twice))
    try:
        jobs._run_logged("specification.fault")
    finally:
        del jobs._sweeps["specification.fault"]
    try:
        _in_its_own(twice)
    except IntegrityError as error:
        logging.getLogger("django.request").error("Internal Server Error: %s", "/patients/?q=Quennell", exc_info=True)
        structlog.get_logger("onedoor").exception("something failed")
        structlog.get_logger("onedoor").error("something failed", exc_info=error)
    log = written.getvalue()
    assert log.count("IntegrityError") == 4
    assert "Traceback" not in log
    check(written)


def _in_its_own(work: object) -> int:
    with transaction.atomic():
        assert callable(work)
        return int(work())


def test_a_text_that_we_fail_on_names_nobody(written: StringIO) -> None:
    world = World()
    xanthippe, *_ = people(world)
    with asking.owning() as (visits, _):
        visits.add(xanthippe, world.practice, at(WEDNESDAY, 10, 20))
        visits.fails = True
        assert world.says(xanthippe, "CANCEL please Xanthippe").outcome == "person"
        assert world.says(xanthippe, "CANCEL").outcome == "person"
    assert "error=ValueError" in written.getvalue()
    check(written)


def test_an_address_asked_for_names_nobody(written: StringIO) -> None:
    people(World())
    Client(raise_request_exception=False).get("/no-such-page/?q=Quennell&number=07700900101")
    Client(raise_request_exception=False).get("/patients/?q=Quennell")
    assert "Not Found" in written.getvalue()
    check(written)
