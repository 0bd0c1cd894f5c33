"""Every address of Onedoor's pages. Machine doors and live streams are in `onedoor.gateway`."""

from __future__ import annotations

from django.urls import URLPattern, URLResolver, include, path

urlpatterns: list[URLPattern | URLResolver] = [
    path("", include("onedoor.staff.urls")),
    path("", include("onedoor.portal.urls")),
]
