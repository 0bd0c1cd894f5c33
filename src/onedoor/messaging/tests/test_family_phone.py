"""Journey J2 by script on the simple owner: shared phones and second thoughts, through the sweeps."""

from __future__ import annotations

from datetime import datetime
from typing import Any

import pytest

from onedoor import factories
from onedoor.messaging.models import Ask
from onedoor.messaging.tests import asking_factories as asking
from onedoor.messaging.tests import family
from onedoor.messaging.tests.asking_factories import SimpleOffers, SimpleOwner, Visit
from onedoor.patients.api import Patient

pytestmark = [pytest.mark.django_db, pytest.mark.slow]


class SimpleStage:
    """Visits in memory."""

    def __init__(self, visits: SimpleOwner, offers: SimpleOffers) -> None:
        self.practice = factories.practice()
        self.visits, self.offers = visits, offers
        self.seen = 0

    def visit(self, patient: Patient, starts_at: datetime, appointment: dict[str, Any]) -> Visit:
        return self.visits.add(
            patient,
            self.practice,
            starts_at,
            clinic=appointment["clinic"],
            may_cancel=appointment.get("cancel_by_reply", True),
        )

    def remind(self, visit: Visit, at: datetime) -> None:
        asking.remind(visit, at=at)

    def staff_cancels(self, visit: Visit) -> None:
        visit.state = "cancelled_by_practice"
        Ask.objects.filter(subject_id=visit.id, state="open").update(state="withdrawn")

    def staff_moves(self, visit: Visit, to: datetime) -> None:
        visit.starts_at = to

    def place_taken(self, visit: Visit) -> None:
        visit.taken = True

    def offer_sent(self, visit: Visit, to: datetime) -> None:
        asking.offer(self.offers, visit, to)

    def changes(self) -> list[tuple[Visit, str]]:
        new = self.visits.acts[self.seen :]
        self.seen = len(self.visits.acts)
        return [(self.visits.visits[key], action) for key, action in new]


@pytest.mark.parametrize("script", family.threads(), ids=lambda script: script["name"])
def test_a_thread(script: dict[str, Any]) -> None:
    with asking.owning() as (visits, offers):
        family.play(script, SimpleStage(visits, offers))
