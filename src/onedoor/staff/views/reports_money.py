"""What a channel would cost: a licence against texts, with the figures of a paper or our own."""

from __future__ import annotations

from collections.abc import Mapping
from decimal import Decimal, InvalidOperation

from django.http import HttpRequest, HttpResponse
from django.views.decorators.http import require_GET

from onedoor.kernel.access import Permission
from onedoor.reporting.money import BreakEven, break_even
from onedoor.reporting.money.ours import ours
from onedoor.staff.figures import figures_page
from onedoor.ui.access import granted, staff

HULL: Mapping[str, str] = {"practices": "40", "texts": "1390588", "spend": "34561.74", "each": "576.00", "years": "1"}
"""The figures of seed 000, so that the page begins with something that can be checked."""
WORDS: Mapping[str, str] = {
    "practices": "Practices",
    "texts": "Texts a year",
    "spend": "What they cost, £",
    "each": "Licence of one practice, £",
    "years": "Years it runs",
}
_MOST = Decimal(1_000_000_000)


@staff(Permission.REPORTS)
@require_GET
def reports_money(request: HttpRequest) -> HttpResponse:
    """The break-even of what was typed, by the names of `HULL`, and our own texts against that licence."""
    typed = {name: request.GET.get(name, usual).strip() for name, usual in HULL.items()}
    found, problems = _read(typed)
    licence = found.a_practice_a_month * 12 if found else Decimal(HULL["each"])
    return figures_page(
        request,
        "staff/reports_money.jinja",
        "reports",
        tables={"ours": ours(granted(request), licence)},
        typed=typed,
        words=WORDS,
        problems=problems,
        found=found,
    )


def _read(typed: Mapping[str, str]) -> tuple[BreakEven | None, dict[str, str]]:
    """The break-even, or for each field why it cannot be."""
    problems, numbers = {}, {}
    for name, said in typed.items():
        try:
            number = Decimal(said.replace(",", "").removeprefix("£"))
        except InvalidOperation:
            number = Decimal(0)
        whole = name in ("practices", "texts", "years")
        if not number.is_finite() or not 0 < number < _MOST or (whole and number != int(number)):
            problems[name] = f"write a {'whole ' if whole else ''}number above nought."
        numbers[name] = number
    if problems:
        return None, problems
    return (
        break_even(
            practices=int(numbers["practices"]),
            texts=int(numbers["texts"]),
            spend=numbers["spend"],
            each=numbers["each"],
            years=int(numbers["years"]),
        ),
        {},
    )
