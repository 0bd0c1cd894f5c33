"""How somebody is reached, changed while they are on the telephone: what was known is kept, and a new mobile is made sure of."""

from __future__ import annotations

import re
from dataclasses import dataclass, replace
from datetime import date, timedelta
from uuid import UUID

import pytest

from onedoor import factories
from onedoor.calls import api as calls
from onedoor.calls.models import CodesToNumber, NumberCheck
from onedoor.kernel import clock
from onedoor.kernel.access import Access, Role
from onedoor.kernel.models import AuditEntry
from onedoor.messaging.models import Message
from onedoor.messaging.tests.asking_factories import account
from onedoor.patients import api as patients
from onedoor.patients.models import ContactPoint, FormerDetail, Need, Patient
from onedoor.patients.types import Card
from onedoor.records.api import Entry
from onedoor.tasks import api as tasks
from onedoor.tasks.api import Task

pytestmark = pytest.mark.django_db

OLD, NEW = "+447700900111", "+447700900155"
BORN = date(1980, 5, 1)


@dataclass(frozen=True)
class Line:
    """A handler, the desk, and Sam on the line, who is seen."""

    handler: Access
    desk: Access
    sam: Patient
    ref: UUID


@pytest.fixture
def line() -> Line:
    here = factories.practice()
    account(here)
    sam = factories.patient(here, mobile=OLD, landline="+441632960777", born_on=BORN)
    Patient.objects.filter(pk=sam.pk).update(address="28 Hop Gardens", postcode="ZZ8 8PE", language="English")
    handler = factories.person(here, Role.CALL_HANDLER)[1]
    ref = calls.start(access=handler)
    calls.find_caller(access=handler, ref=ref, points=calls.Points(name="Sam Hollis", born_on=BORN))
    return Line(handler, factories.person(here)[1], sam, ref)


def card(line: Line) -> Card:
    return patients.card(line.desk, line.sam.pk)


def ask(line: Line, number: str = "07700 900155", *, shared: bool = False) -> NumberCheck:
    return calls.text_code(access=line.handler, ref=line.ref, number=number, shared_is_meant=shared)


def code() -> str:
    body = Message.objects.filter(purpose="number_code").order_by("-pk").values_list("body", flat=True)[0]
    found = re.search(r"\d{6}", body)
    assert found
    return found[0]


def wrong() -> str:
    return f"{(int(code()) + 1) % 1_000_000:06d}"


def test_a_call_texts_few_codes(line: Line) -> None:
    for last in "123":
        ask(line, f"07700 90020{last}")
    with pytest.raises(calls.NotDone, match="3 codes were texted in this call"):
        ask(line)
    assert Message.objects.filter(purpose="number_code").count() == 3
    calls.confirm_code(access=line.handler, ref=line.ref, code=code())
    assert card(line).mobiles == ("+447700900203",), "the last that was texted holds"


def test_a_number_is_texted_few_codes_in_a_day_from_whatever_calls(line: Line) -> None:
    ref = line.ref
    for n in range(5):
        if n:
            calls.end(access=line.handler, ref=ref, outcome="details")
            ref = calls.start(access=line.handler)
            calls.find_caller(access=line.handler, ref=ref, points=calls.Points(name="Sam Hollis", born_on=BORN))
        ask(replace(line, ref=ref))
    with pytest.raises(calls.NotDone, match="5 codes went to that number today"):
        ask(replace(line, ref=ref))
    ask(replace(line, ref=ref), "07700 900156")
    CodesToNumber.objects.update(day=clock.real_now().date() - timedelta(days=2))
    ask(replace(line, ref=ref))


def test_a_new_mobile_is_used_once_its_code_is_read_out(line: Line) -> None:
    ask(line)
    assert card(line).mobiles == (OLD,), "not before"
    text = Message.objects.get(purpose="number_code")
    assert (text.number, text.patient_id) == (NEW, None)
    assert "Sam" not in text.body
    calls.confirm_code(access=line.handler, ref=line.ref, code=f" {code()[:3]} {code()[3:]}")
    assert card(line).mobiles == (NEW,)
    former = ContactPoint.objects.get(value=OLD)
    assert (former.until is not None, former.ended_because) == (True, "changed")
    told = Message.objects.get(purpose="details_changed")
    assert (told.number, "Sam" in told.body) == (OLD, False)
    calls.end(access=line.handler, ref=line.ref, outcome="details")
    assert not Task.objects.filter(kind="number_check").exists()


def test_three_wrong_codes_leave_it_to_reception(line: Line) -> None:
    ask(line)
    for _ in range(3):
        with pytest.raises(calls.NotDone):
            calls.confirm_code(access=line.handler, ref=line.ref, code=wrong())
    with pytest.raises(calls.NotDone, match="no more"):
        calls.confirm_code(access=line.handler, ref=line.ref, code=code())
    with pytest.raises(calls.NotDone, match="Too many"):
        ask(line)
    assert card(line).mobiles == (OLD,)
    assert AuditEntry.objects.filter(action="number_code_wrong").count() == 3


def test_a_code_lasts_ten_minutes(line: Line) -> None:
    ask(line)
    NumberCheck.objects.update(asked_real=clock.real_now() - timedelta(minutes=10))
    with pytest.raises(calls.NotDone):
        calls.confirm_code(access=line.handler, ref=line.ref, code=code())
    assert card(line).mobiles == (OLD,)


@pytest.mark.parametrize(("outcome", "mobile"), [("theirs", NEW), ("not_theirs", OLD)])
def test_a_number_that_was_not_confirmed_is_made_sure_of(line: Line, outcome: str, mobile: str) -> None:
    ask(line)
    calls.end(access=line.handler, ref=line.ref, outcome="details")
    task = Task.objects.get(kind="number_check")
    assert (task.team, task.patient_id) == ("reception", line.sam.pk)
    assert "07700 900155" in task.detail
    assert card(line).mobiles == (OLD,)
    tasks.complete(access=line.desk, ref=task.ref, outcome=outcome)
    assert card(line).mobiles == (mobile,)


@pytest.mark.parametrize("meanwhile", ["a list brought it", "died", "left"])
def test_making_sure_of_a_number_ends_whatever_came_between(line: Line, meanwhile: str) -> None:
    ask(line)
    calls.end(access=line.handler, ref=line.ref, outcome="details")
    task = Task.objects.get(kind="number_check")
    if meanwhile == "a list brought it":
        ContactPoint.objects.filter(value=OLD).update(value=NEW)
    elif meanwhile == "died":
        Patient.objects.filter(pk=line.sam.pk).update(deceased=True)
    else:
        line.sam.care_relationships.update(starts_on=date(2020, 1, 1), ends_on=date(2021, 1, 1))
    before = list(line.sam.contact_points.filter(until=None).order_by("pk").values_list("value", flat=True))
    tasks.complete(access=line.desk, ref=task.ref, outcome="theirs")
    task.refresh_from_db()
    assert task.state == "done"
    assert list(line.sam.contact_points.filter(until=None).order_by("pk").values_list("value", flat=True)) == before
    assert not Message.objects.filter(purpose="details_changed").exists()


def test_a_shared_number_is_said_before_it_is_taken(line: Line) -> None:
    here = factories.practice()
    factories.patient(here, "Ada", "Hollis", mobile=NEW, born_on=date(2019, 3, 4))
    with pytest.raises(calls.NotDone, match="Somebody else uses this number"):
        ask(line)
    assert not Message.objects.exists()
    ask(line, shared=True)
    calls.confirm_code(access=line.handler, ref=line.ref, code=code())
    assert card(line).shared_mobile


@pytest.mark.parametrize("number", ["01632 960777", "07700", "", OLD, "Sam"])
def test_what_is_no_new_mobile_is_refused(line: Line, number: str) -> None:
    with pytest.raises(calls.NotDone):
        ask(line, number)
    with pytest.raises(calls.NotDone):
        calls.confirm_code(access=line.handler, ref=line.ref, code="123456")
    assert card(line).mobiles == (OLD,)


def test_a_mobile_is_never_changed_without_its_code(line: Line) -> None:
    with pytest.raises(calls.NotDone):
        calls.change_point(access=line.handler, ref=line.ref, kind="mobile", value="07700 900155")
    calls.change_point(access=line.handler, ref=line.ref, kind="mobile", value="")
    assert card(line).mobiles == ()
    assert Message.objects.get().number == OLD


def test_landline_and_mail_are_changed_and_ended(line: Line) -> None:
    calls.change_point(access=line.handler, ref=line.ref, kind="landline", value="01632 960888")
    calls.change_point(access=line.handler, ref=line.ref, kind="email", value="sam@example.org")
    assert (card(line).landlines, card(line).emails) == (("+441632960888",), ("sam@example.org",))
    calls.change_point(access=line.handler, ref=line.ref, kind="email", value="")
    assert card(line).emails == ()
    assert set(Message.objects.values_list("purpose", "number")) == {("details_changed", OLD)}, (
        "the mobile hears of each"
    )
    assert ContactPoint.objects.filter(until__isnull=False).count() == 2
    for kind, value in (("landline", "07700 900155"), ("email", "sam"), ("pager", "1"), ("landline", "01632 960888")):
        with pytest.raises(calls.NotDone):
            calls.change_point(access=line.handler, ref=line.ref, kind=kind, value=value)


def test_an_address_is_changed_kept_and_told_to_the_mobile(line: Line) -> None:
    calls.change_home(access=line.handler, ref=line.ref, address="4  Mill Lane, Wexcombe", postcode="zz1 1aa")
    assert (card(line).address, card(line).postcode) == ("4 Mill Lane, Wexcombe", "ZZ1 1AA")
    former = dict(FormerDetail.objects.values_list("field", "value"))
    assert former == {"address": "28 Hop Gardens", "postcode": "ZZ8 8PE"}
    assert Message.objects.get().number == OLD
    assert Entry.objects.get().text == "Address changed"
    with pytest.raises(calls.NotDone):
        calls.change_home(access=line.handler, ref=line.ref, address="4 Mill Lane, Wexcombe", postcode="ZZ1 1AA")


def test_language_and_needs_are_changed(line: Line) -> None:
    calls.change_language(access=line.handler, ref=line.ref, language="polski")
    assert card(line).language == "Polish"
    assert FormerDetail.objects.get().value == "English"
    calls.add_need(access=line.handler, ref=line.ref, key="letter")
    assert card(line).needs == ("Contact by letter",)
    calls.end_need(access=line.handler, ref=line.ref, need_id=Need.objects.get().pk)
    assert card(line).needs == ()
    with pytest.raises(calls.NotDone):
        calls.add_need(access=line.handler, ref=line.ref, key="interpreter")


def test_what_a_practices_list_says_is_not_ended_here(line: Line) -> None:
    need = Need.objects.create(patient=line.sam, organisation=factories.practice(), text="Easyread", source="emis")
    with pytest.raises(calls.NotDone):
        calls.end_need(access=line.handler, ref=line.ref, need_id=need.pk)
    assert card(line).needs == ("Easyread",)


def test_the_practice_puts_it_into_its_own_system_once_a_call(line: Line) -> None:
    calls.change_language(access=line.handler, ref=line.ref, language="Polish")
    calls.change_home(access=line.handler, ref=line.ref, address="4 Mill Lane", postcode="ZZ1 1AA")
    task = Task.objects.get(kind="details_changed")
    assert (task.patient_id, task.organisation_id) == (line.sam.pk, factories.practice().pk)
    assert "Mill Lane" not in task.detail


def test_a_restricted_record_is_not_changed_on_the_telephone(line: Line) -> None:
    Patient.objects.filter(pk=line.sam.pk).update(restricted=True)
    with pytest.raises(calls.NotDone, match="Restricted"):
        ask(line)
    with pytest.raises(calls.NotDone, match="Restricted"):
        calls.change_home(access=line.handler, ref=line.ref, address="4 Mill Lane", postcode="ZZ1 1AA")
    assert not Message.objects.exists()


def test_no_value_is_in_the_audit(line: Line) -> None:
    ask(line)
    calls.confirm_code(access=line.handler, ref=line.ref, code=code())
    calls.change_home(access=line.handler, ref=line.ref, address="4 Mill Lane", postcode="ZZ1 1AA")
    written = str(list(AuditEntry.objects.values_list("action", "detail")))
    for secret in ("900155", "900111", "Mill", code()):
        assert secret not in written
