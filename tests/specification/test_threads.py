"""The fault scripts of phrases/unseen/threads.md: conversations that go wrong in the ways they really do, each to its end.

The scripts were written before the rules.
"""

from __future__ import annotations

import os
import threading
from collections.abc import Callable
from datetime import date, timedelta

import pytest
from django.db import connection

from onedoor.booking import api as booking
from onedoor.booking.models import LIVE, Appointment, Release, WaitingEntry
from onedoor.kernel import clock, jobs
from onedoor.messaging.models import OptOut
from onedoor.messaging.tests import asking_factories as asking
from onedoor.patients.models import ContactPoint
from tests.specification.threads.play import Play
from tests.specification.world import FRIDAY, MONDAY, THURSDAY, TUESDAY, WEDNESDAY, at, mobile_of, sweeps_and_provider

pytestmark = [pytest.mark.slow]

NEXT_MONDAY = MONDAY + timedelta(days=7)
# No reminder goes at a weekend: a script whose reminders would is played later in the week, its hours as they are written.
RACES = int(os.environ.get("ONEDOOR_RACES", "12"))
"""How often both texts of T19 meet; the script says 1,000."""
SCRIPTS: dict[str, Callable[[Play], None]] = {}


def script(play: Callable[[Play], None]) -> Callable[[Play], None]:
    """A fault script, by its number."""
    SCRIPTS[play.__name__.upper()] = play
    return play


# ---- two or more visits on one phone


def two_children(play: Play) -> tuple[Appointment, Appointment]:
    kai, skye = play.family("Kai", "Skye")
    visits = play.visit(kai, at(THURSDAY, 9, 10)), play.visit(skye, at(THURSDAY, 9, 20))
    play.until(at(TUESDAY, 10))
    assert (play.reminded(kai), play.reminded(skye)) == (1, 1)
    return visits


def asked_once(play: Play, visit: Appointment) -> str:
    """The one question that went out, naming first name and time."""
    [question] = play.answers(visit.patient)
    assert visit.patient.given_name in question
    return question


@script
def t1(play: Play) -> None:
    kais, skyes = two_children(play)
    play.says(at(TUESDAY, 10, 4), kais.patient, "CANCEL")
    question = asked_once(play, kais)
    second = skyes if question.index("Kai") < question.index("Skye") else kais
    other = kais if second is skyes else skyes
    play.says(at(TUESDAY, 10, 6), kais.patient, "2")
    play.cancelled(second)
    play.stand(other)
    acknowledged = play.answers(kais.patient)[1:]
    assert len(acknowledged) == 1
    assert second.patient.given_name in acknowledged[0]
    assert f"9:{second.starts_at.astimezone(clock.LONDON):%M}am" in acknowledged[0]
    assert other.patient.given_name not in acknowledged[0]
    assert play.work() == []


@script
def t2(play: Play) -> None:
    kais, skyes = two_children(play)
    play.says(at(TUESDAY, 10, 4), kais.patient, "CANCEL")
    asked_once(play, kais)
    play.until(at(TUESDAY, 10, 18))
    assert play.work() == []
    play.until(at(TUESDAY, 10, 20))
    play.one_task(kais.patient, kais, skyes)
    play.stand(kais, skyes)
    play.until(at(TUESDAY, 12))
    asked_once(play, kais)


@script
def t3(play: Play) -> None:
    imran, yusuf = play.family("Imran", "Yusuf")
    imrans, yusufs = play.visit(imran, at(WEDNESDAY, 14)), play.visit(yusuf, at(WEDNESDAY, 15, 30))
    play.until(at(MONDAY, 15, 31))
    play.says(at(MONDAY, 16), imran, "cant come cancel pls")
    asked_once(play, imrans)
    play.says(at(MONDAY, 16, 2), imran, "yusuf")
    play.cancelled(yusufs)
    play.stand(imrans)
    assert len(play.answers(imran)) == 2
    assert play.work() == []


def two_mohammeds(play: Play) -> tuple[Appointment, Appointment]:
    elder, younger = play.family("Mohammed", "Mohammed")
    visits = play.visit(elder, at(FRIDAY, 9)), play.visit(younger, at(FRIDAY, 16, 10))
    play.until(at(WEDNESDAY, 16, 11))
    return visits


@script
def t4(play: Play) -> None:
    nine, four = two_mohammeds(play)
    then = at(WEDNESDAY, 16, 20)
    play.says(then, nine.patient, "cancel")
    question = asked_once(play, nine)
    assert (question.count("Mohammed"), "9am" in question, "4:10pm" in question) == (2, True, True)
    play.says(then + timedelta(minutes=2), nine.patient, "Mohammed")
    play.stand(nine, four)
    assert play.answers(nine.patient).count(question) == 1
    play.one_task(nine.patient, nine, four)


@script
def t5(play: Play) -> None:
    nine, four = two_mohammeds(play)
    then = at(WEDNESDAY, 16, 20)
    play.says(then, nine.patient, "cancel")
    play.says(then + timedelta(minutes=2), nine.patient, "the 4.10 one")
    play.cancelled(four)
    play.stand(nine)


@script
def t6(play: Play) -> None:
    kais, skyes = two_children(play)
    play.says(at(TUESDAY, 10, 4), kais.patient, "CANCEL")
    play.says(at(TUESDAY, 10, 6), kais.patient, "both")
    play.stand(kais, skyes)
    task = play.one_task(kais.patient, kais, skyes)
    assert "both" in f"{task.title} {task.detail} {play.said(kais.patient)}".lower()
    # The sender is told that somebody will look.
    assert len(play.answers(kais.patient)) == 2


@script
def t7(play: Play) -> None:
    winifred = play.alone("Winifred")
    bloods, doctors = play.visit(winifred, at(THURSDAY, 8, 40)), play.visit(winifred, at(THURSDAY, 11, 20))
    play.until(at(TUESDAY, 11, 30))
    play.says(at(TUESDAY, 12), winifred, "Cancel the nurse one please, I will still see the doctor")
    play.stand(bloods, doctors)
    play.one_task(winifred, bloods, doctors)


@script
def t8(play: Play) -> None:
    kais, skyes = two_children(play)
    play.says(at(THURSDAY, 9, 8), kais.patient, "cancel")
    question = asked_once(play, kais)
    assert question.index("Kai") < question.index("Skye")
    play.says(at(THURSDAY, 9, 16), kais.patient, "1")
    play.stand(kais, skyes)
    play.one_task(kais.patient, kais, skyes)
    # Told that it is too late for that one by text.
    assert len(play.answers(kais.patient)) == 2


@script
def t9(play: Play) -> None:
    kais, skyes = two_children(play)
    text = "> Reminder for Skye Tue 9:20. Reply CANCEL if you cannot come.\ncancel please"
    found = play.says(at(TUESDAY, 10, 4), kais.patient, text)
    play.stand(kais)
    if found.outcome == "acted":
        play.cancelled(skyes)
    else:
        assert found.outcome == "asked"
        play.stand(skyes)


@script
def t10(play: Play) -> None:
    ayesha, bilal, zara = play.family("Ayesha", "Bilal", "Zara")
    visits = play.visit(ayesha, at(FRIDAY, 10)), play.visit(bilal, at(FRIDAY, 10, 20))
    play.until(at(WEDNESDAY, 10, 30))
    play.says(at(WEDNESDAY, 11), ayesha, "Zara is poorly so we cant come")
    play.stand(*visits)
    # A question that nobody answers is a person's after fifteen minutes.
    play.until(at(WEDNESDAY, 11, 16))
    play.one_task(ayesha, *visits)
    play.discreet(zara, but=["Zara"])


@script
def t11(play: Play) -> None:
    kais, skyes = two_children(play)
    found = play.says(at(TUESDAY, 10, 4), kais.patient, "yes")
    play.stand(kais, skyes)
    play.unconfirmed(kais, skyes)
    assert found.outcome in ("asked", "person")


# ---- after 48 hours, after the start

FRIDAY_12TH = date(2027, 2, 12)
"""A Friday; its Monday is the 8th."""


def gordon(play: Play) -> Appointment:
    """His reminder goes early: the kind of his visit is reminded of four days before."""
    booking.set_type(organisation_id=play.world.practice.pk, name="Blood test", remind_hours=97, by=play.world.by)
    visit = play.visit(play.alone("Gordon"), at(FRIDAY_12TH, 10))
    play.until(at(FRIDAY_12TH - timedelta(days=4), 9, 1))
    assert play.reminded(visit.patient) == 1
    return visit


@script
def t12(play: Play) -> None:
    visit = gordon(play)
    play.says(at(FRIDAY_12TH - timedelta(days=1), 11, 30), visit.patient, "Cancel")
    play.cancelled(visit)
    assert len(play.answers(visit.patient)) == 1


@script
def t13(play: Play) -> None:
    from onedoor.recall import api as recall

    visit = gordon(play)
    with clock.at(at(FRIDAY_12TH - timedelta(days=2), 10)):
        recall.invite(organisation_id=play.world.practice.pk, patient_id=visit.patient_id, by=play.world.by)
    play.until(at(FRIDAY_12TH - timedelta(days=2), 10, 1))
    found = play.says(at(FRIDAY_12TH - timedelta(days=1), 9), visit.patient, "no thanks")
    play.stand(visit)
    assert found.outcome in ("acted", "asked", "person")


def tyrone(play: Play) -> Appointment:
    visit = play.visit(play.alone("Tyrone"), at(THURSDAY, 9))
    play.until(at(TUESDAY, 9, 1))
    return visit


@script
def t14(play: Play) -> None:
    visit = tyrone(play)
    play.says(at(THURSDAY, 9, 4), visit.patient, "cancel soz")
    play.stand(visit)
    play.one_task(visit.patient, visit)
    # Told that the time has passed.
    assert len(play.answers(visit.patient)) == 1


@script
def t15(play: Play) -> None:
    visit = tyrone(play)
    other = play.visit(visit.patient, at(NEXT_MONDAY, 9))
    play.says(at(FRIDAY, 11), visit.patient, "sorry i overslept can i have another")
    play.stand(visit, other)
    play.one_task(visit.patient, other)


@script
def t16(play: Play) -> None:
    edith = play.alone("Edith")
    first = play.visit(edith, at(MONDAY, 9))
    coming = play.visit(edith, at(MONDAY + timedelta(days=28), 9))
    with clock.at(at(MONDAY, 9)):
        booking.arrive(appointment_id=first.pk, by=play.world.by)
        booking.fulfil(appointment_id=first.pk, by=play.world.by)
    found = play.says(at(WEDNESDAY, 11), edith, "cancel")
    play.stand(coming)
    assert found.outcome in ("asked", "person")


# ---- second thoughts


def priya(play: Play, *waiting: str) -> Appointment:
    visit = play.visit(play.alone("Priya"), at(THURSDAY, 10, 20))
    play.waiting(*waiting, starts_at=at(FRIDAY, 11))
    play.until(at(TUESDAY, 8, 50))
    return visit


def who_has(visit: Appointment) -> list[str]:
    """Who has the place of a visit."""
    return list(
        Appointment.objects.filter(seat_id=visit.seat_id, state__in=LIVE).values_list("patient__given_name", flat=True)
    )


@script
def t17(play: Play) -> None:
    visit = priya(play, "Doreen", "Lech", "Femi")
    play.says(at(TUESDAY, 9), visit.patient, "cancel")
    play.cancelled(visit)
    play.until(at(TUESDAY, 9, 1))
    assert set(play.offers()) == {"Doreen", "Lech", "Femi"}
    play.says(at(TUESDAY, 9, 4), visit.patient, "no wait keep it")
    assert who_has(visit) == ["Priya"]
    assert not set(play.offers().values()) & {"open", "accepted"}
    people = [entry.patient for entry in WaitingEntry.objects.select_related("patient").order_by("id")]
    for who in people:
        assert len([body for body in play.answers(who) if "keep" in body.lower()]) >= 1
    assert len(play.answers(visit.patient)) == 2
    femi = next(who for who in people if who.given_name == "Femi")
    before = len(play.answers(femi))
    play.says(at(TUESDAY, 9, 5), femi, "yes")
    assert who_has(visit) == ["Priya"]
    assert len(play.answers(femi)) == before + 1
    assert set(WaitingEntry.objects.values_list("state", flat=True)) == {"waiting"}


@script
def t18(play: Play) -> None:
    visit = priya(play, "Doreen", "Lech", "Femi")
    play.says(at(TUESDAY, 9), visit.patient, "cancel")
    play.until(at(TUESDAY, 9, 1))
    doreen = WaitingEntry.objects.get(patient__given_name="Doreen").patient
    play.says(at(TUESDAY, 9, 3), doreen, "yes please")
    assert who_has(visit) == ["Doreen"]
    play.says(at(TUESDAY, 9, 4), visit.patient, "no wait keep it")
    assert who_has(visit) == ["Doreen"]
    assert Appointment.objects.filter(patient=visit.patient, state__in=LIVE).count() == 0
    told = play.answers(visit.patient)[1:]
    assert len(told) == 1
    assert "gone" in told[0] or "somebody else" in told[0]
    play.one_task(visit.patient)
    # The list is offered, and taken.
    assert "Reply EARLY" in told[0]
    assert not WaitingEntry.objects.filter(patient=visit.patient).exists()
    play.says(at(TUESDAY, 9, 6), visit.patient, "early")
    entry = WaitingEntry.objects.get(patient=visit.patient)
    assert (entry.state, entry.appointment_id) == ("waiting", None)
    assert "when an appointment comes free" in play.answers(visit.patient)[-1]


@script
def t20(play: Play) -> None:
    visit = priya(play)
    play.says(at(TUESDAY, 9), visit.patient, "cancel")
    play.says(at(TUESDAY, 9, 2), visit.patient, "actually I can come")
    play.says(at(TUESDAY, 9, 5), visit.patient, "no cancel it, sorry!!")
    assert who_has(visit) == []
    assert [text for text, *_ in play.said(visit.patient)] == ["cancel", "actually I can come", "no cancel it, sorry!!"]
    assert "cancelled" in play.answers(visit.patient)[-1]


def kerry(play: Play) -> Appointment:
    visit = play.visit(play.alone("Kerry"), at(FRIDAY, 11))
    play.until(at(WEDNESDAY, 8, 59))
    play.until(at(WEDNESDAY, 11, 1))
    return visit


@script
def t21(play: Play) -> None:
    # The reminder goes at 11, two hours later than the script's clock: so do the texts.
    visit = kerry(play)
    play.says(at(WEDNESDAY, 11, 5), visit.patient, "yes")
    visit.refresh_from_db()
    assert visit.confirmed_at is not None
    before = len(play.answers(visit.patient))
    play.says(at(WEDNESDAY, 12, 15), visit.patient, "cancel actually, work have changed my shift")
    play.cancelled(visit)
    assert len(play.answers(visit.patient)) == before + 1


@script
def t22(play: Play) -> None:
    visit = kerry(play)
    play.says(at(WEDNESDAY, 11, 5), visit.patient, "cancel")
    play.says(at(WEDNESDAY, 11, 7), visit.patient, "ok thanks")
    play.cancelled(visit)
    assert play.work() == []
    assert len(play.answers(visit.patient)) == 1


@script
def t23(play: Play) -> None:
    visit = priya(play)
    play.says(at(TUESDAY, 9), visit.patient, "cancel")
    play.says(at(WEDNESDAY, 18, 40), visit.patient, "I can make it now, is it still there?")
    assert who_has(visit) == []
    play.one_task(visit.patient)
    # The free place can be booked from the diary.
    with clock.at(at(WEDNESDAY, 18, 41)):
        diary = booking.day_diary(play.world.desk, play.world.practice.pk, THURSDAY)
    free = [seat for session in diary.sessions for seat in session.seats if seat.starts_at == visit.starts_at]
    assert [seat.person for seat in free] == [None]


# ---- two intents in one text


def lech(play: Play) -> Appointment:
    visit = play.visit(play.alone("Lech"), at(FRIDAY, 9))
    play.until(at(WEDNESDAY, 9, 1))
    return visit


@script
def t24(play: Play) -> None:
    visit = lech(play)
    text = "please cancel and can I have my repeat prescription"
    play.says(at(WEDNESDAY, 10), visit.patient, text)
    play.stand(visit)
    play.one_task(visit.patient, visit)
    assert [said[0] for said in play.said(visit.patient)] == [text]
    # Told that somebody will look.
    assert len(play.answers(visit.patient)) == 1


@script
def t25(play: Play) -> None:
    visit = lech(play)
    play.says(at(WEDNESDAY, 10), visit.patient, "yes I'll be there, do I need to fast?")
    play.stand(visit)
    play.one_task(visit.patient, visit)


@script
def t26(play: Play) -> None:
    visit = lech(play)
    text = "Cancel my appointment and stop texting me"
    play.says(at(WEDNESDAY, 10), visit.patient, text)
    play.stand(visit)
    play.one_task(visit.patient, visit)
    assert [said[0] for said in play.said(visit.patient)] == [text]
    assert play.resting(visit.patient) != ""


# ---- copies, loops, pictures


@script
def t27(play: Play) -> None:
    visit = play.visit(play.alone("Femi"), at(THURSDAY, 10))
    play.until(at(TUESDAY, 10, 1))
    then = at(TUESDAY, 10, 5)
    for seconds, key in ((0, "one"), (8, "one"), (20, "one"), (30, "two"), (40, "three")):
        play.says(then + timedelta(seconds=seconds), visit.patient, "cancel", copy_of=key)
    play.cancelled(visit)
    assert len(play.answers(visit.patient)) == 1
    assert [copy for *_, copy in play.said(visit.patient)] == [False, True, True]
    assert play.work() == []


@script
def t28(play: Play) -> None:
    visit = priya(play, "Femi")
    play.says(at(TUESDAY, 9), visit.patient, "cancel")
    play.until(at(TUESDAY, 9, 1))
    femi = WaitingEntry.objects.get().patient
    before = len(play.answers(femi))
    for n in range(5):
        play.says(at(TUESDAY, 9, 5) + timedelta(milliseconds=400 * n), femi, "YES")
    assert who_has(visit) == ["Femi"]
    assert Appointment.objects.filter(patient=femi, state__in=LIVE).count() == 1
    assert len(play.answers(femi)) == before + 1


@script
def t29(play: Play) -> None:
    visit = play.visit(play.alone("Tony"), at(THURSDAY, 10))
    play.until(at(TUESDAY, 10, 1))
    text = "Thanks for contacting Brackwell Plumbing. To cancel a booking call the office."
    for n in range(31):
        play.says(at(TUESDAY, 10, 2) + timedelta(seconds=5 * n), visit.patient, text)
    play.until(at(TUESDAY, 10, 30))
    play.stand(visit)
    assert len(play.answers(visit.patient)) <= 1
    assert len(play.work()) == 1


@script
def t30(play: Play) -> None:
    visit = play.visit(play.alone("Sandra"), at(THURSDAY, 9, 30))
    play.until(at(TUESDAY, 9, 31))
    text = "Automatic reply: I am away from 12/08 to 14/08 and will reply when I return."
    play.says(at(TUESDAY, 9, 40), visit.patient, text)
    play.stand(visit)
    play.unconfirmed(visit)
    assert len(play.answers(visit.patient)) <= 1


@script
def t31(play: Play) -> None:
    visit = play.visit(play.alone("Gary"), at(THURSDAY, 16))
    play.until(at(TUESDAY, 16, 1))
    play.says(
        at(THURSDAY, 15, 30),
        visit.patient,
        "I'm driving right now and will get back to you when I arrive. (Auto-reply)",
    )
    assert play.work() == []
    play.says(at(THURSDAY, 15, 50), visit.patient, "will be 10 min late")
    play.stand(visit)
    visit.refresh_from_db()
    assert visit.late_minutes == 10
    with clock.at(at(THURSDAY, 15, 51)):
        diary = booking.day_diary(play.world.desk, play.world.practice.pk, THURSDAY)
    [seat] = [seat for session in diary.sessions for seat in session.seats if seat.starts_at == visit.starts_at]
    assert seat.person is not None
    assert seat.person.says == "Says 10 minutes late"


def nadia(play: Play) -> Appointment:
    visit = play.visit(play.alone("Nadia"), at(FRIDAY, 10))
    play.until(at(WEDNESDAY, 10, 1))
    return visit


@script
def t32(play: Play) -> None:
    visit = nadia(play)
    play.says(at(WEDNESDAY, 10, 5), visit.patient, "")
    play.stand(visit)
    play.one_task(visit.patient, visit)
    # Told once that pictures cannot be read, and how to reach the practice.
    [told] = play.answers(visit.patient)
    assert "01632 960000" in told
    play.says(at(WEDNESDAY, 10, 25), visit.patient, "[image]")
    assert len(play.work()) == 1


@script
def t33(play: Play) -> None:
    visit = nadia(play)
    then = at(WEDNESDAY, 10, 5)
    play.says(then, visit.patient, "")
    play.says(then + timedelta(seconds=20), visit.patient, "thats my rash, do I still need to come")
    play.stand(visit)
    play.one_task(visit.patient, visit)
    assert len(play.said(visit.patient)) == 2
    assert len(play.answers(visit.patient)) <= 1


# ---- crisis


@script
def t34(play: Play) -> None:
    connor, sheila = play.family("Connor", "Sheila")
    visits = play.visit(connor, at(THURSDAY, 11)), play.visit(sheila, at(FRIDAY, 9))
    play.until(at(WEDNESDAY, 9, 1))
    # The one automatic answer of the window is used up first.
    play.says(at(WEDNESDAY, 9, 58), connor, "cancel")
    used = len(play.answers(connor))
    parts = [
        "so cancel Thursday, there wont be a Thursday for me anyway, I have the tablets here",
        "Sorry to go on about this but the bus was late again this morning and the driver drove off and left me standing, "
        "which is how it has been all month if I am honest with you, and then the job rang and said not to bother coming in",
        "and the flat is no better, they still have not fixed the heating and the man upstairs plays his music until three, I "
        "have told the council about it four times now and nobody ever rings back so I have given up asking them",
    ]
    for n, text in enumerate(parts):
        play.says(at(WEDNESDAY, 10) + timedelta(seconds=n), connor, text)
        if n == 0:
            [answer] = play.answers(connor)[used:]
            assert "999" in answer
            assert "111" in answer
            urgent = [task for task in play.work() if task.kind == "crisis"]
            assert len(urgent) == 1
    play.stand(*visits)
    play.beside(connor, *visits)
    assert len([body for body in play.answers(connor) if "999" in body]) == 1
    [crisis] = [task for task in play.work() if task.kind == "crisis"]
    assert crisis.urgent
    assert not {"Connor", "Sheila"} & set(crisis.title.split())
    assert crisis.patient_id is None


@script
def t35(play: Play) -> None:
    femi = play.alone("Femi")
    play.says(at(date(2026, 11, 24), 9), femi, "STOP")
    before = len(play.answers(femi))
    play.says(at(MONDAY, 10), femi, "cant breathe chest hurts")
    [answer] = play.answers(femi)[before:]
    assert "999" in answer
    assert "111" in answer
    assert [task.kind for task in play.work()] == ["crisis"]
    assert play.resting(femi) == "stop"


# ---- STOP against CANCEL


@script
def t36(play: Play) -> None:
    doreen = play.alone("Doreen")
    visit = play.visit(doreen, at(WEDNESDAY, 9, 50))
    play.waiting("Lech", "Femi", starts_at=at(FRIDAY, 11))
    play.until(at(MONDAY, 8, 59))
    play.says(at(MONDAY, 9), doreen, "STOP")
    before = len(play.answers(doreen))
    play.says(at(MONDAY, 9, 10), doreen, "CANCEL")
    play.cancelled(visit)
    assert Release.objects.filter(cancelled=visit).count() == 1
    assert set(play.offers()) == {"Lech", "Femi"}
    told = play.answers(doreen)[before:]
    assert len(told) == 1 or play.work()
    stopped = OptOut.objects.get(number=mobile_of(doreen))
    assert (stopped.because, stopped.since, stopped.until) == ("stop", at(MONDAY, 9), None)


@script
def t37(play: Play) -> None:
    doreen = play.alone("Doreen")
    visit = play.visit(doreen, at(WEDNESDAY, 9, 50))
    play.until(at(MONDAY, 9, 51))
    play.says(at(MONDAY, 10), doreen, "CANCEL")
    play.cancelled(visit)
    assert play.resting(doreen) == ""
    play.visit(doreen, at(date(2027, 1, 13), 9, 50))
    play.until(at(date(2027, 1, 11), 9, 51))
    assert play.reminded(doreen) == 2


# ---- wrong number and death on a shared phone


@script
def t38(play: Play) -> None:
    chantelle, derek, mia = play.family("Chantelle", "Derek", "Mia")
    visits = [
        play.visit(chantelle, at(FRIDAY, 9)),
        play.visit(derek, at(NEXT_MONDAY + timedelta(days=1), 9)),
        play.visit(mia, at(NEXT_MONDAY + timedelta(days=4), 10)),
    ]
    play.until(at(WEDNESDAY, 9, 1))
    assert play.reminded(chantelle) == 1
    play.says(at(WEDNESDAY, 10), chantelle, "wrong number, don't know a Chantelle")
    [apology] = play.answers(chantelle)
    assert not any(name in apology for name in ("Chantelle", "Derek", "Mia"))
    task = play.one_task(chantelle, *visits)
    assert task.kind == "wrong_number"
    play.says(at(WEDNESDAY, 11), chantelle, "cancel")
    play.stand(*visits)
    assert [one.ref for one in play.work()] == [task.ref]
    play.until(at(NEXT_MONDAY, 9, 1))
    play.until(at(NEXT_MONDAY + timedelta(days=2), 10, 1))
    assert (play.reminded(derek), play.reminded(mia)) == (0, 0)
    assert play.answers(chantelle) == [apology]


@script
def t39(play: Play) -> None:
    albert, joan = play.family("Albert", "Joan")
    visits = play.visit(albert, at(FRIDAY, 9)), play.visit(joan, at(FRIDAY, 9, 30))
    later = play.visit(joan, at(NEXT_MONDAY + timedelta(days=3), 9))
    play.until(at(WEDNESDAY, 9, 31))
    play.says(at(WEDNESDAY, 10), joan, "He passed away last night. Please stop")
    play.stand(*visits, later)
    albert.refresh_from_db()
    joan.refresh_from_db()
    assert (albert.deceased, joan.deceased) == (False, False)
    task = play.one_task(joan, *visits)
    assert task.kind == "deceased_reply"
    [sympathy] = play.answers(joan)
    assert "sorry" in sympathy.lower()
    assert "?" not in sympathy
    assert "Reply" not in sympathy
    assert not any(name in sympathy for name in ("Albert", "Joan"))
    play.until(at(NEXT_MONDAY + timedelta(days=1), 9, 1))
    assert play.reminded(joan) == 1
    assert play.answers(joan) == [sympathy]


# ---- invitations


@script
def t40(play: Play) -> None:
    from onedoor.recall import api as recall

    vera, lamar = play.alone("Vera"), play.alone("Lamar")
    invitations = {}
    with clock.at(at(MONDAY, 9)):
        for who in (vera, lamar):
            made = recall.invite(organisation_id=play.world.practice.pk, patient_id=who.pk, by=play.world.by)
            invitations[who.given_name] = made
    play.until(at(MONDAY, 9, 1))

    def state(name: str) -> str:
        invitations[name].refresh_from_db()
        return str(invitations[name].state)

    play.says(at(MONDAY, 10), vera, "already had it")
    assert len(play.answers(vera)) == 1
    assert state("Vera") not in ("done", "given")
    play.says(at(MONDAY, 10, 5), vera, "Boots on Holderness Road, last Tuesday")
    assert "Boots on Holderness Road" in str(play.said(vera))
    assert play.work()
    assert state("Vera") not in ("invited", "done")
    play.says(at(MONDAY, 11), lamar, "no thanks")
    assert state("Lamar") == "declined"
    play.says(at(FRIDAY, 11), lamar, "changed my mind, yes please book me in")
    assert state("Lamar") == "accepted"
    assert [said[0] for said in play.said(lamar)] == ["no thanks", "changed my mind, yes please book me in"]
    assert Appointment.objects.filter(patient=lamar).count() <= 1


# ---- all of them


@pytest.mark.django_db
@pytest.mark.parametrize("name", list(SCRIPTS))
def test_a_fault_script(name: str) -> None:
    play = Play()
    SCRIPTS[name](play)
    shared = {visit.patient for visit in play.visits}
    play.discreet(*shared)
    play.books()


@pytest.mark.django_db(transaction=True)
def test_t19_both_in_the_same_second() -> None:
    """Doreen's YES to the offer and Priya's second thought meet: one of them has the place, and the other is told the truth."""
    for n in range(RACES):
        play = Play()
        visit = priya(play, f"Doreen{n}")
        play.says(at(TUESDAY, 9), visit.patient, "cancel")
        play.until(at(TUESDAY, 9, 1))
        doreen = WaitingEntry.objects.get(patient__given_name=f"Doreen{n}").patient
        before = {who: len(play.answers(who)) for who in (visit.patient, doreen)}
        play.now = at(TUESDAY, 9, 4)
        clock.set_clock(at=play.now, rate=0)
        texts = [(doreen, "yes"), (visit.patient, "sorry I can come after all")]
        for who, text in texts if n % 2 else reversed(texts):
            with clock.at(play.now):
                asking.arrive(play.world.practice, mobile_of(who), text)
        _together(2)
        with clock.at(play.now):
            jobs.run_once("messaging.understand")
            sweeps_and_provider()
        holders = who_has(visit)
        assert len(holders) == 1
        told = {who.given_name: play.answers(who)[before[who] :] for who in (visit.patient, doreen)}
        assert all(told.values()), (told, holders, play.said(visit.patient), play.said(doreen))
        loser = visit.patient.given_name if holders != [visit.patient.given_name] else doreen.given_name
        assert any(word in " ".join(told[loser]) for word in ("gone", "no longer", "somebody else", "not free")), told
        # The next pair finds the day as it was.
        with clock.at(at(TUESDAY, 9, 5)):
            for one in Appointment.objects.filter(state__in=LIVE):
                booking.cancel(appointment_id=one.pk, by=play.world.by, reason="practice", tell=False)
            for release in Release.objects.filter(state="open"):
                booking.stop_offering(release_id=release.pk, by=play.world.by)
            waiting = list(WaitingEntry.objects.filter(state="waiting").values_list("id", flat=True))
            booking.leave_waiting(entry_ids=waiting, by=play.world.by)
        ContactPoint.objects.filter(until=None).update(until=at(TUESDAY, 9, 6))


def _together(workers: int) -> None:
    """So many workers understand what has come, from one moment on."""
    start = threading.Barrier(workers)
    faults: list[BaseException] = []

    def work() -> None:
        try:
            start.wait(timeout=30)
            jobs.run_once("messaging.understand")
        except BaseException as fault:  # the test must see what a thread met
            faults.append(fault)
        finally:
            connection.close()

    threads = [threading.Thread(target=work) for _ in range(workers)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert faults == []
