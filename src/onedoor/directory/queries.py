"""Reads of the directory. What a service is and how to reach it is public: anybody may ask, and no access is wanted."""

from __future__ import annotations

from collections.abc import Sequence

from django.db.models import Count, Q

from onedoor.directory.models import Service


def service_by_slug(slug: str) -> Service | None:
    """The service with this short name, also one no longer active."""
    return Service.objects.select_related("organisation").prefetch_related("streams").filter(slug=slug).first()


def services_of_streams(names: Sequence[str]) -> list[Service]:
    """The active services that have every one of these streams, by name; none for no names."""
    if not names:
        return []
    held = Count("streams", filter=Q(streams__name__in=names), distinct=True)
    found = Service.objects.filter(active=True).annotate(held=held).filter(held=len(set(names)))
    return list(found.select_related("organisation").prefetch_related("streams").order_by("name"))


def providers() -> set[int]:
    """The organisations that run active services."""
    return set(Service.objects.filter(active=True).values_list("organisation_id", flat=True))
