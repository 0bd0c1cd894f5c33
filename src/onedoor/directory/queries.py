"""Reads of the directory. What a service is and how to reach it is public: anybody may ask, and no access is wanted."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime

from django.db import connection
from django.db.models import Count, Max, Q
from django.db.models.query import QuerySet

from onedoor.accounts.api import require_runs_all
from onedoor.directory import rules
from onedoor.directory.asking import DANGERS
from onedoor.directory.models import Gap, Service, ServicePlace, Switch
from onedoor.directory.ports import waits_of
from onedoor.directory.search import Hit, Index, Reading, Text
from onedoor.directory.spots import where_is
from onedoor.directory.types import (
    Card,
    Ending,
    Findings,
    Found,
    GapCell,
    GapRow,
    Gaps,
    PlaceCard,
    Standing,
    Where,
)
from onedoor.directory.vocabulary import committed
from onedoor.kernel import clock
from onedoor.kernel.access import Access, NotPermitted, Permission, acts_for
from onedoor.kernel.words import long_day

MOST_FOUND = 10
UNKNOWN_NEED = "words that we do not know"


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


def addresses(service_ids: Iterable[int]) -> dict[int, tuple[str, ...]]:
    """The lines of each service's main place, as a letter has them; of services without a place none."""
    rows = ServicePlace.objects.filter(service_id__in=service_ids, active=True).order_by("-position", "-pk")
    return {
        key: tuple(line for line in lines if line)
        for key, *lines in rows.values_list("service_id", "name", "address", "postcode")
    }


def providers() -> set[int]:
    """The organisations that run active services."""
    return set(Service.objects.filter(active=True).values_list("organisation_id", flat=True))


def standing_of(service_ids: Sequence[int]) -> dict[int, Standing]:
    """How each service stands now; one that was never switched takes people, and nobody who refers themselves."""
    now = clock.now()
    latest = Switch.objects.filter(service_id__in=service_ids, at__lte=now).order_by("service_id", "kind", "-at", "-id")
    said: defaultdict[int, dict[str, Switch]] = defaultdict(dict)
    for row in latest.distinct("service_id", "kind"):
        said[row.service_id][row.kind] = row
    return {key: _standing(said[key], now) for key in service_ids}


def _standing(said: dict[str, Switch], now: datetime) -> Standing:
    own, taking = said.get("self_referral"), said.get("taking")
    full = taking is not None and not taking.open and (taking.until is None or taking.until > now)
    return Standing(
        self_referral=own is not None and own.open,
        self_referral_reason=own.reason if own else "",
        self_referral_since=own.at if own else None,
        agreement_on=own.agreement_on if own else None,
        full=full,
        full_reason=taking.reason if full and taking else "",
        full_since=taking.at if full and taking else None,
        full_until=taking.until if full and taking else None,
    )


def card(slug: str, *, also_ended: bool = False) -> Card | None:
    """A service as its page shows it; None when there is no such service, or no longer."""
    services = Service.objects.filter(slug=slug)
    found = _whole(services if also_ended else services.filter(active=True))
    return found[0] if found else None


def cards() -> list[Card]:
    """Every active service, by name."""
    return _whole(Service.objects.filter(active=True))


def find(
    words: str,
    *,
    place: str = "",
    age: int | None = None,
    by_patient: bool,
    nearest: bool = False,
    open_now: bool = False,
) -> Findings:
    """Services for what somebody says they need, the best first, at most ten.

    `place` is a postcode, its first part or a town; with `nearest` those that are sure come by distance, and before words that
    only come near. With `open_now` only those that are open. `age` is in whole years. With `by_patient` a service that one
    could refer oneself to, and that does not allow it now, says so.
    """
    held = index()
    hits, reading = held.texts.search(words, age=age)
    hits = list({hit.key: hit for hit in reversed(_of_number(rules.digits_of(words)) + hits)}.values())[::-1]
    where = where_is(place)
    far = _far(held.located, [hit.key for hit in hits], where)
    hits = [hit for hit in hits if hit.key in held.located]
    hits.sort(key=lambda hit: _order(hit, held, where, far.get(hit.key), nearest))
    wanted = hits if open_now else hits[:MOST_FOUND]
    whole = {one.id: one for one in _whole(Service.objects.filter(pk__in=[hit.key for hit in wanted]))}
    shown = [hit for hit in wanted if hit.key in whole and (whole[hit.key].open_now or not open_now)]
    return Findings(
        found=tuple(_found(whole[hit.key], hit, reading, where, by_patient) for hit in shown[:MOST_FOUND]),
        need=need_of(reading),
        needs=reading.needs,
        corrected=reading.corrected,
        understood=bool(reading.needs or reading.plain_words),
        danger=any(need in DANGERS for need in reading.needs),
        where=where,
    )


def _far(located: Mapping[int, _Located], keys: Sequence[int], where: Where | None) -> dict[int, float]:
    """Miles from where somebody is to the nearest place of each service; of those that come to people, none at all."""
    if where is None or where.at is None:
        return {}
    found = {}
    for key in keys:
        one = located.get(key)
        if one is not None and one.at:
            found[key] = min(rules.miles(where.at, at) for at in one.at)
        elif one is not None and not one.postcode and not one.somewhere:
            found[key] = 0.0
    return found


def _order(hit: Hit, held: _Held, where: Where | None, far: float | None, nearest: bool) -> tuple[object, ...]:
    if nearest and where is not None and where.at is not None:
        return (not hit.sure, far is None, round(far or 0.0, 1), -hit.score, hit.key)
    one = held.located[hit.key]
    near = rules.nearness(where.outward if where else "", one.postcode, far if one.at else None)
    return (not hit.sure, -hit.score * near)


def seen_from(card: Card, place: str) -> Card:
    """The service with its places by how far they are from a place that somebody named, the nearest first."""
    return _from(card, where_is(place))


def _from(card: Card, where: Where | None) -> Card:
    if where is None or where.at is None:
        return card
    at = where.at
    far = [replace(place, miles=rules.miles(at, place.at) if place.at is not None else None) for place in card.places]
    far.sort(key=lambda place: (place.miles is None, place.miles or 0.0))
    return replace(card, places=tuple(far))


def _found(card: Card, hit: Hit, reading: Reading, where: Where | None, by_patient: bool) -> Found:
    misses = _misses(card, reading.ages, by_patient)
    card = _from(card, where)
    nearest = card.places[0] if card.places else None
    return Found(
        card=card,
        sure=hit.sure,
        misses=misses,
        words=hit.words,
        place=rules.place_said(
            where.outward if where else "",
            nearest.postcode if nearest else "",
            nearest.name if nearest else "",
            nearest.miles if nearest else None,
        ),
        nearest=nearest,
    )


def _of_number(number: str) -> list[Hit]:
    """The services with this telephone number, or that take its place: a number on an old letter finds who answers now."""
    if not number:
        return []
    rows = Service.objects.filter(active=True).values_list("pk", "phone", "replaces")
    keys = [key for key, phone, replaces in rows if number in {rules.digits_of(line) for line in (phone, *replaces)}]
    return [Hit(key, score=100.0, share=1.0, sure=True, words=(number,)) for key in keys]


def ending(findings: Findings, taken: str | None) -> Ending | None:
    """The gap that a search ended in when the service `taken` was chosen of it, or nothing (None); None when there is no gap."""
    keys = {one.card.slug: one.card.id for one in findings.found}
    said = [(one.card.id, one.sure, one.misses) for one in findings.found]
    ended = rules.ending(said, keys.get(taken, 0) if taken is not None else None)
    if ended is None:
        return None
    because, wanted, why_not = ended
    return Ending("nothing" if because == "nothing" else "second_best", wanted, why_not)


def need_of(reading: Reading) -> str:
    """What a gap is kept under: needs of the vocabulary, else ordinary words. Names, numbers and other words never get here."""
    if reading.needs:
        return ", ".join(reading.needs[:3])
    return " ".join(reading.plain_words)[:120] or UNKNOWN_NEED


def may_switch(access: Access, one: Card) -> bool:
    """Whether this access is of the provider's staff or of somebody who runs the system."""
    if acts_for(access.actor, one.provider_id):
        return True
    try:
        require_runs_all(access.actor)
    except NotPermitted:
        return False
    return True


_State = tuple[str, int, int, int]


@dataclass(frozen=True)
class _Located:
    """Where a service is: the coordinates of its places that have any, its main place's postcode, whether it has a place."""

    at: tuple[tuple[float, float], ...]
    postcode: str
    somewhere: bool


@dataclass(frozen=True)
class _Held:
    texts: Index
    located: dict[int, _Located]


_index: tuple[_State, _Held] | None = None


def index() -> _Held:
    """The search index of the active services, built anew after any of them changed; shared by the threads of a process."""
    global _index
    now = Service.objects.filter(active=True).aggregate(last=Max("edition"), count=Count("pk"), newest=Max("pk"))
    state = (str(connection.settings_dict["NAME"]), now["last"] or 0, now["count"], now["newest"] or 0)
    if _index is None or _index[0] != state:
        services = list(
            Service.objects.filter(active=True).prefetch_related("streams", "places").order_by("name", "pk")
        )
        texts = [
            Text(
                key=one.pk,
                name=one.name,
                streams=tuple(stream.name for stream in one.streams.all() if stream.active),
                summary=one.summary,
                other_words=one.other_words,
                ages_from=one.ages_from,
                ages_to=one.ages_to,
            )
            for one in services
        ]
        located = {one.pk: _located([place for place in one.places.all() if place.active]) for one in services}
        _index = (state, _Held(Index(texts, committed()), located))
    return _index[1]


def _located(places: Sequence[ServicePlace]) -> _Located:
    return _Located(
        at=tuple(
            (place.latitude, place.longitude)
            for place in places
            if place.latitude is not None and place.longitude is not None
        ),
        postcode=places[0].postcode if places else "",
        somewhere=bool(places),
    )


def gaps(access: Access, first: date, last: date) -> Gaps:
    """Gaps of the London days from `first` to `last`, both included, of the whole locality: no row is anybody's.

    Raises NotPermitted without the right to see counts. Small numbers are the caller's to hide before they go further.
    """
    access.require(Permission.COUNTERS)
    found = Gap.objects.filter(at__gte=clock.london_day(first)[0], at__lt=clock.london_day(last)[1])
    rows = list(
        found.filter(found_by_other_words=False).values_list("need", "place", "because").annotate(count=Count("pk"))
    )
    cells: Counter[tuple[str, str]] = Counter()
    for need, place, _, count in rows:
        cells[need, place] += count
    return Gaps(
        total=sum(cells.values()),
        by_need=_by([(need, because, count) for need, _, because, count in rows]),
        by_place=_by([(place, because, count) for _, place, because, count in rows]),
        cells=tuple(GapCell(need, place, count) for (need, place), count in _ordered(cells)),
        put_otherwise=found.filter(found_by_other_words=True).count(),
    )


def _by(rows: Sequence[tuple[str, str, int]]) -> tuple[GapRow, ...]:
    counts: defaultdict[str, Counter[str]] = defaultdict(Counter)
    for name, because, count in rows:
        counts[name][because] += count
    ordered = sorted(counts.items(), key=lambda item: (-item[1].total(), item[0]))
    return tuple(
        GapRow(name, parts.total(), parts["nothing"], parts["second_best"], parts["too_long"])
        for name, parts in ordered
    )


def _ordered(cells: Counter[tuple[str, str]]) -> list[tuple[tuple[str, str], int]]:
    return sorted(cells.items(), key=lambda item: (-item[1], item[0]))


def _misses(one: Card, ages: tuple[int, int] | None, by_patient: bool) -> tuple[str, ...]:
    found = []
    if ages is not None and not any(
        rules.takes_age(one.ages_from, one.ages_to, age) for age in range(ages[0], ages[1] + 1)
    ):
        found.append("age")
    if one.standing.full:
        found.append("full")
    if by_patient and "patient" in one.refers and not one.standing.self_referral:
        found.append("self_referral_closed")
    return tuple(found)


def _whole(services: QuerySet[Service]) -> list[Card]:
    found = list(
        services.select_related("organisation").prefetch_related("streams", "openings", "places").order_by("name", "pk")
    )
    standing = standing_of([one.pk for one in found])
    waits = waits_of([one.pk for one in found])
    now, today = clock.now(), clock.today()
    cards = []
    for one in found:
        times = _Times(one, now)
        opening, is_open = times.of_service()
        cards.append(
            Card(
                id=one.pk,
                slug=one.slug,
                name=one.name,
                provider=one.organisation.name,
                provider_id=one.organisation_id,
                summary=one.summary,
                streams=tuple((stream.name, stream.kind) for stream in one.streams.all() if stream.active),
                ages_from=one.ages_from,
                ages_to=one.ages_to,
                ages=rules.ages_said(one.ages_from, one.ages_to),
                refers=tuple(name for name in rules.REFERRERS if name in one.refers),
                phone=one.phone,
                web=one.web,
                criteria=one.criteria,
                places=tuple(_place(place, times) for place in one.places.all() if place.active),
                hours=rules.hours_said(times.hours),
                days_off=times.days_said(today),
                opening=opening,
                open_now=is_open,
                clocks=rules.clocks_said(
                    one.triage_hours, one.triage_basis, one.urgent_days, one.onward_working_days, one.rtt_scope
                ),
                replaces=tuple(one.replaces),
                verified_on=one.verified_on,
                verified_by=one.verified_by,
                stale=rules.stale(one.verified_on, today),
                standing=standing[one.pk],
                wait=waits.get(one.pk),
                active=one.active,
                edition=one.edition,
            )
        )
    return cards


def _place(place: ServicePlace, times: _Times) -> PlaceCard:
    own = times.of_place.get(place.pk, [])
    hours = own or times.hours
    latitude, longitude = place.latitude, place.longitude
    return PlaceCard(
        ref=place.ref,
        name=place.name,
        address=place.address,
        postcode=place.postcode,
        step_free=place.step_free,
        parking=place.parking,
        hours=rules.hours_said(hours),
        own_hours=bool(own),
        hours_written=rules.hours_written(own),
        opening=times.said(hours)[0],
        at=None if latitude is None or longitude is None else (latitude, longitude),
        located=place.located,
    )


class _Times:
    """The hours of a service and of its places, at a moment."""

    def __init__(self, service: Service, now: datetime) -> None:
        self._now, self._bank_holidays = now, service.bank_holidays
        self.hours: list[rules.Hours] = []
        self.dated: list[rules.DayHours] = []
        self.of_place: defaultdict[int, list[rules.Hours]] = defaultdict(list)
        for row in service.openings.all():
            if row.day is not None:
                self.dated.append(rules.DayHours(row.day, row.opens, row.closes))
            elif row.weekday is not None and row.opens is not None and row.closes is not None:
                hours = rules.Hours(row.weekday, row.opens, row.closes)
                (self.hours if row.place_id is None else self.of_place[row.place_id]).append(hours)

    def of_service(self) -> tuple[str, bool]:
        """Of its own hours, or where it has none, of whichever place is open."""
        return self.said(self.hours or [row for rows in self.of_place.values() for row in rows])

    def said(self, hours: list[rules.Hours]) -> tuple[str, bool]:
        """(whether it is open and until when, or when it opens, in words; whether it is open). Empty for hours not known."""
        return _opening(hours, self.dated, self._now, self._bank_holidays) if hours else ("", False)

    def days_said(self, today: date) -> tuple[tuple[date, str], ...]:
        """Days ahead that differ from the week's, with their hours in words."""
        return tuple(
            (
                row.day,
                f"{rules.time_said(row.opens)} to {rules.time_said(row.closes)}"
                if row.opens and row.closes
                else "closed",
            )
            for row in sorted(self.dated, key=lambda row: row.day)
            if row.day >= today
        )


def _opening(
    hours: list[rules.Hours], dated: list[rules.DayHours], now: datetime, bank_holidays: bool
) -> tuple[str, bool]:
    if set(hours) >= set(rules.ALWAYS) and clock.today() not in {row.day for row in dated}:
        return "Open day and night", True
    until = rules.open_until(hours, dated, now, bank_holidays=bank_holidays)
    if until is not None:
        return f"Open now, until {_said(until)}", True
    opens = rules.next_opening(hours, dated, now, bank_holidays=bank_holidays)
    if opens is None:
        return "Closed now", False
    today = clock.today()
    local = opens.astimezone(clock.LONDON).date()
    when = "today" if local == today else "tomorrow" if (local - today).days == 1 else long_day(opens)
    return f"Closed now. Opens {when} at {_said(opens)}", False


def _said(moment: datetime) -> str:
    return rules.time_said(moment.astimezone(clock.LONDON).time())
