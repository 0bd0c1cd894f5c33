"""Whom one may be in a demonstration: the command names those whom the page offers."""

from __future__ import annotations

import pytest

from onedoor import factories
from onedoor.accounts import api as accounts
from onedoor.accounts.api import User
from onedoor.cli.demo import ROLES
from onedoor.exchange.demonstration import SYSTEM
from onedoor.exchange.demonstration import _analyst as have_analysts
from onedoor.kernel.access import PERMISSIONS, Role
from onedoor.staff.views.signin import DEMO_ROLES


def test_the_command_and_the_page_name_the_same() -> None:
    assert list(ROLES) == [name for name, _, _ in DEMO_ROLES]


@pytest.mark.django_db
@pytest.mark.parametrize("role", [Role.ICS_ANALYST, Role.INFORMATION_ASSET_OWNER])
def test_the_care_system_has_its_people(role: Role) -> None:
    assert role.value in ROLES
    accounts.set_organisation(ods_code=SYSTEM, name="Wexshire", phone="01632 960150", by=factories.TEST)
    have_analysts()
    assert accounts.access_of(User.objects.get(username=f"demo-{role.value}")).permissions == PERMISSIONS[role]
