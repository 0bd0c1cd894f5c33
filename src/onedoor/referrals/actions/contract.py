"""The clocks of a contract are set from a day on: what came before that day keeps the clocks that it had."""

from __future__ import annotations

from datetime import date, datetime, timedelta

from django.db import connection, transaction

from onedoor.accounts.api import require_runs_all
from onedoor.directory.api import Service, edit_service
from onedoor.kernel import audit, clock, jobs
from onedoor.kernel.access import Access, Permission, acts_for
from onedoor.kernel.actor import Actor
from onedoor.kernel.clock import london_day
from onedoor.referrals.clocks import LOCK, Clocks, clocks_on, contracts_of, triage_clocks
from onedoor.referrals.errors import Incomplete
from onedoor.referrals.models import Contract, Referral

BASES = ("elapsed", "working")
AT_MOST = timedelta(days=366)
_EVER = date(1948, 7, 5)
_SLICE = 10_000


@transaction.atomic
def set_contract(*, access: Access, service_id: int, clocks: Clocks, from_day: date, reason: str) -> int:
    """Set a service's clocks from a day on, up to a year back or ahead; returns how many referrals have another triage clock.

    Whether a decision was in time stays as it was when it was made. Raises Incomplete, NotPermitted, Service.DoesNotExist.
    """
    access.require(Permission.SWITCHES)
    service = Service.objects.get(pk=service_id)
    if not acts_for(access.actor, service.organisation_id):
        require_runs_all(access.actor)
    said = " ".join(reason.split())[:200]
    if not said:
        raise Incomplete("Say why: the contract or the letter that changes it.")
    today, now = clock.today(), clock.now()
    if abs(from_day - today) > AT_MOST:
        raise Incomplete("Choose a day within a year of today.")
    if (
        clocks.triage_basis not in BASES
        or not 1 <= clocks.triage_hours <= 1_000
        or not 1 <= clocks.urgent_days <= 365
        or not 1 <= clocks.onward_working_days <= 365
        or not (clocks.booking_days is None or 1 <= clocks.booking_days <= 1_000)
    ):
        raise Incomplete("Give hours from 1 to 1,000, and days from 1 to 365.")
    with connection.cursor() as cursor:
        # Referrals that come meanwhile wait, so that none is received by a clock that has gone.
        cursor.execute("SELECT pg_advisory_xact_lock(%s, %s)", [LOCK, service.pk % 2**31])
    if not Contract.objects.filter(service=service).exists():
        # What stood in the directory until now stays what it was, whatever the directory says later.
        before = clocks_on(service, today)
        _add(service, before, _EVER, "As the directory had it", now, access.actor.label)
    was = clocks_on(service, from_day)
    _add(service, clocks, from_day, said, now, access.actor.label)
    moved = _recount(service, from_day)
    _show(service, access.actor)
    audit.record(
        by=access.actor,
        line=audit.Line(
            "set_contract",
            "service",
            service.pk,
            organisation_id=service.organisation_id,
            detail={
                "from_day": from_day.isoformat(),
                "triage": f"{was.triage_hours} {was.triage_basis}, then {clocks.triage_hours} {clocks.triage_basis}",
                "moved": moved,
            },
        ),
    )
    jobs.notify_live("referrals", service.organisation_id)
    return moved


def _add(service: Service, clocks: Clocks, from_day: date, reason: str, now: datetime, by: str) -> None:
    Contract.objects.create(
        service=service,
        from_day=from_day,
        triage_hours=clocks.triage_hours,
        triage_basis=clocks.triage_basis,
        urgent_days=clocks.urgent_days,
        onward_working_days=clocks.onward_working_days,
        booking_days=clocks.booking_days,
        reason=reason,
        set_at=now,
        by_label=by,
    )


@transaction.atomic
def keep_in_force(*, by: Actor) -> int:
    """Contracts whose day has come stand in the directory, and what was changed there is a contract from today; how many."""
    done = 0
    for key in sorted(set(Contract.objects.values_list("service_id", flat=True))):
        with connection.cursor() as cursor:
            cursor.execute("SELECT pg_advisory_xact_lock(%s, %s)", [LOCK, key % 2**31])
        done += _show(Service.objects.get(pk=key), by)
    return done


def _show(service: Service, by: Actor) -> int:
    today, now = clock.today(), clock.now()
    row = next((one for one in contracts_of(service.pk) if one.from_day <= today), None)
    if row is None:
        return 0
    there = (service.triage_hours, service.triage_basis, service.urgent_days, service.onward_working_days)
    here = (row.triage_hours, row.triage_basis, row.urgent_days, row.onward_working_days)
    if row.shown_at is None:
        Contract.objects.filter(pk=row.pk).update(shown_at=now)
        if here != there:
            fields = ("triage_hours", "triage_basis", "urgent_days", "onward_working_days")
            edit_service(service_id=service.pk, changes=dict(zip(fields, here, strict=True)), by=by)
        return 1
    if here == there:
        return 0
    changed = Clocks(*there, booking_days=row.booking_days)
    _add(service, changed, today, "Changed in the directory", now, by.label)
    Contract.objects.filter(service=service, from_day=today, shown_at=None).update(shown_at=now)
    _recount(service, today)
    return 1


def _recount(service: Service, from_day: date) -> int:
    """When the triage clocks of what was received from this day on end now; by sets of some thousands."""
    later = [one.from_day for one in contracts_of(service.pk) if one.from_day > from_day]
    found = Referral.objects.filter(service=service, received_at__gte=london_day(from_day)[0])
    if later:
        found = found.filter(received_at__lt=london_day(min(later))[0])
    moved, last = 0, 0
    while rows := list(found.filter(pk__gt=last).order_by("pk").values_list("pk", "received_at", "priority")[:_SLICE]):
        due = triage_clocks(service, [(at, priority) for _, at, priority in rows])
        with connection.cursor() as cursor:
            cursor.execute(
                """UPDATE referrals_referral r SET triage_due_at = w.due
                   FROM (SELECT * FROM unnest(%s::bigint[], %s::timestamptz[]) AS w(id, due) ORDER BY id) w
                   WHERE r.id = w.id AND r.triage_due_at <> w.due""",
                [[row[0] for row in rows], due],
            )
            moved += cursor.rowcount
        last = rows[-1][0]
    return moved
