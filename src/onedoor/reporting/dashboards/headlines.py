"""The front page of reports: of each dashboard its headline, how it moves, and what to do next.

A dashboard that has one is a module of this package with `own_headlines(access)`; the front page finds it there.
"""

from __future__ import annotations

import pkgutil
from dataclasses import dataclass
from importlib import import_module

from onedoor.kernel.access import Access, Permission


@dataclass(frozen=True)
class Headline:
    """A dashboard in one line. `page` is the name of its address, `query` what follows it; `next_page` where the next step is."""

    order: int
    title: str
    page: str
    figure: str
    words: str
    """What the figure counts, of whom and when."""
    trend: str = ""
    next_words: str = ""
    next_page: str = ""
    next_query: str = ""


def headlines(access: Access) -> list[Headline]:
    """Those of every dashboard that this access may see, in order. Raises NotPermitted without Permission.REPORTS."""
    access.require(Permission.REPORTS)
    package = __name__.rpartition(".")[0]
    found: list[Headline] = []
    for module in pkgutil.iter_modules(import_module(package).__path__):
        told = getattr(import_module(f"{package}.{module.name}"), "own_headlines", None)
        if told is not None:
            found += told(access)
    return sorted(found, key=lambda one: (one.order, one.title))
