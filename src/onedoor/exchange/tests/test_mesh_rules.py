"""The line to MESH without MESH: its states, its pauses, what its headers carry, and who may set a mailbox."""

from __future__ import annotations

import pytest
from django.db import connection, transaction
from django.test.utils import CaptureQueriesContext
from hypothesis import given, settings
from hypothesis import strategies as st

from onedoor import factories
from onedoor.exchange.mesh import actions, client, collecting, health, rules, sending
from onedoor.exchange.mesh.client import Sent
from onedoor.exchange.mesh.queries import mailboxes
from onedoor.exchange.models import Mailbox, MeshArrival, MeshAttempt, MeshMessage
from onedoor.kernel.access import NotPermitted
from onedoor.kernel.actor import Actor
from onedoor.kernel.transitions import declared
from onedoor.tasks.models import Task

BY = Actor.system("tests of the line to MESH")
REF = "0b8f1c9e-9a5c-4d0e-8f55-2f8f4a1d7c11"
WORDS = ("accepted", "refused", "unreached", "unknown")


def box() -> Mailbox:
    return actions.set_mailbox(
        organisation_id=factories.practice().pk,
        mailbox_id="y99002ot001",
        password="the password",
        shared_key="the key",
        base_url="https://mesh.invalid/",
        by=BY,
    )


def queued(mailbox: Mailbox) -> MeshMessage:
    with transaction.atomic():
        return actions.queue(mailbox=mailbox, to="X", workflow="W", subject="", content=b"x", by=BY)


def test_every_state_can_be_reached_and_only_good_ends_are_ends() -> None:
    assert declared()["MeshMessage"] is rules.MOVES
    reached, edge = {"waiting"}, ["waiting"]
    while edge:
        new = rules.MOVES[edge.pop()] - reached
        reached |= new
        edge += new
    assert reached == set(rules.MOVES)
    assert [state for state, after in rules.MOVES.items() if not after] == ["collected"]


@pytest.mark.django_db
@settings(max_examples=12)
@given(st.lists(st.tuples(st.sampled_from([*WORDS, "died", "asked: has it", "asked: has it not"])), max_size=8))
def test_whatever_happens_a_message_is_sent_once_or_somebody_knows(steps: list[tuple[str]]) -> None:
    """Any order of answers, deaths and questions: no state outside the table, never sent without MESH's word, never waiting while
    it may be on the wire, and each time on the wire is an attempt."""
    with transaction.atomic():
        message = queued(box())
        said = 0
        for (step,) in steps:
            message.refresh_from_db()
            if message.state == "waiting":
                MeshMessage.objects.update(retry_real=None)
                assert [one.pk for one in sending._claim(message.mailbox, BY)] == [message.pk]
                said += 1
                message.refresh_from_db()
            if message.state == "sending":
                if step in WORDS:
                    result = Sent(step, message_id="M" if step == "accepted" else "")  # type: ignore[arg-type]
                    sending.settle({message.pk: result}, BY)
                elif step == "died":
                    actions.move([message.pk], to="in_doubt", by=BY)
            elif message.state == "in_doubt" and step.startswith("asked"):
                if step == "asked: has it":
                    actions.move([message.pk], to="sent", by=BY, message_id="M")
                else:
                    sending.wait({message.pk: "MESH has it not"}, BY)
            message.refresh_from_db()
            assert message.state in rules.MOVES
            assert (message.message_id != "") == (message.state == "sent")
            assert message.attempts == MeshAttempt.objects.filter(message=message).count() == said
            if message.state == "in_doubt":
                assert sending._claim(message.mailbox, BY) == []
        moves = list(message.history.order_by("pk").values_list("from_state", "to_state"))
        assert all(after in rules.MOVES[before] for before, after in moves if before)
        transaction.set_rollback(True)


@pytest.mark.django_db
def test_after_so_many_tries_it_fails_and_somebody_hears_of_it(monkeypatch: pytest.MonkeyPatch) -> None:
    message = queued(box())
    told: list[int] = []
    monkeypatch.setattr("onedoor.exchange.mesh.hooks.moved", [told.extend])
    states = []
    for attempts in (0, rules.MOST_TRIES - 2, rules.MOST_TRIES - 1):
        MeshMessage.objects.update(retry_real=None, attempts=attempts)
        sending._claim(message.mailbox, BY)
        sending.settle({message.pk: Sent("unreached", detail="no connection")}, BY)
        message.refresh_from_db()
        states.append(message.state)
    assert (states, told) == (["waiting", "waiting", "failed"], [message.pk])
    with transaction.atomic():
        assert actions.retry(message_id=message.pk, by=BY)
        assert not actions.retry(message_id=message.pk, by=BY)
    message.refresh_from_db()
    assert (message.state, message.fault, message.attempts) == ("waiting", "", 0)


@pytest.mark.django_db
def test_what_was_taken_back_is_not_tried_again() -> None:
    message = queued(box())
    with transaction.atomic():
        assert actions.take_back(message.pk, BY)
        assert not actions.take_back(message.pk, BY)
        with pytest.raises(actions.CannotRetry, match="taken back"):
            actions.retry(message_id=message.pk, by=BY)
    message.refresh_from_db()
    assert message.state == "failed"


@pytest.mark.parametrize(("tries", "seconds"), [(0, 5), (1, 5), (2, 15), (3, 60), (6, 3_600), (40, 3_600)])
def test_pauses_grow_to_an_hour(tries: int, seconds: int) -> None:
    assert rules.pause(tries).total_seconds() == seconds


@pytest.mark.parametrize(
    ("subject", "carried"),
    [
        ("Checks, Anne Example", "Checks, Anne Example"),
        ("Zoë Ångström", "Zoe Angstrom"),
        ("Łucja", "?ucja"),
        ("a\r\nMex-To: b\tc", "a Mex-To: b c"),
        ("", ""),
    ],
)
def test_a_subject_is_what_a_header_can_carry(subject: str, carried: str) -> None:
    assert client.carried(subject) == carried


@given(st.text(max_size=60))
def test_any_subject_can_be_carried(subject: str) -> None:
    assert client._fits(client.carried(subject))


@given(st.text(max_size=400))
def test_any_header_that_comes_fits_its_column(value: str) -> None:
    kept = collecting.plain(value, 50)
    assert len(kept) <= 50
    assert kept.isprintable()


@pytest.mark.parametrize("found", ["1:3", "1:0", "", "x", "1:-4", "1:99999999999999", "1:³"])
def test_how_many_parts_a_message_says_it_has(found: str) -> None:
    assert client._parts(found) == (3 if found == "1:3" else 1)


@pytest.mark.django_db
def test_secrets_are_nowhere_but_in_their_columns() -> None:
    mailbox = box()
    assert (mailbox.mailbox_id, mailbox.base_url) == ("Y99002OT001", "https://mesh.invalid")
    shown = repr(mailbox) + str(mailbox) + repr(mailboxes()) + repr(client.Line(mailbox))

    assert "the password" not in shown
    assert "the key" not in shown


@pytest.mark.django_db
@pytest.mark.parametrize(
    ("mailbox_id", "url"),
    [
        ("Y99 002", "https://x.invalid"),
        ("", "https://x.invalid"),
        ("Y99002OT001", "http://x.invalid"),
        ("Y99002OT001", "http://127.0.0.1.x.invalid"),
        ("Y99002OT001", "http://localhost@x.invalid"),
        ("Y99002OT001", "https://"),
    ],
)
def test_a_mailbox_that_cannot_be_is_not_made(mailbox_id: str, url: str) -> None:
    with pytest.raises(ValueError):
        actions.set_mailbox(
            organisation_id=factories.practice().pk,
            mailbox_id=mailbox_id,
            password="p",
            shared_key="k",
            base_url=url,
            by=BY,
        )
    assert not Mailbox.objects.exists()


@pytest.mark.django_db
def test_a_mailbox_is_never_given_to_another_organisation() -> None:
    mailbox = box()
    with pytest.raises(ValueError, match=r"is that of .+ \(Y99002\)"):
        actions.set_mailbox(
            organisation_id=factories.practice("Y99003", "Millford Surgery").pk,
            mailbox_id=mailbox.mailbox_id,
            password="p",
            shared_key="k",
            base_url="https://x.invalid",
            by=BY,
        )
    assert Mailbox.objects.get().organisation_id == mailbox.organisation_id


@pytest.mark.django_db
def test_what_waits_is_counted_without_reading_what_ever_went() -> None:
    mailbox = box()
    messages = [queued(mailbox) for _ in range(6)]
    for message, state in zip(messages, ("sending", "in_doubt", "sent", "collected", "failed"), strict=False):
        MeshMessage.objects.filter(pk=message.pk).update(state=state)
    with CaptureQueriesContext(connection) as asked:
        [one] = mailboxes()
    assert one.waiting == 3
    plans = []
    with connection.cursor() as cursor:
        cursor.execute("SET LOCAL enable_seqscan = off")
        for query in asked.captured_queries:
            if "exchange_mesh_message" in query["sql"]:
                cursor.execute("EXPLAIN " + query["sql"])
                plans.append(" ".join(line for (line,) in cursor.fetchall()))
    # A partial index holds none that went: only one whose condition the query implies can be used.
    assert [name for plan in plans for name in ("mesh_waiting", "mesh_unsettled") if name in plan] == [
        "mesh_waiting", "mesh_unsettled",
    ]  # fmt: skip
    assert len(asked) == 3


@pytest.mark.django_db
def test_of_two_ways_that_fail_both_are_said_until_each_is_well() -> None:
    mailbox = box()
    message = queued(mailbox)

    def said() -> tuple[str, list[tuple[str, str]]]:
        mailbox.refresh_from_db()
        shut = Task.objects.filter(kind="mesh_mailbox_shut").order_by("pk")
        return mailbox.fault, [(one.state, one.detail.partition(" Nothing")[0]) for one in shut]

    turned = client.TURNED_AWAY
    health.faulty(mailbox, "out", "no connection", BY)
    assert said() == ("The outbox: no connection", [])
    health.faulty(mailbox, "in", turned, BY)
    both = f"The inbox: {turned.rstrip('.')}. The outbox: no connection"
    assert said() == (both, [("open", f"The inbox: {turned}")])
    mailbox.faults["out"]["since"] = (health.real_now() - health.SHUT).isoformat()
    mailbox.save()
    health.faulty(mailbox, "out", "no connection", BY)
    assert said() == (both, [("open", f"{both}.")])
    health.well(mailbox, "in", BY)
    assert said() == ("The outbox: no connection", [("open", "The outbox: no connection.")])
    with transaction.atomic():
        actions.take_back(message.pk, BY)
    health.well(mailbox, "in", BY)
    assert said() == ("", [("withdrawn", "The outbox: no connection.")])
    assert mailbox.failing_since is None


@pytest.mark.parametrize(
    ("said", "kept"),
    [("EPL-152", "EPL-152"), (" 14 ", "14"), ("", ""), ("no 9990000018 TANNER", ""), ("1234567890", "")],
)
def test_what_is_no_code_is_not_kept(said: str, kept: str) -> None:
    assert rules.code_of(said) == kept


@pytest.mark.django_db
@pytest.mark.parametrize(("kind", "local_id"), [("DATA", ""), ("REPORT", REF)])
def test_nothing_is_kept_of_a_header_that_may_name_somebody(kind: str, local_id: str) -> None:
    for number, said in enumerate((REF, "checks of Terence Tanner")):
        came = client.Download(
            message_id=f"M{number}",
            sender="X26HC005",
            workflow="W",
            message_type=kind,
            local_id=said,
            linked_id="",
            status_code="9990000018",
            content=b"",
            size=0,
        )
        collecting._store(Mailbox.objects.first() or box(), came, BY)
    kept = list(MeshArrival.objects.order_by("pk").values_list("local_id", "status_code"))
    assert kept == [(local_id, ""), ("", "")]


@pytest.mark.django_db
def test_mailboxes_are_the_operators() -> None:
    mailbox = box()
    _, access = factories.person(mailbox.organisation)
    with pytest.raises(NotPermitted):
        actions.switch_mailbox_off(mailbox_id=mailbox.mailbox_id, by=access.actor)
    with pytest.raises(NotPermitted):
        actions.set_mailbox(
            organisation_id=mailbox.organisation_id,
            mailbox_id="Y1",
            password="p",
            shared_key="k",
            base_url="https://x.invalid",
            by=access.actor,
        )
    queued(mailbox)
    assert actions.switch_mailbox_off(mailbox_id="y99002ot001", by=BY)
    assert not actions.switch_mailbox_off(mailbox_id="nobody's", by=BY)
    assert [(one.active, one.waiting) for one in mailboxes()] == [(False, 1)]
    assert sending.send_slice(BY) == 0
    assert box().active
