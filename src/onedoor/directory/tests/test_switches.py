"""Switches: self-referral only under a dated sharing agreement, full until a moment, always with a reason."""

from __future__ import annotations

from datetime import date, datetime, timedelta

import pytest

from onedoor.accounts.api import organisation_by_ods
from onedoor.directory import api as directory
from onedoor.directory.tests.factories import services
from onedoor.factories import TEST, person, practice
from onedoor.kernel import clock
from onedoor.kernel.access import NotPermitted, Role
from onedoor.kernel.models import AuditEntry

pytestmark = pytest.mark.django_db
AGREED = date(2026, 11, 1)


def standing(slug: str) -> tuple[bool, str, date | None]:
    card = directory.card(slug)
    assert card is not None
    return card.standing.self_referral, card.standing.self_referral_reason, card.standing.agreement_on


def test_a_file_opens_self_referral_where_there_is_an_agreement_and_never_against_a_switch() -> None:
    keys = services()
    assert standing("joints") == (True, "Opened with the sharing agreement", date(2026, 10, 1))
    assert standing("pelvic") == (False, "", None)
    directory.switch_self_referral(service_id=keys["joints"], opens=False, reason="To catch up", by=TEST)
    services()
    assert standing("joints")[:2] == (False, "To catch up")


def test_it_opens_only_under_an_agreement_that_is_dated_and_in_force() -> None:
    keys = services()
    for agreement in (None, date(2026, 12, 8)):
        with pytest.raises(directory.NoAgreement):
            directory.switch_self_referral(
                service_id=keys["pelvic"], opens=True, reason="Agreed", agreement_on=agreement, by=TEST
            )
    directory.switch_self_referral(service_id=keys["pelvic"], opens=True, reason="Agreed", agreement_on=AGREED, by=TEST)
    assert standing("pelvic") == (True, "Agreed", AGREED)


def test_opened_again_it_keeps_the_agreement_that_it_had() -> None:
    keys = services()
    directory.switch_self_referral(service_id=keys["joints"], opens=False, reason="To catch up", by=TEST)
    directory.switch_self_referral(service_id=keys["joints"], opens=True, reason="Caught up", by=TEST)
    assert standing("joints") == (True, "Caught up", date(2026, 10, 1))


@pytest.mark.parametrize("reason", ["", "   "])
def test_a_switch_has_a_reason(reason: str) -> None:
    keys = services()
    with pytest.raises(directory.NoReason):
        directory.switch_self_referral(service_id=keys["joints"], opens=False, reason=reason, by=TEST)
    with pytest.raises(directory.NoReason):
        directory.switch_taking(service_id=keys["joints"], opens=False, reason=reason, by=TEST)
    assert standing("joints")[0]


def test_full_until_a_moment_ends_by_itself_and_stops_self_referral_meanwhile() -> None:
    keys = services()
    until = clock.now() + timedelta(days=7)
    directory.switch_taking(service_id=keys["joints"], opens=False, reason="Two are off sick", until=until, by=TEST)
    card = directory.card("joints")
    assert card is not None
    assert (card.standing.full, card.standing.full_until, card.takes_self_referral) == (True, until, False)
    with clock.at(datetime(2026, 12, 14, 9, 0, tzinfo=clock.LONDON)):
        card = directory.card("joints")
    assert card is not None
    assert (card.standing.full, card.takes_self_referral) == (False, True)


def test_the_provider_s_staff_turn_it_and_nobody_else_s_and_it_is_audited() -> None:
    keys = services()
    provider = organisation_by_ods("Y99900")
    assert provider is not None
    _, theirs = person(provider, Role.PRACTICE_MANAGER)
    _, other = person(practice(), Role.PRACTICE_MANAGER)
    _, administrator = person(practice(), Role.ADMINISTRATOR)
    with pytest.raises(NotPermitted):
        directory.switch_taking(service_id=keys["joints"], opens=False, reason="Full", by=other.actor)
    before = AuditEntry.objects.filter(action="switch_service").count()
    for access in (theirs, administrator):
        directory.switch_taking(service_id=keys["joints"], opens=False, reason="Full", by=access.actor)
    assert AuditEntry.objects.filter(action="switch_service").count() == before + 2
    card = directory.card("joints")
    assert card is not None
    assert [directory.may_switch(access, card) for access in (theirs, administrator, other)] == [True, True, False]
