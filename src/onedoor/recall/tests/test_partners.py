"""A second push through people: agreement, list, opening, what comes back (product-map.md C4; hazard H5)."""

from __future__ import annotations

from dataclasses import fields
from datetime import date, timedelta

import pytest

from onedoor import factories
from onedoor.accounts.api import Organisation
from onedoor.booking import api as booking
from onedoor.booking.tests import factories as diary
from onedoor.kernel import clock
from onedoor.kernel.access import Access, NotPermitted, Role
from onedoor.kernel.models import AuditEntry
from onedoor.patients.models import Patient
from onedoor.recall import api
from onedoor.recall.actions.partners import Shared
from onedoor.recall.models import Invitation, InvitationProgramme, PartnerOpening
from onedoor.recall.tests.run_factories import people
from onedoor.records.models import Entry
from onedoor.tasks.models import Task

pytestmark = pytest.mark.django_db

DAY = timedelta(days=1)


class Scene:
    """A practice, its manager, a group's social prescriber, and people whom no wave reached."""

    def __init__(self, count: int = 1, *, sensitive: bool = False, practice: Organisation | None = None) -> None:
        self.practice = practice or factories.practice()
        self.manager = factories.person(self.practice, Role.PRACTICE_MANAGER)[1]
        self.group = factories.practice("Y99900", "Mill Lane Community Group")
        self.partner = factories.person(self.group, Role.SOCIAL_PRESCRIBER)[1]
        self.people = people(self.practice, count)
        self.invitations = [missed(self.practice, one, sensitive=sensitive) for one in self.people]

    def agree(self, *, sensitive: bool = False, ends_on: date | None = None) -> api.SharingAgreement:
        today = clock.today()
        return api.agree_to_share(
            access=self.manager,
            organisation_id=self.practice.pk,
            partner_ods="Y99900",
            purpose="To reach people whom letters and texts did not",
            basis="UK GDPR 6(1)(e), 9(2)(h)",
            sensitive=sensitive,
            signed_on=today,
            starts_on=today,
            ends_on=ends_on or today + 90 * DAY,
        )

    def share(self, agreement: api.SharingAgreement) -> api.PartnerList:
        return api.share_list(access=self.manager, ref=agreement.ref, expires_on=clock.today() + 28 * DAY)


def missed(practice: Organisation, patient: Patient, *, sensitive: bool = False, state: str = "expired") -> Invitation:
    """An invitation whose waves nobody answered."""
    now = clock.now()
    made = Invitation.objects.create(
        organisation=practice, patient=patient, programme="checks", season=now.year, state=state, sensitive=sensitive,
        plan=["letter"], invited_at=now - 60 * DAY, ends_at=now - DAY, changed_at=now,
    )  # fmt: skip
    InvitationProgramme.objects.create(
        invitation=made, patient=patient, key="asthma", due_on=clock.today(), again_on=clock.today() + 300 * DAY
    )
    return made


@pytest.mark.parametrize("state", ["accepted", "booked", "declined", "already_done", "done", "withdrawn"])
def test_who_has_answered_since_is_shown_no_more(state: str) -> None:
    """H5: nobody is pushed for what they said no to, or have booked."""
    scene = Scene(2)
    made = scene.share(scene.agree())
    Invitation.objects.filter(pk=scene.invitations[0].pk).update(state=state)
    assert [line.name for line in api.open_list(access=scene.partner, ref=made.ref).lines] == ["Pat1 Hollis"]


def test_a_partner_reads_three_fields_and_each_opening_is_written_down() -> None:
    scene = Scene()
    made = scene.share(scene.agree())
    shown = api.open_list(access=scene.partner, ref=made.ref)
    [line] = shown.lines
    assert (line.name, line.reach) == ("Pat0 Hollis", "+447700900000")
    # Besides the address of the row and what became of it.
    assert {field.name for field in fields(Shared)} - {"ref", "outcome"} == {"name", "reach", "language"}
    api.open_list(access=scene.partner, ref=made.ref)
    assert list(PartnerOpening.objects.values_list("actor_id", "shown")) == [(scene.partner.actor.id, 1)] * 2
    assert AuditEntry.objects.filter(action="open_partner_list", patient_id=scene.people[0].pk).count() == 2
    assert Entry.objects.get(kind="shared").text.startswith("Name, telephone number and language shared with Mill Lane")
    with pytest.raises(NotPermitted):
        api.agreements(scene.partner, scene.practice.pk)


def test_it_opens_to_nobody_else_and_to_nobody_after_its_day() -> None:
    scene = Scene()
    made = scene.share(scene.agree())
    other = factories.person(factories.practice("Y99901", "Other Group"), Role.SOCIAL_PRESCRIBER)[1]
    desk = factories.person(scene.practice)[1]
    for stranger in (other, desk, scene.manager, Access.nobody(), Access.of_patient(scene.people[0].pk)):
        with pytest.raises(api.PartnerList.DoesNotExist):
            api.open_list(access=stranger, ref=made.ref)
    with clock.at(clock.now() + 29 * DAY), pytest.raises(api.PartnerList.DoesNotExist):
        api.open_list(access=scene.partner, ref=made.ref)
    assert api.end_agreement(access=scene.manager, ref=made.agreement.ref)
    with pytest.raises(api.PartnerList.DoesNotExist):
        api.bring_back(access=scene.partner, ref=made.ref, line=made.lines.get().ref, outcome="wants")
    assert api.lists_for_partner(scene.partner) == []


@pytest.mark.parametrize("who", ["restricted", "dead", "declined", "answered since", "private", "on a list"])
def test_who_is_never_shared(who: str) -> None:
    scene = Scene(sensitive=who == "private")
    [pat] = scene.people
    if who == "restricted":
        Patient.objects.filter(pk=pat.pk).update(restricted=True)
    elif who == "dead":
        Patient.objects.filter(pk=pat.pk).update(deceased=True)
    elif who == "declined":
        Invitation.objects.update(state="declined")
    elif who == "answered since":
        missed(scene.practice, pat, state="accepted")
    agreement = scene.agree()
    if who == "on a list":
        scene.share(agreement)
    with pytest.raises(api.CannotShare, match="nobody"):
        scene.share(agreement)


def test_private_invitations_are_shared_under_an_agreement_that_says_so() -> None:
    scene = Scene(sensitive=True)
    assert scene.share(scene.agree(sensitive=True)).lines.count() == 1


def test_whoever_dies_after_the_list_was_made_is_not_shown() -> None:
    scene = Scene(2)
    made = scene.share(scene.agree())
    Patient.objects.filter(pk=scene.people[0].pk).update(deceased=True)
    assert [line.name for line in api.open_list(access=scene.partner, ref=made.ref).lines] == ["Pat1 Hollis"]


def test_a_list_lasts_no_longer_than_its_agreement() -> None:
    scene = Scene()
    agreement = scene.agree(ends_on=clock.today() + 5 * DAY)
    with pytest.raises(api.CannotShare, match="earlier day"):
        scene.share(agreement)
    with clock.at(clock.now() + 6 * DAY), pytest.raises(api.CannotShare, match="not in force"):
        api.share_list(access=scene.manager, ref=agreement.ref, expires_on=clock.today())


@pytest.mark.parametrize(
    ("outcome", "state", "task"),
    [
        ("wants", "accepted", "invitation_book"),
        ("declined", "declined", ""),
        ("reached", "expired", ""),
        ("not_reached", "expired", ""),
        ("wrong_number", "expired", "partner_wrong_number"),
    ],
)
def test_what_comes_back_goes_into_the_invitation_and_is_never_done(outcome: str, state: str, task: str) -> None:
    scene = Scene()
    made = scene.share(scene.agree())
    api.bring_back(access=scene.partner, ref=made.ref, line=made.lines.get().ref, outcome=outcome)
    assert Invitation.objects.get().state == state
    assert [one.kind for one in Task.objects.filter(state="open")] == ([task] if task else [])
    [agreement] = api.agreements(scene.manager, scene.practice.pk)
    assert agreement.lists[0].outcomes == {outcome: 1}
    assert InvitationProgramme.objects.get().because == ""


def test_a_no_by_a_partner_leaves_the_visit_they_have_to_a_person() -> None:
    """H5: a no is no "cancel"; booked after the list was read, the visit stands and reception asks whether they keep it."""
    own = diary.practice()
    scene = Scene(practice=own.organisation)
    made = scene.share(scene.agree())
    seat = diary.own_seats(own, 1, type_name="Asthma review", day=clock.today() + 9 * DAY, first=(9, 0))[0]
    visit = booking.book(seat_ref=seat.ref, patient_id=scene.people[0].pk, by=scene.manager.actor, tell=False)
    Invitation.objects.update(state="booked", appointment_id=visit.pk)
    api.bring_back(access=scene.partner, ref=made.ref, line=made.lines.get().ref, outcome="declined")
    visit.refresh_from_db()
    assert (Invitation.objects.get().state, visit.state) == ("declined", "booked")
    assert [one.kind for one in Task.objects.filter(state="open")] == ["invitation_not_wanted"]
