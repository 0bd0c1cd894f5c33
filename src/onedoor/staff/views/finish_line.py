"""The finish line: who is one or two checks from complete, how they get there, who sees to it; and steps for many at once."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from urllib.parse import urlencode
from uuid import UUID

from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse, QueryDict
from django.shortcuts import redirect
from django.urls import reverse
from django.views.decorators.http import require_GET, require_POST

from onedoor.accounts import api as accounts
from onedoor.accounts.api import Relation
from onedoor.kernel.access import Access, Permission
from onedoor.kernel.words import clock_time, short_day
from onedoor.patients import api as patients
from onedoor.recall import api as recall
from onedoor.records import api as records
from onedoor.staff.download import MOST, as_file
from onedoor.staff.frame import staff_page
from onedoor.ui.access import granted, staff

SHOWN = 50
"""Rows of a page."""

_DEFAULT = "smi"
_WAYS = ("by_text", "booked", "to_book", "declined")
"""How somebody gets what is missing, as recall numbers it."""

_LISTS = ((Relation.PCN, "pcn", "PCN"), (Relation.TRUST, "trust", "Trust"), (Relation.PLACE, "place", "Place"))


@dataclass(frozen=True)
class Asked:
    """What the address asks for: the rule set, the list, whose people, whose work, what they lack, and which page."""

    definition: recall.CheckSet
    view: str = "near"
    group: str = ""
    owner: str = ""
    missing: str = ""
    way: str = ""
    page: int = 1

    def address(self, **other: str | int) -> str:
        """The list's address with some of it put otherwise."""
        said: dict[str, str | int] = {
            "set": self.definition.key,
            "view": self.view,
            "group": self.group,
            "owner": self.owner,
            "missing": self.missing,
            "way": self.way,
            "page": 1,
        }
        said |= other
        plain = {"set": _DEFAULT, "view": "near", "page": 1}
        query = urlencode({key: value for key, value in said.items() if value != plain.get(key, "")})
        return reverse("finish_line") + (f"?{query}" if query else "")


@staff(Permission.CHECKS)
@require_GET
def finish_line(request: HttpRequest) -> HttpResponse:
    """The list, nearest to complete first, with the figures of all of it. Whoever it names can see that it was opened."""
    access = granted(request)
    definitions = recall.check_sets()
    if not definitions:
        return staff_page(request, "staff/finish_line_none.jinja", "finish_line")
    asked = _asked(request.GET, definitions)
    wide = accounts.for_checks(access)
    line = recall.finish_line(
        access, asked.definition, _filter(wide, asked), limit=SHOWN, offset=SHOWN * (asked.page - 1)
    )
    records.look_many(access=wide, patient_ids=[row.patient.pk for row in line.rows], page="list of checks")
    return staff_page(
        request,
        "staff/finish_line.jinja",
        "finish_line",
        asked=asked,
        line=line,
        definitions=definitions,
        groups=_groups(wide, line.practices),
        checkers=accounts.checkers(wide),
        teams=sorted({group.address.partition(":")[2] for group in line.owners if group.address.startswith("team:")}),
        me=access.actor.id,
        pages=-(-line.total // SHOWN),
        WAY=_WAYS,
    )


@staff(Permission.CHECKS)
@require_POST
def step(request: HttpRequest) -> HttpResponse:
    """For those ticked, or all on the page: name an owner, plan their next visit, or ask them by text."""
    access = granted(request)
    definitions = recall.check_sets()
    if not definitions:
        raise Http404
    asked = _asked(request.POST, definitions)
    refs = request.POST.getlist("row" if request.POST.get("whom") == "page" else "one")
    wide = accounts.for_checks(access)
    try:
        keys = list(
            patients.visible(wide).filter(ref__in=[UUID(ref) for ref in set(refs)]).values_list("pk", flat=True)
        )
        if len(keys) != len(set(refs)):
            raise Http404
        said = _do(request.POST, access, keys, asked.definition)
    except (ValueError, patients.Patient.DoesNotExist) as error:
        raise Http404 from error
    except recall.NotDone as why:
        messages.error(request, str(why))
    else:
        messages.success(request, said)
    return redirect(asked.address(page=asked.page))


def _do(said: QueryDict, access: Access, keys: Sequence[int], definition: recall.CheckSet) -> str:
    """One step for these people; what was done, in words. Raises recall.NotDone, ValueError for no step at all."""
    what = said.get("do", "")
    if what == "own":
        kind, _, which = said.get("to", "").partition(":")
        if kind == "nobody":
            number = recall.own_checks(access=access, patient_ids=keys, owner=None)
        else:
            team = said.get("team", "") if kind == "team" and not which else which
            owner = recall.CheckOwnerName(user_id=int(which)) if kind == "user" else recall.CheckOwnerName(team=team)
            number = recall.own_checks(access=access, patient_ids=keys, owner=owner)
        return f"{_people(number)} changed hands." if number else "They were with them before. Nothing was changed."
    if what == "plan":
        number = recall.plan_checks(access=access, patient_ids=keys, definition=definition)
        return f"Planned for the next visit of {_people(number)}: whoever sees them reads it with the visit."
    if what == "ask":
        asked = recall.ask_for_checks(access=access, patient_ids=keys, definition=definition)
        return " ".join(
            [f"{_people(asked.asked)} asked by text." if asked.asked else "Nobody was asked."]
            + [f"{number} not: {why}" for why, number in asked.not_asked.items()]
        )
    raise ValueError(what)


def _people(number: int) -> str:
    return f"{number:,} {'person' if number == 1 else 'people'}"


@staff(Permission.CHECKS)
@require_POST
def download(request: HttpRequest) -> HttpResponse:
    """The list as a file, with what is needed to act on it and no more."""
    access = granted(request)
    definitions = recall.check_sets()
    if not definitions:
        raise Http404
    asked = _asked(request.POST, definitions)
    wide = accounts.for_checks(access)
    line = recall.finish_line(access, asked.definition, _filter(wide, asked), limit=MOST)
    records.look_many(access=wide, patient_ids=[row.patient.pk for row in line.rows], page="list of checks as a file")
    head = ("NHS number", "Name", "Practice", "Done", "Missing", "By text", "Declined", "Next seen", "Where", "Owner")
    return as_file(
        access,
        "finish-line",
        head,
        [
            (
                row.patient.nhs_number or "",
                row.patient.shown_name,
                row.practice,
                f"{row.done} of {len(asked.definition.parts)}",
                ", ".join(part.label for part in row.missing),
                ", ".join(part.label for part in row.by_text),
                ", ".join(part.label for part in row.declined),
                f"{short_day(row.visit.at)} {clock_time(row.visit.at)}" if row.visit else "",
                row.visit.place if row.visit else "",
                row.owner,
            )
            for row in line.rows
        ],
    )


def _asked(said: QueryDict, definitions: Sequence[recall.CheckSet]) -> Asked:
    """What was asked for; 404 for what there is not."""
    key = said.get("set", _DEFAULT)
    definition = next((one for one in definitions if one.key == key), None)
    if definition is None and "set" not in said:
        definition = definitions[0]
    view, missing, page = said.get("view", "near"), said.get("missing", ""), said.get("page", "1")
    if (
        definition is None
        or view not in recall.FINISH_LINE_VIEWS
        or not (page.isdecimal() and 0 < int(page[:6]) < 100_000)
    ):
        raise Http404
    if missing and missing not in {part.key for part in definition.parts}:
        raise Http404
    way = said.get("way", "")
    if way and way not in _WAYS:
        raise Http404
    return Asked(definition, view, said.get("group", ""), said.get("owner", "")[:80], missing, way, int(page))


def _filter(wide: Access, asked: Asked) -> recall.FinishLineFilter:
    """The same for the query: a PCN, trust or place is its practices today."""
    kind, _, which = asked.group.partition(":")
    practices: tuple[int, ...] | None = None
    if asked.group:
        if not which.isdecimal() or len(which) > 18:
            raise Http404
        key = int(which)
        relation = {name: relation for relation, name, _ in _LISTS}.get(kind)
        if kind != "practice" and relation is None:
            raise Http404
        practices = (key,) if relation is None else tuple(accounts.members(key, relation))
    way = _WAYS.index(asked.way) if asked.way else None
    return recall.FinishLineFilter(asked.view, practices, asked.owner, asked.missing, way)


@dataclass(frozen=True)
class Groups:
    """PCNs, or trusts, or practices, with their figures."""

    label: str
    rows: Sequence[recall.FinishLineGroup]


def _groups(wide: Access, practices: Sequence[recall.FinishLineGroup]) -> list[Groups]:
    """The figures by practice, and by those to which the practices stand; one group alone is no choice."""
    keys = {int(group.address.partition(":")[2]): group for group in practices}
    found = []
    for relation, name, label in _LISTS:
        sums: dict[tuple[int, str], recall.FinishLineCount] = {}
        for practice, others in accounts.related(keys, relation).items():
            for other in others:
                have = sums.get((other.pk, other.name), recall.FinishLineCount())
                sums[other.pk, other.name] = have + keys[practice].count
        rows = [recall.FinishLineGroup(said, f"{name}:{key}", count) for (key, said), count in sums.items()]
        found.append(Groups(label, sorted(rows, key=lambda group: group.name)))
    found.append(Groups("Practice", practices))
    return [groups for groups in found if len(groups.rows) > 1]
