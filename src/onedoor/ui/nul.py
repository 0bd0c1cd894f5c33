"""The character that cannot be kept: PostgreSQL stores no NUL in a text, and no keyboard writes one.

Looked for in one place, before a session is read or a view is called: in the address, its query, cookies, and what a form or a
script sends. Content of files is left to whoever reads them; what providers post has its own door (`messaging.receiving`).
"""

from __future__ import annotations

from collections.abc import Callable, Iterable

from django.http import HttpRequest, HttpResponseBase, QueryDict
from django.shortcuts import render

NUL = "\0"
_IN_JSON = b"\\u0000"


class NoNul:
    """Middleware: a request with a NUL in it is answered 400 with a page that says so, and nothing was changed."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponseBase]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponseBase:
        if any(NUL in text for text in _texts(request)) or _json_has_one(request):
            answer = render(request, "400.html", status=400)
            answer["Cache-Control"] = "no-store"
            return answer
        return self.get_response(request)


def _texts(request: HttpRequest) -> Iterable[str]:
    yield request.path_info
    for name, value in request.COOKIES.items():
        yield name
        yield value
    yield from _pairs(request.GET)
    if request.method == "POST":
        yield from _pairs(request.POST)


def _pairs(given: QueryDict) -> Iterable[str]:
    for name, values in given.lists():
        yield name
        yield from (value for value in values if isinstance(value, str))


def _json_has_one(request: HttpRequest) -> bool:
    """An escaped backslash before "u0000" is refused with it: nobody writes that either."""
    return request.content_type == "application/json" and _IN_JSON in request.body
