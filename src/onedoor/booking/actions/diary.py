"""Read an outside diary into our copy, and what people decide about it: much that vanished, and conflicts.

An import by itself texts nobody: reminders of what it brings come from the reminder sweep by the usual rules.
"""

from __future__ import annotations

from collections.abc import Sequence

from django.db import transaction

from onedoor.booking import merging, rules
from onedoor.booking.actions import outside, overtaking, places, telling
from onedoor.booking.actions.merge import (
    Merge,
    SlotKey,
    audit_import,
    conflict_key,
    one_at_a_time,
    row_from,
)
from onedoor.booking.models import (
    Appointment,
    Conflict,
    DiaryImport,
    DiaryRequest,
)
from onedoor.booking.types import DiaryRow, Scope
from onedoor.kernel import audit, clock, jobs
from onedoor.kernel.actor import Actor
from onedoor.messaging import api as messaging
from onedoor.tasks import api as tasks


@transaction.atomic
def take_diary(
    *,
    organisation_id: int,
    site_id: int,
    source: str,
    scope: Scope,
    rows: Sequence[DiaryRow],
    by: Actor,
    unread: int = 0,
) -> DiaryImport:
    """Bring our copy of an outside diary up to date within `scope`; outside it nothing changes.

    A change made here is never undone: an import that shows it ticks it off, one that contradicts it raises a Conflict
    with a task. If more than 5% of the scope's appointments vanished, nothing is applied and a person decides (state
    `waiting`). `unread` says how many rows could not be read: then what seems to have vanished is left standing. Rows that
    cannot be taken are in `counts["refused"]` as [index, why]. The same rows twice change nothing. Textless.
    Raises NotYours.
    """
    places.check_staff(by, organisation_id)
    one_at_a_time(site_id, source)
    taken = DiaryImport(
        organisation_id=organisation_id,
        site_id=site_id,
        source=source,
        first_day=scope.first_day,
        last_day=scope.last_day,
        sessions=list(scope.sessions),
        holders=list(scope.holders),
        at=clock.now(),
        state="applied",
    )
    Merge(taken, scope, rows, by, unread=unread).run()
    return taken


@transaction.atomic
def decide_import(*, import_id: int, take: bool, by: Actor) -> DiaryImport:
    """A person decided about an import from which much had vanished: take it as it is, or leave our diary.

    Taken is what no later import speaks of (the later word stands); when that is nothing, the import is `overtaken`. One that
    does not wait any more is left as it is. Raises NotYours.
    """
    taken = DiaryImport.objects.get(pk=import_id)
    places.check_staff(by, taken.organisation_id)
    # As an import does: first the diary, then what waits about it.
    one_at_a_time(taken.site_id, taken.source)
    taken = DiaryImport.objects.select_for_update(no_key=True).get(pk=import_id)
    if taken.state != "waiting":
        return taken
    if take:
        rows = [row_from(values) for values in taken.rows]
        taken.state, taken.rows = "applied", []
        Merge(taken, overtaking.scope_of(taken), rows, by, decided=True, newer=overtaking.newer_than(taken)).run()
    else:
        taken.state, taken.rows = "refused", []
        taken.save()
        audit_import(taken, by)
    tasks.withdraw(keys=[overtaking.vanished_key(taken)], because="decided", by=by)
    return taken


@transaction.atomic
def settle_conflict(*, conflict_id: int, theirs: bool, by: Actor) -> Conflict:
    """A person decided between two diaries. Ours: nothing changes here, and the other is put right by hand. Theirs: ours
    ends and the place becomes what their row says; somebody rings the patient whose appointment that ends. Raises NotYours."""
    conflict = Conflict.objects.select_related("diary_import", "seat__session").get(pk=conflict_id)
    places.check_staff(by, conflict.diary_import.organisation_id)
    one_at_a_time(conflict.diary_import.site_id, conflict.diary_import.source)
    conflict.refresh_from_db(fields=["state"])
    if conflict.state != "open":
        return conflict
    conflict.state, conflict.outcome = "settled", "theirs" if theirs else "ours"
    conflict.save(update_fields=["state", "outcome"])
    audit.record(
        by=by,
        line=audit.Line(
            "settle_conflict",
            "conflict",
            conflict.pk,
            patient_id=conflict.appointment.patient_id if conflict.appointment else None,
            organisation_id=conflict.diary_import.organisation_id,
            detail={"outcome": conflict.outcome},
        ),
    )
    tasks.withdraw(keys=[conflict_key(conflict.seat_id)], because="decided", by=by)
    if theirs:
        rows = [row_from(values) for values in conflict.row.get("rows", [])]
        if conflict.appointment is not None:
            _give_way(conflict.appointment, rows, by)
        DiaryRequest.objects.filter(appointment__seat=conflict.seat, state__in=("confirmed", "overtaken")).update(
            state="ticked"
        )
        session = conflict.seat.session
        slot: SlotKey = (session.day, session.clinician, session.name, conflict.seat.starts_at)
        taken = DiaryImport(
            organisation_id=session.organisation_id,
            site_id=session.site_id,
            source=session.source,
            first_day=session.day,
            last_day=session.day,
            sessions=[session.name],
            at=clock.now(),
            # Not "applied": one slot's older row speaks against no import that waits.
            state="settled",
        )
        Merge(taken, Scope(session.day, session.day, (session.name,)), rows, by, decided=True, slot=slot).run()
    jobs.notify_live("diary", conflict.diary_import.organisation_id)
    return conflict


def _give_way(appointment: Appointment, rows: Sequence[DiaryRow], by: Actor) -> None:
    """The other diary is right about this appointment of ours; a person rings, unless a text says it."""
    places.lock_patients([appointment.patient_id])
    appointment = places.get(appointment.pk)
    if appointment.state == "pending":
        outside.refuse(appointment_ids=[appointment.pk], kind="book", ended_by="conflict", by=by)
        outside.lapse_pending(appointment, by=by)
    elif appointment.state == "cancelling":
        # The patient came after all.
        outside.refuse(appointment_ids=[appointment.pk], kind="free", ended_by="conflict", by=by)
        places.shift_one(appointment, "booked", by=by, reason="the patient came", also={"reason": ""})
    elif appointment.state == "booked":
        places.shift_one(appointment, "cancelled", by=by, reason="outside", also={"reason": "outside"})
        places.write_down(appointments=[appointment], did="cancelled", said="Appointment cancelled", by=by)
        messaging.clear(subject="appointment", subject_ids=[appointment.pk], because="outside", by=by)
        telling.ring(appointments=[appointment], what="ended", about="an appointment does not stand", by=by)
    elif appointment.state in ("arrived", "fulfilled", "noshow"):
        for row in rows:
            to = merging.FURTHER.get(row.status, "")
            if row.patient_id == appointment.patient_id and to in rules.MOVES[appointment.state]:
                places.shift_one(appointment, to, by=by, reason="outside")
                places.write_down(appointments=[appointment], did="marked", said=f"Now marked {row.status}", by=by)
                return
