"""Set up our own diary and what kinds of appointment allow."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, datetime, timedelta

from django.db import transaction

from onedoor.accounts.api import Site
from onedoor.booking.actions import places, refilling
from onedoor.booking.models import AppointmentType, Clinic, DiaryRequest, Seat, Session
from onedoor.booking.needs import FEATURES
from onedoor.booking.rules import defaults_for
from onedoor.kernel import audit, jobs
from onedoor.kernel.actor import Actor


@transaction.atomic
def set_type(
    *,
    organisation_id: int,
    name: str,
    by: Actor,
    said_as: str | None = None,
    reply_may_cancel: bool | None = None,
    may_refill: bool | None = None,
    never_by_machine: bool | None = None,
    remind_hours: int | None = None,
    confirm_same_day: bool | None = None,
    by_telephone: bool | None = None,
    usual_minutes: int | None = None,
) -> AppointmentType:
    """Make a type with the defaults of its name, or change what one allows; what is None stays. `remind_hours` is hours before
    the start, 0 for no reminder; `usual_minutes` is how long one usually lasts, 0 for not known.

    The database refuses a type that is never cancelled by machine and whose replies may cancel (IntegrityError); setting
    `never_by_machine` therefore takes `reply_may_cancel` away unless it is given. Raises NotYours.
    """
    places.check_staff(by, organisation_id)
    given = {
        "said_as": said_as,
        "reply_may_cancel": reply_may_cancel,
        "may_refill": may_refill,
        "never_by_machine": never_by_machine,
        "remind_hours": remind_hours,
        "confirm_same_day": confirm_same_day,
        "by_telephone": by_telephone,
        "usual_minutes": usual_minutes,
    }
    changes: dict[str, object] = {key: value for key, value in given.items() if value is not None}
    for column in ("remind_hours", "usual_minutes"):
        if changes.get(column) == 0:
            changes[column] = None
    if never_by_machine and reply_may_cancel is None:
        changes["reply_may_cancel"] = False
    kind, _ = AppointmentType.objects.update_or_create(
        organisation_id=organisation_id,
        name=name,
        defaults=changes,
        create_defaults={**vars(defaults_for(name)), **changes},
    )
    audit.record(
        by=by,
        line=audit.Line(
            "set_type",
            "appointment_type",
            kind.pk,
            organisation_id=organisation_id,
            detail={k: v for k, v in changes.items() if k != "said_as"},
        ),
    )
    return kind


@transaction.atomic
def open_session(
    *,
    organisation_id: int,
    site_id: int,
    day: date,
    clinician: str,
    name: str,
    type_id: int,
    starts: Sequence[datetime],
    minutes: int,
    by: Actor,
    seats_each: int = 1,
) -> Session:
    """A session of our own diary with free seats at these times; called again it adds the times that are missing. Raises
    NotYours."""
    places.check_staff(by, organisation_id)
    session, _ = Session.objects.get_or_create(
        site_id=site_id,
        source="own",
        day=day,
        clinician=clinician,
        name=name,
        defaults={"organisation_id": organisation_id},
    )
    Seat.objects.bulk_create(
        [
            Seat(session=session, type_id=type_id, starts_at=at, minutes=minutes, n=n)
            for at in starts
            for n in range(1, seats_each + 1)
        ],
        ignore_conflicts=True,
    )
    audit.record(by=by, line=audit.Line("open_session", "session", session.pk, organisation_id=session.organisation_id))
    jobs.notify_live("diary", session.organisation_id)
    return session


def every(first: datetime, minutes: int, count: int) -> list[datetime]:
    """`count` times from `first` on, `minutes` apart."""
    return [first + timedelta(minutes=minutes * n) for n in range(count)]


@transaction.atomic
def block_seat(*, seat_id: int, by: Actor, blocked: bool = True) -> None:
    """Take a free place of our own diary out of booking, or put it back. A place that somebody has stays theirs;
    whoever was offered one that is blocked is told that it is no longer to be had. Raises NotYours."""
    seat = Seat.objects.select_for_update(no_key=True, of=("self",)).select_related("session").get(pk=seat_id)
    places.check_staff(by, seat.session.organisation_id)
    # A place of a course is everybody's on it, or nobody's.
    seat.state = "blocked" if blocked else "course" if seat.course_date_id else "open"
    seat.save(update_fields=["state"])
    if blocked:
        refilling.withdraw_release(seat_ids=[seat_id], because="blocked", by=by)
    audit.record(
        by=by,
        line=audit.Line(
            "block_seat" if blocked else "unblock_seat", "seat", seat_id, organisation_id=seat.session.organisation_id
        ),
    )
    jobs.notify_live("diary", seat.session.organisation_id)


@transaction.atomic
def keep_here(*, organisation_id: int, session_names: Sequence[str], by: Actor) -> int:
    """From now on these sessions are of our own diary, no longer of an outside one; returns how many moved.

    For a practice that moves a clinic's diary to Onedoor. Sessions of which something is still asked of the outside diary
    stay there until that is settled. Raises NotYours.
    """
    places.check_staff(by, organisation_id)
    moving = Session.objects.filter(organisation_id=organisation_id, name__in=session_names).exclude(source="own")
    asked = DiaryRequest.objects.filter(state="asked").values("appointment__seat__session_id")
    ids = list(moving.exclude(pk__in=asked).order_by("pk").values_list("pk", flat=True))
    Session.objects.filter(pk__in=ids).update(source="own")
    audit.record_many(
        by=by, lines=[audit.Line("keep_here", "session", key, organisation_id=organisation_id) for key in ids]
    )
    return len(ids)


@transaction.atomic
def describe_clinic(
    *, organisation_id: int, site_id: int, clinician: str, name: str, features: Sequence[str], by: Actor
) -> None:
    """Say what the places of a clinic are like (`needs.FEATURES`): of every session of this clinician and name at the site, those
    that a diary brings later too. What is left out is not so. Raises NotYours, ValueError (no such feature), Site.DoesNotExist.
    """
    places.check_staff(by, organisation_id)
    unknown = set(features) - set(FEATURES)
    if unknown:
        raise ValueError(", ".join(sorted(unknown)))
    site = Site.objects.get(pk=site_id, organisation_id=organisation_id)
    clinic, _ = Clinic.objects.update_or_create(
        site=site,
        clinician=clinician,
        name=name,
        defaults={"organisation_id": organisation_id, "features": sorted(set(features))},
    )
    audit.record(
        by=by,
        line=audit.Line(
            "describe_clinic",
            "clinic",
            clinic.pk,
            organisation_id=organisation_id,
            detail={"features": clinic.features},
        ),
    )
    jobs.wake(refilling.OFFER_SWEEP)
