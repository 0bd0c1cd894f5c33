"""Imports of an outside diary: scope, conflicts, what vanished, the same twice."""

from __future__ import annotations

from datetime import date, timedelta
from typing import Any

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from onedoor.booking import api as booking
from onedoor.booking.actions.diary import decide_import, settle_conflict, take_diary
from onedoor.booking.models import (
    Appointment,
    AppointmentType,
    Conflict,
    DiaryImport,
    DiaryRequest,
    Release,
    Seat,
    Session,
)
from onedoor.booking.tests.factories import (
    DESK,
    WEDNESDAY,
    Practice,
    at,
    kind,
    own_seats,
    people,
    practice,
    row,
    states,
)
from onedoor.booking.types import DiaryRow, Scope
from onedoor.kernel.actor import Actor
from onedoor.messaging.models import Message
from onedoor.records.models import Entry
from onedoor.tasks import api as tasks
from onedoor.tasks.models import Task

pytestmark = pytest.mark.django_db

EMIS = Actor.system("import")
THURSDAY = WEDNESDAY + timedelta(days=1)


def emis(
    here: Practice,
    *rows: DiaryRow,
    first: date = WEDNESDAY,
    last: date = WEDNESDAY,
    sessions: tuple[str, ...] = (),
    holders: tuple[str, ...] = (),
    unread: int = 0,
) -> DiaryImport:
    return take_diary(
        organisation_id=here.organisation.pk,
        site_id=here.site.pk,
        source="emis",
        scope=Scope(first, last, sessions, holders),
        rows=rows,
        by=EMIS,
        unread=unread,
    )


def diary() -> list[tuple[Any, ...]]:
    """Every seat with its state, its live appointment and what is open about it."""
    return sorted(
        (
            *(
                seat.session.day,
                seat.session.clinician,
                seat.starts_at,
                seat.n,
                seat.state,
                seat.minutes,
                seat.type.name,
            ),
            *sorted(seat.appointments.values_list("patient_id", "state", "reason")),
        )
        for seat in Seat.objects.select_related("session", "type")
    )


def tables() -> list[Any]:
    """Everything that an import could change, apart from the note that it was read."""
    return [
        list(model.objects.order_by("pk").values_list())
        for model in (
            AppointmentType,
            Session,
            Seat,
            Appointment,
            DiaryRequest,
            Conflict,
            Release,
            Task,
            Message,
            Entry,
        )
    ]


def test_a_first_import_texts_nobody() -> None:
    here = practice()
    sam, ella = people(here, 2)
    taken = emis(
        here,
        row(sam, time=(9, 0)),
        row(status="available", time=(9, 10)),
        row(status="blocked", time=(9, 20)),
        row(ella, status="arrived", time=(9, 30)),
    )
    assert [(line[2], *line[4:5], *line[7:]) for line in diary()] == [
        (at(WEDNESDAY, 9, 0), "open", (sam.pk, "booked", "")),
        (at(WEDNESDAY, 9, 10), "open"),
        (at(WEDNESDAY, 9, 20), "blocked"),
        (at(WEDNESDAY, 9, 30), "open", (ella.pk, "arrived", "")),
    ]
    assert not Message.objects.exists()
    assert (taken.state, taken.counts["booked"], taken.counts["new_types"]) == ("applied", 2, ["Blood test"])
    entry = Entry.objects.get(patient=sam)
    assert entry.text == "Appointment booked in EMIS: Wed 9 Dec 9am, Nurse B Adeyemi, Blood test"
    assert (entry.source, entry.effective_at) == ("EMIS diary", at(date(2026, 12, 1), 0))


def test_the_same_import_twice_changes_nothing() -> None:
    here = practice()
    sam, ella, rosa = people(here, 3)
    rows = [
        row(sam, time=(9, 0)),
        row(ella, time=(9, 0)),
        row(status="available", time=(9, 10)),
        row(status="blocked", time=(9, 20)),
        row(sam, time=(9, 5), clinician="Dr H Ferris"),
        row(rosa, status="seen", time=(8, 0)),
        row(status="booked", time=(9, 40)),
    ]
    first = emis(here, *rows)
    before = tables()
    second = emis(here, *rows)
    assert tables() == before
    assert second.counts["refused"] == first.counts["refused"]
    assert set(second.counts) == {"rows", "refused"}


def test_outside_the_scope_nothing_changes() -> None:
    here, there = practice(), practice("Elsewhere Surgery", "Y99003")
    sam, ella, rosa, tom, una = people(here, 5)
    emis(here, row(sam), row(ella, day=THURSDAY), first=WEDNESDAY, last=THURSDAY)
    emis(here, row(rosa, session_name="Nurse Clinic", clinician="Nurse C Webb"), sessions=("Nurse Clinic",))
    emis(there, row(tom))
    [own] = own_seats(here, 1, first=(15, 0))
    mine = booking.book(seat_ref=own.ref, patient_id=una.pk, by=DESK)
    before = diary()
    taken = emis(here, row(sam), row(ella, day=THURSDAY), sessions=("Health Checks",))
    assert diary() == before
    assert states([mine]) == ["booked"]
    assert taken.counts["refused"] == [[1, "outside the days or sessions of this import"]]


def test_an_import_of_some_holders_changes_no_other_session() -> None:
    here = practice()
    sam, ella, rosa = people(here, 3)
    emis(
        here, row(sam), row(ella, clinician="Dr H Ferris"), row(rosa, clinician="Dr H Ferris", session_name="Minor Ops")
    )
    emis(
        here,
        row(ella, clinician="Dr H Ferris"),
        row(rosa, clinician="Dr H Ferris", session_name="Minor Ops"),
        row(status="available", clinician="Dr H Ferris", time=(10, 0)),
        holders=("Dr H Ferris",),
    )
    assert Appointment.objects.filter(state="booked").count() == 3
    taken = emis(here, row(sam), row(ella, clinician="Dr H Ferris"), holders=("Dr H Ferris",))
    assert taken.counts["refused"] == [[0, "outside the days or sessions of this import"]]
    assert (taken.state, taken.holders) == ("waiting", ["Dr H Ferris"])
    assert Task.objects.get(kind="diary_vanished").detail.startswith("09/12/2026 to 09/12/2026, Dr H Ferris. ")
    decide_import(import_id=taken.pk, take=True, by=DESK)
    assert dict(Appointment.objects.values_list("patient_id", "state")) == {
        sam.pk: "booked",
        ella.pk: "booked",
        rosa.pk: "cancelled",
    }


def test_overlapping_rows_of_one_patient_are_refused_alone() -> None:
    here = practice()
    sam, ella = people(here, 2)
    taken = emis(
        here,
        row(sam, time=(9, 0), minutes=20),
        row(sam, time=(9, 10), clinician="Dr H Ferris"),
        row(ella, time=(9, 10)),
    )
    assert taken.counts["refused"] == [[1, "this patient has another appointment at the same time"]]
    assert Appointment.objects.count() == 2
    # Somebody sits there all the same: it is not offered.
    assert Seat.objects.get(session__clinician="Dr H Ferris").state == "blocked"


def test_a_row_that_overlaps_our_own_diary_is_refused() -> None:
    here = practice()
    [sam] = people(here, 1)
    [own] = own_seats(here, 1, clinician="Dr H Ferris")
    booking.book(seat_ref=own.ref, patient_id=sam.pk, by=DESK)
    assert emis(here, row(sam)).counts["refused"] == [[0, "this patient has another appointment at the same time"]]


def test_two_people_in_one_slot_are_two_seats() -> None:
    here = practice()
    sam, ella = people(here, 2)
    emis(here, row(sam), row(ella))
    assert list(Seat.objects.order_by("n").values_list("n", "appointments__patient_id")) == [(1, sam.pk), (2, ella.pk)]


def test_the_same_line_twice_is_one_place() -> None:
    here = practice()
    taken = emis(here, row(status="available"), row(status="available"))
    assert Seat.objects.count() == 1
    assert taken.counts["refused"] == [[1, "the same line is in the import already"]]


def test_somebody_we_do_not_know_has_the_place() -> None:
    here = practice()
    emis(here, row(status="booked"))
    assert Seat.objects.get().state == "blocked"


def test_statuses_move_on_and_never_back() -> None:
    here = practice()
    sam, ella = people(here, 2)
    emis(here, row(sam), row(ella, time=(9, 10)))
    emis(here, row(sam, status="arrived"), row(ella, time=(9, 10), status="missed"))
    emis(here, row(sam, status="seen"), row(ella, time=(9, 10), status="missed"))
    emis(here, row(sam, status="arrived"), row(ella, time=(9, 10)))
    assert sorted(Appointment.objects.values_list("patient_id", "state")) == [
        (sam.pk, "fulfilled"),
        (ella.pk, "noshow"),
    ]
    assert Entry.objects.get(patient=ella, code__code="281399006").source == "EMIS diary"
    assert not Conflict.objects.exists()


def test_an_unknown_type_allows_nothing_and_a_person_made_type_stays() -> None:
    here = practice()
    kind(here, "Blood test", reply_may_cancel=False)
    taken = emis(
        here, row(status="available", type_name="blood  TEST"), row(status="blocked", time=(9, 10), type_name="X")
    )
    assert taken.counts["new_types"] == ["X"]
    new = AppointmentType.objects.get(name="X")
    assert not (new.reply_may_cancel)
    assert not (new.may_refill)
    assert not (new.said_as)
    assert not AppointmentType.objects.get(name="Blood test").reply_may_cancel


class TestVanished:
    def _twenty(self, here: Practice) -> list[DiaryRow]:
        rows = [row(patient, time=(8 + n // 6, n % 6 * 10)) for n, patient in enumerate(people(here, 20))]
        emis(here, *rows)
        return rows

    def test_up_to_five_in_a_hundred_were_cancelled_outside_and_nobody_is_texted(self) -> None:
        here = practice()
        rows = self._twenty(here)
        taken = emis(here, *rows[1:])
        assert taken.counts["cancelled_outside"] == 1
        gone = Appointment.objects.get(state="cancelled")
        assert gone.reason == "outside"
        assert Seat.objects.get(pk=gone.seat_id).state == "gone"
        assert not Message.objects.exists()
        assert not Release.objects.exists()

    def test_a_freed_place_is_open(self) -> None:
        here = practice()
        rows = self._twenty(here)
        emis(here, row(status="available", time=(8, 0)), *rows[1:])
        assert Seat.objects.get(pk=Appointment.objects.get(state="cancelled").seat_id).state == "open"

    def test_more_and_a_person_decides(self) -> None:
        here = practice()
        rows = self._twenty(here)
        before = diary()
        taken = emis(here, *rows[2:], row(status="available", time=(17, 0)))
        assert taken.state == "waiting"
        assert diary() == before
        work = Task.objects.get(kind="diary_vanished")
        assert work.title == "2 of 20 appointments are missing from the import of the EMIS diary"
        tasks.complete(access=here.access, ref=work.ref, outcome="apply")
        taken.refresh_from_db()
        assert (taken.state, taken.rows) == ("applied", [])
        assert Appointment.objects.filter(state="cancelled", reason="outside").count() == 2
        assert Seat.objects.filter(starts_at=at(WEDNESDAY, 17, 0)).exists()

    def test_refused_leaves_our_diary(self) -> None:
        here = practice()
        rows = self._twenty(here)
        before = diary()
        taken = emis(here, *rows[2:])
        tasks.complete(access=here.access, ref=Task.objects.get(kind="diary_vanished").ref, outcome="refuse")
        taken.refresh_from_db()
        assert (taken.state, taken.rows) == ("refused", [])
        assert diary() == before

    def test_a_later_import_overtakes_one_that_waits(self) -> None:
        here = practice()
        rows = self._twenty(here)
        waiting = emis(here, *rows[2:])
        emis(here, *rows)
        waiting.refresh_from_db()
        assert waiting.state == "overtaken"
        assert not Task.objects.filter(state="open").exists()

    def test_of_one_that_waits_only_what_no_later_import_speaks_of_is_taken(self) -> None:
        """The later word stands: Wednesday's, though it is about less than the import that waits."""
        here = practice()
        rows = self._twenty(here)
        thursday = [row(one, day=THURSDAY, time=(8, n)) for n, one in enumerate(people(here, 2))]
        emis(here, *rows, *thursday, last=THURSDAY)
        waiting = emis(here, *rows[2:], thursday[0], last=THURSDAY)
        claimed = Task.objects.get(kind="diary_vanished", state="open")
        new = people(here, 1)[0]
        emis(here, *rows, row(new, time=(16, 0)))
        wednesday = [line for line in diary() if line[0] == WEDNESDAY]
        # Whoever looks at the old question is told; the new one says what it is about.
        with pytest.raises(tasks.AlreadyDone):
            tasks.complete(access=here.access, ref=claimed.ref, outcome="apply")
        work = Task.objects.get(kind="diary_vanished", state="open")
        assert work.detail.endswith(
            "Of part of this a later import has been read, which stands: only the rest would be taken."
        )
        assert work.due_at == claimed.due_at
        tasks.complete(access=here.access, ref=work.ref, outcome="apply")
        waiting.refresh_from_db()
        assert (waiting.state, waiting.counts["overtaken"], waiting.counts["cancelled_outside"]) == ("applied", 18, 1)
        assert [line for line in diary() if line[0] == WEDNESDAY] == wednesday
        assert sorted(
            Appointment.objects.filter(seat__session__day=THURSDAY).values_list("patient_id", "state")
        ) == sorted([(thursday[0].patient_id, "booked"), (thursday[1].patient_id, "cancelled")])

    def test_later_imports_of_its_parts_overtake_it_together(self) -> None:
        here = practice()
        rows = self._twenty(here)
        thursday = row(people(here, 1)[0], day=THURSDAY)
        emis(here, *rows, thursday, last=THURSDAY)
        waiting = emis(here, *rows[3:], last=THURSDAY)
        emis(here, *rows)
        emis(here, thursday, first=THURSDAY, last=THURSDAY)
        waiting.refresh_from_db()
        assert waiting.state == "overtaken"
        assert not Task.objects.filter(state="open").exists()
        before = diary()
        decide_import(import_id=waiting.pk, take=True, by=DESK)
        assert diary() == before

    def test_a_later_import_of_one_session_leaves_the_rest_to_decide(self) -> None:
        here = practice()
        rows = self._twenty(here)
        clinic = row(people(here, 1)[0], session_name="Nurse Clinic", clinician="Nurse C Webb")
        emis(here, *rows, clinic)
        waiting = emis(here, *rows[2:])
        emis(here, clinic, sessions=("Nurse Clinic",))
        waiting.refresh_from_db()
        assert waiting.state == "waiting"
        decide_import(import_id=waiting.pk, take=True, by=DESK)
        assert Appointment.objects.filter(state="cancelled").count() == 2
        assert Appointment.objects.get(seat__session__name="Nurse Clinic").state == "booked"

    def test_taking_an_older_one_leaves_a_newer_that_waits(self) -> None:
        here = practice()
        rows = self._twenty(here)
        thursday = [row(one, day=THURSDAY, time=(8, n)) for n, one in enumerate(people(here, 2))]
        emis(here, *rows, *thursday, last=THURSDAY)
        older = emis(here, *rows[3:], *thursday, last=THURSDAY)
        newer = emis(here, *rows[2:])
        decide_import(import_id=older.pk, take=True, by=DESK)
        newer.refresh_from_db()
        assert newer.state == "waiting"

    def test_rows_that_could_not_be_read_take_nobodys_place(self) -> None:
        here = practice()
        rows = self._twenty(here)
        ella = people(here, 1)[0]
        taken = emis(here, row(ella, time=(8, 0)), *rows[1:], unread=1)
        assert taken.counts["unsure"] == 1
        assert Appointment.objects.filter(state="booked").count() == 21
        emis(here, row(ella, time=(8, 0)), *rows[1:])
        assert Appointment.objects.filter(state="booked").count() == 20


class TestConflicts:
    def _freed_here(self, here: Practice) -> Appointment:
        [sam] = people(here, 1)
        emis(here, row(sam))
        appointment = Appointment.objects.get()
        booking.cancel(appointment_id=appointment.pk, by=Actor.patient(sam.pk))
        tasks.complete(access=here.access, ref=Task.objects.get(kind="free_place").ref, outcome="done")
        return appointment

    def _booked_here(self, here: Practice) -> Appointment:
        [sam] = people(here, 1)
        emis(here, row(status="available"))
        appointment = booking.book(seat_ref=Seat.objects.get().ref, patient_id=sam.pk, by=DESK)
        tasks.complete(access=here.access, ref=Task.objects.get(kind="book_place").ref, outcome="done")
        return appointment

    def test_cancelled_here_still_booked_there(self) -> None:
        here = practice()
        appointment = self._freed_here(here)
        again = row(here.patients[0])
        for _ in range(2):
            emis(here, again)
        assert states([appointment]) == ["cancelled"]
        assert Appointment.objects.count() == 1
        conflict = Conflict.objects.get()
        assert conflict.what == "EMIS says: still booked; cancelled here"
        assert Task.objects.get(kind="diary_conflict").title == (
            "Wed 9 Dec 09:00, Nurse B Adeyemi: EMIS says: still booked; cancelled here"
        )

    def test_theirs_is_right(self) -> None:
        here = practice()
        self._freed_here(here)
        emis(here, row(here.patients[0]))
        tasks.complete(access=here.access, ref=Task.objects.get(kind="diary_conflict").ref, outcome="theirs")
        assert list(Appointment.objects.order_by("id").values_list("state", flat=True)) == ["cancelled", "booked"]
        before = tables()
        emis(here, row(here.patients[0]))
        assert tables() == before

    def test_ours_is_right(self) -> None:
        here = practice()
        self._freed_here(here)
        emis(here, row(here.patients[0]))
        settle_conflict(conflict_id=Conflict.objects.get().pk, theirs=False, by=DESK)
        assert Appointment.objects.get().state == "cancelled"
        emis(here, row(status="available"))
        assert not Conflict.objects.filter(state="open").exists()

    def test_booked_again_over_there_later_is_no_conflict(self) -> None:
        here = practice()
        self._freed_here(here)
        emis(here, row(here.patients[0], booked_on=date(2026, 12, 8)))
        assert not Conflict.objects.exists()
        assert Appointment.objects.filter(state="booked").count() == 1

    def test_once_ticked_the_outside_word_goes(self) -> None:
        here = practice()
        self._freed_here(here)
        emis(here, row(status="available"))
        emis(here, row(here.patients[0]))
        assert not Conflict.objects.exists()
        assert Appointment.objects.filter(state="booked").count() == 1

    def test_booked_here_free_there(self) -> None:
        here = practice()
        appointment = self._booked_here(here)
        emis(here, row(status="available"))
        assert states([appointment]) == ["booked"]
        assert Conflict.objects.get().what == "EMIS says: the place is available; booked here"
        tasks.complete(access=here.access, ref=Task.objects.get(kind="diary_conflict").ref, outcome="theirs")
        assert states([appointment]) == ["cancelled"]
        assert Task.objects.filter(kind="tell_patient", state="open").exists()

    def test_being_booked_here_but_somebody_elses_there(self) -> None:
        here = practice()
        sam, ella = people(here, 2)
        emis(here, row(status="available"))
        appointment = booking.book(seat_ref=Seat.objects.get().ref, patient_id=sam.pk, by=DESK)
        emis(here, row(ella))
        assert states([appointment]) == ["pending"]
        assert not Appointment.objects.filter(patient=ella).exists()
        tasks.complete(access=here.access, ref=Task.objects.get(kind="diary_conflict").ref, outcome="theirs")
        assert states([appointment]) == ["lapsed"]
        assert Appointment.objects.get(patient=ella).state == "booked"
        assert not Task.objects.filter(state="open").exists()

    def test_once_shown_our_booking_may_be_cancelled_outside(self) -> None:
        here = practice()
        others = people(here, 20)
        rows = [row(patient, time=(11 + n // 6, n % 6 * 10)) for n, patient in enumerate(others)]
        appointment = self._booked_here(here)
        emis(here, row(here.patients[-1]), *rows)
        emis(here, row(status="available"), *rows)
        assert states([appointment]) == ["cancelled"]
        assert not Conflict.objects.exists()

    def test_marked_here_is_not_undone(self) -> None:
        here = practice()
        [sam] = people(here, 1)
        emis(here, row(sam))
        appointment = Appointment.objects.get()
        booking.arrive(appointment_id=appointment.pk, by=DESK)
        emis(here, row(sam))
        emis(here, row(status="available"))
        assert states([appointment]) == ["arrived"]


def test_a_changed_length_and_type_follow() -> None:
    here = practice()
    [sam] = people(here, 1)
    emis(here, row(sam), row(status="available", time=(9, 10)))
    emis(here, row(sam, minutes=20, type_name="Dressing"), row(status="available", time=(9, 10), minutes=15))
    appointment = Appointment.objects.select_related("seat__type").get()
    assert appointment.during.upper - appointment.during.lower == timedelta(minutes=20)
    assert (appointment.seat.minutes, appointment.seat.type.name) == (20, "Dressing")


def test_a_person_in_the_place_of_another() -> None:
    here = practice()
    filler = [row(p, time=(11 + n // 6, n % 6 * 10)) for n, p in enumerate(people(here, 20))]
    sam, ella = people(here, 2)
    emis(here, row(sam), *filler)
    emis(here, row(ella), *filler)
    assert sorted(
        Appointment.objects.filter(patient__in=[sam, ella]).values_list("patient_id", "state", "seat__n")
    ) == [
        (sam.pk, "cancelled", 1),
        (ella.pk, "booked", 1),
    ]


def _queries(here: Practice, rows: list[DiaryRow]) -> int:
    with CaptureQueriesContext(connection) as captured:
        assert emis(here, *rows).state == "applied"
    return len(captured)


def test_statements_do_not_grow_with_the_rows() -> None:
    counts = []
    for here, size in ((practice(), 20), (practice("Elsewhere Surgery", "Y99003"), 500)):
        rows = [
            row(patient, time=(8 + n // 60, n % 60), minutes=1, clinician=f"Dr {n % 5}")
            for n, patient in enumerate(people(here, size))
        ]
        freed = row(status="available", time=(8, 0), minutes=1, clinician="Dr 0")
        counts.append((_queries(here, rows), _queries(here, rows), _queries(here, [freed, *rows[1:]])))
    assert counts[0] == counts[1]
