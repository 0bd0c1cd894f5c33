"""Making packs of closed months, sending them to whom they are for, and saying who gets one by itself."""

from __future__ import annotations

from collections.abc import Collection
from datetime import datetime
from uuid import UUID

from django.db import IntegrityError, transaction
from django.db.models import Exists, OuterRef

from onedoor.accounts import api as accounts
from onedoor.accounts.api import Organisation
from onedoor.kernel import audit, clock, jobs
from onedoor.kernel.access import Access, NotPermitted, Permission
from onedoor.reporting.levels import reach
from onedoor.reporting.models import Closing, Pack, PackReader, PackRequest, PackSchedule

SWEEP = "reporting.make_packs"


class NoFigures(ValueError):
    """Nothing is known of the organisation that could stand in a pack; in words."""


def make_pack(*, access: Access, organisation_id: int, closing_id: int) -> Pack:
    """The pack of an organisation for a closing, or for the last edition of its month, sent to everybody who reads its figures
    there: made once, and from then on that one.

    Raises NotPermitted outside of the access, Closing.DoesNotExist, NoFigures, CannotBeSet.
    """
    # What draws and sets is heavy, and the door of reporting is read by every process.
    from onedoor.reporting.packs.content import content
    from onedoor.reporting.packs.setting import files

    _may(access, [organisation_id])
    closing = _last_edition(closing_id)
    there = Pack.objects.filter(organisation_id=organisation_id, closing=closing).first()
    if there is not None:
        return there
    organisation = Organisation.objects.get(pk=organisation_id)
    # It takes seconds, so nothing is held meanwhile; of two who make it at once the first is kept.
    known = content(access, organisation, closing)
    if not known.sections:
        raise NoFigures(f"There are no figures of {organisation.name} in {closing.month:%B %Y}: nothing was made.")
    made = files(known)
    try:
        with transaction.atomic():
            now = clock.now()
            pack = Pack.objects.create(
                closing=closing,
                organisation=organisation,
                pdf=made.pdf,
                xlsx=made.xlsx,
                sha256=made.sha256,
                made_at=now,
                made_by=access.actor.label[:80],
            )
            _audit(access, "make_pack", pack)
            _send(access, pack, now)
            return pack
    except IntegrityError:
        return Pack.objects.get(organisation_id=organisation_id, closing=closing)


@transaction.atomic
def send_packs(*, access: Access, organisation_ids: Collection[int], closing_id: int) -> int:
    """Have the packs of several organisations made and sent by the worker, one after the other; how many that are. One that was
    made is not made again. Raises NotPermitted where one is outside of the access, and none is asked for then;
    Closing.DoesNotExist."""
    _may(access, organisation_ids)
    closing = _last_edition(closing_id)
    known = (
        table.objects.filter(closing=closing, organisation_id__in=organisation_ids) for table in (Pack, PackRequest)
    )
    there = {key for found in known for key in found.values_list("organisation_id", flat=True)}
    wanted = [key for key in sorted(set(organisation_ids)) if key not in there]
    # Of two who ask at once the first is kept.
    made = PackRequest.objects.bulk_create(
        (
            PackRequest(closing=closing, organisation_id=key, asked_at=clock.now(), asked_by=access.actor.label[:80])
            for key in wanted
        ),
        ignore_conflicts=True,
    )
    if made:
        audit.record(
            by=access.actor,
            line=audit.Line("send_packs", "closing", closing.pk, detail={"organisations": wanted}),
        )
        jobs.wake(SWEEP)
    return len(made)


@transaction.atomic
def schedule(*, access: Access, organisation_id: int, day: int, active: bool) -> PackSchedule:
    """An organisation's pack is made by itself from this day of the following month on, or no more.

    Raises ValueError for a day that not every month has, NotPermitted outside of the access.
    """
    _may(access, [organisation_id])
    if not 1 <= day <= 28:
        raise ValueError("Choose a day from 1 to 28: every month has it.")
    made, _ = PackSchedule.objects.update_or_create(
        organisation_id=organisation_id,
        defaults={"day": day, "active": active, "changed_at": clock.now(), "changed_by": access.actor.label[:80]},
    )
    audit.record(
        by=access.actor,
        line=audit.Line(
            "schedule_pack", "pack_schedule", made.pk, organisation_id=organisation_id,
            detail={"day": day, "active": active},
        ),
    )  # fmt: skip
    jobs.wake(SWEEP)
    return made


@transaction.atomic
def open_pack(*, access: Access, ref: UUID) -> Pack:
    """A pack to be read. The first time is noted: of each whom it was sent to, and of somebody of its own organisation.

    Raises Pack.DoesNotExist outside of the access, NotPermitted.
    """
    pack = Pack.objects.select_for_update().get(ref=ref, organisation_id__in=list(reach(access)))
    now = clock.now()
    if access.actor.kind == "user" and access.actor.id is not None:
        PackReader.objects.filter(pack=pack, user_id=access.actor.id, opened_at=None).update(opened_at=now)
    if pack.opened_at is None and pack.organisation_id in access.organisation_ids:
        pack.opened_at = now
        pack.save(update_fields=["opened_at"])
        _audit(access, "open_pack", pack)
    return pack


def due_packs() -> list[tuple[int, int]]:
    """(organisation, closing) of every pack that is to be made now and that nobody has made: those that somebody asked for, then
    those that a schedule asks for, of the last edition of the last closed month, from its day of the month after on."""
    made = Pack.objects.filter(closing=OuterRef("closing"), organisation=OuterRef("organisation"))
    closed_again = Closing.objects.filter(month=OuterRef("closing__month"), edition__gt=OuterRef("closing__edition"))
    asked = list(
        PackRequest.objects.filter(~Exists(made), ~Exists(closed_again))
        .order_by("pk")
        .values_list("organisation_id", "closing_id")
    )
    return [*asked, *(one for one in _scheduled() if one not in asked)]


def drop_request(organisation_id: int, closing_id: int) -> None:
    """Nothing is there to be made of what was asked for."""
    PackRequest.objects.filter(organisation_id=organisation_id, closing_id=closing_id).delete()


def _scheduled() -> list[tuple[int, int]]:
    today = clock.today()
    closing = Closing.objects.order_by("-month", "-edition").first()
    if closing is None:
        return []
    months = (today.year - closing.month.year) * 12 + today.month - closing.month.month
    wanted = PackSchedule.objects.filter(active=True).order_by("organisation_id")
    if months < 1:
        return []
    if months == 1:
        wanted = wanted.filter(day__lte=today.day)
    there = Pack.objects.filter(closing=closing).values("organisation_id")
    return [
        (key, closing.pk) for key in wanted.exclude(organisation_id__in=there).values_list("organisation_id", flat=True)
    ]


def _send(access: Access, pack: Pack, now: datetime) -> None:
    """To everybody who reads the organisation's figures there today, but whoever made it and has it before them."""
    found = accounts.who_may([pack.organisation_id], Permission.REPORTS)[pack.organisation_id]
    PackReader.objects.bulk_create(
        PackReader(pack=pack, user_id=user.pk, sent_at=now)
        for user in found
        if not (access.actor.kind == "user" and access.actor.id == user.pk)
    )


def _last_edition(closing_id: int) -> Closing:
    """Of the month of a closing: figures are read of it alone, and a page that is open may name the one before."""
    return Closing.objects.filter(month=Closing.objects.get(pk=closing_id).month).latest("edition")


def _may(access: Access, organisation_ids: Collection[int]) -> None:
    """Whoever makes packs (Permission.PACKS) makes those of organisations whose figures they see: their own, or those below."""
    access.require(Permission.PACKS)
    if not set(organisation_ids) <= reach(access).keys():
        raise NotPermitted(Permission.PACKS)


def _audit(access: Access, action: str, pack: Pack) -> None:
    audit.record(by=access.actor, line=audit.Line(action, "pack", pack.pk, organisation_id=pack.organisation_id))
