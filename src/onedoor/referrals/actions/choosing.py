"""People who were asked to choose a time and have not: after the day that their letter said, the service rings them."""

from __future__ import annotations

from datetime import timedelta

from django.db import connection, transaction

from onedoor.kernel import clock
from onedoor.kernel.actor import Actor
from onedoor.referrals.rules import NOT_BOOKED
from onedoor.referrals.rules_booking import THINKING_DAYS
from onedoor.tasks import api as tasks
from onedoor.tasks.types import Kind, NewTask, Outcome

NOT_CHOSEN = tasks.declare_kind(
    Kind(
        "not_chosen",
        "People who have not chosen a time",
        "triage",
        timedelta(hours=8),
        (Outcome("rung", "Each is booked, or was rung"), Outcome("nothing", "Nothing needed doing")),
    )
)
_LOOK_BACK = timedelta(days=7)
"""A day on which nobody looked is made up for so long; whoever has not chosen stands on the list to book meanwhile."""


@transaction.atomic
def chase_choices(*, by: Actor) -> int:
    """One task for each service and day on which the time to choose ran out for somebody; returns how many are new."""
    today = clock.today()
    with connection.cursor() as cursor:
        cursor.execute(
            """SELECT s.id, s.name, s.organisation_id, w.over, count(*)
               FROM referrals_referral r JOIN directory_service s ON s.id = r.service_id
               CROSS JOIN LATERAL (SELECT (r.triaged_at AT TIME ZONE 'Europe/London')::date + %(days)s AS over) w
               WHERE r.closed_at IS NULL AND r.state = %(state)s AND w.over < %(today)s AND w.over >= %(since)s
                   AND EXISTS (SELECT 1 FROM referrals_decision d
                               WHERE d.referral_id = r.id AND d.state = 'done' AND d.who_books = 'patient')
               GROUP BY 1, 2, 3, 4 ORDER BY 1, 4""",
            {"days": THINKING_DAYS, "state": NOT_BOOKED, "today": today, "since": today - _LOOK_BACK},
        )
        found = {f"{NOT_CHOSEN.name}:{row[0]}:{row[3].isoformat()}": row for row in cursor.fetchall()}
    known = set(tasks.Task.objects.filter(key__in=found).values_list("key", flat=True)) if found else set()
    made = [
        NewTask(
            kind=NOT_CHOSEN.name,
            organisation_id=organisation_id,
            key=key,
            title=f"{service}: {number} {'person has' if number == 1 else 'people have'} not chosen a time",
            detail=f"They were to choose by {over.day} {over:%B}. They stand on the list to book: ring them.",
            subject="to_book",
            subject_id=service_id,
        )
        for key, (service_id, service, organisation_id, over, number) in found.items()
        if key not in known
    ]
    return len(tasks.ask_for(tasks=made, by=by))
