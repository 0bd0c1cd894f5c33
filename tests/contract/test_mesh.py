"""The line to MESH against the official sandbox: what goes out, what comes in, and each thing that goes wrong between."""

from __future__ import annotations

import datetime as dt
import gzip
import logging
import socket
from typing import Any

import pytest
from django.db import OperationalError, transaction

from onedoor.exchange.mesh import actions, client, collecting, hooks, rules, sending
from onedoor.exchange.mesh.health import real_now
from onedoor.exchange.models import Mailbox, MeshArrival, MeshAttempt, MeshMessage
from onedoor.kernel.actor import Actor
from onedoor.tasks.api import Task
from tests.mesh_sandbox import (
    BY,
    DOCUMENT,
    OUTSIDE,
    PRACTICE,
    TRUST,
    Sandbox,
    contents,
    hurry,
    mailbox,
    run,
    sandbox,
    served,
)

__all__ = ["sandbox", "served"]

pytestmark = pytest.mark.django_db

BYTES = b"<Bundle xmlns='http://hl7.org/fhir'>" + b"<entry/>" * 2_000 + b"</Bundle>"


@pytest.fixture(autouse=True)
def takers(monkeypatch: pytest.MonkeyPatch) -> list[bytes]:
    """Whoever takes documents keeps their bytes; nobody else listens."""
    taken: list[bytes] = []

    def take(arrival: MeshArrival, by: Actor) -> None:
        taken.append(bytes(arrival.content))
        collecting.settle(arrival, "taken")

    monkeypatch.setattr(hooks, "takers", {DOCUMENT: take})
    monkeypatch.setattr(hooks, "moved", [])
    monkeypatch.setattr(hooks, "reports", [])
    return taken


@pytest.fixture
def trust(sandbox: Sandbox) -> Mailbox:
    return mailbox(sandbox, TRUST)


@pytest.fixture
def practice(sandbox: Sandbox) -> Mailbox:
    return mailbox(sandbox, PRACTICE)


def queued(box: Mailbox, content: bytes = BYTES, to: str = PRACTICE, subject: str = "A document") -> MeshMessage:
    with transaction.atomic():
        return actions.queue(mailbox=box, to=to, workflow=DOCUMENT, subject=subject, content=content, by=BY)


def states(*messages: MeshMessage) -> list[str]:
    found = dict(MeshMessage.objects.values_list("pk", "state"))
    return [found[one.pk] for one in messages]


def test_from_outbox_to_inbox_with_the_first_acknowledgement(
    sandbox: Sandbox, trust: Mailbox, practice: Mailbox, takers: list[bytes]
) -> None:
    told: list[tuple[str, ...]] = []
    hooks.moved.append(lambda ids: told.append(tuple(MeshMessage.objects.get(pk=key).state for key in ids)))
    message = queued(trust)
    run()
    message.refresh_from_db()
    arrival = MeshArrival.objects.get()
    assert (message.state, message.message_id, takers) == ("collected", arrival.message_id, [BYTES])
    assert message.collected_at
    assert message.sent_at
    assert arrival.acknowledged_at
    assert (arrival.mailbox_id, arrival.sender, arrival.workflow, arrival.state, arrival.size) == (
        practice.pk, TRUST, DOCUMENT, "taken", len(BYTES),
    )  # fmt: skip
    assert [row.to_state for row in message.history.order_by("pk")] == ["waiting", "sending", "sent", "collected"]
    assert told == [("sent",), ("collected",)]
    trust.refresh_from_db()
    practice.refresh_from_db()
    assert practice.handshake_at
    assert practice.polled_at
    assert (trust.failing_since, practice.fault) == (None, "")


def test_it_goes_compressed_under_a_local_id_that_names_nobody(sandbox: Sandbox, trust: Mailbox) -> None:
    message = queued(trust)
    run(1)
    (one,) = sandbox.messages()
    assert one["local_id"] == str(message.ref)
    assert one["size"] < len(BYTES) / 10
    assert contents(sandbox, [one]) == [BYTES]


def test_large_ones_go_in_parts(
    sandbox: Sandbox, trust: Mailbox, practice: Mailbox, takers: list[bytes], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(client, "CHUNK", 5_000)
    queued(trust)
    run()
    assert takers == [BYTES]


@pytest.mark.parametrize("times", [1, 3])
def test_a_lost_answer_is_asked_about_and_nothing_goes_twice(
    sandbox: Sandbox, trust: Mailbox, practice: Mailbox, takers: list[bytes], times: int
) -> None:
    sandbox.lay({"do": "lose_reply", "on": "send", "times": times})
    messages = [queued(trust, bytes([65 + n]) * 30) for n in range(times)]
    sending.send_slice(BY)
    assert states(*messages) == ["in_doubt"] * times
    run()
    assert states(*messages) == ["collected"] * times
    assert len(takers) == len(sandbox.messages(type="DATA")) == times
    assert MeshAttempt.objects.filter(outcome="unknown").count() == times


def test_a_connection_that_broke_before_is_asked_about_and_goes_again(
    sandbox: Sandbox, trust: Mailbox, practice: Mailbox, takers: list[bytes]
) -> None:
    sandbox.lay({"do": "cut", "on": "send"})
    message = queued(trust)
    sending.send_slice(BY)
    assert states(message) == ["in_doubt"]
    run()
    assert (states(message), takers) == (["collected"], [BYTES])
    assert list(MeshAttempt.objects.order_by("number").values_list("outcome", flat=True)) == ["unknown", "accepted"]


def test_while_mesh_cannot_say_nothing_is_sent_again(sandbox: Sandbox, trust: Mailbox) -> None:
    sandbox.lay({"do": "lose_reply", "on": "send"}, {"do": "answer", "on": "track", "status": 503, "times": 2})
    message = queued(trust)
    sending.send_slice(BY)
    for _ in range(2):
        hurry()
        sending.reconcile(BY)
        assert states(message) == ["in_doubt"]
        trust.refresh_from_db()
        assert trust.failing_since
    hurry()
    sending.reconcile(BY)
    assert states(message) == ["sent"]
    assert len(sandbox.messages()) == 1


def test_one_that_mesh_fails_to_say_anything_of_does_not_keep_its_neighbours_in_doubt(
    sandbox: Sandbox, trust: Mailbox, practice: Mailbox
) -> None:
    sandbox.lay({"do": "lose_reply", "on": "send", "times": 3}, {"do": "answer", "on": "track", "status": 500})
    first, *others = (queued(trust, bytes([65 + n]) * 9) for n in range(3))
    sending.send_slice(BY)
    hurry()
    assert sending.reconcile(BY) == 2
    assert states(first, *others) == ["in_doubt", "sent", "sent"]
    first.refresh_from_db()
    assert first.attempts == 2
    assert first.retry_real
    assert sending.reconcile(BY) == 0, "it is asked about after a pause"
    run()
    assert states(first, *others) == ["collected"] * 3


def test_two_copies_at_mesh_are_two_copies_and_not_a_third(sandbox: Sandbox, trust: Mailbox) -> None:
    """300 Multiple Choices (interop.md 1.5): it went twice, so it went."""
    message = queued(trust)
    for _ in range(2):
        line = client.Line(trust)
        assert line.send(message).word == "accepted"
        line.close()
    MeshMessage.objects.update(state="in_doubt")
    run(2)
    assert states(message) == ["sent"]
    assert len(sandbox.messages()) == 2


@pytest.mark.parametrize(
    ("status", "word"), [(503, "in_doubt"), (500, "in_doubt"), (502, "in_doubt"), (429, "waiting")]
)
def test_what_an_error_of_the_server_means(
    sandbox: Sandbox, trust: Mailbox, practice: Mailbox, takers: list[bytes], status: int, word: str
) -> None:
    sandbox.lay({"do": "answer", "on": "send", "status": status, "times": 2})
    message = queued(trust)
    sending.send_slice(BY)
    assert states(message) == [word]
    run()
    assert (states(message), takers) == (["collected"], [BYTES])


def test_where_nobody_listens_it_is_certain_that_nothing_went(
    sandbox: Sandbox, trust: Mailbox, practice: Mailbox, takers: list[bytes]
) -> None:
    message = queued(trust)
    sandbox.stop()
    try:
        sending.send_slice(BY)
        message.refresh_from_db()
        assert message.state == "waiting"
        assert message.retry_real
        assert sending.send_slice(BY) == 0
        collecting.collect(BY)
        practice.refresh_from_db()
        assert practice.failing_since
        assert practice.fault
    finally:
        sandbox.go_on()
    run()
    practice.refresh_from_db()
    assert (states(message), takers, practice.fault) == (["collected"], [BYTES], "")


def test_a_wrong_password_fails_no_message_and_mends_itself(
    sandbox: Sandbox, trust: Mailbox, practice: Mailbox, takers: list[bytes]
) -> None:
    messages = [queued(trust, bytes([65 + n])) for n in range(2)]
    Mailbox.objects.filter(pk=trust.pk).update(password="another")
    run(4)
    assert states(*messages) == ["waiting", "waiting"]
    trust.refresh_from_db()
    assert trust.failing_since
    assert "another" not in trust.fault
    told = Task.objects.filter(subject="mesh_mailbox", subject_id=trust.pk)
    assert [one.state for one in told] == ["open"], "once, however often it fails"
    mailbox(sandbox, TRUST, trust.organisation)
    run()
    assert states(*messages) == ["collected", "collected"]
    assert len(takers) == 2
    assert [one.state for one in told.all()] == ["withdrawn"]


@pytest.mark.parametrize(
    ("to", "workflow", "code"),
    [("NOSUCHBOX", DOCUMENT, "12"), ("http://x.invalid/", DOCUMENT, "06"), (PRACTICE, "CLOSED", "17")],
)
def test_a_refusal_is_final_and_says_why(
    sandbox: Sandbox, trust: Mailbox, practice: Mailbox, to: str, workflow: str, code: str
) -> None:
    sandbox.tell(workflows=[{"workflow_id": "CLOSED", "senders": [], "receivers": []}])
    told: list[int] = []
    hooks.moved.append(told.extend)
    with transaction.atomic():
        message = actions.queue(mailbox=trust, to=to, workflow=workflow, subject="", content=b"x", by=BY)
    good = queued(trust)
    run()
    message.refresh_from_db()
    assert (message.state, message.fault_code, message.fault) == ("failed", code, rules.CODES[code])
    assert message.tries.get().detail == rules.CODES[code], "none of MESH's own words, which may repeat an address"
    assert states(good) == ["collected"]
    assert message.pk in told


@pytest.mark.parametrize("to", ["GPPROVIDER_9990000018_19620504_ŁUCZAK", "Y99\r\nX-Other: 1"])
def test_an_address_that_no_header_can_carry_is_refused_by_us(sandbox: Sandbox, trust: Mailbox, to: str) -> None:
    message, good = queued(trust, to=to), queued(trust)
    run(2)
    message.refresh_from_db()
    assert (message.state, message.fault_code) == ("failed", "06")
    assert states(good) == ["sent"]


def test_a_subject_goes_in_letters_that_a_header_can_carry(sandbox: Sandbox, trust: Mailbox) -> None:
    message = queued(trust, subject="Document for Łucja Żak\r\nMex-To: X, café")
    run(1)
    assert states(message) == ["sent"]


@pytest.mark.parametrize(
    ("to", "code"),
    [
        ("GPPROVIDER_9990000019_19620504_TANNER", "EPL-152"),
        ("GPPROVIDER_9990000034_19620504_TANNER", "EPL-153"),
        ("GPPROVIDER_9990000018_04051962_TANNER", "EPL-154"),
        ("GPPROVIDER_9990000018_19620504_TANNERS", "EPL-154"),
        ("GPPROVIDER_9990000026_19700101_LODGE", "EPL-151"),
    ],
)
def test_routing_by_patient_fails_by_report_and_by_nothing_else(
    sandbox: Sandbox, trust: Mailbox, to: str, code: str
) -> None:
    heard: list[tuple[str, str]] = []
    hooks.reports.append(lambda arrival, by: heard.append((arrival.linked_id, arrival.status_code)))
    message = queued(trust, to=to)
    sending.send_slice(BY)
    assert states(message) == ["sent"]
    collecting.collect(BY)
    collecting.deal_with(BY)
    message.refresh_from_db()
    assert (message.state, message.fault_code, message.fault) == ("failed", code, rules.CODES[code])
    assert heard == [(message.message_id, code)]


def test_routing_by_patient_reaches_the_practice(
    sandbox: Sandbox, trust: Mailbox, practice: Mailbox, takers: list[bytes]
) -> None:
    message = queued(trust, to="GPPROVIDER_9990000018_19620504_Tanner")
    run()
    assert (states(message), takers) == (["collected"], [BYTES])
    assert sandbox.messages()[0]["to"] == PRACTICE


def test_several_mailboxes_of_a_practice_are_too_many(sandbox: Sandbox, trust: Mailbox) -> None:
    boxes = [*sandbox.settings["mailboxes"], {"mailbox_id": "Y99002OT002", "ods_code": "Y99002", "password": "x"}]
    sandbox.tell(mailboxes=boxes)
    message = queued(trust, to="GPPROVIDER_9990000018_19620504_TANNER")
    run()
    message.refresh_from_db()
    assert (message.state, message.fault_code) == ("failed", "EPL-150")


def test_what_nobody_collects_in_five_days_is_reported(sandbox: Sandbox, trust: Mailbox) -> None:
    message = queued(trust, to=OUTSIDE)
    run(2)
    assert states(message) == ["sent"]
    sandbox.order("PUT", "clock", {"days": 5, "hours": 1})
    collecting.collect(BY)
    collecting.deal_with(BY)
    message.refresh_from_db()
    assert (message.state, message.fault_code) == ("failed", "14")


def test_tracking_tells_of_a_failure_too_and_the_late_report_changes_nothing(sandbox: Sandbox, trust: Mailbox) -> None:
    told: list[int] = []
    hooks.moved.append(told.extend)
    message = queued(trust, to="GPPROVIDER_9990000034_19620504_TANNER")
    sending.send_slice(BY)
    collecting.track(BY)
    assert states(message) == ["failed"]
    run()
    assert states(message) == ["failed"]
    assert told == [message.pk, message.pk]
    assert MeshArrival.objects.get().state == "taken"


def test_a_report_about_nothing_of_ours_is_for_a_person(sandbox: Sandbox, trust: Mailbox, practice: Mailbox) -> None:
    line = client.Line(trust)
    said = line.send(MeshMessage(mailbox=trust, to=PRACTICE, workflow=DOCUMENT, content=b"x"))
    line.close()
    sandbox.order("POST", "report", {"message_id": said.message_id, "code": "EPL-153"})
    run()
    report = MeshArrival.objects.get(message_type="REPORT")
    assert report.state == "refused"
    assert Task.objects.filter(subject="mesh_arrival", subject_id=report.pk, state="open").count() == 1


def test_a_certificate_that_is_not_there_is_a_fault_of_the_line_and_not_the_end_of_the_sweep(
    sandbox: Sandbox, trust: Mailbox, practice: Mailbox, takers: list[bytes], monkeypatch: pytest.MonkeyPatch
) -> None:
    doubtful, sent, waits = (queued(trust) for _ in range(3))
    MeshMessage.objects.filter(pk=doubtful.pk).update(state="in_doubt")
    MeshMessage.objects.filter(pk=sent.pk).update(state="sent", message_id="A1")
    with monkeypatch.context() as patched:
        for name in ("CERTIFICATE", "KEY", "CA"):
            patched.setenv(f"ONEDOOR_MESH_{name}", "/nowhere/of-mesh.pem")
        Mailbox.objects.update(base_url="https://127.0.0.1:1")
        assert sending.send_slice(BY) + sending.reconcile(BY) + collecting.collect(BY) + collecting.track(BY) == 0
    assert states(doubtful, sent, waits) == ["in_doubt", "sent", "waiting"]
    for box in (trust, practice):
        box.refresh_from_db()
        assert "certificate" in box.fault
        assert "/nowhere" not in box.fault
    Mailbox.objects.update(base_url=sandbox.url, polled_at=None)
    run()
    assert states(doubtful, waits) == ["collected", "collected"]
    assert takers == [BYTES] * 2


def test_old_ones_that_nobody_collects_do_not_keep_a_new_one_unasked(
    sandbox: Sandbox, trust: Mailbox, practice: Mailbox, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(rules, "SLICE", 2)
    old = [queued(trust, to=OUTSIDE) for _ in range(2)]
    sending.send_slice(BY)
    collecting.track(BY)
    MeshMessage.objects.update(tracked_real=real_now() - rules.TRACK_LATER)
    new = queued(trust)
    sending.send_slice(BY)
    collecting.collect(BY)
    assert collecting.track(BY) == 1
    assert states(*old, new) == ["sent", "sent", "collected"]


def test_where_nothing_answers_in_time_no_other_mailbox_waits_in_vain(
    sandbox: Sandbox, trust: Mailbox, practice: Mailbox, takers: list[bytes], monkeypatch: pytest.MonkeyPatch
) -> None:
    mine, theirs = queued(trust), queued(practice, to=TRUST)
    with socket.create_server(("127.0.0.1", 0)) as silent, monkeypatch.context() as patched:
        patched.setattr(client, "TIMEOUT", 0.3)
        Mailbox.objects.update(base_url=f"http://127.0.0.1:{silent.getsockname()[1]}")
        collecting.collect(BY)
        looked = Mailbox.objects.exclude(polled_at=None)
        assert [box.pk for box in looked] == [trust.pk]
        collecting.collect(BY)
        assert looked.all().count() == 2, "and the other is the first of the next turn"
        sending.send_slice(BY)
        assert states(mine, theirs) == ["in_doubt", "waiting"]
    Mailbox.objects.update(base_url=sandbox.url, polled_at=None)
    run()
    assert states(mine, theirs) == ["collected"] * 2


def test_an_inbox_that_is_read_hides_no_outbox_that_fails(sandbox: Sandbox, trust: Mailbox, practice: Mailbox) -> None:
    sandbox.lay({"do": "answer", "on": "send", "status": 429})
    message = queued(trust)
    sending.send_slice(BY)
    collecting.collect(BY)
    collecting.track(BY)
    trust.refresh_from_db()
    assert trust.failing_since
    assert "429" in trust.fault
    run()
    assert states(message) == ["collected"]
    assert Mailbox.objects.filter(failing_since=None, fault="").count() == 2


# -- receiving ------------------------------------------------------------------------------------------------------------------


class Died(BaseException):
    """A power cut: no handler of errors may see it."""


@pytest.mark.parametrize(
    ("owner", "step", "arrivals", "acknowledged"),
    [
        (client.Line, "download", 0, 0),
        (collecting, "_store", 0, 0),
        (client.Line, "acknowledge", 1, 0),
        (collecting, "_acknowledged", 1, 1),
    ],
)
def test_a_crash_at_any_instant_of_collecting_repeats_harmlessly(
    sandbox: Sandbox,
    trust: Mailbox,
    practice: Mailbox,
    takers: list[bytes],
    monkeypatch: pytest.MonkeyPatch,
    owner: Any,
    step: str,
    arrivals: int,
    acknowledged: int,
) -> None:
    queued(trust)
    sending.send_slice(BY)
    with monkeypatch.context() as patched:

        def die(*_: Any, **__: Any) -> None:
            raise Died

        patched.setattr(owner, step, die)
        with pytest.raises(Died):
            collecting.collect(BY)
    assert MeshArrival.objects.count() == arrivals
    assert len(sandbox.messages(status="acknowledged")) == acknowledged
    run()
    assert takers == [BYTES]
    assert MeshArrival.objects.get().acknowledged_at
    assert [one["status"] for one in sandbox.messages()] == ["acknowledged"]


@pytest.mark.parametrize(("step", "at_mesh"), [("send", 0), ("after", 1)])
def test_a_sender_that_dies_is_asked_about(
    sandbox: Sandbox, trust: Mailbox, practice: Mailbox, takers: list[bytes], monkeypatch: pytest.MonkeyPatch,
    step: str, at_mesh: int,
) -> None:  # fmt: skip
    message = queued(trust)
    with monkeypatch.context() as patched:

        def die(*_: Any, **__: Any) -> None:
            raise Died

        if step == "send":
            patched.setattr(client.Line, "send", die)
        else:
            patched.setattr(sending, "settle", die)
        with pytest.raises(Died):
            sending.send_slice(BY)
    assert states(message) == ["sending"]
    assert len(sandbox.messages()) == at_mesh
    assert sending.send_slice(BY) + sending.reconcile(BY) == 0, "it may still be on the wire"
    MeshAttempt.objects.update(began_at=real_now() - rules.LEASE - dt.timedelta(seconds=1))
    run()
    assert (states(message), takers) == (["collected"], [BYTES])
    assert len(sandbox.messages()) == 1


def test_a_lost_answer_to_an_acknowledgement_is_said_again(
    sandbox: Sandbox, trust: Mailbox, practice: Mailbox, takers: list[bytes]
) -> None:
    sandbox.lay({"do": "lose_reply", "on": "acknowledge"}, {"do": "pretend", "on": "acknowledge"})
    for n in range(3):
        queued(trust, bytes([65 + n]) * 9)
    run()
    assert sorted(takers) == [b"A" * 9, b"B" * 9, b"C" * 9]
    assert not MeshArrival.objects.filter(acknowledged_at=None)
    assert sandbox.messages(status="accepted") == []


def test_copies_under_other_ids_all_come_and_all_are_acknowledged(
    sandbox: Sandbox, trust: Mailbox, practice: Mailbox, takers: list[bytes]
) -> None:
    """Telling them apart is for whoever reads them: MESH does not (interop.md 1.6, dedupe)."""
    sandbox.lay({"do": "copy", "copies": 3})
    queued(trust)
    run()
    assert takers == [BYTES] * 4
    assert sandbox.messages(status="accepted") == []


def test_what_is_held_back_comes_later_and_out_of_order(
    sandbox: Sandbox, trust: Mailbox, practice: Mailbox, takers: list[bytes]
) -> None:
    sandbox.lay({"do": "hold", "times": 2})
    for n in range(3):
        queued(trust, bytes([65 + n]))
    run(3)
    assert len(takers) == 1
    sandbox.order("POST", "release", {"order": "reversed"})
    run()
    assert sorted(takers) == [b"A", b"B", b"C"]


def test_one_that_cannot_be_downloaded_does_not_keep_its_neighbours(
    sandbox: Sandbox, trust: Mailbox, practice: Mailbox, takers: list[bytes]
) -> None:
    for n in range(6):
        queued(trust, bytes([65 + n]))
    sending.send_slice(BY)
    sandbox.lay({"do": "answer", "on": "download", "status": 503, "times": 3}, {"do": "lose_reply", "on": "download"})
    collecting.collect(BY)
    assert MeshArrival.objects.count() == 2
    practice.refresh_from_db()
    assert practice.failing_since
    run()
    practice.refresh_from_db()
    assert sorted(takers) == [bytes([65 + n]) for n in range(6)]
    assert practice.failing_since is None


def test_too_large_is_refused_with_its_size_and_a_task(
    sandbox: Sandbox, trust: Mailbox, practice: Mailbox, takers: list[bytes], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(rules, "LARGEST", 100_000)
    queued(trust, b"\0" * 100_001)
    queued(trust, b"\0" * 100_000)
    run()
    large = MeshArrival.objects.get(state="refused")
    assert (bytes(large.content), large.size > 100_000, [len(one) for one in takers]) == (b"", True, [100_000])
    assert large.acknowledged_at
    assert Task.objects.filter(subject="mesh_arrival", subject_id=large.pk, state="open").count() == 1


def test_a_bomb_is_stopped_before_it_is_unpacked(
    sandbox: Sandbox, trust: Mailbox, practice: Mailbox, monkeypatch: pytest.MonkeyPatch
) -> None:
    """300 MB of nothing in 300 kB: no more is unpacked than is taken, and the next message comes in as ever."""
    import tracemalloc

    bomb = gzip.compress(b"\0" * 50_000_000, 9)
    line = client.Line(trust)
    headers = {
        "Mex-To": PRACTICE,
        "Mex-WorkflowID": DOCUMENT,
        "Content-Encoding": "gzip",
        "Content-Type": "application/octet-stream",
    }
    line._client._session.post(f"{line._client.mailbox_url}/outbox", data=bomb * 6, headers=headers).raise_for_status()
    line.close()
    tracemalloc.start()
    run()
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    arrival = MeshArrival.objects.get()
    assert arrival.state == "refused"
    assert peak < rules.LARGEST * 4


def test_bytes_that_claim_to_be_compressed_and_are_not_are_set_aside(
    sandbox: Sandbox, trust: Mailbox, practice: Mailbox, takers: list[bytes]
) -> None:
    line = client.Line(trust)
    headers = {
        "Mex-To": PRACTICE,
        "Mex-WorkflowID": DOCUMENT,
        "Content-Encoding": "gzip",
        "Content-Type": "application/octet-stream",
    }
    line._client._session.post(
        f"{line._client.mailbox_url}/outbox", data=b"no gzip", headers=headers
    ).raise_for_status()
    line.close()
    queued(trust)
    run(6)
    assert takers == [BYTES]
    assert MeshArrival.objects.get(state="refused").problem
    assert sandbox.messages(status="accepted") == []


def test_a_taker_that_fails_does_not_stop_others_and_ends_with_a_person(
    sandbox: Sandbox, trust: Mailbox, practice: Mailbox, takers: list[bytes], caplog: pytest.LogCaptureFixture
) -> None:
    good = hooks.takers[DOCUMENT]

    def take(arrival: MeshArrival, by: Actor) -> None:
        if bytes(arrival.content) == b"poison":
            MeshArrival.objects.filter(pk=arrival.pk).update(problem="half done")
            raise ValueError("9990000018 TANNER")
        good(arrival, by)

    hooks.takers[DOCUMENT] = take
    queued(trust, b"poison")
    queued(trust)
    with caplog.at_level(logging.DEBUG):
        run()
        for _ in range(collecting.TRIES):
            collecting.deal_with(BY)
        # Without a pause between, nothing more is tried.
        assert MeshArrival.objects.get(state="stored").tries < collecting.TRIES
        for _ in range(collecting.TRIES):
            hurry()
            collecting.deal_with(BY)
    poisoned = MeshArrival.objects.get(state="refused")
    assert takers == [BYTES]
    assert poisoned.problem != "half done"
    assert Task.objects.filter(subject="mesh_arrival", subject_id=poisoned.pk, state="open").count() == 1
    assert "TANNER" not in caplog.text


def test_a_database_that_fails_is_no_fault_of_the_message(
    sandbox: Sandbox, trust: Mailbox, practice: Mailbox, takers: list[bytes], monkeypatch: pytest.MonkeyPatch
) -> None:
    def take(arrival: MeshArrival, by: Actor) -> None:
        raise OperationalError("canceling statement due to lock timeout")

    queued(trust)
    sending.send_slice(BY)
    collecting.collect(BY)
    with monkeypatch.context() as patched:
        patched.setattr(hooks, "takers", {DOCUMENT: take})
        for _ in range(collecting.TRIES + 1):
            hurry()
            assert collecting.deal_with(BY) == 0
        arrival = MeshArrival.objects.get()
        assert (arrival.state, arrival.tries, arrival.retry_real is not None) == ("stored", 0, True)
        assert not Task.objects.filter(kind="mesh_stuck").exists()
        # For hours: a person is asked, once for the mailbox, and it is tried all the same.
        MeshArrival.objects.update(failing_real=real_now() - collecting.STUCK_AFTER)
        for _ in range(2):
            hurry()
            assert collecting.deal_with(BY) == 0
        assert list(Task.objects.filter(kind="mesh_stuck").values_list("state", flat=True)) == ["open"]
    hurry()
    assert collecting.deal_with(BY) == 1
    assert (takers, Task.objects.get(kind="mesh_stuck").state) == ([BYTES], "withdrawn")


def test_a_database_that_is_not_there_notes_nothing_of_any_message(
    sandbox: Sandbox, trust: Mailbox, practice: Mailbox, monkeypatch: pytest.MonkeyPatch
) -> None:
    def gone(*_: object) -> None:
        raise OperationalError("server closed the connection unexpectedly")

    queued(trust)
    sending.send_slice(BY)
    collecting.collect(BY)
    with monkeypatch.context() as patched:
        patched.setattr(hooks, "takers", {DOCUMENT: gone})
        patched.setattr(collecting, "real_now", gone)
        collecting._deal(MeshArrival.objects.get().pk, BY)
    arrival = MeshArrival.objects.get()
    assert (arrival.state, arrival.failing_real, arrival.retry_real) == ("stored", None, None)


def test_a_kind_that_nobody_takes_is_for_a_person(sandbox: Sandbox, trust: Mailbox, practice: Mailbox) -> None:
    with transaction.atomic():
        actions.queue(mailbox=trust, to=PRACTICE, workflow="TOC_FHIR_MH_DISCH", subject="", content=b"x", by=BY)
    run()
    arrival = MeshArrival.objects.get()
    assert (arrival.state, Task.objects.filter(subject_id=arrival.pk, state="open").count()) == ("refused", 1)


def test_the_sandbox_may_be_killed_between_any_two_steps(
    sandbox: Sandbox, trust: Mailbox, practice: Mailbox, takers: list[bytes]
) -> None:
    message = queued(trust)
    sending.send_slice(BY)
    sandbox.restart()
    collecting.collect(BY)
    sandbox.restart()
    hurry()
    collecting.deal_with(BY)
    collecting.track(BY)
    assert (states(message), takers) == (["collected"], [BYTES])


def test_nobody_is_named_in_a_log(
    sandbox: Sandbox, trust: Mailbox, practice: Mailbox, caplog: pytest.LogCaptureFixture, capfd: pytest.CaptureFixture[str]
) -> None:  # fmt: skip
    sandbox.lay({"do": "lose_reply", "on": "send"}, {"do": "answer", "on": "download", "status": 500})
    with caplog.at_level(logging.DEBUG):
        queued(trust, to="GPPROVIDER_9990000018_19620504_TANNER", subject="Checks for Terence Tanner, 999 000 0018")
        queued(trust, to="GPPROVIDER_9990000018_19620504_WRONG", subject="Checks for Terence Tanner")
        run()
    said = caplog.text + "".join(capfd.readouterr())
    for word in ("9990000018", "999 000 0018", "TANNER", "Tanner", "password of"):
        assert word not in said
    assert "password of" not in repr(trust) + str(trust) + repr(vars(client.Line(trust)))
