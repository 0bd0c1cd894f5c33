"""Addresses of the staff pages."""

from __future__ import annotations

from django.urls import URLPattern, path

from onedoor.staff.views import signin

urlpatterns: list[URLPattern] = [
    path("signin/", signin.signin, name="signin"),
    path("signin/demo/<slug:role>/", signin.demo_signin, name="demo_signin"),
    path("signout/", signin.signout, name="signout"),
    path("favicon.ico", signin.favicon),
]
