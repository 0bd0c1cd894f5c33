"""Player of `tests/data/family-phone.json` (journey J2): one script for whatever owns the visits.

A `Stage` brings the visits: the simple one here proves the asking half alone, `tests/specification` brings booking's.
"""

from __future__ import annotations

import json
import re
from collections.abc import Sequence
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any, Protocol, TypeVar

import pytest

from onedoor import factories
from onedoor.accounts.api import Organisation
from onedoor.kernel import clock, jobs
from onedoor.messaging.models import Ask, Inbound, Message, OptOut
from onedoor.messaging.tests import asking_factories as asking
from onedoor.patients.api import Patient
from onedoor.tasks.api import Task

SCRIPT = Path(__file__).parents[4] / "tests" / "data" / "family-phone.json"
MONDAY = datetime(2026, 12, 7, tzinfo=clock.LONDON)
BEFORE = MONDAY - timedelta(days=3) + timedelta(hours=9)
"""When the visits are booked."""

V = TypeVar("V")


class Stage(Protocol[V]):
    """The owner of visits as the script needs it."""

    practice: Organisation

    def visit(self, patient: Patient, starts_at: datetime, appointment: dict[str, Any]) -> V: ...
    def remind(self, visit: V, at: datetime) -> None: ...
    def staff_cancels(self, visit: V) -> None: ...
    def staff_moves(self, visit: V, to: datetime) -> None: ...
    def place_taken(self, visit: V) -> None: ...
    def offer_sent(self, visit: V, to: datetime) -> None: ...

    def changes(self) -> list[tuple[V, str]]:
        """What replies did to visits since the last call: cancel, reopen, confirm, earlier or move."""
        ...


def threads() -> list[dict[str, Any]]:
    """The threads of the script."""
    found: list[dict[str, Any]] = json.loads(SCRIPT.read_text(encoding="utf-8"))["threads"]
    return found


def moment(day: int, time: str) -> datetime:
    """London time of the script's day 0, a Monday, and after."""
    hours, minutes = time.split(":")
    return MONDAY + timedelta(days=day, hours=int(hours), minutes=int(minutes))


def play(script: dict[str, Any], stage: Stage[V]) -> None:
    """Play one thread, step by step, and hold each step to what it expects."""
    start = moment(0, script["starts_at"])
    family = _settle_in(script, stage, start)
    stage.changes()
    for number, step in enumerate(script["steps"], 1):
        with clock.at(start + timedelta(minutes=step["minutes"])):
            _Step(stage, family, step, f"step {number}: {step.get('text', step.get('event'))}").play()


def _settle_in(script: dict[str, Any], stage: Stage[V], start: datetime) -> list[list[V]]:
    family: list[list[V]] = []
    for person in script["people"]:
        patient = factories.patient(stage.practice, person["first_name"], mobile=asking.phone(person["phone"]))
        mine = []
        for appointment in person["appointments"]:
            with clock.at(BEFORE):
                visit = stage.visit(patient, moment(appointment["day"], appointment["time"]), appointment)
            if appointment.get("reminded", True):
                with clock.at(start - timedelta(hours=1)):
                    stage.remind(visit, start - timedelta(hours=1))
            mine.append(visit)
        family.append(mine)
        if person.get("status") == "deceased":
            Patient.objects.filter(pk=patient.pk).update(deceased=True)
    return family


class _Step:
    """One step: what it did, against what was expected of it."""

    def __init__(self, stage: Stage[V], family: Sequence[Sequence[V]], step: dict[str, Any], where: str) -> None:
        self.stage, self.family, self.step, self.where = stage, family, step, where
        self.expect: dict[str, Any] = step["expect"]

    def play(self) -> None:
        tasks, asked = _waiting(), Ask.objects.filter(context="which").count()
        newest = Message.objects.order_by("-id").values_list("id", flat=True).first() or 0
        self._happen()
        texts = list(Message.objects.filter(pk__gt=newest).values_list("body", flat=True))
        self.done = self.stage.changes()
        self.asks = Ask.objects.filter(context="which").count() > asked
        self.person = _waiting() > tasks or (_waiting() > 0 and self._left_with_a_person())
        if not any(self._as_expected(alternative) for alternative in (None, *self.expect.get("or", ()))):
            last = Inbound.objects.order_by("-id").first()
            why = (last.outcome, last.why) if last else ()
            pytest.fail(f"{self.where}: did {self.done}, asks={self.asks}, person={self.person}, {why}")
        self._check_numbers()
        if self.expect.get("sends_nothing"):
            assert texts == [], self.where
        for forbidden in self.expect.get("must_not_contain", ()):
            assert not any(re.search(rf"\b{re.escape(forbidden)}\b", text, re.IGNORECASE) for text in texts), self.where

    def _happen(self) -> None:
        step = self.step
        if "text" in step:
            number = asking.phone(step["from"])
            asking.arrive(self.stage.practice, number, step["text"], provider_id=step.get("provider_id", ""))
        elif step["event"] != "time_passes":
            visit = self.family[step["person"]][step["appointment"]]
            to = [moment(step["day"], step["time"])] if "day" in step else []
            getattr(self.stage, step["event"])(visit, *to)
        jobs.run_once("messaging.understand")
        jobs.run_once("messaging.unanswered_which")

    def _left_with_a_person(self) -> bool:
        """Whether this text went to work that waited already; so does a copy of a text that did."""
        last = Inbound.objects.order_by("-id").first()
        if "text" not in self.step or last is None:
            return False
        if last.outcome == "duplicate":
            return bool(last.duplicate_of and last.duplicate_of.outcome == "person")
        return last.outcome in ("person", "crisis")

    def _as_expected(self, alternative: str | None) -> bool:
        if alternative is not None:
            return self.done == [] and (self.asks if alternative == "asks" else self.person)
        act = self.expect["acts_on"]
        expected = [] if act is None else [(self.family[act["person"]][act["appointment"]], act["action"])]
        return (self.done, self.asks, self.person) == (expected, bool(self.expect["asks"]), bool(self.expect["task"]))

    def _check_numbers(self) -> None:
        wanted = self.expect.get("opted_out")
        if wanted is None or "from" not in self.step:
            return
        found = OptOut.objects.filter(number=asking.phone(self.step["from"]), until=None, because="stop")
        assert found.exists() == wanted, self.where


def _waiting() -> int:
    return Task.objects.filter(state__in=("open", "claimed")).exclude(kind__in=("free_place", "book_place")).count()
