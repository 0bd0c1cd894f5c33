"""People, practices and tasks for tests: fictional, from the 999 range and 07700 900."""

from __future__ import annotations

from datetime import date
from itertools import count

from onedoor.accounts.api import Organisation, User, grant_role, set_organisation, set_user
from onedoor.accounts.queries import access_of
from onedoor.kernel import clock
from onedoor.kernel.access import Access, Role
from onedoor.kernel.actor import Actor
from onedoor.kernel.words import folded
from onedoor.patients.models import CareRelationship, ContactPoint, Need, Patient

TEST = Actor.system("test")
_numbers = count(1)


def nhs_number() -> str:
    """The next valid number of the 999 range."""
    while True:
        body = f"999{next(_numbers):06d}"
        check = 11 - sum(int(d) * w for d, w in zip(body, range(10, 1, -1), strict=True)) % 11
        if check != 10:
            return f"{body}{check % 11}"


def practice(ods_code: str = "Y99002", name: str = "Wexcombe Road Surgery") -> Organisation:
    """A practice, made once."""
    return set_organisation(ods_code=ods_code, name=name, phone="01632 960000", by=TEST)


def person(organisation: Organisation, role: Role = Role.RECEPTIONIST, username: str = "") -> tuple[User, Access]:
    """Somebody with a role at the practice, and their access."""
    user = set_user(username=username or f"{role}-{next(_numbers)}", first_name="Robin", last_name="Vale", by=TEST)
    grant_role(user_id=user.pk, organisation_id=organisation.pk, role=role, by=TEST)
    return user, access_of(user)


def patient(
    organisation: Organisation,
    given_name: str = "Sam",
    family_name: str = "Hollis",
    *,
    mobile: str | None = None,
    landline: str | None = None,
    needs: tuple[str, ...] = (),
    deceased: bool = False,
    born_on: date = date(1980, 5, 1),
) -> Patient:
    """A registered patient; `mobile` and `landline` are E.164."""
    made = Patient.objects.create(
        nhs_number=nhs_number(),
        given_name=given_name,
        family_name=family_name,
        name_key=folded(f"{family_name} {given_name}"),
        born_on=born_on,
        deceased=deceased,
    )
    CareRelationship.objects.create(
        patient=made, organisation=organisation, kind="registered", starts_on=date(2020, 1, 1)
    )
    for kind, value in (("mobile", mobile), ("landline", landline)):
        if value:
            ContactPoint.objects.create(patient=made, kind=kind, value=value, since=clock.now())
    for text in needs:
        Need.objects.create(patient=made, organisation=organisation, text=text)
    return made
