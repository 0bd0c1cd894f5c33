"""A document that came: matched or not, answered, coded in one touch, corrected, undone; and never twice."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime

import pytest

from onedoor import factories
from onedoor.exchange import api as exchange
from onedoor.exchange.tests.arrivals import SIX, Scene, arrive, received, said, scene, told
from onedoor.kernel import clock
from onedoor.records.models import Coded

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def _on_a_monday() -> Iterator[None]:
    with clock.at(datetime(2026, 12, 7, 9, tzinfo=clock.LONDON)):
        yield


@pytest.fixture
def place() -> Scene:
    return scene()


def test_a_document_of_somebody_sure_is_answered_and_accepted_in_one_touch(place: Scene) -> None:
    sam = factories.patient(place.practice, "Sam")
    document = received(place, said(place, sam))
    assert (document.state, document.match, document.patient) == ("to_code", "sure", sam)
    assert told(document.arrival) == ["20013", "30001"]
    done = exchange.accept_document(access=place.access, ref=document.ref)
    assert (done.entered, done.passed_over, done.corrected) == (6, 0, 0)
    assert Coded.objects.filter(patient=sam, organisation=place.trust).count() == len(SIX)
    again = exchange.accept_document(access=place.access, ref=document.ref)
    assert again.entered == 0
    assert Coded.objects.filter(patient=sam).count() == len(SIX)
    arrive(place, said(place, sam, identifier=document.document_identifier))
