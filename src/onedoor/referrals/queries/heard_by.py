"""How long people lately waited for word from a service, read from its referrals, and how true the dates are that follow.

Two things are waited for: what triage decides, and after it when one is seen.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date
from itertools import groupby
from uuid import UUID

from django.db import connection

from onedoor.directory.api import Service
from onedoor.kernel import clock
from onedoor.kernel.access import Access
from onedoor.messaging import api as messaging
from onedoor.referrals import rules_waiting
from onedoor.referrals.rules import AWAITING_TRIAGE, DEFERRED, NOT_BOOKED, TO_ACTION
from onedoor.referrals.rules_waiting import Evidence, Range, Spell

APOLOGY_NAME = "heard_by_apology"
"""The purpose of the text that owns up to a missed day."""
DECISION, APPOINTMENT = "decision", "appointment"
WHAT = (DECISION, APPOINTMENT)

_LONDON = "AT TIME ZONE 'Europe/London')::date"

GROUP_OF = {
    DECISION: "CASE WHEN r.priority = 'routine' THEN 'routine' ELSE 'urgent' END",
    APPOINTMENT: "CASE WHEN r.priority = 'routine' AND r.outcome <> 'urgent' THEN 'routine ' ELSE 'urgent ' END"
    " || coalesce(r.stream_id::text, '')",
}
"""Who waits alike: for triage by urgency, for an appointment by stream too."""
BEGAN = {DECISION: "r.came_on", APPOINTMENT: f"(r.triaged_at {_LONDON}"}
ORDER_OF = {
    DECISION: "r.triage_due_at, r.id",
    APPOINTMENT: f"r.priority = 'routine', {BEGAN[APPOINTMENT]}, r.received_at, r.id",
}
"""Who is before whom: the worklist of triage goes by the clock that ends first."""
WAITS = {
    DECISION: f"r.closed_at IS NULL AND r.state = '{AWAITING_TRIAGE}'",
    APPOINTMENT: f"r.closed_at IS NULL AND r.state IN ('{TO_ACTION}', '{NOT_BOOKED}', '{DEFERRED}')"
    " AND r.outcome IN ('accept', 'urgent') AND r.first_offered_on IS NULL",
}
"""SQL over `referrals_referral r`: who waits for it now."""

_SPELLS = {
    DECISION: f"""
        SELECT began, ended, decided, grp, own, count(*) FROM (
            SELECT r.came_on AS began, coalesce((r.triaged_at {_LONDON}, (r.closed_at {_LONDON}) AS ended,
                r.triaged_at IS NOT NULL AS decided, {GROUP_OF[DECISION]} AS grp, r.source <> 'inherited' AS own
            FROM referrals_referral r
            WHERE r.service_id = %(service)s AND r.came_on <= %(last)s
                AND (r.source <> 'inherited' OR r.state = '{AWAITING_TRIAGE}')) w
        WHERE ended IS NULL OR ended >= %(first)s GROUP BY 1, 2, 3, 4, 5""",
    APPOINTMENT: f"""
        SELECT began, CASE WHEN ended < began THEN began ELSE ended END, decided, grp, true, count(*) FROM (
            SELECT (r.triaged_at {_LONDON} AS began, coalesce(r.first_offered_on, (r.closed_at {_LONDON}) AS ended,
                r.first_offered_on IS NOT NULL AS decided, {GROUP_OF[APPOINTMENT]} AS grp
            FROM referrals_referral r
            WHERE r.service_id = %(service)s AND r.came_on <= %(last)s AND r.outcome IN ('accept', 'urgent')
                AND r.triaged_at IS NOT NULL) w
        WHERE ended IS NULL OR ended >= %(first)s GROUP BY 1, 2, 3, 4, 5""",
}


def spells(service_id: int, what: str, first: date, last: date) -> list[Spell]:
    """Waiting that began by `last` and had not ended before `first`, laid together by day."""
    with connection.cursor() as cursor:
        cursor.execute(_SPELLS[what], {"service": service_id, "first": first, "last": last})
        return [Spell(*row) for row in cursor.fetchall()]


def evidence_on(service_id: int, what: str, day: date) -> Evidence:
    """What the weeks before `day` show."""
    return rules_waiting.evidence(spells(service_id, what, day - rules_waiting.WINDOW, day), day)


@dataclass
class Score:
    """How true the dates were of the referrals of one month and kind. Widths are in days, from earliest to latest."""

    month: date
    group: str
    own: bool
    """Whether the service's own figures gave the dates."""
    said: int = 0
    in_range: int = 0
    kept: int = 0
    """Heard on or before the day that was said."""
    open: int = 0
    """Not heard yet when the books end."""
    width: int = 0


def back_test(access: Access, service: Service, first: date, last: date) -> list[Score]:
    """Say for each referral received from `first` to `last` a date on receipt, from what was known that morning, and hold the
    truth against it. One statement; nothing is written. None outside the access.
    """
    if not (access.everything or service.organisation_id in access.organisation_ids):
        return []
    known = spells(service.pk, DECISION, first - rules_waiting.WINDOW, last)
    scores: dict[tuple[date, str, bool], Score] = {}
    for day, group, new in _received(known, first, last):
        lately = rules_waiting.evidence(known, day)
        said = rules_waiting.heard_by(lately.of(group), came_on=day, priority=group, today=day, longer=lately.longer)
        score = scores.setdefault((day.replace(day=1), group, said.own), Score(day.replace(day=1), group, said.own))
        for spell in new:
            _score(score, spell, said)
    return [scores[key] for key in sorted(scores)]


def _received(known: Sequence[Spell], first: date, last: date) -> Iterator[tuple[date, str, list[Spell]]]:
    new = sorted(
        (spell for spell in known if spell.own and first <= spell.began <= last),
        key=lambda spell: (spell.began, spell.group),
    )
    for (day, group), those in groupby(new, key=lambda spell: (spell.began, spell.group)):
        yield day, group, list(those)


def _score(score: Score, spell: Spell, said: Range) -> None:
    if spell.ended is not None and not spell.decided:
        return  # withdrawn: nobody was ever to hear
    score.said += spell.number
    score.width += spell.number * (said.latest - said.earliest).days
    if spell.ended is None:
        score.open += spell.number
        return
    score.in_range += spell.number * (said.earliest <= spell.ended <= said.latest)
    score.kept += spell.number * (spell.ended <= said.by)


@dataclass(frozen=True)
class Missed:
    """Somebody who has not heard by a day that was said. The name is empty while no list has brought anybody of that number.

    `said` is the first day that was missed and `by` the one said last; `nobody_told` that no text about it reached them.
    """

    nobody_told: bool
    ref: UUID
    service: str
    patient_ref: UUID | None
    name: str
    nhs_number: str
    received_on: date
    what: str
    said: date
    by: date


MOST = 500


def missed(access: Access) -> list[Missed]:
    """Those who still wait after a day that was said, for the services of an access; the longest missed first, 500 at most."""
    still = " OR ".join(f"(h.what = '{what}' AND {waits})" for what, waits in WAITS.items())
    with connection.cursor() as cursor:
        cursor.execute(
            f"""SELECT r.id, r.ref, s.name, p.ref, coalesce(p.given_name || ' ' || p.family_name, ''), r.nhs_number,
                    r.came_on, h.what, min(h.by), (array_agg(h.by ORDER BY h.id DESC))[1]
                FROM referrals_heard_by h JOIN referrals_referral r ON r.id = h.referral_id
                JOIN directory_service s ON s.id = r.service_id LEFT JOIN patients_patient p ON p.id = r.patient_id
                WHERE ({still}) AND (%(everything)s OR s.organisation_id = ANY(%(organisations)s))
                GROUP BY 1, 2, 3, 4, 5, 6, 7, 8 HAVING min(h.by) < %(today)s ORDER BY min(h.by), r.id LIMIT %(most)s""",
            {
                "everything": access.everything,
                "organisations": access.organisations,
                "today": clock.today(),
                "most": MOST,
            },
        )
        rows = cursor.fetchall()
    keys = [row[0] for row in rows]
    unreached = messaging.not_arrived(subject="referral", subject_ids=keys, purpose=APOLOGY_NAME)
    return [Missed(row[0] in unreached or row[3] is None, *row[1:]) for row in rows]
