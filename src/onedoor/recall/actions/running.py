"""The nightly run: what is due now is asked for, wave by wave, and what is no longer due is not. No human starts it.

Each step asks the tables and can be repeated: a crash loses nothing. First what has ended is stopped, so that nobody is asked by
this run for what the record already says; then what went out is written down; then second and third waves; then new invitations.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from datetime import date, datetime, time, timedelta
from typing import Any

from django.db import connection, transaction

from onedoor.booking import api as booking
from onedoor.documents import api as documents
from onedoor.kernel import audit, clock
from onedoor.kernel.actor import Actor
from onedoor.kernel.transitions import record_first
from onedoor.messaging import api as messaging
from onedoor.patients import api as patients
from onedoor.recall import codes, days, planning, rules
from onedoor.recall.actions import claiming, ending, waves
from onedoor.recall.actions.ending import SUBJECT
from onedoor.recall.actions.invitations import CHECKS, FLU, intent
from onedoor.recall.actions.waves import Going
from onedoor.recall.costs import LETTER_PENCE
from onedoor.recall.models import (
    OPEN,
    Invitation,
    InvitationHistory,
    InvitationProgramme,
    RecallPolicy,
    RecallProgramme,
    Wave,
)
from onedoor.recall.planning import Ways
from onedoor.recall.programmes import Programme, in_force
from onedoor.recall.queries import due, visits
from onedoor.recall.queries.due import Item, Person
from onedoor.records.api import record_entries
from onedoor.records.types import NewEntry

RUN = Actor.system("recall run")
SLICE = 200
_PAGE = 500
_EVERY = timedelta(hours=1)
"""How often a day's run looks again for people to invite while its allowance lasts."""


def run() -> int:
    """One slice of the run; returns how much it did, nought when nothing is due now."""
    return stop() + notice() + again() + first()


# -- what has ended -------------------------------------------------------------------------------------------------------------


@transaction.atomic
def stop() -> int:
    """End what is no longer due: programmes that the record says are done or over, and invitations of which nothing is left.

    Also those of whoever died, left or is restricted. Returns how many programmes and invitations ended.
    """
    on = clock.today()
    ended = _end_programmes(on)
    closed: list[int] = []
    for because, ids in _not_to_be_asked().items():
        closed += ending.close(ids, to="withdrawn", because=because, by=RUN)
    for (to, because), ids in _spent().items():
        over = ending.close(ids, to=to, because=because, by=RUN)
        if to == "done":
            _write_done(over)
        closed += over
    # Only what ended: an answer that came in between may have moved it.
    _audit(closed)
    return ended + len(closed)


def _end_programmes(on: date) -> int:
    """Mark programmes of invitations whose standing says that they are no longer due; returns how many."""
    programmes = in_force(on)
    if not programmes:
        return 0
    with connection.cursor() as cursor:
        cursor.execute(
            f"""WITH programme AS MATERIALIZED (
                    SELECT * FROM unnest(%(rule_sets)s::smallint[], %(keys)s::text[], %(by_month)s::bool[],
                                         %(seasonal)s::bool[]) AS p(rule_set_id, key, by_month, seasonal)),
                over AS (
                    SELECT ip.id, coalesce(nullif(s.reason, ''), 'not on the register') AS because
                    FROM recall_invitation_programme ip
                    JOIN recall_invitation i ON i.id = ip.invitation_id
                    JOIN programme p ON p.key = ip.key
                    LEFT JOIN recall_standing s ON s.rule_set_id = p.rule_set_id AND s.patient_id = ip.patient_id
                    LEFT JOIN recall_month m ON m.patient_id = ip.patient_id
                    -- What still runs keeps its person from being asked anew, however long ago it began.
                    WHERE ip.ended_on IS NULL AND i.state <> 'withdrawn' AND (ip.again_on > %(on)s OR i.state = ANY(%(open)s))
                      AND (s.patient_id IS NULL OR NOT {due.UNREAD})
                      -- Whom a person invited is stopped by what was done only: the rules may not know of them.
                      AND (ip.rule_set_id IS NOT NULL OR s.reason = 'done')
                      AND NOT coalesce(s.status = 2, false)
                      AND NOT coalesce(s.reason = 'done' AND NOT p.seasonal
                                       AND ({due.DUE_ON}) <= greatest(%(on)s, ip.due_on), false)
                    ORDER BY ip.id)
                UPDATE recall_invitation_programme t
                SET ended_on = %(on)s, because = left(over.because, 40),
                    again_on = CASE WHEN over.because = 'done' AND t.season IS NULL THEN %(on)s ELSE t.again_on END
                FROM over WHERE t.id = over.id AND t.ended_on IS NULL""",
            {"on": on, "open": list(OPEN), **due.parameters(programmes)},
        )
        return int(cursor.rowcount)


def _not_to_be_asked() -> dict[str, list[int]]:
    """Open invitations of people who died, are restricted or left, by reason."""
    open_now = list(
        Invitation.objects.filter(state__in=OPEN).order_by("id").values_list("organisation_id", "patient_id", "id")
    )
    found: dict[str, list[int]] = defaultdict(list)
    if open_now:
        barred = patients.not_to_be_reached([(organisation, patient) for organisation, patient, _ in open_now])
        for organisation, patient, key in open_now:
            if why := barred.get((organisation, patient)):
                found["has died" if why[0] else "whereabouts are restricted" if why[1] else "has left"].append(key)
    return dict(found)


def _spent() -> dict[tuple[str, str], list[int]]:
    """Invitations of which no programme that leads is due any more, by the state that ends them and why."""
    with connection.cursor() as cursor:
        cursor.execute(
            """SELECT i.id, bool_or(ip.because = 'done'), min(ip.because)
               FROM recall_invitation i JOIN recall_invitation_programme ip ON ip.invitation_id = i.id AND ip.leads
               WHERE i.state = ANY(%s) GROUP BY i.id, i.state
               HAVING bool_and(ip.ended_on IS NOT NULL)
                  AND (bool_or(ip.because = 'done') OR i.state = ANY(%s)) ORDER BY i.id""",
            [[*OPEN, "declined", "already_done"], list(OPEN)],
        )
        found: dict[tuple[str, str], list[int]] = defaultdict(list)
        for key, done, because in cursor.fetchall():
            found[("done", "it is on the record") if done else ("withdrawn", because)].append(key)
    return dict(found)


def _write_done(invitation_ids: Sequence[int]) -> None:
    rows = Invitation.objects.filter(pk__in=invitation_ids).values_list("pk", "patient_id", "organisation_id")
    record_entries(
        entries=[
            NewEntry(
                patient_id=patient,
                organisation_id=organisation,
                kind="invitation",
                text="Invitation ended: what it was for is on the record",
                intent_key=f"invitation:{key}:done",
                source="recall",
                subject=SUBJECT,
                subject_id=key,
            )
            for key, patient, organisation in rows
        ],
        by=RUN,
    )


def _audit(invitation_ids: Sequence[int]) -> None:
    ended = Invitation.objects.filter(pk__in=invitation_ids).order_by("id") if invitation_ids else ()
    audit.record_many(by=RUN, lines=[ending.line_of(one, "end_invitation") for one in ended])


# -- what went out --------------------------------------------------------------------------------------------------------------


@transaction.atomic
def notice() -> int:
    """Write down which waves went out: an invitation is on the record with its code once the provider has its text, or the letter
    was printed, and never before (two invitations a week apart take somebody out of a count, clinical.md 3.1)."""
    waiting = list(
        Wave.objects.filter(state="waiting", channel__in=("text", "letter"))
        .select_related("invitation")
        .order_by("id")
        .select_for_update(of=("self",), skip_locked=True)
    )
    texts = [one for one in waiting if one.channel == "text"]
    fates = messaging.fates([intent(one.invitation_id, one.number) for one in texts])
    posted = documents.posted(SUBJECT, [one.invitation_id for one in waiting if one.channel == "letter"])
    sent, failed = [], []
    for one in waiting:
        if one.channel == "text":
            fate = fates.get(intent(one.invitation_id, one.number))
            if fate is not None and fate.stands == "sent":
                one.state, one.sent_at, one.pence = "sent", fate.accepted_at, fate.pence
                sent.append(one)
            elif fate is None or fate.stands == "never":
                one.state = "failed"
                failed.append(one)
        else:
            state, at = posted.get(one.invitation_id, ("stopped", None))
            if state == "done":
                one.state, one.sent_at, one.pence = "sent", at, LETTER_PENCE
                sent.append(one)
            elif state in ("stopped", "replaced"):
                one.state = "failed"
                failed.append(one)
    Wave.objects.bulk_update([*sent, *failed], ["state", "sent_at", "pence"], batch_size=500)
    write_sent(sent, by=RUN)
    # Whom nothing reached is not kept waiting for the next wave.
    Invitation.objects.filter(
        pk__in=[one.invitation_id for one in failed], state="invited", next_at__isnull=False
    ).update(next_at=clock.now())
    return len(sent) + len(failed)


def write_sent(sent: Sequence[Wave], *, by: Actor) -> None:
    """Put the invitation codes of waves that went out on the record, in the caller's transaction: one entry for each code."""
    by_invitation: dict[int, list[str]] = defaultdict(list)
    rows = InvitationProgramme.objects.filter(invitation_id__in=[one.invitation_id for one in sent]).order_by("id")
    for invitation_id, key in rows.values_list("invitation_id", "key"):
        by_invitation[invitation_id].append(key)
    entries = []
    for one in sent:
        coded = dict.fromkeys(
            codes.invitation(key, one.channel, one.number) for key in by_invitation[one.invitation_id]
        )
        for concept in coded:
            entries.append(
                NewEntry(
                    patient_id=one.invitation.patient_id,
                    organisation_id=one.organisation_id,
                    kind="invitation",
                    text=f"Invited to a visit, {_ORDINALS[one.number]} time, {_BY[one.channel]}: not booked, not done",
                    intent_key=f"invitation:{one.invitation_id}:sent:{one.number}:{concept.code}",
                    source="recall",
                    concept=concept,
                    effective_at=one.sent_at,
                    subject=SUBJECT,
                    subject_id=one.invitation_id,
                )
            )
    record_entries(entries=entries, by=by)


_ORDINALS = {1: "first", 2: "second", 3: "third"}
_BY = {"text": "by text", "letter": "by letter", "telephone": "by telephone"}


# -- second and third waves -----------------------------------------------------------------------------------------------------


def again() -> int:
    """Ask those who have not answered by their next channel, at the practices whose run is on; returns how many."""
    return sum(_again(organisation_id) for organisation_id in _running())


def _running() -> list[int]:
    """Practices with a programme switched on."""
    return list(
        RecallPolicy.objects.filter(
            organisation_id__in=RecallProgramme.objects.filter(enabled=True).values("organisation_id")
        )
        .order_by("organisation_id")
        .values_list("organisation_id", flat=True)
    )


@transaction.atomic
def _again(organisation_id: int) -> int:
    policy = _locked(organisation_id)
    on = clock.today()
    if policy is None or not (planning.allowance(policy.weekly, on)):
        return 0
    programmes = due.switched_on(organisation_id, on)
    found = list(
        Invitation.objects.select_for_update(skip_locked=True)
        .filter(organisation_id=organisation_id, state="invited", next_at__lte=clock.now())
        .order_by("id")[:SLICE]
    )
    if not found or not programmes:
        return 0
    going, over, later = _sort_out(policy, on, found, programmes)
    Invitation.objects.filter(pk__in=[one.pk for one in over]).update(next_at=None)
    claimed = claiming.claim_again([(one.invitation.patient_id, one.invitation.pk) for one in going], on)
    asked = [one for one in going if one.invitation.pk in claimed]
    later += [one.invitation for one in going if one.invitation.pk not in claimed]
    # What a person, the rules or the diary must decide first is looked at again tomorrow.
    Invitation.objects.filter(pk__in=[one.pk for one in later]).update(next_at=clock.now() + timedelta(days=1))
    _step(asked, policy.gap_days)
    waves.begin(organisation_id, asked, on=on, gap_days=policy.gap_days, by=RUN)
    lines = [ending.line_of(wave.invitation, "invite_again") for wave in asked]
    audit.record_many(by=RUN, lines=lines)
    return len(asked) + len(over)


def _sort_out(
    policy: RecallPolicy, on: date, found: Sequence[Invitation], programmes: dict[str, Programme]
) -> tuple[list[Going], list[Invitation], list[Invitation]]:
    """Of invitations whose next wave may go: what goes today, those with no channel left, and those that wait until tomorrow."""
    organisation_id = policy.organisation_id
    people = [one.patient_id for one in found]
    ways, left = due.ways(organisation_id, people), _left_of_waves(policy, on)
    _join_more(organisation_id, on, found, programmes)
    joins = _not_away(organisation_id, on, found, programmes, _joined(found, programmes))
    waits = set(booking.ahead_of(people, visits.types_of(organisation_id))) | due.unread(people, on)
    going: list[Going] = []
    over: list[Invitation] = []
    later: list[Invitation] = []
    for one in found:
        way = ways[one.patient_id]
        channels = [channel for channel in planning.plan(way) if channel not in one.plan[: one.wave]]
        if one.pk not in joins or planning.not_to_be_asked(way) or one.patient_id in waits:
            later.append(one)
        elif not channels:
            over.append(one)
        elif left.get(one.wave + 1, 0) > 0:
            left[one.wave + 1] -= 1
            going.append(Going(one, joins[one.pk], way, channels[0], one.wave + 1))
    return going, over, later


def _not_away(
    organisation_id: int,
    on: date,
    found: Sequence[Invitation],
    programmes: dict[str, Programme],
    joins: dict[int, list[Programme]],
) -> dict[int, list[Programme]]:
    """Without what was done elsewhere meanwhile and waits to be accepted: nobody is asked for it again."""
    away = due.away(organisation_id, on, programmes, sorted({one.patient_id for one in found}))
    left = {
        one.pk: [programme for programme in joins.get(one.pk, ()) if programme.key not in away.get(one.patient_id, ())]
        for one in found
    }
    return {key: theirs for key, theirs in left.items() if theirs}


def _join_more(organisation_id: int, on: date, found: Sequence[Invitation], programmes: dict[str, Programme]) -> None:
    """What fell due since the last wave joins the invitation, so that nobody is asked for it beside."""
    of = {one.patient_id: one for one in found if one.programme == CHECKS}
    items = due.items(organisation_id, on, programmes, sorted(of)) if of else {}
    InvitationProgramme.objects.bulk_create(
        [_programme_row(of[key], item, on) for key, theirs in sorted(items.items()) for item in theirs],
        ignore_conflicts=True,
    )
    private = [of[key].pk for key, theirs in items.items() if not all(item.programme.text_ok for item in theirs)]
    Invitation.objects.filter(pk__in=private).update(sensitive=True)


def _step(asked: Sequence[Going], gap_days: int) -> None:
    """Move invitations on to their next wave."""
    now = clock.now()
    for wave in asked:
        one = wave.invitation
        had = [*one.plan[: one.wave], wave.channel]
        one.plan = [*had, *(channel for channel in planning.plan(wave.ways) if channel not in had)]
        one.wave = wave.number
        one.next_at = _next(one, now, gap_days)
        if one.programme != FLU:
            one.ends_at = max(one.ends_at, now + timedelta(days=planning.ANSWER_DAYS))
    Invitation.objects.bulk_update([wave.invitation for wave in asked], ["plan", "wave", "next_at", "ends_at"])


def _next(one: Invitation, now: datetime, gap_days: int) -> datetime | None:
    """When the next wave may go, None after the last."""
    return now + timedelta(days=gap_days) if len(one.plan) > one.wave else None


def _left_of_waves(policy: RecallPolicy, on: date) -> dict[int, int]:
    """How many more second and third waves this day has: as many of each as there are first ones."""
    most = planning.allowance(policy.weekly, on)
    made: dict[int, int] = defaultdict(int)
    rows = Wave.objects.filter(organisation_id=policy.organisation_id, made_on=on, number__gt=1)
    for number in rows.values_list("number", flat=True):
        made[number] += 1
    return {number: most - made[number] for number in (2, 3)}


def _joined(invitations: Sequence[Invitation], programmes: dict[str, Programme]) -> dict[int, list[Programme]]:
    """What is still due of these invitations, of programmes that are switched on; the longest due first."""
    found: dict[int, list[Programme]] = defaultdict(list)
    rows = InvitationProgramme.objects.filter(
        invitation_id__in=[one.pk for one in invitations], ended_on=None, key__in=list(programmes)
    )
    for invitation_id, key in rows.order_by("due_on", "id").values_list("invitation_id", "key"):
        found[invitation_id].append(programmes[key])
    return found


# -- new invitations ------------------------------------------------------------------------------------------------------------


def first() -> int:
    """Invite people who are due, at the practices whose run is on, as many as the day's allowance leaves; returns how many."""
    return sum(_first(organisation_id) for organisation_id in _running())


def _locked(organisation_id: int) -> RecallPolicy | None:
    """The policy with its turn held, None while another process runs it."""
    return RecallPolicy.objects.select_for_update(skip_locked=True).filter(organisation_id=organisation_id).first()


@transaction.atomic
def _first(organisation_id: int) -> int:
    policy = _locked(organisation_id)
    now, on = clock.now(), clock.today()
    if policy is None or _ran_lately(policy.ran_at, now):
        return 0
    left = planning.allowance(policy.weekly, on) - _invited_on(organisation_id, on)
    wanted = min(left, SLICE)
    made = invite_people(policy, on, wanted, by=RUN) if wanted > 0 else 0
    if made < SLICE:
        policy.ran_at = now
        policy.save(update_fields=["ran_at"])
    return made


def _ran_lately(ran_at: datetime | None, now: datetime) -> bool:
    if ran_at is None or ran_at.astimezone(clock.LONDON).date() != now.astimezone(clock.LONDON).date():
        return False
    return timedelta() <= now - ran_at < _EVERY


def _invited_on(organisation_id: int, on: date) -> int:
    """How many people the run invited on a day. Whom staff invited by hand counts too: they ring the same telephone."""
    return Wave.objects.filter(organisation_id=organisation_id, made_on=on, number=1).count()


def invite_people(policy: RecallPolicy, on: date, wanted: int, *, by: Actor) -> int:
    """Invite up to so many people of a practice who are due, the longest due first; returns how many."""
    organisation_id = policy.organisation_id
    programmes = due.switched_on(organisation_id, on)
    if not programmes:
        return 0
    chosen = _choose(organisation_id, on, programmes, wanted)
    claimed = claiming.claim(chosen, on)
    asked = _still_due(organisation_id, on, programmes, claimed)
    _unclaim(claimed - set(asked))
    if not asked:
        return 0
    made = _make(policy, on, asked, chosen, by)
    claiming.claimed_by([(one.patient_id, one.pk) for one in made.values()])
    going = [
        Going(one, [item.programme for item in asked[key]], chosen[key], chosen_channel(one), 1)
        for key, one in made.items()
    ]
    waves.begin(organisation_id, going, on=on, gap_days=policy.gap_days, by=by)
    audit.record_many(by=by, lines=[ending.line_of(one, "invite") for one in made.values()])
    return len(made)


def _still_due(
    organisation_id: int, on: date, programmes: dict[str, Programme], claimed: set[int]
) -> dict[int, list[Item]]:
    """What those whose turn was taken are to be asked for, read after the claim: what others did meanwhile is seen."""
    if not claimed:
        return {}
    people = due.people(organisation_id, on, programmes, free=False, limit=len(claimed), only=sorted(claimed))
    # "asked" is this very claim.
    return due.items(organisation_id, on, programmes, [one.patient_id for one in people if one.word in ("", "asked")])


def chosen_channel(one: Invitation) -> planning.Channel:
    """The channel of an invitation's present wave."""
    return next(channel for channel in planning.CHANNELS if channel == one.plan[one.wave - 1])


def _choose(organisation_id: int, on: date, programmes: dict[str, Programme], wanted: int) -> dict[int, Ways]:
    """Who is to be asked, and how they can be: nobody whom the run must not ask, and nobody with a visit booked."""
    chosen: dict[int, Ways] = {}
    types = visits.types_of(organisation_id, programmes)
    after: Person | None = None
    while len(chosen) < wanted:
        page = due.people(organisation_id, on, programmes, free=True, limit=max(_PAGE, 2 * wanted), after=after)
        if not page:
            break
        after = page[-1]
        ids = [one.patient_id for one in page]
        ways = due.ways(organisation_id, ids)
        booked = booking.ahead_of(ids, types)
        for key in ids:
            if len(chosen) < wanted and key not in booked and not planning.not_to_be_asked(ways[key]):
                chosen[key] = ways[key]
    return chosen


def _unclaim(patient_ids: set[int]) -> None:
    """Whose turn was taken for nothing gets it back: nothing was written in between, since the rows are ours until the end."""
    if patient_ids:
        with connection.cursor() as cursor:
            cursor.execute(
                "DELETE FROM recall_last_asked WHERE patient_id = ANY(%s) AND invitation_id IS NULL",
                [sorted(patient_ids)],
            )


def _make(
    policy: RecallPolicy, on: date, asked: dict[int, list[Item]], ways: dict[int, Ways], by: Actor
) -> dict[int, Invitation]:
    """Invitations with what each joins, by patient."""
    now = clock.now()
    made = {}
    for key, items in sorted(asked.items()):
        plan = list(planning.plan(ways[key]))
        flu_only = [item.programme.key for item in items] == [FLU]
        ends = now + timedelta(days=planning.invitation_days(len(plan), policy.gap_days))
        one = Invitation(
            organisation_id=policy.organisation_id,
            patient_id=key,
            programme=FLU if flu_only else CHECKS,
            season=(rules.season(on) or on.year) if flu_only else on.year,
            sensitive=not all(item.programme.text_ok for item in items),
            plan=plan,
            invited_at=now,
            ends_at=min(ends, _season_over(on)) if flu_only else ends,
            changed_at=now,
        )
        one.next_at = _next(one, now, policy.gap_days)
        made[key] = one
    Invitation.objects.bulk_create(list(made.values()), batch_size=5_000)
    record_first(history=InvitationHistory, ids=[one.pk for one in made.values()], state="invited", by=by)
    InvitationProgramme.objects.bulk_create(
        [_programme_row(made[key], item, on) for key, items in sorted(asked.items()) for item in items],
        batch_size=5_000,
    )
    return made


def _season_over(on: date) -> datetime:
    year = rules.season(on)
    assert year is not None, "nobody is invited for flu between two seasons"
    return datetime.combine(rules.season_ends(year) + timedelta(days=1), time(), tzinfo=clock.LONDON)


def _programme_row(one: Invitation, item: Item, on: date) -> InvitationProgramme:
    season = rules.season(on) if item.programme.seasonal else None
    more: dict[str, Any] = {
        "season": season,
        "again_on": days.add_months(on, planning.AGAIN_MONTHS) if season is None else rules.season_begins(season + 1),
    }
    return InvitationProgramme(
        invitation=one,
        patient_id=one.patient_id,
        key=item.programme.key,
        rule_set_id=item.programme.rule_set_id,
        leads=item.leads,
        due_on=item.due_on,
        **more,
    )
