"""What the figures of reading leave to be worked out."""

from __future__ import annotations

import pytest

from onedoor import factories
from onedoor.accounts.api import Organisation
from onedoor.accounts.models import User
from onedoor.kernel import clock
from onedoor.messaging import api as messaging
from onedoor.messaging.models import Verdict
from onedoor.messaging.tests.test_teaching import read


@pytest.mark.django_db
@pytest.mark.parametrize(("acted", "corrected", "shown"), [(10, 8, None), (10, 5, 5), (10, 3, None), (9, 9, None)])
def test_neither_the_corrected_nor_the_rest_of_the_acted_is_small(
    acted: int, corrected: int, shown: int | None
) -> None:
    practice: Organisation = factories.practice()
    user, access = factories.person(practice)
    _correct(user, practice, acted, corrected)
    assert messaging.accuracy(access, first=clock.today(), last=clock.today()).whole.corrected.count == shown


def _correct(user: User, practice: Organisation, acted: int, corrected: int) -> None:
    texts = read(practice, acted)
    read(practice, 40, made="person")
    read(practice, 30, made="asked")
    for text in texts[:corrected]:
        Verdict.objects.create(inbound=text, confidence=1, meant="not_meant", corrected=True, by=user, at=clock.now())
