"""Referrals made here: by whoever cares for the patient, and by the patient where the service's switch is open."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from uuid import UUID

from django.db import connection, transaction

from onedoor.accounts.api import organisations
from onedoor.directory import api as directory
from onedoor.kernel import audit, clock, jobs
from onedoor.kernel.access import Access, NotPermitted, Permission
from onedoor.kernel.actor import Actor
from onedoor.patients import api as patients
from onedoor.patients.types import Card
from onedoor.records.api import record_entries
from onedoor.records.types import NewEntry
from onedoor.referrals.actions.attaching import NewFile, attach
from onedoor.referrals.clocks import triage_clocks
from onedoor.referrals.errors import Incomplete, NotDone
from onedoor.referrals.intake import ASKED, LONGEST, known_of, questions
from onedoor.referrals.models import History, Intake, Referral
from onedoor.referrals.rules import AWAITING_TRIAGE, SOURCES

_LOCK = 7_211
RUNG_BY = "Who rang"
"""Under which an intake keeps whoever referred by telephone, as they named themselves."""


class OpenAlready(NotDone):
    """The person has an open referral to this service: it is shown, and another is sent only when that is said to be meant."""

    def __init__(self, twin: Referral) -> None:
        super().__init__("There is an open referral of this person to this service already.")
        self.twin = twin


@dataclass(frozen=True)
class NewReferral:
    """A referral form as it was filled in. `form_key` is of the page: sent twice, it is one referral.

    `source` is who refers (`rules.SOURCES`); `anyway` that it is meant beside one that is open.
    """

    service_slug: str
    patient_id: int
    source: str
    reason: str
    form_key: UUID
    priority: str = "routine"
    stream_id: int | None = None
    answers: Mapping[str, str] = field(default_factory=dict)
    files: Sequence[NewFile] = ()
    anyway: bool = False


@transaction.atomic
def refer(*, access: Access, new: NewReferral) -> Referral:
    """Refer somebody in the care of the access to a service; it awaits triage at once, linked to one that is open already.

    Raises OpenAlready, Incomplete, NotDone where the service does not take them, NotPermitted, Patient.DoesNotExist.
    """
    access.require(Permission.REFER)
    card = patients.card(access, new.patient_id)
    service = _service(new.service_slug, card)
    if new.source not in service.refers or new.source not in SOURCES:
        raise Incomplete("Say who refers, of those who may refer to this service.")
    here = organisations(access)
    own = next((place for place in here if place.pk == access.actor.organisation_id), None)
    if own is None:
        raise NotPermitted(Permission.REFER)
    return _make(new, service, card, source=new.source, referrer_ods=own.ods_code, via="staff", by=access.actor)


@transaction.atomic
def refer_myself(*, access: Access, new: NewReferral, none_of_these: bool) -> Referral:
    """A patient refers themselves, where the directory's switch is open and none of the red flags is so.

    Never urgent, and never asks for a stream: triage says. Raises as `refer`; NotDone while the switch is closed.
    """
    if access.patient_id is None or access.patient_id != new.patient_id:
        raise NotPermitted("own record")
    card = patients.card(access, new.patient_id)
    service = _service(new.service_slug, card)
    _check_self_referral(service, none_of_these)
    return _make(new, service, card, source="self", referrer_ods="", via="portal", by=access.actor)


@transaction.atomic
def refer_by_telephone(*, access: Access, new: NewReferral, rung_by: str = "", none_of_these: bool = False) -> Referral:
    """A handler refers the patient whom a telephone contact lets them see: because the patient asks it (`source` self), as the
    patient's own page does; or because somebody who may refer to the service rings, who is `rung_by`, in words.

    Raises as `refer_myself` and `refer`; Incomplete where nobody says who rings.
    """
    if access.actor.kind != "user" or access.patient_id is None or access.patient_id != new.patient_id:
        raise NotPermitted("a telephone contact")
    card = patients.card(access, new.patient_id)
    service = _service(new.service_slug, card)
    if new.source == "self":
        _check_self_referral(service, none_of_these)
        return _make(new, service, card, source="self", referrer_ods="", via="phone", by=access.actor)
    if new.source not in service.refers or new.source not in SOURCES:
        raise Incomplete("Say who refers, of those who may refer to this service.")
    said = " ".join(rung_by.split())[:200]
    if not said:
        raise Incomplete("Say who rings: their name, what they are, where they work and their number.")
    return _make(new, service, card, source=new.source, referrer_ods="", via="phone", rung_by=said, by=access.actor)


def _check_self_referral(service: directory.Card, none_of_these: bool) -> None:
    if not service.takes_self_referral:
        raise NotDone(
            "This service does not take referrals from patients themselves at the moment. Your practice can refer you."
        )
    if not none_of_these:
        raise Incomplete("Read the signs first, and say whether you have any of them.")


def _service(slug: str, card: Card) -> directory.Card:
    service = directory.card(slug)
    if service is None:
        raise NotDone("There is no such service, or no longer.")
    if card.deceased:
        raise NotDone("The patient has died.")
    age = clock.today().year - card.born_on.year
    age -= (clock.today().month, clock.today().day) < (card.born_on.month, card.born_on.day)
    if (service.ages_from is not None and age < service.ages_from) or (
        service.ages_to is not None and age > service.ages_to
    ):
        raise NotDone(f"This service is for others: {service.ages.lower()}. The patient is {age}.")
    return service


def _make(
    new: NewReferral,
    service: directory.Card,
    card: Card,
    *,
    source: str,
    referrer_ods: str,
    via: str,
    by: Actor,
    rung_by: str = "",
) -> Referral:
    if not new.reason.strip():
        raise Incomplete("Say what you want help with." if via == "portal" else "Say why they are referred.")
    if not card.nhs_number:
        raise NotDone("The patient has no NHS number here: put it right in the practice's own system first.")
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_advisory_xact_lock(%s, %s)", [_LOCK, card.id % 2**31])
    sent = Intake.objects.select_related("referral").filter(form_key=new.form_key).first()
    if sent is not None:
        if sent.referral.patient_id != card.id or sent.referral.service_id != service.id:
            raise NotDone("This form was sent already, for somebody else. Begin a new one.")
        return sent.referral
    twin = (
        Referral.objects.filter(service_id=service.id, nhs_number=card.nhs_number, closed_at=None)
        .order_by("pk")
        .first()
    )
    if twin is not None and not new.anyway:
        raise OpenAlready(twin)
    now = clock.now()
    staff = source != "self"
    priority = "urgent" if staff and new.priority == "urgent" else "routine"
    (due,) = triage_clocks(directory.Service.objects.get(pk=service.id), [(now, priority)])
    made = Referral.objects.create(
        service_id=service.id,
        stream=directory.Stream.objects.filter(pk=new.stream_id or 0, service_id=service.id, active=True).first()
        if staff
        else None,
        source_ref=f"OD{new.form_key.hex[:16].upper()}",
        nhs_number=card.nhs_number,
        patient_id=card.id,
        source=source,
        referrer_ods=referrer_ods,
        priority=priority,
        reason=new.reason.strip()[:LONGEST],
        received_at=now,
        triage_due_at=due,
        clock_start=clock.today(),
        came_on=clock.today(),
        state=AWAITING_TRIAGE,
        same_as=twin,
    )
    History.objects.create(
        parent=made,
        to_state=AWAITING_TRIAGE,
        at=now,
        recorded_at=now,
        actor_kind=by.kind,
        actor_id=by.id,
        actor_label=by.label,
    )
    Intake.objects.create(
        referral=made,
        via=via,
        answers={
            ASKED[key]: said.strip()[:LONGEST] for key, said in new.answers.items() if key in ASKED and said.strip()
        }
        | ({RUNG_BY: rung_by} if rung_by else {}),
        questions=questions(),
        saved=len(known_of(card)),
        made_by_label=by.label,
        form_key=new.form_key,
    )
    attach(referral=made, files=new.files, by=by)
    patients.take_into_care(pairs=[(service.provider_id, card.id)], by=by)
    who = SOURCES[source].lower()
    record_entries(
        entries=[
            NewEntry(
                patient_id=card.id,
                organisation_id=service.provider_id if via == "portal" else by.organisation_id or service.provider_id,
                kind="referral",
                text=f"Referred to {service.name} by {who}"[:400],
                intent_key=f"referred:{made.pk}",
                source="telephone" if via == "phone" else "referral form",
                subject="referral",
                subject_id=made.pk,
            )
        ],
        by=by,
    )
    audit.record(
        by=by,
        line=audit.Line(
            "refer",
            "referral",
            made.pk,
            patient_id=card.id,
            organisation_id=service.provider_id,
            detail={"source": source, "same_as": twin.pk if twin else None},
        ),
    )
    jobs.notify_live("referrals", service.provider_id)
    return made
