"""The blind fault scripts (exchange/tests/faults) played end to end: trust, the official sandbox, practice.

Played are those whose faults are the line's; what an outside system answers of itself is `exchange/tests/test_sending.py`'s.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from contextlib import ExitStack, suppress
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from onedoor import exchange, factories
from onedoor.exchange.mesh import client, collecting, rules, sending
from onedoor.exchange.mesh.health import real_now
from onedoor.exchange.models import Mailbox, MeshArrival, MeshAttempt, MeshMessage, ReceivedDocument, SentDocument
from onedoor.exchange.receiving import coding
from onedoor.exchange.sending import deciding, kinds
from onedoor.exchange.tests import sent_documents
from onedoor.kernel import clock, jobs
from onedoor.kernel.access import Role
from onedoor.patients.models import CareRelationship, Patient
from onedoor.recall import api as recall
from onedoor.tasks.models import Task
from tests.mesh_sandbox import DOCUMENT, PRACTICE, RESPONSE, SETTINGS, TRUST, Sandbox, hurry, mailbox, sandbox, served

__all__ = ["sandbox", "served"]

pytestmark = [pytest.mark.slow, pytest.mark.django_db]

FILE = Path(exchange.__file__).parent / "tests" / "faults" / "scripts.json"
SWEEPS = (
    "exchange.compose",
    "exchange.mesh_send",
    "exchange.mesh_collect",
    "exchange.deal_with",
    "exchange.mesh_track",
)
WORDS = {"infrastructure response": "20013", "business response": "30001"}
TRIES, ROUNDS = 6, 40

SCRIPTS: list[dict[str, Any]] = json.loads(FILE.read_text())
PLAYED = [one for one in SCRIPTS if not any(step["do"] == "answer" or "route" in step for step in one["steps"])]


class Died(BaseException):
    """A power cut: no handler of errors may see it."""


class Play:
    """One script under way."""

    def __init__(self, sandbox: Sandbox, patch: pytest.MonkeyPatch, stack: ExitStack) -> None:
        self.sandbox, self.patch, self.stack = sandbox, patch, stack
        self.at = sent_documents.place(routed=False)
        mailbox(sandbox, TRUST, self.at.trust)
        mailbox(sandbox, PRACTICE, self.at.practice)
        self.clerk = factories.person(self.at.practice, Role.PRACTICE_MANAGER, "clerk")[1]
        self.letters: dict[str, int] = {}
        self.stopped: set[str] = set()
        self.down = False

    def do(self, step: Mapping[str, Any]) -> None:
        getattr(self, f"_{str(step['do']).replace(' ', '_')}")(step)

    # -- people ---------------------------------------------------------------------------------------------------------------

    def _send(self, step: Mapping[str, Any]) -> None:
        if step.get("to") == "no such mailbox":
            self.sandbox.tell(mailboxes=[one for one in SETTINGS["mailboxes"] if one["mailbox_id"] != PRACTICE])
        for number, letter in enumerate(step["documents"]):
            if step.get("replaces"):
                self.at.sam = Patient.objects.get(pk=self.document(step["replaces"]).patient_id)
                visit = recall.CheckVisit.objects.filter(patient=self.at.sam).latest("pk")
                assert recall.open_checks_again(access=self.at.hca, visit_ref=visit.ref)
            else:
                self.at.sam = factories.patient(self.at.practice, "Sam", f"Letter{letter.upper()}")
                CareRelationship.objects.create(
                    patient=self.at.sam, organisation=self.at.trust, kind="caseload", starts_on=clock.today()
                )
            made = sent_documents.finish(
                self.at, bp={"systolic": str(120 + number + len(self.letters)), "diastolic": "82"}
            )
            assert made is not None
            self.letters[letter] = made.pk
        # They are handed to the line; nothing goes out yet.
        jobs.run_once("exchange.compose")

    def _accept(self, step: Mapping[str, Any]) -> None:
        came = self.received(step["document"]).get()
        with suppress(Died):
            coding.accept(access=self.clerk, ref=came.ref)

    def _again(self, step: Mapping[str, Any]) -> None:
        for letter in step["documents"]:
            document = self.document(letter)
            if "again" in deciding.may(document.state):
                deciding.decide(access=self.at.hca, ref=document.ref, choice="again")

    # -- time -----------------------------------------------------------------------------------------------------------------

    def _run(self, step: Mapping[str, Any]) -> None:
        asleep = set(self.stopped)
        if step.get("side"):
            asleep.add({"trust": PRACTICE, "practice": TRUST}[step["side"]])
        far = real_now() + timedelta(days=9)
        Mailbox.objects.filter(mailbox_id__in=asleep).update(polled_at=far)
        for _ in range(ROUNDS):
            hurry()
            try:
                did = sum(jobs.run_once(sweep) for sweep in SWEEPS)
            except Died:
                # Whoever starts next finds what it held when its time is over.
                MeshAttempt.objects.filter(ended_at=None).update(began_at=real_now() - 2 * rules.LEASE)
                did = 1
            unsettled = MeshMessage.objects.filter(state__in=("waiting", "sending", "in_doubt")).exists()
            if not did and not (unsettled and not self.down) and not MeshArrival.objects.filter(state="stored"):
                break
        Mailbox.objects.filter(mailbox_id__in=asleep - self.stopped).update(polled_at=None)

    def _wait(self, step: Mapping[str, Any]) -> None:
        self.stack.enter_context(clock.at(clock.now() + timedelta(hours=float(step["hours"]))))
        for sweep in ("exchange.look_for_late", "exchange.look_at_held"):
            jobs.run_once(sweep)

    def _settle(self, step: Mapping[str, Any]) -> None:
        self._run({})
        self._wait({"hours": 24 * 14})
        self._run({})

    # -- faults ---------------------------------------------------------------------------------------------------------------

    def lay(self, **fault: Any) -> None:
        laid = self.sandbox.order("GET", "faults")["faults"]
        self.sandbox.order("PUT", "faults", {"faults": [*laid, fault]})

    def which(self, step: Mapping[str, Any]) -> dict[str, Any]:
        what = step.get("what", "document")
        words = [WORDS[what]] if what in WORDS else []
        if step.get("document"):
            # A document's bundle is written when it goes, and named by its answers.
            words.append(str(self.document(step["document"]).bundle_id))
        return {"workflow": RESPONSE if what in WORDS else DOCUMENT, "contains": words}

    def _lose_reply(self, step: Mapping[str, Any]) -> None:
        self.lay(do="lose_reply", on=step["to"], times=step.get("times", 1))

    def _server_answers(self, step: Mapping[str, Any]) -> None:
        self.lay(do="answer", on=step["to"], status=step["status"], times=step.get("times", 1))

    def _hold(self, step: Mapping[str, Any]) -> None:
        self.lay(do="hold", **self.which(step))
        if step["what"] == "document":
            # What is held is on its way: what lies in the outbox still would be taken back by a newer version.
            self._run({"side": "trust"})

    def _lose(self, step: Mapping[str, Any]) -> None:
        self.lay(do="lose", **self.which(step))

    def _copy(self, step: Mapping[str, Any]) -> None:
        self.lay(do="copy", copies=step.get("times", 1), **self.which(step))

    def _release(self, step: Mapping[str, Any]) -> None:
        self.sandbox.order("POST", "release", self.which(step))

    def _report(self, step: Mapping[str, Any]) -> None:
        message = self.document(step["document"]).message
        if step.get("instead_of_delivery") and (message is None or message.state == "waiting"):
            self.lay(do="report", code=step["code"], **self.which(step))
            return
        if message is None or not message.message_id:
            self._run({"side": "trust"})
            message = self.document(step["document"]).message
        assert message is not None
        order = {"message_id": message.message_id, "code": step["code"], "times": step.get("times", 1)}
        self.sandbox.order("POST", "report", {**order, "instead": bool(step.get("instead_of_delivery"))})

    def _deliver_again(self, step: Mapping[str, Any]) -> None:
        message = self.document(step["document"]).message
        if message is None or message.state == "waiting":
            self.lay(do="copy", copies=step.get("times", 1), **self.which(step))
            return
        for _ in range(step.get("times", 1)):
            self.put(bytes(message.content), DOCUMENT)

    def _deliver_rubbish(self, step: Mapping[str, Any]) -> None:
        for _ in range(step.get("times", 1)):
            self.put(b"\x00 no message at all <", str(step.get("workflow", DOCUMENT)))

    def put(self, content: bytes, workflow: str) -> None:
        """Into the practice's mailbox, past our own outbox."""
        trust = Mailbox.objects.get(mailbox_id=TRUST)
        line = client.Line(trust)
        assert line.send(MeshMessage(mailbox=trust, to=PRACTICE, workflow=workflow, content=content)).word == "accepted"
        line.close()

    def _stop(self, step: Mapping[str, Any]) -> None:
        if step["side"] == "sandbox":
            self.sandbox.stop()
            self.down = True
        else:
            self.stopped.add(PRACTICE)
            Mailbox.objects.filter(mailbox_id=PRACTICE).update(polled_at=real_now() + timedelta(days=9))

    def _start(self, step: Mapping[str, Any]) -> None:
        if step["side"] == "sandbox":
            self.sandbox.go_on()
            self.down = False
        else:
            self.stopped.discard(PRACTICE)
            Mailbox.objects.filter(mailbox_id=PRACTICE).update(polled_at=None)

    def _restart(self, step: Mapping[str, Any]) -> None:
        self.sandbox.restart(keeps=step["keeps"])

    def _kill(self, step: Mapping[str, Any]) -> None:
        owner, name, after = {
            "after claim, before send": (client.Line, "send", False),
            "after send, before commit": (sending, "settle", False),
            "after download, before commit": (collecting, "_store", False),
            "after commit, before acknowledge": (client.Line, "acknowledge", False),
            "after acknowledge, before responses": (collecting, "_acknowledged", True),
            "while accepting": (coding, "_settle", False),
        }[step["at"]]
        real: Callable[..., Any] = getattr(owner, name)
        once = [True]

        def dying(*given: Any, **named: Any) -> Any:
            first = given[0] if given else None
            whose = first if isinstance(first, Mailbox) else getattr(first, "_client", None)
            name = getattr(whose, "mailbox_id", None) or getattr(whose, "_mailbox", None)
            ours = name is None or (name == TRUST) == (step["side"] == "trust")
            if once and ours and not after:
                once.clear()
                raise Died
            did = real(*given, **named)
            if once and ours:
                once.clear()
                raise Died
            return did

        self.patch.setattr(owner, name, dying)

    # -- what is so -----------------------------------------------------------------------------------------------------------

    def document(self, letter: str) -> SentDocument:
        return SentDocument.objects.select_related("message").get(pk=self.letters[letter])

    def received(self, letter: str) -> Any:
        return ReceivedDocument.objects.filter(document_identifier=self.document(letter).document_identifier)

    def ended(self, letter: str) -> tuple[set[str], str, bool]:
        """What stands at the sender, what at the practice, and whether a person has it."""
        document = self.document(letter)
        asked = Task.objects.filter(
            subject=kinds.SUBJECT, subject_id=document.pk, state__in=("open", "claimed")
        ).count()
        assert asked <= 1
        sender = {document.state} | ({"waits for a person"} if asked else set())
        if document.accepted_at is not None:
            # A version that was replaced since has been delivered all the same.
            sender.add("delivered")
        found = [one.state for one in self.received(letter)]
        assert len(found) <= 1, "twice in the practice"
        states = {"to_code": "queue", "to_match": "queue", "accepted": "record", "replaced": "replaced"}
        return sender, states[found[0]] if found else "absent", asked == 1


@pytest.fixture
def play(sandbox: Sandbox, monkeypatch: pytest.MonkeyPatch) -> Any:
    # Each try is played: forty of them say no more than six.
    monkeypatch.setattr(rules, "MOST_TRIES", TRIES)
    with ExitStack() as stack:
        it = Play(sandbox, monkeypatch, stack)
        yield it
        if it.down:
            sandbox.go_on()


@pytest.mark.parametrize("script", PLAYED, ids=[one["name"] for one in PLAYED])
def test_nothing_is_lost_or_doubled_and_somebody_knows(play: Play, script: dict[str, Any]) -> None:
    for step in script["steps"]:
        play.do(step)
    for letter, end in script["end"].items():
        sender, practice, task = play.ended(letter)
        said = f"{letter}: {sender}, {practice}, task {task}; {script['why']}"
        assert sender & set(end["sender"]), said
        assert practice in end["practice"].split(" or "), said
        assert task == end["task"], said
    left = [one for one in play.sandbox.messages(status="accepted") if one["to"] in (TRUST, PRACTICE)]
    assert left == [] or PRACTICE in play.stopped
