"""What the demonstration's care system plans is written through the doors, and shows something late."""

from __future__ import annotations

import pytest

from onedoor.accounts.api import access_of
from onedoor.cli.demo_plan import load_plan
from onedoor.reporting.improvement import queries
from onedoor.reporting.models import Initiative
from onedoor.ui.tests.world import make

pytestmark = pytest.mark.django_db


def test_the_plan_of_the_demonstration() -> None:
    load_plan()
    assert not Initiative.objects.exists()
    access = access_of(make().analyst)
    load_plan()
    late, fine, proposed = queries.plan(access)
    assert late.exceptions == ("A milestone is overdue.",)
    assert (late.initiative.state, fine.initiative.state, proposed.initiative.state) == (
        "under_way",
        "under_way",
        "proposed",
    )
    (system,) = access.organisations
    assert len(queries.agenda(access, system).overdue) == 1
    assert len(queries.meetings(access, system)) == 2
