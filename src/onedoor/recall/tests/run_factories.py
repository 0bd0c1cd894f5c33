"""A practice whose run is on, people who are due, and a provider that takes every text: for tests of the run."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, datetime, timedelta
from decimal import Decimal

from onedoor import factories
from onedoor.accounts.api import Organisation
from onedoor.kernel import clock, jobs
from onedoor.messaging.models import Message, State
from onedoor.messaging.tests.asking_factories import account
from onedoor.patients.models import CareRelationship, ContactPoint, Patient
from onedoor.recall.models import RecallPolicy, RecallProgramme, RuleSet, Stale, Standing

MONDAY = datetime(2026, 10, 5, 1, 0, tzinfo=clock.LONDON)
"""In the season, in the night before a working day."""
DAY = timedelta(days=1)


def practice(*keys: str, weekly: int = 100) -> Organisation:
    """A practice with these programmes switched on."""
    made = factories.practice()
    account(made)
    RecallPolicy.objects.create(organisation=made, weekly=weekly)
    for key in keys:
        RecallProgramme.objects.create(organisation=made, key=key, enabled=True)
    return made


def rule_set(key: str) -> RuleSet:
    """The rule set of a programme."""
    return RuleSet.objects.filter(key=key).latest("active_from")


def due(
    patients: Sequence[Patient],
    *keys: str,
    on: date | None = None,
    status: int = 2,
    reason: str = "due",
    expires_on: date | None = None,
) -> None:
    """Say that these people are due, or as `status` and `reason` say, in each of the programmes, whatever stood there."""
    day = on or clock.today()
    where = dict(
        CareRelationship.objects.filter(patient__in=patients, kind="registered").values_list(
            "patient_id", "organisation_id"
        )
    )
    for key in keys:
        of = rule_set(key)
        Standing.objects.filter(rule_set=of, patient__in=patients).delete()
        Standing.objects.bulk_create(
            [
                Standing(
                    rule_set=of,
                    patient=one,
                    organisation_id=where[one.pk],
                    status=status,
                    reason=reason,
                    in_denominator=True,
                    in_numerator=reason == "done",
                    parts_done=0,
                    parts_declined=0,
                    due_on=day,
                    expires_on=expires_on,
                    computed_on=day,
                )
                for one in patients
            ]
        )


def done(patients: Sequence[Patient], *keys: str, on: date | None = None) -> None:
    """Say that these people were seen to: a completing code came, and all is done for a year."""
    day = (on or clock.today()) + timedelta(days=365)
    due(patients, *keys, on=day, status=1, reason="done", expires_on=day)


def people(organisation: Organisation, count: int, *, letters: bool = True) -> list[Patient]:
    """Patients with a mobile of their own and, for letters, an address; in three statements."""
    made = Patient.objects.bulk_create(
        Patient(
            nhs_number=factories.nhs_number(),
            given_name=f"Pat{n}",
            family_name="Hollis",
            name_key=f"hollis pat{n}",
            born_on=date(1970, 1 + n % 12, 1),
            address="1 Mill Lane, Wexcombe" if letters else "",
            postcode="ZZ8 1AA" if letters else "",
        )
        for n in range(count)
    )
    CareRelationship.objects.bulk_create(
        CareRelationship(patient=one, organisation=organisation, kind="registered", starts_on=date(2020, 1, 1))
        for one in made
    )
    ContactPoint.objects.bulk_create(
        ContactPoint(patient=one, kind="mobile", value=f"+4477009{n:05d}", since=clock.now())
        for n, one in enumerate(made)
    )
    return made


def night(moment: datetime, *, read: bool = True) -> None:
    """The run of a night, to its end. The standings are what the test says: with `read`, nothing waits to be read into them."""
    if read:
        Stale.objects.all().delete()
    with clock.at(moment):
        jobs.run_once("recall.run")


def went(moment: datetime) -> int:
    """The provider takes every text that waits; returns how many."""
    queued = Message.objects.filter(state=State.QUEUED, not_before__lte=moment)
    return queued.update(state=State.ACCEPTED, accepted_at=moment, provider_id="p", pence=Decimal("2.4"), attempt=1)
