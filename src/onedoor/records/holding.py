"""Rows of imported entries that are held: who sees them, and saying that one is not needed.

The organisation that a row names sees it; where it names none that is here, whoever cares for the patient does. A row of which
neither is known is the operator's alone, who has it in the file of --rejects.
"""

from __future__ import annotations

from collections.abc import Sequence

from django.db import transaction
from django.db.models import Count, Q, QuerySet

from onedoor.kernel import audit, clock
from onedoor.kernel.access import Access, Permission
from onedoor.patients.api import visible
from onedoor.records.models import Held


def held(access: Access, *, reason: str = "", limit: int = 200) -> list[Held]:
    """Rows that nobody has seen to, the newest file's first. Raises NotPermitted without the right to import."""
    found = _open(access)
    if reason:
        found = found.filter(reason=reason)
    return list(
        found.select_related("entry_import", "organisation", "patient").order_by("-entry_import_id", "row")[:limit]
    )


def held_counts(access: Access) -> dict[str, int]:
    """How many there are for each reason, the most first. Raises NotPermitted without the right to import."""
    found = _open(access).values_list("reason").annotate(rows=Count("pk")).order_by("-rows", "reason")
    return dict(found)


@transaction.atomic
def dismiss_held(*, access: Access, held_ids: Sequence[int]) -> int:
    """Say of held rows that they are not needed; returns how many were open. They stay, and are not held again when the same
    file is read again. Raises NotPermitted without the right to import, Held.DoesNotExist for a row outside the access."""
    mine = _open(access).filter(pk__in=held_ids)
    found = list(mine.order_by("pk").select_for_update(of=("self",)).values_list("pk", flat=True))
    if len(found) < len(set(held_ids)) and not _settled(access, held_ids):
        raise Held.DoesNotExist
    Held.objects.filter(pk__in=found).update(
        settled_at=clock.now(), settled_as="dismissed", settled_by=access.actor.label[:80]
    )
    audit.record_many(by=access.actor, lines=[audit.Line("dismiss_held", "held_entry", key) for key in found])
    return len(found)


def _settled(access: Access, held_ids: Sequence[int]) -> bool:
    """Whether every row that is not open is one of theirs that was settled before."""
    return _of(access).filter(pk__in=held_ids).count() == len(set(held_ids))


def _open(access: Access) -> QuerySet[Held]:
    access.require(Permission.IMPORT)
    return _of(access).filter(settled_at=None)


def _of(access: Access) -> QuerySet[Held]:
    if access.everything:
        return Held.objects.all()
    return Held.objects.filter(
        Q(organisation_id__in=access.organisations) | Q(organisation=None, patient__in=visible(access))
    )
