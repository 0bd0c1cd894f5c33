"""Dates by which people will have heard: said, said anew when they moved, and owned up to when they are missed.

A date once said stays in the books. One that is past before they heard is told to the service each time, and to the patient
once for each thing waited for: they are not apologised to again and again, somebody rings them.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any

from django.db import connection, transaction

from onedoor.directory.api import Service
from onedoor.kernel import audit, clock
from onedoor.kernel.access import Access
from onedoor.kernel.actor import Actor
from onedoor.kernel.clock import london_day
from onedoor.messaging import api as messaging
from onedoor.messaging.types import NewMessage, Purpose
from onedoor.referrals import rules_waiting, sentences
from onedoor.referrals.actions.letters import write_apologies
from onedoor.referrals.actions.track_links import new_links
from onedoor.referrals.queries.heard_by import (
    APOLOGY_NAME,
    APPOINTMENT,
    BEGAN,
    GROUP_OF,
    ORDER_OF,
    WAITS,
    WHAT,
    evidence_on,
)
from onedoor.tasks import api as tasks
from onedoor.tasks.types import Kind, NewTask, Outcome

APOLOGY = messaging.declare_purpose(Purpose(APOLOGY_NAME, "reminder", 1, True))
"""About care they wait for, as a reminder is. It names no clinic and no reason, and its link asks for the date of birth, so that
a shared telephone may have it (clinical.md 6.2)."""
HEARD_BY_MISSED = tasks.declare_kind(
    Kind(
        "heard_by_missed",
        "People who had not heard by the day we said",
        "triage",
        timedelta(hours=4),
        (Outcome("told", "Each has been decided, or told when"), Outcome("nothing", "Nothing needed doing")),
    )
)
_LOCK = 7_208
_SLICE = 500
_WITHOUT_NEXT = timedelta(days=3)
_KEPT = timedelta(days=7)
"""An apology that could not go for a week is a letter's."""

_WAITING = {
    what: f"""
        SELECT r.id, {GROUP_OF[what]} AS grp, CASE WHEN r.priority IN ('urgent', 'two_week_wait') THEN r.priority
                ELSE 'routine' END AS priority, {BEGAN[what]} AS began, l.by AS said,
            rank() OVER (ORDER BY {ORDER_OF[what]}) - 1 AS before
        FROM referrals_referral r
        LEFT JOIN LATERAL (SELECT h.by FROM referrals_heard_by h WHERE h.referral_id = r.id AND h.what = '{what}'
                           ORDER BY h.id DESC LIMIT 1) l ON true
        WHERE r.service_id = %(service)s AND {WAITS[what]}"""
    for what in WHAT
}


@transaction.atomic
def say_heard_by(*, service: Service, by: Actor) -> int:
    """Say a date to everybody who waits for word from a service and has none, or whose date moved; returns how many were said.

    A date that is past is always said anew. For an appointment nothing is said until the service's own figures show how long
    that takes: nobody promises it. Three statements for each thing waited for, however many wait.
    """
    said = 0
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_advisory_xact_lock(%s, %s)", [_LOCK, service.pk])
        for what in WHAT:
            said += _say(service, what)
    if said:
        audit.record(
            by=by,
            line=audit.Line(
                "say_heard_by",
                "service",
                service.pk,
                organisation_id=service.organisation_id,
                detail={"said": said},
            ),
        )
    return said


def _say(service: Service, what: str) -> int:
    with connection.cursor() as cursor:
        cursor.execute(
            f"SELECT grp, priority, began, said FROM ({_WAITING[what]}) w GROUP BY 1, 2, 3, 4", {"service": service.pk}
        )
        alike = cursor.fetchall()
        if not alike:
            return 0
        today = clock.today()
        lately = evidence_on(service.pk, what, today)
        new = []
        for grp, priority, began, said in alike:
            now = rules_waiting.heard_by(
                lately.of(grp), came_on=began, priority=priority, today=today, longer=lately.longer
            )
            if what == APPOINTMENT and not now.own:
                continue
            if said is None or said < today or rules_waiting.moved(said, now.by):
                new.append((grp, priority, began, said, now.by, now.earliest, now.latest, now.own))
        if not new:
            return 0
        names = ("grps", "priorities", "began", "said", "by", "earliest", "latest", "own")
        values: dict[str, Any] = dict(zip(names, map(list, zip(*new, strict=True)), strict=True))
        cursor.execute(
            f"""INSERT INTO referrals_heard_by (referral_id, what, said_at, by, earliest, latest, own, waiting_before, per_week)
                SELECT w.id, %(what)s, %(now)s, n.by, n.earliest, n.latest, n.own, w.before, %(per_week)s
                FROM ({_WAITING[what]}) w
                JOIN unnest(%(grps)s::text[], %(priorities)s::text[], %(began)s::date[], %(said)s::date[], %(by)s::date[],
                            %(earliest)s::date[], %(latest)s::date[], %(own)s::bool[])
                    AS n(grp, priority, began, said, by, earliest, latest, own)
                    ON n.grp = w.grp AND n.priority = w.priority AND n.began = w.began AND n.said IS NOT DISTINCT FROM w.said
                ORDER BY w.id""",
            values | {"service": service.pk, "what": what, "now": clock.now(), "per_week": round(lately.per_week, 1)},
        )
        return int(cursor.rowcount)


@dataclass(frozen=True)
class _Missed:
    referral_id: int
    what: str
    service_id: int
    service: str
    organisation_id: int
    patient_id: int | None
    said: date


@transaction.atomic
def own_up(*, access: Access, limit: int = _SLICE) -> int:
    """For dates that are past while the patient still waits: tell the service, and say sorry to the patient; how many were found.

    Each date is found once. The service gets one task a day with all of them behind it; the patient one text for each thing
    waited for, which names nothing but the day, with a link to their page, and a letter, by post where no text may go.
    """
    by = access.actor
    found = _missed(limit)
    links = new_links(
        referral_ids=sorted({missed.referral_id for missed in found if missed.patient_id is not None}), by=by
    )
    messaging.queue(
        messages=[_sorry(missed, links[missed.referral_id]) for missed in found if missed.patient_id], by=by
    )
    write_apologies(missed={missed.referral_id: missed.said for missed in found}, access=access)
    tasks.ask_for(tasks=_escalations(found), by=by)
    audit.record_many(
        by=by,
        lines=[
            audit.Line(
                "heard_by_missed",
                "referral",
                missed.referral_id,
                patient_id=missed.patient_id,
                organisation_id=missed.organisation_id,
                detail={"what": missed.what, "said": missed.said.isoformat()},
            )
            for missed in found
        ],
    )
    return len(found)


def _missed(limit: int) -> list[_Missed]:
    # A referral that is being decided at this moment is locked, and looked at again later: nobody is told sorry too late.
    still = " OR ".join(f"(h.what = '{what}' AND {waits})" for what, waits in WAITS.items())
    with connection.cursor() as cursor:
        cursor.execute(
            f"""WITH late AS (
                    SELECT h.id FROM referrals_heard_by h JOIN referrals_referral r ON r.id = h.referral_id
                    WHERE h.missed_told_at IS NULL AND h.by < %(today)s AND ({still})
                        -- With the next day said already, so that the letter can give it; a few days later without.
                        AND (h.by < %(long_ago)s OR EXISTS (
                            SELECT 1 FROM referrals_heard_by n
                            WHERE n.referral_id = h.referral_id AND n.what = h.what AND n.by >= %(today)s))
                    ORDER BY h.referral_id, h.id LIMIT %(limit)s FOR NO KEY UPDATE OF r, h SKIP LOCKED),
                told AS (
                    UPDATE referrals_heard_by h SET missed_told_at = %(now)s FROM late WHERE h.id = late.id
                    RETURNING h.referral_id, h.what, h.by)
                SELECT t.referral_id, t.what, s.id, s.name, s.organisation_id, r.patient_id, min(t.by)
                FROM told t JOIN referrals_referral r ON r.id = t.referral_id JOIN directory_service s ON s.id = r.service_id
                GROUP BY 1, 2, 3, 4, 5, 6 ORDER BY 1, 2""",
            {
                "today": clock.today(),
                "now": clock.now(),
                "limit": limit,
                "long_ago": clock.today() - _WITHOUT_NEXT,
            },
        )
        return [_Missed(*row) for row in cursor.fetchall()]


def _sorry(missed: _Missed, link: str) -> NewMessage:
    words = f"{sentences.sorry(missed.said)} We have told the people who can put it right. See what happens now: {link}"
    return NewMessage(
        intent_key=f"heard_by:{missed.referral_id}:{missed.what}",
        organisation_id=missed.organisation_id,
        purpose=APOLOGY.name,
        body=words,
        not_after=london_day(clock.today())[0] + _KEPT,
        patient_id=missed.patient_id,
        subject="referral",
        subject_id=missed.referral_id,
    )


def _escalations(found: Sequence[_Missed]) -> list[NewTask]:
    numbers = Counter((missed.service_id, missed.service, missed.organisation_id) for missed in found)
    return [
        NewTask(
            kind=HEARD_BY_MISSED.name,
            organisation_id=organisation_id,
            key=f"{HEARD_BY_MISSED.name}:{service_id}:{clock.today().isoformat()}",
            title=f"{service}: {number} {'person has' if number == 1 else 'people have'} not heard by the day we said",
            detail="Each is told that we are sorry, where a text may go. Decide, or ring them and say when.",
            subject="heard_by",
            subject_id=service_id,
        )
        for (service_id, service, organisation_id), number in sorted(numbers.items())
    ]
