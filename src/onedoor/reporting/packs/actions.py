"""Making packs of closed months, and saying who gets one by itself."""

from __future__ import annotations

from uuid import UUID

from django.db import IntegrityError, transaction

from onedoor.accounts.api import Organisation
from onedoor.kernel import audit, clock
from onedoor.kernel.access import Access, NotPermitted, Permission
from onedoor.reporting.levels import reach
from onedoor.reporting.models import Closing, Pack, PackSchedule
from onedoor.reporting.packs.content import content
from onedoor.reporting.packs.setting import files


def make_pack(*, access: Access, organisation_id: int, closing_id: int) -> Pack:
    """The pack of an organisation for a closing: made once, and from then on that one.

    Raises NotPermitted outside of the access, Closing.DoesNotExist, CannotBeSet.
    """
    _may(access, organisation_id)
    there = Pack.objects.filter(organisation_id=organisation_id, closing_id=closing_id).first()
    if there is not None:
        return there
    closing = Closing.objects.get(pk=closing_id)
    organisation = Organisation.objects.get(pk=organisation_id)
    # It takes seconds, so nothing is held meanwhile; of two who make it at once the first is kept.
    made = files(content(access, organisation, closing))
    try:
        with transaction.atomic():
            pack = Pack.objects.create(
                closing=closing,
                organisation=organisation,
                pdf=made.pdf,
                xlsx=made.xlsx,
                sha256=made.sha256,
                made_at=clock.now(),
                made_by=access.actor.label[:80],
            )
            _audit(access, "make_pack", pack)
            return pack
    except IntegrityError:
        return Pack.objects.get(organisation_id=organisation_id, closing_id=closing_id)


@transaction.atomic
def schedule(*, access: Access, organisation_id: int, day: int, active: bool) -> PackSchedule:
    """An organisation's pack is made by itself from this day of the following month on, or no more.

    Raises ValueError for a day that not every month has, NotPermitted outside of the access.
    """
    _may(access, organisation_id)
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
    return made


@transaction.atomic
def open_pack(*, access: Access, ref: UUID) -> Pack:
    """A pack to be read; the first time that somebody of its own organisation does is noted.

    Raises Pack.DoesNotExist outside of the access, NotPermitted.
    """
    pack = Pack.objects.select_for_update().get(ref=ref, organisation_id__in=list(reach(access)))
    if pack.opened_at is None and pack.organisation_id in access.organisation_ids:
        pack.opened_at = clock.now()
        pack.save(update_fields=["opened_at"])
        _audit(access, "open_pack", pack)
    return pack


def due_packs() -> list[tuple[int, int]]:
    """(organisation, closing) of every pack that a schedule asks for today and nobody has made: of the last edition of the last
    closed month, from its day of the month after on."""
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


def _may(access: Access, organisation_id: int) -> None:
    """Whoever makes packs (Permission.PACKS) makes those of an organisation whose figures they see: their own, or one below."""
    access.require(Permission.PACKS)
    if organisation_id not in reach(access):
        raise NotPermitted(Permission.PACKS)


def _audit(access: Access, action: str, pack: Pack) -> None:
    audit.record(by=access.actor, line=audit.Line(action, "pack", pack.pk, organisation_id=pack.organisation_id))
