"""A line's log: each call once, its figures by the definition that is named, and nobody's number."""

from __future__ import annotations

from datetime import date, datetime
from pathlib import Path

import pytest

from onedoor import factories
from onedoor.accounts.api import Organisation
from onedoor.calls import api as calls
from onedoor.exchange import api as exchange
from onedoor.kernel import clock
from onedoor.kernel.access import Access, NotPermitted, Role
from onedoor.kernel.clock import LONDON

pytestmark = pytest.mark.django_db

DEMO = Path(__file__).parents[4] / "localities" / "demo" / "calls.csv"
NOVEMBER = (date(2026, 11, 1), date(2026, 11, 30))
HEADER = (
    "Call ID,Number Dialled,Caller Number,Started,Menu Ended,Joined Queue,Call-back Requested,Answered,Ended,Ended By,"
    "Call-back Made\n"
)
CASES = {
    # what the log says of a call: (answered, missed, abandoned) by X-on's definition, and by the plain one
    "answered from the queue": ("09:00:00,09:00:10,09:00:10,,09:00:40,09:05:00,Caller", (1, 0, 0), (1, 0, 0)),
    "hung up in the queue": ("09:00:00,09:00:10,09:00:10,,,09:03:00,Caller", (0, 1, 0), (0, 0, 1)),
    "took a call-back": ("09:00:00,09:00:10,09:00:10,09:02:00,,09:02:05,System", (0, 1, 0), (0, 1, 0)),
    "hung up in the menu": ("09:00:00,,,,,09:00:05,Caller", (0, 0, 1), (0, 0, 1)),
    "the line was closed": ("22:00:00,,,,,22:00:20,Automated message", (0, 0, 1), (0, 1, 0)),
}


@pytest.fixture
def practice() -> Organisation:
    """It answers 01632 960000."""
    return factories.practice()


def whole() -> Access:
    """The report's."""
    return Access.system("test")


def log(*rows: str) -> bytes:
    return (HEADER + "".join(row + "\n" for row in rows)).encode()


def a_call() -> bytes:
    """A log of one call that was answered."""
    return log(row("a", CASES["answered from the queue"][0]))


def row(ref: str, times: str, dialled: str = "+44 1632 960000", made: str = "") -> str:
    cells = [f"2026-12-07 {cell}" if ":" in cell else cell for cell in times.split(",")]
    return ",".join([ref, dialled, "07700900111", *cells, made])


@pytest.mark.usefixtures("practice")
@pytest.mark.parametrize("case", CASES)
def test_what_counts_depends_on_the_definition(case: str) -> None:
    times, *expected = CASES[case]
    exchange.import_calls(file=log(row("a", times)), by=factories.TEST)
    day = date(2026, 12, 7)
    for definition, counted in zip(("x-on", "plain"), expected, strict=True):
        found = calls.figures(whole(), day, day, definition)
        assert (found.answered, found.missed, found.abandoned) == counted, definition
        assert found.calls == sum(counted)


@pytest.mark.usefixtures("practice")
def test_the_wait_begins_where_the_definition_says() -> None:
    exchange.import_calls(file=log(row("a", CASES["answered from the queue"][0])), by=factories.TEST)
    day = date(2026, 12, 7)
    assert [calls.figures(whole(), day, day, how).mean_wait for how in ("x-on", "plain")] == [30.0, 40.0]


def test_the_demonstration_gives_the_figures_of_seed_002(practice: Organisation) -> None:
    """96% answered and 36 seconds on average; the plain definition makes less and longer of the same calls."""
    report = exchange.import_calls(file=DEMO, practice=practice.ods_code, by=factories.TEST)
    assert (report.read, report.rejected) == (1_070, 0)
    found = calls.figures(whole(), *NOVEMBER, "x-on")
    assert (found.answered_share, found.mean_wait, found.wait_95) == (96.0, 36.0, 109.0)
    assert (found.calls, found.counted, found.answered, found.missed, found.abandoned) == (1_070, 1_000, 960, 40, 70)
    plain = calls.figures(whole(), *NOVEMBER, "plain")
    assert plain.answered_share == pytest.approx(89.72, abs=0.01)
    assert plain.mean_wait is not None
    assert plain.mean_wait > 36
    assert (plain.call_backs_asked, plain.call_backs_made) == (found.call_backs_asked, found.call_backs_made)


@pytest.mark.usefixtures("practice")
def test_a_call_is_kept_once_and_a_later_call_back_is_learned() -> None:
    times = CASES["took a call-back"][0]
    first = exchange.import_calls(file=log(row("a", times), row("a", times)), by=factories.TEST)
    assert first.did == {"new": 1}
    assert exchange.import_calls(file=log(row("a", times)), by=factories.TEST).did == {"known already": 1}
    again = exchange.import_calls(file=log(row("a", times, made="2026-12-07 10:00:00")), by=factories.TEST)
    assert again.did == {"known, with a call-back made since": 1}
    assert calls.Call.objects.get().call_back_made_at is not None


LEGS = "Call ID,Leg,Agent,Number Dialled,Started,Menu Ended,Joined Queue,Call-back Requested,Answered,Ended,Ended By\n"


def leg(ref: str, n: object, agent: str, times: str) -> str:
    """A row of a log with a row for each leg: started, menu ended, joined queue, call-back, answered, ended, ended by."""
    cells = [f"2026-12-07 {cell}" if ":" in cell else cell for cell in times.split(",")]
    return ",".join([ref, str(n), agent, "01632 960000", *cells]) + "\n"


FIRST_LEG = leg("a", 1, "Jo Sparrow", "09:00:00,09:00:10,09:00:10,,09:00:40,09:02:00,Handler")
SECOND_LEG = leg("a", 2, "Ann Field", "09:02:00,,,,09:02:30,09:05:00,Caller")
ONE_DAY = (date(2026, 12, 7), date(2026, 12, 7))


@pytest.mark.usefixtures("practice")
@pytest.mark.parametrize("rows", [[FIRST_LEG, SECOND_LEG], [SECOND_LEG, FIRST_LEG]])
def test_a_transferred_call_is_one_call_with_its_legs(rows: list[str]) -> None:
    file = (LEGS + "".join(rows)).encode()
    assert exchange.import_calls(file=file, by=factories.TEST).did == {"new": 1}
    exchange.import_calls(file=file, by=factories.TEST)
    call = calls.Call.objects.get()
    assert [(one.n, one.agent) for one in call.legs.order_by("n")] == [(1, "Jo Sparrow"), (2, "Ann Field")]
    assert call.ended_at == datetime(2026, 12, 7, 9, 5, tzinfo=LONDON)
    found = calls.figures(whole(), *ONE_DAY, "x-on")
    assert (found.calls, found.answered, found.mean_wait, found.transfers, found.transfers_each) == (1, 1, 30.0, 1, 1.0)


@pytest.mark.usefixtures("practice")
def test_who_answers_after_another_was_rung_in_vain_answers_the_call() -> None:
    vain = leg("a", 1, "", "09:00:00,09:00:10,09:00:10,,,09:01:10,System")
    then = leg("a", 2, "Ann Field", "09:01:10,,,,09:01:30,09:05:00,Caller")
    exchange.import_calls(file=(LEGS + vain + then).encode(), by=factories.TEST)
    found = calls.figures(whole(), *ONE_DAY, "x-on")
    assert (found.answered, found.missed, found.mean_wait) == (1, 0, 80.0)


@pytest.mark.usefixtures("practice")
def test_a_leg_without_its_call_is_left_out_and_said() -> None:
    report = exchange.import_calls(file=(LEGS + SECOND_LEG).encode(), by=factories.TEST)
    assert report.did == {"legs without their call, left out": 1}
    assert not calls.Call.objects.exists()
    # The log that brings the call brings its legs with it.
    exchange.import_calls(file=(LEGS + FIRST_LEG + SECOND_LEG).encode(), by=factories.TEST)
    assert calls.Call.objects.get().legs.count() == 2


@pytest.mark.usefixtures("practice")
def test_a_leg_that_is_no_number_is_refused() -> None:
    report = exchange.import_calls(
        file=(LEGS + leg("a", "two", "", "09:00:00,,,,,09:01:00,Caller")).encode(), by=factories.TEST
    )
    assert [fault.column for fault in report.rows] == ["Leg"]


@pytest.mark.parametrize(
    ("began", "agent", "joined"),
    [
        ("09:00:45", "", True),
        ("09:00:45", "Robin Vale", True),
        ("09:00:45", "Ann Field", False),
        ("09:02:31", "Robin Vale", False),
        ("08:59:00", "", False),
        ("12:00:00", "", False),
    ],
)
def test_a_contact_finds_its_call_by_time_and_by_who_answered(
    practice: Organisation, began: str, agent: str, joined: bool
) -> None:
    handler = factories.person(practice, Role.CALL_HANDLER)[1]
    with clock.at(datetime.fromisoformat(f"2026-12-07T{began}").replace(tzinfo=LONDON)):
        calls.end(access=handler, ref=calls.start(access=handler), outcome="status")
    file = (LEGS + FIRST_LEG.replace("Jo Sparrow", agent)).encode()
    exchange.import_calls(file=file, by=factories.TEST)
    found = calls.contact_figures(handler, *ONE_DAY)
    assert (found.contacts, found.joined, found.where) == (1, int(joined), 1)


def test_two_contacts_that_would_do_are_not_guessed_between(practice: Organisation) -> None:
    for _ in range(2):
        handler = factories.person(practice, Role.CALL_HANDLER)[1]
        with clock.at(datetime(2026, 12, 7, 9, 0, 45, tzinfo=LONDON)):
            calls.end(access=handler, ref=calls.start(access=handler), outcome="other")
    exchange.import_calls(file=(LEGS + FIRST_LEG.replace("Jo Sparrow", "")).encode(), by=factories.TEST)
    assert calls.contact_figures(whole(), *ONE_DAY).joined == 0


@pytest.mark.usefixtures("practice")
def test_nobodys_number_is_kept() -> None:
    exchange.import_calls(file=log(row("a", CASES["answered from the queue"][0])), by=factories.TEST)
    assert "900111" not in str(calls.Call.objects.values().get())


@pytest.mark.usefixtures("practice")
@pytest.mark.parametrize(
    ("told", "column"),
    [
        (row("a", "09:00:00,,,,08:59:00,09:05:00,Caller"), "Answered"),
        (row("a", "09:00:00,,,,,08:00:00,Caller"), "Ended"),
        (row("a", "09:00:00,,,,,25:00:00,Caller"), "Ended"),
        (row("a", "09:00:00,,,,,,Caller"), "Ended"),
        (row("a", "09:00:00,,,,,09:05:00,Nobody"), "Ended By"),
        (row("", "09:00:00,,,,,09:05:00,Caller"), "Call ID"),
        (row("a", "09:00:00,,,,,09:05:00,Caller", dialled="01632 960999"), "Number Dialled"),
    ],
)
def test_a_faulty_row_is_left_out_and_its_neighbour_taken(told: str, column: str) -> None:
    report = exchange.import_calls(file=log(told, row("b", CASES["hung up in the menu"][0])), by=factories.TEST)
    assert [(fault.level, fault.column) for fault in report.rows] == [("reject", column)]
    assert calls.Call.objects.get().source_ref == "b"


@pytest.mark.usefixtures("practice")
def test_a_preview_leaves_nothing_behind() -> None:
    exchange.import_calls(file=log(row("a", CASES["hung up in the menu"][0])), apply=False, by=factories.TEST)
    assert not calls.Call.objects.exists()


def test_figures_are_of_ones_own_lines_and_for_handlers(practice: Organisation) -> None:
    exchange.import_calls(file=log(row("a", CASES["hung up in the menu"][0])), by=factories.TEST)
    day = date(2026, 12, 7)
    handler = factories.person(practice, Role.CALL_HANDLER)[1]
    other = factories.person(factories.practice("Y99003", "Marfleet Lane Practice"), Role.CALL_HANDLER)[1]
    assert [calls.figures(access, day, day, "x-on").calls for access in (handler, other)] == [1, 0]
    with pytest.raises(NotPermitted):
        calls.figures(factories.person(practice)[1], day, day, "x-on")
