"""A second push through people: an agreement, a list with the fewest fields, and what the partner brings back (S3-15, S3-42).

Nobody is shared without an agreement in force on the day, nor restricted people, nor those whose invitation is private unless the
agreement says so. A list holds no name: what the partner reads is looked up while it lasts, and each opening is written down.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from uuid import UUID

from django.db import transaction

from onedoor.accounts import api as accounts
from onedoor.kernel import audit, clock
from onedoor.kernel.access import Access, NotPermitted, Permission
from onedoor.kernel.actor import Actor
from onedoor.patients import api as patients
from onedoor.recall.actions import ending, invitations
from onedoor.recall.actions.ending import SUBJECT
from onedoor.recall.kinds import PARTNER_WRONG_NUMBER
from onedoor.recall.models import Invitation, PartnerLine, PartnerList, PartnerOpening, SharingAgreement
from onedoor.recall.queries import partners as reading
from onedoor.recall.types import CannotSet, CannotShare
from onedoor.records.api import record_entries
from onedoor.records.types import NewEntry
from onedoor.tasks import api as tasks
from onedoor.tasks.types import NewTask

LONGEST_LIST = timedelta(days=56)
"""How long a list may last at the most. Ours."""
MOST = 200
OUTCOMES = {
    "wants": "Reached: wants to come",
    "declined": "Reached: does not want to",
    "reached": "Reached: will think about it",
    "not_reached": "Not reached",
    "wrong_number": "The telephone number is wrong",
}


@transaction.atomic
def agree(
    *,
    access: Access,
    organisation_id: int,
    partner_ods: str,
    purpose: str,
    basis: str,
    signed_on: date,
    starts_on: date,
    ends_on: date,
    sensitive: bool = False,
) -> SharingAgreement:
    """Write down a sharing agreement that was signed. Raises NotPermitted, and CannotSet with what is missing or contradicts."""
    if organisation_id != _manages(access):
        raise NotPermitted("the practice's own run")
    partner = accounts.organisation_by_ods(partner_ods.strip().upper())
    why, law = " ".join(purpose.split())[:200], " ".join(basis.split())[:200]
    if partner is None or partner.pk == organisation_id:
        raise CannotSet("No other organisation here has that ODS code.")
    if not why or not law:
        raise CannotSet("Say what is shared for, and on which lawful basis.")
    if not signed_on <= starts_on <= ends_on or signed_on > clock.today():
        raise CannotSet("An agreement is signed, then starts, then ends; it cannot be signed in the future.")
    made = SharingAgreement.objects.create(
        organisation_id=organisation_id,
        partner=partner,
        purpose=why,
        basis=law,
        sensitive=sensitive,
        signed_on=signed_on,
        starts_on=starts_on,
        ends_on=ends_on,
        made_at=clock.now(),
        actor_label=access.actor.label,
    )
    _audit(access.actor, "agree_to_share", made, partner=partner.ods_code, sensitive=sensitive)
    return made


@transaction.atomic
def end_agreement(*, access: Access, ref: UUID) -> bool:
    """End an agreement now: its lists open to nobody any more. False when it had ended. Raises SharingAgreement.DoesNotExist."""
    organisation_id = _manages(access)
    found = SharingAgreement.objects.get(ref=ref, organisation_id=organisation_id)
    ended = SharingAgreement.objects.filter(pk=found.pk, ended_at=None).update(ended_at=clock.now())
    if ended:
        _audit(access.actor, "end_sharing", found)
    return bool(ended)


@transaction.atomic
def share(*, access: Access, ref: UUID, expires_on: date, limit: int = MOST) -> PartnerList:
    """Make a list of people whom no wave reached, for the partner of an agreement, until a day (inclusive).

    Raises SharingAgreement.DoesNotExist outside the access, CannotShare without an agreement in force until that day, or with
    nobody to share.
    """
    organisation_id = _manages(access)
    found = SharingAgreement.objects.select_for_update().get(ref=ref, organisation_id=organisation_id)
    today = clock.today()
    if found.ended_at is not None or not found.starts_on <= today <= found.ends_on:
        raise CannotShare("This agreement is not in force.")
    if not today <= expires_on <= min(found.ends_on, today + LONGEST_LIST):
        raise CannotShare(
            f"A list lasts until the agreement ends, and at most {LONGEST_LIST.days} days: choose an earlier day."
        )
    people = reading.to_share(organisation_id, sensitive=found.sensitive, limit=max(1, min(limit, MOST)))
    if not people:
        raise CannotShare("There is nobody to share: whoever was asked has answered, or may not be shared.")
    made = PartnerList.objects.create(
        agreement=found, expires_on=expires_on, made_at=clock.now(), actor_label=access.actor.label
    )
    PartnerLine.objects.bulk_create([PartnerLine(list=made, invitation_id=key) for key, _ in people])
    record_entries(
        entries=[
            NewEntry(
                patient_id=patient,
                organisation_id=organisation_id,
                kind="shared",
                text=f"Name, telephone number and language shared with {found.partner.name} until {expires_on:%d/%m/%Y}, "
                f"to ask whether they want to come",
                intent_key=f"shared:{made.pk}:{key}",
                source="recall",
                subject=SUBJECT,
                subject_id=key,
            )
            for key, patient in people
        ],
        by=access.actor,
    )
    _audit(access.actor, "share_list", found, people=len(people))
    return made


@dataclass(frozen=True)
class Shared:
    """What a partner reads of a person: these fields and no more. `reach` is a telephone number, or says that there is none."""

    ref: UUID
    name: str
    reach: str
    language: str
    outcome: str


@dataclass(frozen=True)
class SharedList:
    """A list as the partner reads it."""

    ref: UUID
    practice: str
    phone: str
    purpose: str
    expires_on: date
    lines: tuple[Shared, ...]


@transaction.atomic
def open_list(*, access: Access, ref: UUID) -> SharedList:
    """Open a list as the partner; each opening is written down, on the list and in the audit of everybody it showed.

    Raises PartnerList.DoesNotExist for all others, and once it has expired or the agreement has ended.
    """
    found = _theirs(access, ref)
    lines = list(
        PartnerLine.objects.filter(list=found)
        .exclude(invitation__state__in=("done", "withdrawn"))
        # Who answered by themselves meanwhile is not pushed; what the partner brought back stays to be looked at.
        .exclude(outcome="", invitation__state__in=("accepted", "booked", "declined", "already_done"))
        .select_related("invitation")
        .order_by("id")
    )
    organisation_id = found.agreement.organisation_id
    reach = patients.reach(organisation_id, [line.invitation.patient_id for line in lines])
    spoken = patients.Patient.objects.in_bulk(list(reach))
    shown = []
    for line in lines:
        who = reach[line.invitation.patient_id]
        # Looked at again each time: nobody who died, left or is restricted since is shown.
        if who.deceased or who.restricted or not who.registered:
            continue
        said = patients.spoken(spoken[who.patient_id].language)
        shown.append(
            Shared(
                ref=line.ref,
                name=f"{who.given_name} {who.family_name}",
                reach=who.mobile or who.landline or "No telephone number",
                language=said.name if said else "Not known",
                outcome=line.outcome,
            )
        )
    by = access.actor
    assert by.id is not None, "a partner's list is opened by a person"
    PartnerOpening.objects.create(list=found, at=clock.now(), actor_id=by.id, actor_label=by.label, shown=len(shown))
    audit.record_many(
        by=by,
        lines=[
            audit.Line(
                "open_partner_list", "partner_list", found.pk,
                patient_id=line.invitation.patient_id, organisation_id=organisation_id,
            )
            for line in lines
        ],
    )  # fmt: skip
    practice, phone = accounts.sender(organisation_id)
    return SharedList(found.ref, practice, phone, found.agreement.purpose, found.expires_on, tuple(shown))


@transaction.atomic
def bring_back(*, access: Access, ref: UUID, line: UUID, outcome: str) -> None:
    """Say what became of one person of a list; it goes into their invitation as if they had answered.

    Raises PartnerList.DoesNotExist as `open_list`, PartnerLine.DoesNotExist, and CannotSet for an outcome that there is not.
    """
    if outcome not in OUTCOMES:
        raise CannotSet("Choose what became of it.")
    found = _theirs(access, ref)
    row = PartnerLine.objects.select_for_update().select_related("invitation__patient").get(list=found, ref=line)
    PartnerLine.objects.filter(pk=row.pk).update(
        outcome=outcome, outcome_at=clock.now(), actor_label=access.actor.label
    )
    one = Invitation.objects.select_for_update(of=("self",)).select_related("patient").get(pk=row.invitation_id)
    by = access.actor
    if outcome in ("wants", "declined"):
        answer = invitations.accepted if outcome == "wants" else invitations.declined
        acted = answer(one, via="partner", by=by)
        if acted.task is not None:
            tasks.ask_for(tasks=[acted.task], by=by)
    elif outcome == "wrong_number":
        tasks.ask_for(tasks=[_wrong(one)], by=by)
    if outcome in ("reached", "not_reached", "wrong_number"):
        _enter(one, found.agreement.partner.name, outcome, row.pk, by)
    audit.record(
        by=by,
        line=audit.Line(
            "bring_back", "partner_line", row.pk, patient_id=one.patient_id, organisation_id=one.organisation_id,
            detail={"outcome": outcome},
        ),
    )  # fmt: skip


def _wrong(one: Invitation) -> NewTask:
    return NewTask(
        kind=PARTNER_WRONG_NUMBER.name,
        organisation_id=one.organisation_id,
        key=ending.key_of(PARTNER_WRONG_NUMBER, one.pk),
        title="A partner says that the telephone number is wrong",
        patient_id=one.patient_id,
        subject=SUBJECT,
        subject_id=one.pk,
    )


_SAID = {
    "reached": "reached them, and they will think about it",
    "not_reached": "did not reach them",
    "wrong_number": "says that the telephone number is wrong",
}


def _enter(one: Invitation, partner: str, outcome: str, line_id: int, by: Actor) -> None:
    record_entries(
        entries=[
            NewEntry(
                patient_id=one.patient_id,
                organisation_id=one.organisation_id,
                kind="invitation",
                text=f"{partner} {_SAID[outcome]}",
                intent_key=f"partner:{line_id}:{outcome}:{clock.now().isoformat()}",
                source="recall",
                subject=SUBJECT,
                subject_id=one.pk,
            )
        ],
        by=by,
    )


def _manages(access: Access) -> int:
    """The practice whose run this access manages."""
    access.require(Permission.RECALL)
    organisation_id = access.actor.organisation_id
    if organisation_id is None or organisation_id not in access.organisation_ids:
        raise NotPermitted("the practice's own run")
    return organisation_id


def _theirs(access: Access, ref: UUID) -> PartnerList:
    """A list of the access's organisation that is in force; PartnerList.DoesNotExist for all others."""
    if not access.may(Permission.PARTNER):
        raise PartnerList.DoesNotExist
    today = clock.today()
    return PartnerList.objects.select_related("agreement__partner").get(
        ref=ref,
        agreement__partner_id__in=access.organisations,
        expires_on__gte=today,
        agreement__starts_on__lte=today,
        agreement__ends_on__gte=today,
        agreement__ended_at=None,
    )


def _audit(by: Actor, action: str, agreement: SharingAgreement, **detail: object) -> None:
    audit.record(
        by=by,
        line=audit.Line(
            action, "sharing_agreement", agreement.pk, organisation_id=agreement.organisation_id, detail=dict(detail)
        ),
    )


__all__: Sequence[str] = (
    "OUTCOMES", "Shared", "SharedList", "agree", "bring_back", "end_agreement", "open_list", "share",
)  # fmt: skip
