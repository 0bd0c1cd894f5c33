"""Collecting what the practice's own system should have, in sets, each thing once.

A coded answer is found by its patient: whoever writes a coded fact leaves the patient's key behind in the same transaction, so
that nothing is missed and nobody waits. Texts and replies are found by their time, for the practices whose documents carry them.
"""

from __future__ import annotations

from collections.abc import Collection, Sequence
from datetime import datetime, timedelta

from django.db import connection, transaction
from django.db.models import F, Value
from django.db.models.functions import Concat

from onedoor.accounts import api as accounts
from onedoor.accounts.api import Relation
from onedoor.exchange.feed.setting import BACK, MESH, OFF, TYPED
from onedoor.exchange.models import FeedItem, FeedSetting
from onedoor.kernel import arrays, clock, events
from onedoor.kernel.sensitive import IN_SQL
from onedoor.records import api as records
from onedoor.records.events import CodedChanged

SLICE = 1_000
WRONG, AGAIN = "entered in error", "entered again"
ELSEWHERE = "registered elsewhere"
_WAS = ": was "
"""After `WRONG`, the state in which it was, for when it is entered again."""
_FACT = "fact:"
_LOOKED_BACK = timedelta(days=60)
"""How long what was told of is looked at again when a patient's facts change. Ours."""
NOT_COPIED = {
    "message": "A text was sent to the patient whose words are sensitive: they are not copied. Read them in Onedoor.",
    "reply": "The patient sent a text whose words are sensitive: they are not copied. Read them in Onedoor.",
}
"""What kernel.sensitive names is copied into no document that a machine writes (clinical.md 6.2, 6.5)."""


@events.handles(CodedChanged)
def coded_changed(event: CodedChanged) -> None:
    """Remember whose coded facts were written here. What a file brought is in the practice's own system already."""
    if event.patient_ids:
        with connection.cursor() as cursor:
            cursor.execute(
                "INSERT INTO exchange_feed_due (patient_id) SELECT unnest(%s::bigint[])",
                [arrays.numbers(event.patient_ids)],
            )


def collect_answers() -> int:
    """Make items of the coded facts of patients that were remembered; returns how many items are new or taken back."""
    done = 0
    while True:
        with transaction.atomic():
            patients = _take()
            done += _collect(patients)
        if len(patients) < SLICE:
            return done


def _take() -> list[int]:
    with connection.cursor() as cursor:
        cursor.execute(
            """DELETE FROM exchange_feed_due WHERE id IN (
                   SELECT id FROM exchange_feed_due ORDER BY id LIMIT %s FOR UPDATE SKIP LOCKED) RETURNING patient_id""",
            [SLICE],
        )
        return [patient_id for (patient_id,) in cursor.fetchall()]


def _collect(patient_ids: Sequence[int]) -> int:
    if not patient_ids:
        return 0
    homes = _homes(sorted(set(patient_ids)))
    known = {one.organisation_id: one for one in FeedSetting.objects.filter(organisation_id__in=set(homes.values()))}
    networks = {
        home: {home, *(one.pk for one in theirs)}
        for home, theirs in accounts.related(set(homes.values()), Relation.PCN).items()
    }
    earliest = clock.now() - BACK
    made = []
    for fact in records.written_of(sorted(homes), earliest):
        home = homes[fact.patient_id]
        setting = known.get(home)
        if (setting.route if setting else TYPED) == OFF:
            continue
        at = fact.accepted_at or fact.recorded_at
        ours = fact.accepted_at is not None or fact.organisation_id in networks.get(home, {home})
        if ours and at >= (setting.since if setting else earliest):
            made.append(_item(fact, home, at))
    return _entered_again(made) + _write(made) + _take_back(patient_ids)


def _homes(patient_ids: Sequence[int]) -> dict[int, int]:
    """Where each of these is registered today: of several, the newest registration, in the order of `patients.practice_of`."""
    with connection.cursor() as cursor:
        cursor.execute(
            """SELECT patient_id, organisation_id FROM patients_registered
               WHERE patient_id = ANY(%(people)s::bigint[]) AND since <= %(on)s AND (until IS NULL OR until > %(on)s)
               ORDER BY since, organisation_id""",
            {"people": arrays.numbers(patient_ids), "on": clock.today()},
        )
        return dict(cursor.fetchall())


def _item(fact: records.Coded, home: int, at: datetime) -> FeedItem:
    return FeedItem(
        organisation_id=home,
        patient_id=fact.patient_id,
        kind="answer",
        source=f"{_FACT}{fact.pk}",
        at=at,
        day=at.astimezone(clock.LONDON).date(),
        of_day=fact.day,
        text=f"{fact.code.shown_term}: {fact.measured}" if fact.measured else fact.code.shown_term,
        code=fact.code.code,
        value=fact.value,
        unit=fact.unit.ucum if fact.unit else "",
    )


def _write(items: Sequence[FeedItem]) -> int:
    """Each once by its source."""
    there = set(
        FeedItem.objects.filter(source__in=[one.source for one in items]).values_list("source", flat=True),
    )
    new = [one for one in items if one.source not in there]
    FeedItem.objects.bulk_create(new, ignore_conflicts=True, batch_size=1_000)
    return len(new)


def _entered_again(items: Sequence[FeedItem]) -> int:
    """What was entered in error and stands again is as it was before, and nobody is asked to take it out any more. What has been
    taken out already is to be put in anew."""
    wrong = FeedItem.objects.filter(
        source__in=[one.source for one in items], state="left", settled_by__startswith=WRONG
    )
    facts, undos = _latest(set(wrong.values_list("patient_id", flat=True)))
    now = clock.now()
    back, anew = [], []
    for item in items:
        fact = _fact_of(item)
        one, undo = facts.get(fact), undos.get(fact)
        if one is None or one.state != "left" or not one.settled_by.startswith(WRONG):
            continue
        was = _was(one, undo)
        if was != "waiting" and undo is not None and undo.state not in ("waiting", "left"):
            item.source, item.at, item.day = f"{_FACT}{fact}:{now.timestamp():.0f}", now, clock.today()
            anew.append(item)
            continue
        one.state, one.settled_at, one.settled_by = was, now, AGAIN
        if was == "waiting":
            one.settled_at, one.settled_by, one.document = None, "", None
        back.append(one)
        if undo is not None and undo.state == "waiting":
            undo.state, undo.settled_at, undo.settled_by = "left", now, AGAIN
            back.append(undo)
    FeedItem.objects.bulk_update(back, ["state", "settled_at", "settled_by", "document"], batch_size=1_000)
    return sum(one.source.startswith(_FACT) for one in back)


def _latest(patient_ids: Collection[int]) -> tuple[dict[int, FeedItem], dict[int, FeedItem]]:
    """The last item of each fact of these patients, and the last that asks for it to be taken out; locked."""
    found: dict[str, dict[int, FeedItem]] = {"fact": {}, "undo": {}}
    if patient_ids:
        theirs = FeedItem.objects.select_for_update(of=("self",)).filter(patient_id__in=patient_ids, kind="answer")
        for one in theirs.select_related("document").order_by("id"):
            found[one.source.partition(":")[0]][_fact_of(one)] = one
    return found["fact"], found["undo"]


def _fact_of(item: FeedItem) -> int:
    return int(item.source.split(":")[1])


def _was(one: FeedItem, undo: FeedItem | None) -> str:
    """In which state it was before it was in error; one whose document was replaced without it goes into the next."""
    was = one.settled_by.partition(_WAS)[2]
    if not was:
        was = "waiting" if undo is None else "sent" if one.document_id else "typed"
    return "waiting" if was == "sent" and (one.document is None or one.document.state == "replaced") else was


def _take_back(patient_ids: Sequence[int]) -> int:
    """Of what no longer stands (entered in error, or no longer accepted), what waits is left; what their system has by now, or
    may have, is to be taken out there."""
    theirs = FeedItem.objects.filter(patient_id__in=patient_ids, kind="answer", source__startswith=_FACT)
    theirs = theirs.filter(at__gte=clock.now() - _LOOKED_BACK).exclude(state="left")
    keys = {_fact_of(one): one.pk for one in theirs.only("pk", "source")}
    gone = [fact.pk for fact in records.facts_of(sorted(keys)) if fact.in_error_at is not None or fact.elsewhere]
    found = list(FeedItem.objects.select_for_update().filter(pk__in=[keys[key] for key in gone]).order_by("id"))
    found = [one for one in found if one.state != "left"]
    now = clock.now()
    undo = [
        FeedItem(
            organisation_id=one.organisation_id,
            patient_id=one.patient_id,
            kind="answer",
            source=f"undo:{_fact_of(one)}:{now.timestamp():.0f}",
            at=now,
            day=now.astimezone(clock.LONDON).date(),
            of_day=one.of_day,
            text=f"To be taken out, entered in error: {one.text}"[:1_000],
        )
        for one in found
        if one.state != "waiting"
    ]
    FeedItem.objects.filter(pk__in=[one.pk for one in found]).update(
        state="left", settled_at=now, settled_by=Concat(Value(f"{WRONG}{_WAS}"), F("state"))
    )
    return _write(undo) + len(found)


def leave_those_who_left() -> int:
    """What waits about somebody who is registered elsewhere by now is left, their record being another's; returns how many."""
    with connection.cursor() as cursor:
        cursor.execute(_LEFT, {"on": clock.today(), "now": clock.now(), "because": ELSEWHERE})
        return int(cursor.rowcount)


_LEFT = """
    WITH gone AS (
        SELECT i.id FROM exchange_feed_item i
        WHERE i.state = 'waiting' AND EXISTS (
            SELECT 1 FROM patients_registered r WHERE r.patient_id = i.patient_id AND r.organisation_id <> i.organisation_id
              AND r.since <= %(on)s AND (r.until IS NULL OR r.until > %(on)s))
          AND NOT EXISTS (
            SELECT 1 FROM patients_registered r WHERE r.patient_id = i.patient_id AND r.organisation_id = i.organisation_id
              AND r.since <= %(on)s AND (r.until IS NULL OR r.until > %(on)s))
        ORDER BY i.id FOR UPDATE OF i)
    UPDATE exchange_feed_item i SET state = 'left', settled_at = %(now)s, settled_by = %(because)s FROM gone WHERE gone.id = i.id
"""


def collect_said() -> int:
    """Make items of texts that arrived and of replies, for the practices whose documents carry them; returns how many."""
    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute(
            _SAID,
            {
                "earliest": clock.now() - BACK,
                "on": clock.today(),
                "mesh": MESH,
                "sensitive": IN_SQL,
                "kinds": list(NOT_COPIED),
                "instead": list(NOT_COPIED.values()),
            },
        )
        return int(cursor.rowcount)


_SAID = """
    INSERT INTO exchange_feed_item (organisation_id, patient_id, kind, source, at, day, text, code, unit, state, settled_by)
    SELECT s.organisation_id, s.patient_id, s.kind, s.kind || ':' || s.id, s.at, (s.at AT TIME ZONE 'Europe/London')::date,
           CASE WHEN lower(s.text) ~ %(sensitive)s THEN w.instead ELSE left(s.text, 1000) END, '', '', 'waiting', ''
    FROM exchange_feed_setting f
    JOIN messaging_said s ON s.organisation_id = f.organisation_id
    JOIN unnest(%(kinds)s::text[], %(instead)s::text[]) AS w(kind, instead) ON w.kind = s.kind
    WHERE f.route = %(mesh)s AND s.made_at >= %(earliest)s AND s.at >= f.chosen_at
      AND EXISTS (SELECT 1 FROM patients_registered r WHERE r.patient_id = s.patient_id
                  AND r.organisation_id = s.organisation_id AND r.since <= %(on)s AND (r.until IS NULL OR r.until > %(on)s))
      AND NOT EXISTS (SELECT 1 FROM exchange_feed_item i WHERE i.source = s.kind || ':' || s.id)
    ORDER BY s.at, s.id
    ON CONFLICT (source) DO NOTHING
"""
