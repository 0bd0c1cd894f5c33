"""Which organisation reads what another writes about patients whom both care for: dated agreements, and the one rule by them.

Without an agreement in force today nothing of another organisation's is read (docs/adr/0013). Whoever shows, sends or streams an
entry asks `sources`, which is the only place where this is decided.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from datetime import date, datetime
from uuid import UUID

from django.db import transaction
from django.db.models import Q, QuerySet

from onedoor.accounts.models import RecordSharing
from onedoor.accounts.queries import organisation_by_ods
from onedoor.kernel import audit, clock, jobs
from onedoor.kernel.access import Access, NotPermitted, Permission
from onedoor.kernel.actor import Actor

COVERS: Mapping[str, str] = {
    "all": "All that is written about them",
    "coded": "Only what has a code: results, checks, diagnoses",
}
LIVE_TOPIC = "sharing"
"""Tells open screens that somebody's rights changed; the key is that of whose rights."""


class CannotAgree(Exception):
    """What was written down of an agreement is incomplete or contradicts itself; the message says what."""


@dataclass(frozen=True)
class Sources:
    """Whose entries somebody reads of a patient whom they may see at all."""

    everything: bool
    own: frozenset[int] = frozenset()
    whole: frozenset[int] = frozenset()
    """Organisations all of whose entries are read: one's own, and those that share all."""
    coded: frozenset[int] = frozenset()
    """Organisations of which only what has a code is read."""

    def reads(self, organisation_id: int, *, coded: bool) -> bool:
        """Whether an entry of this organisation, with a code or without, is read."""
        return self.everything or organisation_id in self.whole or (coded and organisation_id in self.coded)


def sources(access: Access) -> Sources:
    """The rule. The system, a patient of themselves, and whoever broke the glass read all; staff what their own organisation
    wrote, and what another did that shares it with the one where they work today. One query, none where all is read.

    Whether they may see the patient at all is asked before (`patients.by_id`): an agreement gives no patient.
    """
    if access.everything or access.patient_id is not None or access.opened is not None:
        return Sources(everything=True)
    own = frozenset(access.organisation_ids)
    # An agreement is its partner's alone: who lends its checks (`relations.for_checks`) does not lend what others share with it.
    given = _in_force().filter(partner_id=access.actor.organisation_id)
    shared = list(given.values_list("organisation_id", "covers"))
    whole = own | {key for key, covers in shared if covers == "all"}
    return Sources(False, own, whole, frozenset(key for key, _ in shared) - whole)


def _in_force() -> QuerySet[RecordSharing]:
    today = clock.today()
    return RecordSharing.objects.filter(starts_on__lte=today, ends_on__gte=today, ended_at=None)


def readers_of(organisation_ids: Collection[int]) -> list[RecordSharing]:
    """Agreements in force by which others read what these organisations write, by giver and reader. Patients are told them."""
    found = _in_force().filter(organisation_id__in=organisation_ids).select_related("organisation", "partner")
    return list(found.order_by("organisation__name", "partner__name", "-ends_on", "id"))


@dataclass(frozen=True)
class SharingView:
    """An agreement as its page shows it. `given` says that it is one's own organisation's entries that are read."""

    ref: UUID
    given: bool
    giver: str
    reader: str
    covers: str
    purpose: str
    basis: str
    signed_by: str
    signed_on: date
    starts_on: date
    ends_on: date
    made_at: datetime
    made_by: str
    state: str
    """in force, not yet, over (its day passed), ended (before its day)."""
    ended_at: datetime | None
    ended_by: str
    ended_because: str


def record_agreements(access: Access) -> list[SharingView]:
    """Agreements by which the access's organisations give and receive, those in force first. Raises NotPermitted."""
    access.require(Permission.SHARING)
    mine = Q(organisation_id__in=access.organisations) | Q(partner_id__in=access.organisations)
    rows = RecordSharing.objects.filter(mine).select_related("organisation", "partner").order_by("-id")[:200]
    views = [_view(row, row.organisation_id in access.organisation_ids) for row in rows]
    return sorted(views, key=lambda view: view.state != "in force")


def _view(row: RecordSharing, given: bool) -> SharingView:
    today = clock.today()
    state = (
        "ended"
        if row.ended_at is not None
        else "not yet"
        if today < row.starts_on
        else "over"
        if today > row.ends_on
        else "in force"
    )
    return SharingView(
        row.ref, given, row.organisation.name, row.partner.name, COVERS[row.covers], row.purpose, row.basis, row.signed_by,
        row.signed_on, row.starts_on, row.ends_on, row.made_at, row.made_by, state, row.ended_at, row.ended_by,
        row.ended_because,
    )  # fmt: skip


@transaction.atomic
def agree_records(
    *,
    access: Access,
    organisation_id: int,
    partner_ods: str,
    covers: str,
    purpose: str,
    basis: str,
    signed_by: str,
    signed_on: date,
    starts_on: date,
    ends_on: date,
) -> RecordSharing:
    """Write down an agreement that was signed: the partner reads what this organisation writes. Raises NotPermitted for whoever
    does not manage the organisation whose entries they are, CannotAgree with what is missing or contradicts."""
    _manages(access, organisation_id)
    partner = organisation_by_ods(partner_ods.strip().upper())
    words = [" ".join(said.split()) for said in (purpose, basis, signed_by)]
    if partner is None or partner.pk == organisation_id:
        raise CannotAgree("No other organisation here has that ODS code.")
    if covers not in COVERS:
        raise CannotAgree("Say what is shared.")
    if not all(words):
        raise CannotAgree("Say what it is shared for, on which lawful basis, and who signed.")
    if not signed_on <= starts_on <= ends_on or signed_on > clock.today():
        raise CannotAgree("An agreement is signed, then starts, then ends; it cannot be signed in the future.")
    made = RecordSharing.objects.create(
        organisation_id=organisation_id,
        partner=partner,
        covers=covers,
        purpose=words[0][:200],
        basis=words[1][:200],
        signed_by=words[2][:160],
        signed_on=signed_on,
        starts_on=starts_on,
        ends_on=ends_on,
        made_at=clock.now(),
        made_by=access.actor.label[:80],
    )
    _changed(access.actor, "agree_records", made)
    return made


@transaction.atomic
def end_records(*, access: Access, ref: UUID, because: str) -> bool:
    """End an agreement now, in words why: from this moment nothing is read by it, on open screens too. False when it had ended.

    Only who gives may end it; history stays. Raises NotPermitted, RecordSharing.DoesNotExist outside the access, CannotAgree.
    """
    access.require(Permission.SHARING)
    found = RecordSharing.objects.get(ref=ref, organisation_id__in=access.organisations)
    why = " ".join(because.split())[:200]
    if not why:
        raise CannotAgree("Say why it ends.")
    ended = RecordSharing.objects.filter(pk=found.pk, ended_at=None).update(
        ended_at=clock.now(), ended_by=access.actor.label[:80], ended_because=why
    )
    if ended:
        _changed(access.actor, "end_records", found)
    return bool(ended)


def _manages(access: Access, organisation_id: int) -> None:
    access.require(Permission.SHARING)
    if organisation_id not in access.organisation_ids:
        raise NotPermitted(organisation_id)


def _changed(by: Actor, action: str, row: RecordSharing) -> None:
    audit.record(
        by=by,
        line=audit.Line(
            action,
            "record_sharing",
            row.pk,
            organisation_id=row.organisation_id,
            detail={"partner": row.partner_id, "covers": row.covers},
        ),
    )
    jobs.notify_live(LIVE_TOPIC, row.partner_id)
