"""Where a patient's referrals are: what was done, what happens now and next, by when they hear, and who to ring.

One reading for everybody who tells it (the patient's page, the call handler's page, letters), so that all say the same.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from datetime import date, datetime, timedelta
from uuid import UUID

from django.db.models import Q, QuerySet

from onedoor.accounts.api import Organisation
from onedoor.booking import api as booking
from onedoor.booking.api import Appointment
from onedoor.booking.types import InterpreterView
from onedoor.documents import api as documents
from onedoor.documents.types import Line
from onedoor.kernel import clock
from onedoor.kernel.access import Access, Part, Permission
from onedoor.kernel.clock import LONDON
from onedoor.kernel.sensitive import says_sensitive
from onedoor.kernel.words import clock_time, long_day, spoken
from onedoor.patients import api as patients
from onedoor.referrals import rules, rules_waiting, sentences
from onedoor.referrals.models import Decision, HeardBy, History, Referral, StreamType, Visit
from onedoor.referrals.rules_booking import ACCEPTED, PROVIDER_DAYS, STANDS, may_choose

__all__ = ["Holder", "Where", "where_is"]


@dataclass(frozen=True)
class Holder:
    """In whose hands it is, and their telephone number as it is read out; empty where nobody knows it."""

    name: str
    phone: str


@dataclass(frozen=True)
class Where:
    """Where one referral is. All sentences are for the patient; days are London's.

    `heard_by` is the day last said and `earliest` to `latest` its 80% range: none where nothing is waited for, or nothing can
    be said. `promised` is the day by which e-RS promises that triage answers; `missed` says that a day once said is past.
    """

    ref: UUID
    service: str
    stream: str
    open: bool
    received_on: date
    done: tuple[tuple[date, str], ...]
    now: str
    next: str
    hear: tuple[str, ...]
    heard_by: date | None
    earliest: date | None
    latest: date | None
    promised: date | None
    missed: bool
    holder: Holder
    ring: Holder
    """Who to ring about it: always the service itself."""
    change: str
    state: str
    """In e-RS words."""
    source_ref: str
    priority: str
    waits_for: str
    """What they hear of next, where a day can be said: "decision" or "appointment"."""
    visit_at: datetime | None
    """When they are seen next, where that is booked here."""
    may_choose: bool
    """Whether the patient can choose a time now, on the page for that."""
    letters: tuple[Line, ...]
    """Current letters about it that the access may see, the latest first."""

    @property
    def private(self) -> bool:
        """Whether anything that is said of it is private (clinical.md 6.2)."""
        shown = [self.service, self.stream, self.now, self.next, *(said for _, said in self.done)]
        return says_sensitive(" ".join(shown).lower())


def where_is(access: Access, patient_id: int) -> list[Where]:
    """All referrals of a patient, the open ones first, then the latest; none outside the access.

    A patient sees their own; staff who see patients or referrals, those of patients they care for and those to their own
    organisation's services; a proxy, what was given to them. Ten statements, however many referrals.
    """
    told = _told(access, _seen(access, patient_id))
    if not access.has(Part.CHANGES):
        told = [replace(one, may_choose=False) for one in told]
    return told if access.has(Part.PRIVATE) else [one for one in told if not one.private]


def _seen(access: Access, patient_id: int) -> QuerySet[Referral]:
    found = Referral.objects.filter(patient_id=patient_id)
    if access.everything or access.patient_id == patient_id:
        return found if access.has(Part.CARE) else found.none()
    if not (access.may(Permission.PATIENTS) or access.may(Permission.REFERRALS)):
        return found.none()
    cared_for = patients.visible(access).filter(pk=patient_id)
    return found.filter(Q(service__organisation_id__in=access.organisations) | Q(patient__in=cared_for))


def _told(access: Access, found: QuerySet[Referral]) -> list[Where]:
    referrals = list(found.select_related("service__organisation", "stream"))
    keys = [referral.pk for referral in referrals]
    history: dict[int, list[History]] = defaultdict(list)
    for step in History.objects.filter(parent_id__in=keys).order_by("id"):
        history[step.parent_id].append(step)
    said: dict[int, list[HeardBy]] = defaultdict(list)
    for row in HeardBy.objects.filter(referral_id__in=keys).order_by("id"):
        said[row.referral_id].append(row)
    visits: dict[int, list[Appointment]] = defaultdict(list)
    for visit in Visit.objects.filter(referral_id__in=keys, appointment__state__in=STANDS).select_related(
        "appointment__seat__session__site"
    ):
        visits[visit.referral_id].append(visit.appointment)
    interpreters = booking.interpreters_of(one.pk for theirs in visits.values() for one in theirs)
    decided = {
        one.referral_id: one for one in Decision.objects.filter(referral_id__in=keys, state="done").order_by("pk")
    }
    streams = Referral.objects.filter(pk__in=keys).values("stream_id")
    bookable = set(StreamType.objects.filter(stream_id__in=streams).values_list("stream_id", flat=True))
    letters = documents.of_subjects(access, "referral", keys)
    referrers = _referrers(referral.referrer_ods for referral in referrals)
    told = [
        _where(
            referral,
            history[referral.pk],
            said[referral.pk],
            referrers.get(referral.referrer_ods),
            tuple(letters.get(referral.pk, ())),
            _next_visit(visits[referral.pk]),
            interpreters,
            decided.get(referral.pk),
            referral.stream_id in bookable,
        )
        for referral in referrals
    ]
    return sorted(told, key=lambda one: (one.open, one.received_on), reverse=True)


def _referrers(codes: Iterable[str]) -> dict[str, Organisation]:
    return {one.ods_code: one for one in Organisation.objects.filter(ods_code__in={code for code in codes if code})}


def _where(
    referral: Referral,
    steps: list[History],
    said: list[HeardBy],
    referrer: Organisation | None,
    letters: tuple[Line, ...],
    visit: Appointment | None,
    interpreters: Mapping[int, tuple[InterpreterView, ...]],
    decision: Decision | None,
    bookable: bool,
) -> Where:
    service = referral.service
    choose = (
        bookable
        and referral.closed_at is None
        and may_choose(state=referral.state, who_books=decision.who_books if decision else "")
    )
    standing = sentences.STANDING[
        sentences.standing(
            state=referral.state,
            outcome=referral.outcome,
            closed_because=referral.closed_because,
            offered=referral.first_offered_on is not None,
            visit=visit.state if visit else "",
            may_choose=choose,
        )
    ]
    words = {
        "referrer": _referrer_words(referral, referrer),
        "stream": referral.stream.name if referral.stream else service.name,
        "when": f"{long_day(visit.starts_at)} at {clock_time(visit.starts_at)}" if visit else "",
        "place": visit.seat.session.site.name if visit else "",
    }
    ring = Holder(service.name, _phone(service.phone or service.organisation.phone))
    holders = {
        sentences.US: ring,
        sentences.YOU: Holder("You", ""),
        sentences.ELSEWHERE: Holder("The hospital", ""),
        sentences.REFERRER: Holder(
            referrer.name if referrer else _sentence("{referrer}", words), _phone(referrer.phone if referrer else "")
        ),
    }
    heard = [row for row in said if row.what == standing.waits_for] if standing.waits_for else []
    last = heard[-1] if heard else None
    return Where(
        ref=referral.ref,
        service=service.name,
        stream=referral.stream.name if referral.stream else "",
        open=referral.closed_at is None,
        received_on=_day(referral.received_at),
        done=_done(referral, steps, words),
        now=_sentence(standing.now, words),
        next=" ".join([_sentence(standing.next, words), *_with_an_interpreter(visit, interpreters)]),
        hear=_hear(referral, standing, heard, decision),
        heard_by=last.by if last else None,
        earliest=last.earliest if last else None,
        latest=last.latest if last else None,
        promised=_promised(referral, standing),
        missed=any(row.by < clock.today() for row in heard),
        holder=holders[standing.holder],
        ring=ring,
        change=sentences.CHANGE[standing.change],
        state=referral.state,
        source_ref=referral.source_ref,
        priority=referral.priority,
        waits_for=standing.waits_for,
        visit_at=visit.starts_at if visit else None,
        may_choose=choose,
        letters=letters,
    )


def _next_visit(visits: list[Appointment]) -> Appointment | None:
    """The next one ahead; the last where none is."""
    ordered = sorted(visits, key=lambda one: one.starts_at)
    return next((one for one in ordered if one.starts_at > clock.now()), ordered[-1] if ordered else None)


def _with_an_interpreter(
    visit: Appointment | None, interpreters: Mapping[int, tuple[InterpreterView, ...]]
) -> list[str]:
    """How the interpreter of a visit to come stands, no more than is so."""
    if visit is None or visit.state != "booked" or visit.starts_at <= clock.now():
        return []
    return [one.for_patient for one in interpreters.get(visit.pk, ())]


def _hear(
    referral: Referral, standing: sentences.Standing, heard: list[HeardBy], decision: Decision | None
) -> tuple[str, ...]:
    if not standing.waits_for:
        return ()
    today = clock.today()
    if not heard:
        # What the letter said where no day could be told from the queue.
        said = time_by(referral, decision) if standing.waits_for == "appointment" and decision else None
        if said is not None and said >= today:
            return (sentences.TIME_BY.format(day=long_day(said)),)
        return (sentences.NO_DATE,)
    if heard[-1].by < today:
        # The sweep says a new day within minutes; one that is past is never shown as if it were ahead.
        return (sentences.sorry(heard[0].by), sentences.NO_DATE)
    last = heard[-1]
    return tuple(
        sentences.hear(
            by=last.by,
            earliest=max(last.earliest, today),
            latest=last.latest,
            own=last.own,
            first=heard[0].by,
            promised=_promised(referral, standing),
            today=today,
            what=standing.waits_for,
        )
    )


def time_by(referral: Referral, decision: Decision) -> date | None:
    """By when the service was to give a time, as its letter said; None where it was not to."""
    if decision.outcome not in ACCEPTED or decision.who_books not in ("", "us"):
        return None
    urgent = "urgent" if decision.outcome == "urgent" else referral.priority
    return _day(decision.decided_at) + timedelta(days=PROVIDER_DAYS[urgent])


def _promised(referral: Referral, standing: sentences.Standing) -> date | None:
    if standing.waits_for != "decision":
        return None
    return rules_waiting.outer(referral.came_on, referral.priority)


def _done(referral: Referral, steps: list[History], words: dict[str, str]) -> tuple[tuple[date, str], ...]:
    done = [(_day(referral.received_at), sentences.CAME[referral.source])]
    if referral.inherited_from:
        done.append((referral.came_on, sentences.TAKEN_OVER))
    for step in steps:
        if step.from_state:
            done += [(_day(step.at), _sentence(said, words)) for said in _step(referral, step)]
    if referral.first_offered_on is not None:
        done.append((referral.first_offered_on, sentences.OFFERED))
    return tuple(sorted(done, key=lambda one: one[0]))


def _step(referral: Referral, step: History) -> list[str]:
    """What is said of one move: what triage decided, what happened after it, and how it ended."""
    said = []
    if step.from_state == rules.AWAITING_TRIAGE and step.to_state != rules.CANCELLED:
        asked = step.to_state == rules.TRIAGE_RESPONSE and not step.closes
        outcome = "more" if asked else referral.outcome
        said += [sentences.TRIAGED[outcome]] if outcome in sentences.TRIAGED else []
    elif not step.closes and step.to_state in sentences.MOVED:
        said.append(sentences.MOVED[step.to_state])
    if step.closes:
        said.append(sentences.CLOSED.get(referral.closed_because, sentences.CLOSED["withdrawn"]))
    return said


def _referrer_words(referral: Referral, referrer: Organisation | None) -> str:
    if referral.source == "self":
        return "you"
    if referrer is not None:
        return referrer.name
    return "your GP practice" if referral.source in ("gp", "inherited") else "whoever sent you to us"


def _sentence(words: str, names: dict[str, str]) -> str:
    said = words.format(**names)
    return said[:1].upper() + said[1:]


def _phone(number: str) -> str:
    return spoken(number)


def _day(moment: datetime) -> date:
    return moment.astimezone(LONDON).date()
