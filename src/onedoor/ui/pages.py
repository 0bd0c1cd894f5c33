"""Rendering a page with what every page needs."""

from __future__ import annotations

from typing import Any

from django.conf import settings
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.http import url_has_allowed_host_and_scheme

from onedoor.ui.access import acting, print_size


def page(request: HttpRequest, template: str, *, status: int = 200, **context: Any) -> HttpResponse:
    """Render a Jinja template; `demonstration` tells the footer, `acting` and `print_size` the portal's frame.

    `csrf_input` is Django's.
    """
    known = {"demonstration": settings.DEMONSTRATION, "acting": acting(request), "print_size": print_size(request)}
    answer = render(request, template, {**known, **context}, status=status)
    # Desks are shared: nobody sees by the Back button what was somebody else's.
    answer["Cache-Control"] = "no-store"
    return answer


def as_pdf(content: bytes, name: str) -> HttpResponse:
    """A PDF of ours to be read where it opens, kept by nobody on the way."""
    answer = HttpResponse(content, content_type="application/pdf")
    answer["Content-Disposition"] = f'inline; filename="{name}.pdf"'
    answer["Cache-Control"] = "no-store"
    return answer


def local(wanted: str | None, otherwise: str) -> str:
    """An address of our own that a form asked to return to, or `otherwise`: never somebody else's site."""
    return wanted if wanted and url_has_allowed_host_and_scheme(wanted, allowed_hosts=None) else otherwise


def back(request: HttpRequest, otherwise: str) -> HttpResponse:
    """After a change: return to the page whose form said where it stands (`back`), or to `otherwise`."""
    return redirect(local(request.POST.get("back"), otherwise))
