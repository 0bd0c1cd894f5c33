"""What a service's own people change of it on a page: each change is dated, and leaves what stood before to be read."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from datetime import timedelta
from typing import Any
from uuid import UUID

from django.db import transaction
from django.db.models import Max

from onedoor.directory import snapshots
from onedoor.directory.actions import locked
from onedoor.directory.models import Service, ServicePlace
from onedoor.directory.rules import CHECKED_FOR
from onedoor.directory.spots import locate_places
from onedoor.directory.types import PlaceRow
from onedoor.directory.writing import keep_version, next_edition, standing, touch, write, write_place, write_versions
from onedoor.kernel import audit, clock
from onedoor.kernel.access import Access
from onedoor.kernel.actor import Actor
from onedoor.tasks import api as tasks
from onedoor.tasks.types import Kind, NewTask, Outcome

CHECK = tasks.declare_kind(
    Kind(
        "service_check",
        "Make sure that what stands of a service is true",
        "service",
        timedelta(hours=80),
        (Outcome("checked", "Looked at; its page says so"), Outcome("asked", "Asked the service")),
    )
)
_SLICE = 200


class EditedMeanwhile(Exception):
    """Somebody else changed the service after the page was read; nothing was changed."""


class PlaceTaken(Exception):
    """The service has another place of that name; nothing was changed."""


@transaction.atomic
def edit_service(
    *, service_id: int, changes: Mapping[str, Any], by: Actor, seen_edition: int | None = None
) -> tuple[str, ...]:
    """Change what stands of a service from now on; names and values as `snapshots.FIELDS` has them, places and provider apart.

    Returns the names that changed. `seen_edition` is that of the page on which somebody changed it. Raises EditedMeanwhile,
    Service.DoesNotExist, and NotPermitted for anybody but the provider's staff and those who run the system.
    """
    edition = next_edition()
    service = locked(service_id, by)
    if seen_edition is not None and service.edition != seen_edition:
        raise EditedMeanwhile
    if strange := changes.keys() - set(snapshots.FIELDS) | {"places", "provider"} & changes.keys():
        raise ValueError(sorted(strange))
    before = standing([service.pk])[service.pk]
    names = snapshots.changed(before, changes)
    if names:
        write(service, changes, names)
        _keep(service, before, names, edition, by)
    return tuple(names)


@transaction.atomic
def set_place(*, service_id: int, row: PlaceRow, by: Actor, ref: UUID | None = None) -> UUID:
    """Change a place of a service, or with no `ref` give it one more; its reference.

    Raises PlaceTaken, ServicePlace.DoesNotExist for a place that is not the service's or has ended, and as `edit_service`.
    """
    edition = next_edition()
    service = locked(service_id, by)
    before = standing([service.pk])[service.pk]
    places = ServicePlace.objects.filter(service=service, active=True)
    place = places.get(ref=ref) if ref is not None else ServicePlace(service=service)
    if places.filter(name=row.name).exclude(pk=place.pk).exists():
        raise PlaceTaken
    last = places.aggregate(last=Max("position"))["last"] or 0
    if place.located == "given" and row.latitude is not None and row.postcode != place.postcode:
        # Somebody who moves a place and leaves the old coordinates standing does not mean them.
        unmoved = (row.latitude, row.longitude) == (place.latitude, place.longitude)
        row = replace(row, latitude=None, longitude=None) if unmoved else row
    write_place(place, snapshots.of_place(row), place.position if place.pk else last + 1)
    if place.located != "given":
        locate_places([place])
    _keep(service, before, ["places"], edition, by)
    return place.ref


@transaction.atomic
def end_place(*, service_id: int, ref: UUID, by: Actor) -> None:
    """The service no longer sees anybody there. Raises as `set_place`."""
    edition = next_edition()
    service = locked(service_id, by)
    before = standing([service.pk])[service.pk]
    place = ServicePlace.objects.get(service=service, active=True, ref=ref)
    place.active = False
    place.save(update_fields=["active"])
    _keep(service, before, ["places"], edition, by)


@transaction.atomic
def verify_service(*, service_id: int, by: Actor) -> None:
    """Say that what stands of the service is true today. Raises as `edit_service`."""
    service = locked(service_id, by)
    service.verified_on, service.verified_by = clock.today(), by.label[:80]
    service.save(update_fields=["verified_on", "verified_by"])
    audit.record(
        by=by, line=audit.Line("verify_service", "service", service.pk, organisation_id=service.organisation_id)
    )
    tasks.withdraw(keys=[_key(service)], because="somebody made sure of it", by=by)


def _keep(service: Service, before: snapshots.Told, names: list[str], edition: int, by: Actor) -> None:
    after = standing([service.pk])[service.pk]
    names = [name for name in names if before[name] != after[name]]
    if not names:
        return
    write_versions(keep_version(service.pk, before, after, names, "page", by))
    touch([service.pk], edition)
    audit.record(
        by=by,
        line=audit.Line(
            "edit_service", "service", service.pk, organisation_id=service.organisation_id, detail={"changed": names}
        ),
    )


def ask_for_checks(*, access: Access) -> int:
    """Ask the providers to make sure of services of which nobody has for too long: one piece of work each. How many are new."""
    by = access.actor
    least = clock.today() - CHECKED_FOR
    due = Service.objects.filter(active=True, verified_on__lt=least).order_by("verified_on", "pk")
    with transaction.atomic():
        return len(
            tasks.ask_for(
                tasks=[
                    NewTask(
                        kind=CHECK.name,
                        organisation_id=service.organisation_id,
                        key=_key(service),
                        title=f"Make sure of {service.name}"[:200],
                        detail=f"Last made sure of on {service.verified_on}. Read its page, and say there that it is true.",
                        subject="service",
                        subject_id=service.pk,
                    )
                    for service in due[:_SLICE]
                ],
                by=by,
            )
        )


def _key(service: Service) -> str:
    return f"service-check:{service.pk}"
