"""Break-glass: somebody opens the record of a patient whom they have no right to see, for a reason, and everybody can see it.

It gives one person one patient for some hours, to read and nothing else: not their organisation, no list, no action. The patient,
their practice and the manager of whoever opened it are told, and the review is never closed by itself.
"""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass, replace
from datetime import date, datetime, timedelta
from uuid import UUID

from django.db import transaction
from django.db.models import Q, QuerySet

from onedoor.accounts.api import User, may_at
from onedoor.kernel import audit, clock, events, jobs, nhs_number
from onedoor.kernel.access import Access, NotPermitted, Permission
from onedoor.kernel.actor import Actor
from onedoor.patients.events import GlassBroken
from onedoor.patients.models import BreakGlass, BreakGlassReview, BreakGlassTry, Patient
from onedoor.patients.queries import by_id, practice_of
from onedoor.patients.rules import GLASS_REASONS

LASTS = timedelta(hours=4)
"""How long a record stays open. Ours: a shift's half; whoever needs longer says why again."""
WRONG_TRIES, OPENINGS, WITHIN = 5, 10, timedelta(hours=1)
"""So many tries that found nobody, and so many records opened, within so long; then no more. Ours."""
SHORTEST = 10
"""Letters of a reason in words. Ours: more than "ok" or a full stop."""
OPENED = "opened"
"""The live topic of an opened record, by its reference."""
PURPOSE = "break-glass"
"""Of an access, and of each look."""
OUTCOMES = ("right", "ask", "report")


class NotOpened(Exception):
    """The record was not opened; the message says why, and the same whether there is such a patient or not."""


@dataclass(frozen=True)
class Opened:
    """A record that is open to whoever opened it."""

    row: BreakGlass
    access: Access
    """Sees this patient, whole, and nobody else; may do nothing."""
    left: timedelta


@transaction.atomic
def break_glass(
    *, access: Access, number: str, born_on: date | None, reason: str, words: str
) -> BreakGlass | NotOpened:
    """Open the record of the patient with this whole NHS number and date of birth; returns why not, so that the try is kept.

    The same patient opened again at the same place within the time goes on as it is. Raises NotPermitted for whoever gives no
    care.
    """
    access.require(Permission.BREAK_GLASS)
    by = access.actor
    if by.kind != "user" or by.id is None or by.organisation_id not in access.organisation_ids:
        raise NotPermitted(Permission.BREAK_GLASS)
    said = " ".join(words.split())[:300]
    if reason not in GLASS_REASONS or len(said) < SHORTEST:
        return NotOpened("Choose a reason, and say why in a sentence. The patient reads it.")
    # One at a time for each person, so that many at once are counted as many.
    User.objects.select_for_update(of=("self",)).get(pk=by.id)
    now = clock.real_now()
    lately = BreakGlassTry.objects.filter(user_id=by.id, at_real__gt=now - WITHIN)
    if lately.filter(found=False).count() >= WRONG_TRIES or lately.filter(found=True).count() >= OPENINGS:
        return NotOpened("You have tried too often. Wait an hour, or ask the patient's practice by telephone.")
    digits = nhs_number.compact(number)
    patient = (
        Patient.objects.filter(nhs_number=digits, born_on=born_on).first()
        if nhs_number.is_valid(digits) and born_on is not None
        else None
    )
    BreakGlassTry.objects.create(user_id=by.id, at_real=now, found=patient is not None)
    if patient is None:
        audit.record(by=by, line=audit.Line("break_glass_not_found", "user", by.id))
        return NotOpened("Nobody here has that NHS number and that date of birth.")
    standing = _current(by.id).filter(patient=patient, organisation_id=by.organisation_id).first()
    if standing is not None:
        return standing
    practice = practice_of(patient.pk)
    made = BreakGlass.objects.create(
        patient=patient,
        user_id=by.id,
        user_label=by.label[:80],
        organisation_id=by.organisation_id,
        practice_id=practice.pk if practice else None,
        reason=reason,
        words=said,
        opened_at=clock.now(),
        until_real=now + LASTS,
    )
    audit.record(
        by=by,
        line=audit.Line("break_glass", "break_glass", made.pk, patient_id=patient.pk, detail={"reason": reason}),
    )
    events.emit(GlassBroken(made.pk, patient.pk, made.organisation_id, made.practice_id, by))
    return made


def _current(user_id: int) -> QuerySet[BreakGlass]:
    return BreakGlass.objects.filter(user_id=user_id, ended_at=None, until_real__gt=clock.real_now())


def opened(access: Access, ref: UUID) -> Opened:
    """A record that this person opened and that is open now, with the access to it. Raises BreakGlass.DoesNotExist for all
    others, and once its time is over, it was ended, or they may no longer break the glass where they did."""
    if not access.may(Permission.BREAK_GLASS) or access.actor.id is None:
        raise BreakGlass.DoesNotExist
    mine = _current(access.actor.id).filter(organisation_id__in=access.organisations)
    row = mine.select_related("patient").get(ref=ref)
    inside = replace(access, opened=row.patient_id, permissions=frozenset(), purpose=f"{PURPOSE}: {row.reason}")
    return Opened(row, inside, row.until_real - clock.real_now())


def open_now(access: Access) -> list[Opened]:
    """The records that this person has open."""
    if not access.may(Permission.BREAK_GLASS) or access.actor.id is None:
        return []
    return [
        opened(access, row.ref) for row in _current(access.actor.id).filter(organisation_id__in=access.organisations)
    ]


@transaction.atomic
def close_glass(*, access: Access, ref: UUID) -> None:
    """Say that one has finished: nothing is shown from this moment. Raises BreakGlass.DoesNotExist as `opened`."""
    row = opened(access, ref).row
    BreakGlass.objects.filter(pk=row.pk, ended_at=None).update(ended_at=clock.now())
    audit.record(by=access.actor, line=audit.Line("close_glass", "break_glass", row.pk, patient_id=row.patient_id))
    jobs.notify_live(OPENED, str(row.ref))


@dataclass(frozen=True)
class OpeningView:
    """One opening as reviewers and the patient read it."""

    id: int
    ref: UUID
    who: str
    organisation: str
    reason: str
    """In plain words."""
    words: str
    opened_at: datetime
    ended_at: datetime | None
    open: bool
    patient_id: int | None
    """None for the manager of whoever opened it, unless the patient is theirs too."""
    by_user: int
    reviews: tuple[BreakGlassReview, ...]


def openings_of(access: Access, patient_id: int, *, limit: int = 50) -> list[OpeningView]:
    """Who opened a patient's record by break-glass, the latest first; raises Patient.DoesNotExist outside the access."""
    by_id(access, patient_id)
    return _views(BreakGlass.objects.filter(patient_id=patient_id).order_by("-id")[:limit], {patient_id})


def openings_to_review(access: Access, *, besides: Collection[int] = (), limit: int = 200) -> list[OpeningView]:
    """Openings by people of the access's organisations, and of their patients' records, the latest first: so many, and of older
    ones those in `besides`, which somebody still has to look at. Raises NotPermitted."""
    access.require(Permission.SHARING)
    mine = Q(organisation_id__in=access.organisations) | Q(practice_id__in=access.organisations)
    rows = {row.pk: row for row in BreakGlass.objects.filter(mine).order_by("-id")[:limit]}
    rows |= BreakGlass.objects.filter(mine).in_bulk(list(besides))
    theirs = {row.patient_id for row in rows.values() if row.practice_id in access.organisation_ids}
    return _views(rows.values(), theirs)


def _views(rows: Collection[BreakGlass] | QuerySet[BreakGlass], named: set[int]) -> list[OpeningView]:
    found = list(
        BreakGlass.objects.filter(pk__in=[row.pk for row in rows])
        .select_related("organisation")
        .prefetch_related("reviews")
        .order_by("-id")
    )
    now = clock.real_now()
    return [
        OpeningView(
            row.pk, row.ref, row.user_label, row.organisation.name, GLASS_REASONS[row.reason], row.words, row.opened_at,
            row.ended_at, row.ended_at is None and row.until_real > now,
            row.patient_id if row.patient_id in named else None, row.user_id,
            tuple(sorted(row.reviews.all(), key=lambda one: one.pk)),
        )
        for row in found
    ]  # fmt: skip


def review_opening(*, opening_id: int, organisation_id: int, outcome: str, note: str, by: Actor) -> BreakGlass:
    """Keep what a manager said of an opening, in the caller's transaction, which ends their work about it. Returns the opening.

    Raises NotPermitted for whoever does not manage the organisation, and of one's own opening: nobody reviews themselves.
    """
    row = BreakGlass.objects.select_for_update(of=("self",)).get(pk=opening_id)
    manages = by.id is not None and may_at(by.id, organisation_id, Permission.SHARING)
    if not manages or by.id == row.user_id or organisation_id not in (row.organisation_id, row.practice_id):
        raise NotPermitted(Permission.SHARING)
    assert by.id is not None
    BreakGlassReview.objects.create(
        opening=row, organisation_id=organisation_id, outcome=outcome, note=" ".join(note.split())[:300],
        at=clock.now(), by_id=by.id, by_label=by.label[:80],
    )  # fmt: skip
    audit.record(
        by=by,
        line=audit.Line(
            "review_opening", "break_glass", row.pk, organisation_id=organisation_id, detail={"outcome": outcome}
        ),
    )
    return row
