"""Whatever comes again, out of order or late, and whoever does what meanwhile: each fact is on the record once at most.

In the end what stands is what the newest version says.
"""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, replace
from datetime import date, datetime, timedelta

import pytest
from django.db import connection, transaction
from hypothesis import given, settings
from hypothesis import strategies as st

from onedoor import factories
from onedoor.exchange import api as exchange
from onedoor.exchange.itk.types import SendDocument
from onedoor.exchange.models import ItkResponse, ReceivedDocument
from onedoor.exchange.tests.arrivals import DAY, SIX, Scene, arrive, said, scene
from onedoor.kernel import clock
from onedoor.patients.models import Patient

pytestmark = pytest.mark.django_db
MONDAY = datetime(2026, 12, 7, 9, tzinfo=clock.LONDON)
VALUES = {"v1": 142.0, "v2": 134.0, "v3": 124.0, "alone": 118.0}
REPLACES = {"v2": "v1", "v3": "v2"}


def day_of(name: str) -> date:
    """The document that stands alone tells of the day before."""
    return DAY - timedelta(days=name == "alone")


steps = st.lists(
    st.one_of(
        st.tuples(st.just("comes"), st.sampled_from(sorted(VALUES)), st.booleans()),
        st.tuples(st.sampled_from(["accept", "leave", "undo", "say"]), st.sampled_from(sorted(VALUES)), st.just(False)),
    ),
    max_size=10,
)


@dataclass
class World:
    place: Scene
    sam: Patient
    sent: dict[str, SendDocument]


def world() -> World:
    place = scene()
    sam = factories.patient(place.practice, "Sam")
    sent = {
        name: said(
            place,
            sam,
            [replace(SIX[0], value=value, day=day_of(name)), replace(SIX[1], day=day_of(name))],
            identifier=name,
            bundle=f"message-{name}",
            replaces=REPLACES.get(name, ""),
        )
        for name, value in VALUES.items()
    }
    return World(place, sam, sent)


def do(here: World, what: str, name: str, new_message: bool) -> None:
    """One step; what cannot be done as things stand is refused, and changes nothing."""
    if what == "comes":
        document = here.sent[name]
        arrive(here.place, replace(document, bundle_id=f"again-{name}") if new_message else document)
        return
    found = ReceivedDocument.objects.filter(document_identifier=name).first()
    if found is None:
        return
    access = here.place.access
    try:
        with transaction.atomic():
            if what == "accept":
                exchange.accept_document(access=access, ref=found.ref)
            elif what == "leave":
                exchange.leave_document(access=access, ref=found.ref, reason="read")
            elif what == "undo":
                exchange.undo_document(access=access, ref=found.ref)
            else:
                exchange.say_whose(access=access, ref=found.ref, patient_ref=here.sam.ref)
    except exchange.NotSo:
        pass


def counted(patient: Patient) -> Counter[tuple[str, date, float | None]]:
    with connection.cursor() as cursor:
        cursor.execute(
            """SELECT c.code, e.day, e.value FROM records_coded_entries e JOIN records_code c ON c.id = e.code_id
               WHERE e.patient_id = %s""",
            [patient.pk],
        )
        return Counter(cursor.fetchall())


@settings(max_examples=12, deadline=None)
@given(steps)
def test_once_at_most_and_the_newest_version_in_the_end(happened: list[tuple[str, str, bool]]) -> None:
    with transaction.atomic(), clock.at(MONDAY):
        here = world()
        for number, step in enumerate(happened):
            with clock.at(MONDAY + timedelta(minutes=number)):
                do(here, *step)
            assert max(counted(here.sam).values(), default=1) == 1
            kept = list(ReceivedDocument.objects.values_list("document_identifier", flat=True))
            assert len(kept) == len(set(kept))
        with clock.at(MONDAY + timedelta(hours=1)):
            bring_to_its_end(here)
        assert counted(here.sam) == {
            (SIX[0].code, DAY, VALUES["v3"]): 1,
            (SIX[0].code, day_of("alone"), VALUES["alone"]): 1,
            (SIX[1].code, DAY, SIX[1].value): 1,
            (SIX[1].code, day_of("alone"), SIX[1].value): 1,
        }
        answers = list(ItkResponse.objects.values_list("arrival", "kind"))
        assert len(answers) == len(set(answers))
        transaction.set_rollback(True)


def bring_to_its_end(here: World) -> None:
    """Everything has come, what was left is taken up again, and all that is open is accepted."""
    for name in VALUES:
        do(here, "comes", name, False)
    for name in VALUES:
        if ReceivedDocument.objects.filter(document_identifier=name, state="left").exists():
            do(here, "undo", name, False)
        do(here, "say", name, False)
    for name in VALUES:
        do(here, "accept", name, False)
