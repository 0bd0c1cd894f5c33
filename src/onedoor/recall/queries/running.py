"""The run as people see it: what each programme came to, what the next night will do and cost, and who is left out and why.

Figures of cost and load come from this installation's own history where it has any, else from an assumption that says so.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from decimal import Decimal
from uuid import UUID

from django.db import connection

from onedoor.accounts import api as accounts
from onedoor.booking import api as booking
from onedoor.kernel import clock
from onedoor.kernel.access import Access, NotPermitted, Permission
from onedoor.messaging import api as messaging
from onedoor.patients import api as patients
from onedoor.recall import planning, rules
from onedoor.recall.actions.waves import benefit, is_neutral
from onedoor.recall.costs import LETTER_PENCE
from onedoor.recall.models import Invitation, InvitationProgramme, RecallMonth, RecallPolicy, RecallProgramme, Wave
from onedoor.recall.planning import Channel, Ways
from onedoor.recall.programmes import Programme, in_force
from onedoor.recall.queries import due, visits
from onedoor.recall.queries.due import Person

ENOUGH = 50
"""How many waves by a channel make a history from which to expect."""
ASSUMED: Mapping[Channel, float] = {"text": 0.30, "letter": 0.20, "telephone": 0.45}
"""invented: the share of waves by each channel that are answered, until this installation has `ENOUGH` of its own."""
_PAGE = 1_000


@dataclass(frozen=True)
class Funnel:
    """What a programme came to, in people: due today; and of those asked in the last twelve months, how many were, how many
    answered, booked and had it done, which only the record says."""

    due: int = 0
    asked: int = 0
    answered: int = 0
    booked: int = 0
    done: int = 0


@dataclass(frozen=True)
class ProgrammeView:
    """A programme at a practice."""

    programme: Programme
    enabled: bool
    type_ids: frozenset[int]
    funnel: Funnel


@dataclass(frozen=True)
class Policy:
    """How the run is set; `on` when anything is switched on."""

    on: bool
    weekly: int
    gap_days: int
    ran_at: datetime | None


@dataclass(frozen=True)
class WaveLine:
    """One wave of the next run by one channel: people, and pence without VAT (None where nothing is known to cost)."""

    number: int
    channel: Channel
    people: int
    pence: Decimal | None


@dataclass(frozen=True)
class Preview:
    """What the run of a day will do. `exceptions` are people due whom it leaves out, by word of `planning.EXCEPTIONS`.

    `replies` are texts expected back, `calls_in` people who ring since their invitation takes no text, `calls_out` those whom
    reception rings. `assumed` names the channels whose share of answers is an assumption.
    """

    day: date
    due: int
    free: int
    """Of those due, how many may be asked."""
    allowance: int
    lines: tuple[WaveLine, ...] = ()
    exceptions: Mapping[str, int] = field(default_factory=dict)
    shares: Mapping[Channel, float] = field(default_factory=dict)
    assumed: frozenset[Channel] = frozenset()
    replies: int = 0
    calls_in: int = 0
    calls_out: int = 0

    @property
    def people(self) -> int:
        """How many people the run asks."""
        return sum(line.people for line in self.lines)

    @property
    def pence(self) -> Decimal:
        """What it costs, as far as costs are known."""
        return sum((line.pence for line in self.lines if line.pence is not None), Decimal(0))

    @property
    def weeks(self) -> int:
        """In how many weeks all who may be asked now have been, at this allowance; 0 where nobody is or none is allowed."""
        return -(-self.free // (self.allowance * 5)) if self.allowance else 0


def _check(access: Access, organisation_id: int) -> None:
    access.require(Permission.RECALL)
    if not access.everything and organisation_id not in access.organisation_ids:
        raise NotPermitted(organisation_id)


def policy_of_run(access: Access, organisation_id: int) -> Policy:
    """How a practice's run is set. Raises NotPermitted."""
    _check(access, organisation_id)
    row = RecallPolicy.objects.filter(organisation_id=organisation_id).first()
    on = RecallProgramme.objects.filter(organisation_id=organisation_id, enabled=True).exists()
    return Policy(on, row.weekly, row.gap_days, row.ran_at) if row else Policy(False, 100, 21, None)


def programmes(access: Access, organisation_id: int) -> list[ProgrammeView]:
    """A practice's programmes with their funnels, by name. Raises NotPermitted. Four queries."""
    _check(access, organisation_id)
    on = clock.today()
    known = in_force(on)
    rows = RecallProgramme.objects.filter(organisation_id=organisation_id)
    set_up = {row.key: row for row in rows.prefetch_related("types")}
    funnels = _funnels(organisation_id, on, known)
    return [
        ProgrammeView(
            programme=one,
            enabled=key in set_up and set_up[key].enabled,
            type_ids=frozenset(kind.pk for kind in set_up[key].types.all()) if key in set_up else frozenset(),
            funnel=funnels.get(key, Funnel()),
        )
        for key, one in known.items()
    ]


def _funnels(organisation_id: int, on: date, known: Mapping[str, Programme]) -> dict[str, Funnel]:
    with connection.cursor() as cursor:
        cursor.execute(
            f"""WITH programme AS MATERIALIZED ({due.PROGRAMMES}),
                standing AS ({due.STANDINGS}),
                waits AS (SELECT key, count(*) AS n FROM standing WHERE due_on <= %(on)s GROUP BY key),
                asked AS (
                    SELECT ip.key, ip.patient_id,
                           bool_or(h.answered) AS answered, bool_or(h.booked) AS booked, bool_or(ip.because = 'done') AS done
                    FROM recall_invitation_programme ip
                    JOIN recall_invitation i ON i.id = ip.invitation_id
                    CROSS JOIN LATERAL (
                        SELECT coalesce(bool_or(to_state IN ('accepted', 'booked', 'declined', 'already_done')), false)
                                   AS answered,
                               coalesce(bool_or(to_state = 'booked'), false) AS booked
                        FROM recall_invitation_history h WHERE h.parent_id = i.id) h
                    WHERE i.organisation_id = %(organisation)s AND i.invited_at >= %(since)s
                      AND (i.state <> 'withdrawn' OR ip.because = 'done')
                    GROUP BY ip.key, ip.patient_id)
                SELECT p.key, coalesce(max(w.n), 0), count(a.patient_id), count(*) FILTER (WHERE a.answered),
                       count(*) FILTER (WHERE a.booked), count(*) FILTER (WHERE a.done)
                FROM programme p LEFT JOIN waits w ON w.key = p.key LEFT JOIN asked a ON a.key = p.key GROUP BY p.key""",
            {
                "organisation": organisation_id,
                "on": on,
                "people": None,
                "since": clock.now() - timedelta(days=365),
                **due.parameters(known),
            },
        )
        return {row[0]: Funnel(*row[1:]) for row in cursor.fetchall()}


# -- the next run ---------------------------------------------------------------------------------------------------------------


def preview(access: Access, organisation_id: int) -> Preview:
    """What the run of today will still do, or of the next day on which it asks anybody. Writes nothing. Raises NotPermitted."""
    _check(access, organisation_id)
    row = RecallPolicy.objects.filter(organisation_id=organisation_id).first()
    weekly, gap_days = (row.weekly, row.gap_days) if row else (100, 21)
    day, left = _next_day(organisation_id, weekly)
    chosen = due.switched_on(organisation_id, day)
    counted, free, asked = _sorted_out(organisation_id, day, chosen, left)
    first, silent = _first(organisation_id, day, chosen, asked)
    lines = [*first, *_later(organisation_id, day, planning.allowance(weekly, day))]
    shares, assumed = _shares(organisation_id, gap_days)
    texts = sum(line.people for line in lines if line.channel == "text")
    letters = sum(line.people for line in lines if line.channel == "letter")
    rings = sum(line.people for line in lines if line.channel == "telephone")
    replies = round((texts - silent) * shares["text"])
    return Preview(
        day=day,
        due=sum(counted.values()) + free,
        free=free,
        allowance=planning.allowance(weekly, day),
        lines=tuple(lines),
        exceptions=dict(counted),
        shares=shares,
        assumed=assumed,
        replies=replies,
        calls_in=round(letters * shares["letter"] + silent * shares["text"]),
        # Everybody who says yes by text is rung to book, until they choose a time themselves: at most.
        calls_out=rings + replies,
    )


def _next_day(organisation_id: int, weekly: int) -> tuple[date, int]:
    """The next day on which the run asks anybody, and how many new people it still may."""
    day = clock.today()
    made = Wave.objects.filter(organisation_id=organisation_id, made_on=day, number=1).count()
    left = planning.allowance(weekly, day) - made
    if left > 0 or weekly < 5:
        return day, max(left, 0)
    day += timedelta(days=1)
    while planning.allowance(weekly, day) == 0:
        day += timedelta(days=1)
    return day, planning.allowance(weekly, day)


@dataclass(frozen=True)
class _Asked:
    """Somebody whom the next run asks."""

    person: Person
    ways: Ways
    channel: Channel


def _sorted_out(
    organisation_id: int, day: date, chosen: Mapping[str, Programme], wanted: int
) -> tuple[Counter[str], int, list[_Asked]]:
    """Everybody due: counts of those left out by reason, how many may be asked, and the first `wanted` of them. In pages."""
    words: Counter[str] = Counter()
    free = 0
    asked: list[_Asked] = []
    types = visits.types_of(organisation_id, chosen)
    for page in _pages(organisation_id, day, chosen):
        open_now = [one.patient_id for one in page if not one.word]
        ways, booked = due.ways(organisation_id, open_now), booking.ahead_of(open_now, types)
        for one in page:
            word = one.word or planning.not_to_be_asked(ways[one.patient_id])
            word = word or ("booked" if one.patient_id in booked else "")
            if word:
                words[word] += 1
                continue
            free += 1
            if len(asked) < wanted:
                way = ways[one.patient_id]
                asked.append(_Asked(one, way, planning.plan(way)[0]))
    return words, free, asked


def _pages(organisation_id: int, day: date, chosen: Mapping[str, Programme]) -> Iterator[list[Person]]:
    after: Person | None = None
    while chosen:
        page = due.people(organisation_id, day, chosen, free=False, limit=_PAGE, after=after)
        if not page:
            return
        yield page
        after = page[-1]


def _first(
    organisation_id: int, day: date, chosen: Mapping[str, Programme], asked: Sequence[_Asked]
) -> tuple[list[WaveLine], int]:
    """First waves by channel with their cost; and how many texts say nothing of what they are about: who gets one rings."""
    texts = [one for one in asked if one.channel == "text"]
    items = due.items(organisation_id, day, chosen, [one.person.patient_id for one in texts])
    practice, phone = accounts.sender(organisation_id)
    bodies, silent = [], 0
    for one in texts:
        joined = [item.programme for item in items.get(one.person.patient_id, ())]
        neutral = is_neutral(one.ways, joined)
        silent += neutral
        bodies.append(
            rules.visit_invitation(
                one.ways.reach.given_name, practice, phone, visits=[programme.asked for programme in joined],
                benefit=benefit(joined), neutral=neutral, again=False,
            )
        )  # fmt: skip
    by = Counter(one.channel for one in asked)
    costs: dict[Channel, Decimal | None] = {
        "text": _price(bodies, day), "letter": LETTER_PENCE * by["letter"], "telephone": None,
    }  # fmt: skip
    return [WaveLine(1, channel, by[channel], costs[channel]) for channel in planning.CHANNELS if by[channel]], silent


def _price(bodies: Sequence[str], day: date) -> Decimal | None:
    try:
        return sum(messaging.price(bodies, day), Decimal(0))
    except LookupError:
        return None


def _later(organisation_id: int, day: date, most: int) -> list[WaveLine]:
    """Second and third waves that may go on a day, as their plans stand."""
    rows = Invitation.objects.filter(
        organisation_id=organisation_id, state="invited", next_at__lt=clock.london_day(day)[1]
    ).order_by("id")
    by: Counter[tuple[int, Channel]] = Counter()
    made: Counter[int] = Counter()
    for wave, plan in rows.values_list("wave", "plan"):
        number = wave + 1
        if number <= len(plan) and made[number] < most:
            made[number] += 1
            by[number, next(c for c in planning.CHANNELS if c == plan[wave])] += 1
    return [
        WaveLine(number, channel, n, LETTER_PENCE * n if channel == "letter" else None)
        for (number, channel), n in sorted(by.items())
    ]


def _shares(organisation_id: int, gap_days: int) -> tuple[dict[Channel, float], frozenset[Channel]]:
    """The share of waves by each channel that were answered before the next, of this installation; and which are assumed."""
    before = clock.now() - timedelta(days=gap_days)
    with connection.cursor() as cursor:
        cursor.execute(
            """SELECT w.channel, count(*), count(*) FILTER (WHERE EXISTS (
                       SELECT 1 FROM recall_invitation_history h WHERE h.parent_id = w.invitation_id
                       AND h.to_state IN ('accepted', 'booked', 'declined', 'already_done') AND h.at >= w.sent_at
                       AND h.at < w.sent_at + make_interval(days => %(gap)s)))
               FROM recall_wave w WHERE w.organisation_id = %(organisation)s AND w.state = 'sent' AND w.sent_at < %(before)s
               GROUP BY w.channel""",
            {"organisation": organisation_id, "before": before, "gap": gap_days},
        )
        seen = {channel: (sent, answered) for channel, sent, answered in cursor.fetchall()}
    shares = dict(ASSUMED)
    assumed = set(ASSUMED)
    for channel in planning.CHANNELS:
        sent, answered = seen.get(channel, (0, 0))
        if sent >= ENOUGH:
            shares[channel] = answered / sent
            assumed.discard(channel)
    return shares, frozenset(assumed)


# -- people ---------------------------------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class LeftOut:
    """Somebody due whom the run does not ask."""

    patient_id: int
    ref: UUID
    name: str
    due_on: date
    word: str


def exceptions(
    access: Access, organisation_id: int, *, word: str = "", key: str = "", limit: int = 100
) -> list[LeftOut]:
    """People due whom the run leaves out, the longest due first; of one reason (`planning.EXCEPTIONS`) and one programme, or of
    all. Raises NotPermitted."""
    _check(access, organisation_id)
    day = clock.today()
    chosen = due.switched_on(organisation_id, day)
    if key:
        chosen = {name: one for name, one in chosen.items() if name == key}
    found: list[tuple[Person, str]] = []
    types = visits.types_of(organisation_id, due.switched_on(organisation_id, day))
    for page in _pages(organisation_id, day, chosen):
        ids = [one.patient_id for one in page if not one.word]
        ways, booked = due.ways(organisation_id, ids), booking.ahead_of(ids, types)
        for one in page:
            why = one.word or planning.not_to_be_asked(ways[one.patient_id])
            why = why or ("booked" if one.patient_id in booked else "")
            if why and word in ("", why):
                found.append((one, why))
        if len(found) >= limit:
            break
    names = patients.names(access, [one.patient_id for one, _ in found])
    return [
        LeftOut(one.patient_id, names[one.patient_id].ref, names[one.patient_id].shown_name, one.due_on, why)
        for one, why in found[:limit]
        if one.patient_id in names
    ]


@dataclass(frozen=True)
class Uptake:
    """How many a wave reached and how many of those answered it before the next."""

    number: int
    channel: Channel
    made: int
    sent: int
    answered: int
    pence: Decimal
    forecast: Decimal


def uptake(access: Access, organisation_id: int, *, key: str = "") -> list[Uptake]:
    """What the waves of the last twelve months came to, of all programmes or one: sent, answered, cost and its forecast. Raises
    NotPermitted. One query."""
    _check(access, organisation_id)
    with connection.cursor() as cursor:
        cursor.execute(
            """SELECT w.number, w.channel, count(*), count(*) FILTER (WHERE w.state = 'sent'),
                      count(*) FILTER (WHERE w.state = 'sent' AND EXISTS (
                          SELECT 1 FROM recall_invitation_history h WHERE h.parent_id = w.invitation_id
                          AND h.to_state IN ('accepted', 'booked', 'declined', 'already_done') AND h.at >= w.sent_at
                          AND h.at < coalesce((SELECT n.sent_at FROM recall_wave n WHERE n.invitation_id = w.invitation_id
                                               AND n.number = w.number + 1), 'infinity'))),
                      coalesce(sum(w.pence), 0), coalesce(sum(w.forecast) FILTER (WHERE w.state = 'sent'), 0)
               FROM recall_wave w
               WHERE w.organisation_id = %(organisation)s AND w.made_on >= %(since)s
                 AND (%(key)s = '' OR EXISTS (SELECT 1 FROM recall_invitation_programme ip
                                              WHERE ip.invitation_id = w.invitation_id AND ip.key = %(key)s))
               GROUP BY w.number, w.channel ORDER BY w.number, w.channel""",
            {"organisation": organisation_id, "since": clock.today() - timedelta(days=365), "key": key},
        )
        return [Uptake(*row) for row in cursor.fetchall()]


@dataclass(frozen=True)
class Asked:
    """Somebody who was invited, for the list of a programme."""

    patient_id: int
    ref: UUID
    name: str
    state: str
    because: str
    invited_at: datetime
    wave: int
    channel: str
    next_at: datetime | None


def asked(access: Access, organisation_id: int, key: str, *, state: str = "", limit: int = 100) -> list[Asked]:
    """People invited for a programme in the last twelve months, the latest first; in one state or in any. Raises NotPermitted."""
    _check(access, organisation_id)
    rows = InvitationProgramme.objects.filter(
        key=key,
        invitation__organisation_id=organisation_id,
        invitation__invited_at__gte=clock.now() - timedelta(days=365),
    ).select_related("invitation")
    if state:
        rows = rows.filter(invitation__state=state)
    found = list(rows.order_by("-invitation__invited_at", "-id")[:limit])
    names = patients.names(access, [one.patient_id for one in found])
    return [
        Asked(
            one.patient_id, names[one.patient_id].ref, names[one.patient_id].shown_name, one.invitation.state,
            one.invitation.because, one.invitation.invited_at, one.invitation.wave, one.invitation.plan[one.invitation.wave - 1],
            one.invitation.next_at,
        )
        for one in found
        if one.patient_id in names
    ]  # fmt: skip


def month_of(access: Access, patient_id: int) -> RecallMonth | None:
    """The month in which somebody is asked instead of that of their birth. Raises Patient.DoesNotExist outside the access."""
    return RecallMonth.objects.filter(patient=patients.by_id(access, patient_id)).first()
