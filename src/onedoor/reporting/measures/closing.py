"""Closing a month: its figures are computed as they are known now, kept, and can be built again to the byte.

Closed again it is another edition with its reason, and the former stays. What is recorded later, said to be in error, moved or
changed in a definition is in no edition that was closed before.
"""

from __future__ import annotations

import time
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta

from django.db import connection, transaction

from onedoor.kernel import audit, clock, jobs
from onedoor.kernel.access import Access, NotPermitted, Permission
from onedoor.reporting.levels import Level, level_of
from onedoor.reporting.measures import canonical, versions
from onedoor.reporting.measures.computing import compute, last_day
from onedoor.reporting.models import Closing

PATIENCE = 30.0
"""Real seconds that closing waits for those who were writing when it began."""
_LOCK = (7_231, 1)


class CannotClose(ValueError):
    """Why not, and what to do, in words."""


class NotClosed(LookupError):
    """No such month or edition was closed."""


@dataclass(frozen=True)
class Built:
    """A month built again. `kept`: the checksum it was closed with; `stored`: that of the figures that stand in the tables."""

    closing: Closing
    kept: str
    stored: str
    built: str
    figures: bytes

    @property
    def same(self) -> bool:
        """Whether all three agree."""
        return self.kept == self.stored == self.built


def may_close(access: Access) -> bool:
    """Whether whoever asks closes months (Permission.CLOSE_MONTHS), at an integrated care system: it is done for the whole
    locality."""
    if not (access.may(Permission.REPORTS) and access.may(Permission.CLOSE_MONTHS)):
        return False
    return access.everything or Level.ICS in level_of(access.organisations).values()


def close(access: Access, *, month: date, why: str = "") -> Closing:
    """Close a month, given by a day of it: compute every measure in force as known now, and keep it. Raises CannotClose, and
    NotPermitted for practices.

    In one transaction: a month is closed whole or not at all. Memory is that of a handful of rows, whatever the size.
    """
    _require(access)
    month, why = month.replace(day=1), " ".join(why.split())
    now = clock.now()
    if last_day(month) >= now.astimezone(clock.LONDON).date():
        raise CannotClose(
            f"{month:%B %Y} is not over: it can be closed from {last_day(month) + timedelta(days=1):%-d %B} on."
        )
    if len(why) > 200:
        raise CannotClose("The reason is longer than 200 characters: make it shorter.")
    _let_writers_finish()
    with transaction.atomic():
        with connection.cursor() as cursor:
            cursor.execute("SELECT pg_advisory_xact_lock(%s, %s)", _LOCK)
        before = Closing.objects.filter(month=month).order_by("-edition").first()
        if before and not why:
            raise CannotClose(
                f"{month:%B %Y} was closed on {before.closed_at.astimezone(clock.LONDON):%-d %B %Y}: say why it is closed again."
            )
        closing = Closing.objects.create(
            month=month,
            edition=before.edition + 1 if before else 1,
            known_at=now,
            closed_at=now,
            closed_by=access.actor.label[:80],
            why=why,
        )
        compute(versions.of_month(last_day(month)), month=month, known_at=now)
        _keep(closing)
        closing.sha256 = canonical.sha256(canonical.BUILT)
        closing.save(update_fields=["sha256"])
        audit.record(
            by=access.actor,
            line=audit.Line(
                "close_month",
                "closing",
                closing.pk,
                detail={"month": f"{month:%Y-%m}", "edition": closing.edition, "sha256": closing.sha256},
            ),
        )
        # Packs that come by themselves need not wait for their next turn.
        jobs.wake("reporting.make_packs")
    return closing


def _keep(closing: Closing) -> None:
    with connection.cursor() as cursor:
        cursor.execute(
            """INSERT INTO reporting_snapshot (closing_id, measure_id, organisation_id, numerator, denominator, excluded, parts)
               SELECT %s, measure_id, organisation_id, numerator, denominator, excluded, parts FROM measured
               ORDER BY measure_id, organisation_id""",
            [closing.pk],
        )
        cursor.execute(
            """INSERT INTO reporting_snapshot_person (closing_id, measure_id, organisation_id, patient_id, in_denominator,
                   in_numerator, reason, parts)
               SELECT %s, measure_id, organisation_id, patient_id, in_denominator, in_numerator, reason, parts
               FROM measured_person ORDER BY measure_id, organisation_id, patient_id""",
            [closing.pk],
        )


@transaction.atomic
def rebuild(access: Access, *, month: date, edition: int | None = None) -> Built:
    """Compute a closed month anew from the record, as known then (the last edition unless one is named). Nothing that was kept is
    changed. Raises NotClosed, and NotPermitted for practices."""
    _require(access)
    closing = closing_of(month, edition)
    compute(versions.of_closing(closing), month=closing.month, known_at=closing.known_at)
    built = Built(
        closing,
        closing.sha256,
        canonical.sha256(canonical.kept(closing.pk)),
        canonical.sha256(canonical.BUILT),
        canonical.figures_csv(canonical.BUILT),
    )
    audit.record(
        by=access.actor,
        line=audit.Line("rebuild_month", "closing", closing.pk, detail={"sha256": built.built, "same": built.same}),
    )
    return built


def closing_of(month: date, edition: int | None = None) -> Closing:
    """A closing, the last edition unless one is named. Raises NotClosed."""
    found = Closing.objects.filter(month=month.replace(day=1), **({"edition": edition} if edition else {}))
    last = found.order_by("-edition").first()
    if last is None:
        named = f"{month:%B %Y}" + (f", edition {edition}," if edition else "")
        raise NotClosed(f"{named} was not closed.")
    return last


def closings() -> Sequence[Closing]:
    """Every closing, the latest month first, its last edition first."""
    return list(Closing.objects.order_by("-month", "-edition"))


def _require(access: Access) -> None:
    access.require(Permission.CLOSE_MONTHS)
    if not may_close(access):
        raise NotPermitted("months are closed for the whole locality")


def _let_writers_finish() -> None:
    """Wait for whoever was writing when the month began to be closed: what they recorded before must be in it, now and whenever
    it is built again. Real time, as the database sees it."""
    began: datetime | None = None
    until = time.monotonic() + PATIENCE
    while True:
        with connection.cursor() as cursor:
            cursor.execute(
                """SELECT coalesce(%(began)s, clock_timestamp()), min(xact_start) FROM pg_stat_activity
                   WHERE datname = current_database() AND pid <> pg_backend_pid() AND backend_type = 'client backend'
                     AND xact_start < coalesce(%(began)s, clock_timestamp())""",
                {"began": began},
            )
            began, oldest = cursor.fetchone()
        if oldest is None:
            return
        if time.monotonic() > until:
            raise CannotClose(
                f"Something has been writing since {oldest.astimezone(clock.LONDON):%H:%M:%S}, such as a long import: "
                "close the month when it has finished."
            )
        time.sleep(0.05)
