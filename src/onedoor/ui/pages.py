"""Rendering a page with what every page needs."""

from __future__ import annotations

from typing import Any

from django.conf import settings
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render


def page(request: HttpRequest, template: str, *, status: int = 200, **context: Any) -> HttpResponse:
    """Render a Jinja template; `demonstration` tells the footer, `csrf_input` is Django's."""
    return render(request, template, {"demonstration": settings.DEMONSTRATION, **context}, status=status)
