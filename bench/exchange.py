"""A check form finished at a trust, to the same results in the practice's record: by the real sandbox of MESH, with faults.

Half of the documents are entered while nothing runs and then go through the worker as shipped at full speed:
`documents_per_s`. The other half is entered at a steady pace while MESH doubles messages, answers late, loses its answers
and drops acknowledgements, and while the worker and the sandbox are killed 20 times (SIGKILL) and started again:
`entry_to_record_p95_s` is from the moment at which the finished form is committed to the moment at which the practice's
acceptance is. A person at the practice is played by a loop that accepts by the one-touch door as soon as a document is
there, so that this is machine time.

`lost`: patients of whom the practice's record has less than the trust found. `double`: patients of whom it has anything
twice, and documents kept twice. `bare_per_s`: the official client alone, which sends, lists, downloads and acknowledges the
same bytes between two mailboxes of the same sandbox, in the same run.
"""

from __future__ import annotations

import json
import multiprocessing
import os
import subprocess
import threading
import time
import traceback
import urllib.request
from collections import Counter
from collections.abc import Iterator, Mapping
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass, field
from datetime import date, datetime
from typing import Any
from uuid import UUID, uuid4

from bench.rig import Rig, free_port, rig, rows, wait_for

SIZES = (1_000, 10_000)
RESTARTS = 20
"""Of fewer than a thousand documents one for each fifty, so that about the same share of them meets one."""
APART_SECONDS = 30.0
"""Between two restarts at the least: the pace is slowed so that the entering lasts for all of them."""
ENTERING = 2
"""Health care assistants at work at once, each served by a process of its own, as by the web server."""
STEADY_SHARE = 0.5
"""Of the full speed: the pace of the second half."""
POLL_SECONDS = 2.0
BARE = 500
END_SECONDS = 1_800.0
PASSWORD, KEY = "password", "TestKey"
TRUST, PRACTICE, BARE_FROM, BARE_TO = "Y99902OT001", "Y99002OT001", "Y99904OT001", "Y99905OT001"
FAULTS = [
    {"do": "copy", "workflow": "GPCONNECT_SEND_DOCUMENT", "chance": 0.05, "times": None},
    {"do": "lose", "workflow": "GPCONNECT_SEND_DOCUMENT_ACK", "chance": 0.02, "times": None},
    {"do": "lose_reply", "on": "send", "chance": 0.05, "times": None},
    {"do": "lose_reply", "on": "acknowledge", "chance": 0.05, "times": None},
    {"do": "answer", "on": "any", "status": 503, "chance": 0.02, "times": None},
    {"do": "cut", "on": "download", "chance": 0.02, "times": None},
    {"do": "delay", "on": "any", "seconds": 0.5, "chance": 0.02, "times": None},
]
CHECKS: Mapping[str, Mapping[str, str]] = {
    "bp": {"systolic": "128", "diastolic": "82"},
    "bmi": {"weight": "70", "height": "172"},
    "glucose": {"kind": "hba1c", "value": "40"},
    "lipid": {"cholesterol": "5", "hdl": "1.3", "triglycerides": "1.6"},
    "alcohol": {"units": "4"},
    "smoking": {"status": "never"},
}
GOALS = {
    "lost": "== 0",
    "double": "== 0",
    "entry_to_record_p95_s": "< 60",
}


def run(options: Mapping[str, Any]) -> dict[str, Any]:
    """Measure every size, or `messages` documents."""
    sizes = [int(options["messages"])] if options.get("messages") else list(SIZES)
    found = {str(size): _measured(size) for size in sizes}
    return {**found[str(sizes[-1])], "sizes": found, "goals": GOALS}


@dataclass
class Town:
    """A trust, a practice, and the people of both; `entered` and `recorded` are moments of real time by patient."""

    trust: Any
    practice: Any
    at_trust: Any
    at_practice: Any
    people: list[int]
    entered: dict[int, float] = field(default_factory=dict)
    recorded: dict[int, float] = field(default_factory=dict)
    faults: list[str] = field(default_factory=list)


class Sandbox:
    """MESH in a process of its own that can be killed: its memory is on disk, what is laid in wait is laid again."""

    def __init__(self, made: Rig) -> None:
        self._made, self.port = made, free_port()
        self.url = f"http://127.0.0.1:{self.port}"
        self._file, self._state = made.folder / "mailboxes.json", made.folder / "mesh"
        self._state.mkdir()
        boxes = [
            {"mailbox_id": one, "name": one, "ods_code": one[:6], "password": PASSWORD}
            for one in (TRUST, PRACTICE, BARE_FROM, BARE_TO)
        ]
        self._file.write_text(json.dumps({"shared_key": KEY, "mailboxes": boxes}))
        self._laid: list[dict[str, Any]] = []
        self.struck: Counter[str] = Counter()
        self.process = self._started()

    def _started(self) -> subprocess.Popen[bytes]:
        argv = ["--port", str(self.port), "--mailboxes", str(self._file), "--state", str(self._state)]
        process = self._made.start("simulator.mesh", *argv)
        wait_for(lambda: self.ask("GET", "/control/faults") is not None, "the sandbox")
        return process

    def ask(self, method: str, path: str, document: Any = None) -> Any:
        """Something of the control door; None when it does not answer."""
        body = None if document is None else json.dumps(document).encode()
        headers = {"Content-Type": "application/json"}
        request = urllib.request.Request(f"{self.url}{path}", data=body, method=method, headers=headers)
        try:
            with urllib.request.urlopen(request, timeout=10) as response:
                return json.loads(response.read() or b"{}")
        except OSError:
            return None

    def lay(self, faults: list[dict[str, Any]], seed: int = 1) -> None:
        """These faults from now on; those before are counted."""
        for one in (self.ask("GET", "/control/faults") or {}).get("faults", []):
            self.struck[f"{one['do']} {one['on']}"] += one["struck"]
        self._laid = faults
        if self.ask("PUT", "/control/faults", {"faults": faults, "seed": seed}) is None:
            raise RuntimeError("the sandbox does not take its faults")

    def kill(self, seed: int) -> None:
        """End it without warning, and start it again."""
        laid, self._laid = self._laid, []
        self.lay([])
        self.process.kill()
        self.process.wait()
        self.process = self._started()
        self.lay(laid, seed)


def _measured(size: int) -> dict[str, Any]:
    with rig("exchange") as made:
        sandbox = Sandbox(made)
        town = _town(size, sandbox.url)
        over = threading.Event()
        desk = threading.Thread(target=_desk, args=(town, over), daemon=True)
        first, second = town.people[: size // 2], town.people[size // 2 :]
        entering = time.monotonic()
        _enter(made, town, first)
        forms = len(first) / (time.monotonic() - entering)
        desk.start()
        began = time.monotonic()
        worker = made.start("onedoor.cli.main", "worker", ONEDOOR_MESH_POLL_SECONDS=str(POLL_SECONDS))
        _until(town, len(first), "the first half")
        full_speed = len(first) / (time.monotonic() - began)
        restarts = min(RESTARTS, max(2, size // 50))
        steady = min(full_speed * STEADY_SHARE, len(second) / (restarts * APART_SECONDS))
        sandbox.lay(FAULTS)
        _under_fire(made, sandbox, worker, town, second, pace=steady, restarts=restarts)
        _until(town, size, "the second half")
        # What comes late, or once more, must change nothing: wait for all of it.
        sandbox.lay([])
        _settle(made)
        over.set()
        desk.join()
        lost, double = _counted(made, town)
        made.stop()
        bare = _bare(sandbox, made, min(BARE, size))
        waits = sorted(town.recorded[one] - town.entered[one] for one in second if one in town.recorded)
        return {
            "lost": lost,
            "double": double,
            "entry_to_record_p95_s": round(_at(waits, 0.95), 1),
            "entry_to_record_p50_s": round(_at(waits, 0.5), 1),
            "entry_to_record_worst_s": round(waits[-1], 1) if waits else None,
            "documents_per_s": round(full_speed, 1),
            "forms_per_s": round(forms, 1),
            "bare_per_s": round(bare, 1),
            "documents": size,
            "steady_per_s": round(steady, 2),
            "restarts": restarts,
            "faults_struck": dict(sandbox.struck),
            "unexpected": sorted(set(town.faults))[:5],
            "settings": {"poll_seconds": POLL_SECONDS, "entering": ENTERING, **_server(made)},
        }


def _at(times: list[float], share: float) -> float:
    return times[min(len(times) - 1, int(len(times) * share))] if times else float("inf")


def _server(made: Rig) -> dict[str, str]:
    return {name: rows(made.url, f"SHOW {name}")[0][0] for name in ("server_version", "fsync", "synchronous_commit")}


# The town


def _numbers(count: int) -> Iterator[str]:
    """So many valid NHS numbers of the 999 range."""
    found, body = 0, 999_000_000
    while found < count:
        check = 11 - sum(int(digit) * weight for digit, weight in zip(str(body), range(10, 1, -1), strict=True)) % 11
        if check != 10:
            found += 1
            yield f"{body}{check % 11}"
        body += 1


def _person(organisation_id: int, role: str, name: str) -> Any:
    from onedoor.accounts import api as accounts
    from onedoor.kernel.access import Role
    from onedoor.kernel.actor import Actor

    by = Actor.system("bench")
    user = accounts.set_user(username=name, first_name="Robin", last_name="Vale", by=by)
    accounts.grant_role(user_id=user.pk, organisation_id=organisation_id, role=Role(role), by=by)
    return accounts.access_of(user)


def _town(size: int, mesh: str) -> Town:
    from django.db import connection

    from onedoor.accounts import api as accounts
    from onedoor.exchange.mesh.actions import set_mailbox
    from onedoor.kernel import clock
    from onedoor.kernel.actor import Actor

    by = Actor.system("bench")
    clock.set_clock(at=datetime(2026, 12, 7, 9, 0, tzinfo=clock.LONDON))
    trust = accounts.set_organisation(ods_code="Y99902", name="Bench Mental Health", phone="01632 960001", by=by)
    practice = accounts.set_organisation(ods_code="Y99002", name="Bench Surgery", phone="01632 960000", by=by)
    _relate(practice, trust)
    for organisation, mailbox in ((trust, TRUST), (practice, PRACTICE)):
        set_mailbox(
            organisation_id=organisation.pk, mailbox_id=mailbox, password=PASSWORD, shared_key=KEY, base_url=mesh, by=by
        )
    with connection.cursor() as cursor:
        cursor.executemany(
            """INSERT INTO patients_patient (ref, nhs_number, title, given_name, family_name, name_key, born_on, gender, address,
                   postcode, language, deceased, restricted)
               VALUES (gen_random_uuid(), %s, '', 'Sam', 'Hollis', 'hollis sam', '1980-05-01', '', '', '', '', false, false)""",
            [(number,) for number in _numbers(size)],
        )
        for organisation, kind in ((practice, "registered"), (trust, "caseload")):
            cursor.execute(
                """INSERT INTO patients_care_relationship (patient_id, organisation_id, kind, starts_on)
                   SELECT id, %s, %s, '2020-01-01' FROM patients_patient""",
                [organisation.pk, kind],
            )
        cursor.execute("SELECT id FROM patients_patient ORDER BY id")
        people = [row[0] for row in cursor.fetchall()]
        cursor.execute("ANALYZE")
    return Town(
        trust,
        practice,
        _person(trust.pk, "health_care_assistant", "hca"),
        _person(practice.pk, "receptionist", "desk"),
        people,
    )


def _relate(practice: Any, trust: Any) -> None:
    from onedoor.accounts.api import Relation
    from onedoor.accounts.models import OrganisationRelation

    OrganisationRelation.objects.create(
        organisation=practice, other=trust, kind=Relation.TRUST, starts_on=date(2020, 1, 1)
    )


# People at work


def _enter(made: Rig, town: Town, people: list[int], pace: float = 0.0) -> None:
    """Fill and finish the form of each, `pace` a second or as fast as it goes."""
    began = time.monotonic()
    turns = [began + place / pace if pace else 0.0 for place in range(len(people))]
    afresh = multiprocessing.get_context("spawn")
    with ProcessPoolExecutor(ENTERING, mp_context=afresh, initializer=_serve, initargs=(made.url,)) as pool:
        at_trust = [town.at_trust] * len(people)
        for patient_id, entered in pool.map(_finish, at_trust, people, turns):
            town.entered[patient_id] = entered


def _serve(url: str) -> None:
    import django

    os.environ["DATABASE_URL"] = url
    django.setup()


def _finish(at_trust: Any, patient_id: int, turn: float) -> tuple[int, float]:
    """One form with six checks, through the door of the page, when its turn has come: the patient, and when it was committed.

    The clock of moments is one for all processes of a machine.
    """
    from onedoor.recall import api as recall

    time.sleep(max(0.0, turn - time.monotonic()))
    page = recall.check_page(at_trust, patient_id)
    typed = {check.key: dict(check.typed) | dict(CHECKS.get(check.key, {})) for check in page.checks}
    base = {check.key: check.base for check in page.checks}
    form = recall.CheckForm(
        form_key=uuid4(), rule_set=page.rule_set, typed=typed, base=base, close=True, missing_ok=True
    )
    saved = recall.save_checks(access=at_trust, patient_id=patient_id, form=form)
    if not saved.sound:
        raise RuntimeError("the form of the bench was not taken")
    return patient_id, time.monotonic()


def _desk(town: Town, over: threading.Event) -> None:
    """Whoever codes at the practice: one touch for each document, as soon as it is there."""
    from onedoor.exchange import api as exchange
    from onedoor.exchange.models import ReceivedDocument

    while not over.is_set():
        waiting: list[tuple[UUID, int]] = list(
            ReceivedDocument.objects.filter(organisation_id=town.practice.pk, state="to_code")
            .order_by("pk")
            .values_list("ref", "patient_id")[:100]
        )
        for ref, patient_id in waiting:
            try:
                exchange.accept_document(access=town.at_practice, ref=ref)
                town.recorded.setdefault(patient_id, time.monotonic())
            except Exception as error:
                town.faults.append(f"accept: {type(error).__name__}")
                traceback.print_exc()
                over.wait(1.0)
        if not waiting:
            over.wait(0.1)


def _under_fire(
    made: Rig,
    sandbox: Sandbox,
    worker: subprocess.Popen[bytes],
    town: Town,
    people: list[int],
    *,
    pace: float,
    restarts: int,
) -> None:
    """Enter the rest at a pace while worker and sandbox are killed by turns."""
    entering = threading.Thread(target=_enter, args=(made, town, people, pace), daemon=True)
    entering.start()
    apart = len(people) / pace / (restarts + 1)
    for number in range(restarts):
        time.sleep(apart)
        if number % 2:
            sandbox.kill(seed=number)
        else:
            worker.kill()
            worker.wait()
            worker = made.start("onedoor.cli.main", "worker", ONEDOOR_MESH_POLL_SECONDS=str(POLL_SECONDS))
    entering.join()


def _until(town: Town, count: int, what: str) -> None:
    """Until so many are in the record, or nothing has moved for half an hour: what is missing then counts as lost."""
    seen, since = -1, time.monotonic()
    while len(town.recorded) < count:
        if len(town.recorded) != seen:
            seen, since = len(town.recorded), time.monotonic()
        elif time.monotonic() - since > min(END_SECONDS, 120 + count / 5):
            town.faults.append(f"{what}: {count - seen} never came; {_states()}")
            return
        time.sleep(0.1)


def _states() -> str:
    """Where everything stands, for whoever looks for what is missing."""
    from django.db import connection

    found = []
    with connection.cursor() as cursor:
        for table, why in (
            ("exchange_sent_document", "because"),
            ("exchange_mesh_message", "fault"),
            ("exchange_mesh_arrival", "problem"),
            ("exchange_received_document", "match"),
        ):
            cursor.execute(f"SELECT state, {why}, count(*) FROM {table} GROUP BY 1, 2 ORDER BY 3 DESC LIMIT 6")
            found += [f"{table} {state} ({because}) {count}" for state, because, count in cursor.fetchall()]
    return "; ".join(found)


def _settle(made: Rig, seconds: float = 300.0) -> None:
    """Until nothing of the line is under way any more."""
    open_rows = """
        SELECT (SELECT count(*) FROM exchange_mesh_message WHERE state IN ('waiting', 'sending', 'in_doubt'))
             + (SELECT count(*) FROM exchange_mesh_arrival WHERE state = 'stored')"""
    until = time.monotonic() + seconds
    quiet = 0
    while quiet < 3 and time.monotonic() < until:
        quiet = quiet + 1 if rows(made.url, open_rows)[0][0] == 0 else 0
        time.sleep(POLL_SECONDS)


# What came of it


def _counted(made: Rig, town: Town) -> tuple[int, int]:
    """(lost, double).

    By the view that rule sets read: what was done elsewhere and is not accepted is not in it (ADR 12).
    """
    per_person = """
        WITH found AS (SELECT e.patient_id, c.code, count(*) AS times FROM records_coded_entries e
                       JOIN records_code c ON c.id = e.code_id GROUP BY 1, 2),
             wanted AS (SELECT d.patient_id, e ->> 'code' AS code FROM exchange_sent_document d, jsonb_array_elements(d.entries) e
                        WHERE e ->> 'code' <> '')
        SELECT (SELECT count(DISTINCT w.patient_id) FROM wanted w LEFT JOIN found f USING (patient_id, code)
                WHERE f.times IS NULL),
               (SELECT count(DISTINCT patient_id) FROM found WHERE times > 1),
               (SELECT count(*) FROM (SELECT document_identifier FROM exchange_received_document
                                      GROUP BY document_identifier HAVING count(*) > 1) twice),
               (SELECT count(DISTINCT patient_id) FROM wanted)"""
    missing, twice, kept_twice, sent = rows(made.url, per_person)[0]
    never_sent = len(town.people) - sent
    return missing + never_sent, twice + kept_twice


def _bare(sandbox: Sandbox, made: Rig, count: int) -> float:
    """Messages a second of the official client alone, with the bytes of our documents."""
    from mesh_client import MeshClient

    sandbox.process = sandbox._started()
    content = bytes(rows(made.url, "SELECT content FROM exchange_mesh_message ORDER BY id LIMIT 1")[0][0])
    clients: list[Any] = []
    for name in (BARE_FROM, BARE_TO):
        client = MeshClient(sandbox.url, name, PASSWORD, shared_key=KEY.encode(), max_retries=0)
        client._session.trust_env = False
        clients.append(client)
    sender, receiver = clients
    began = time.monotonic()
    for _ in range(count):
        sender.send_message(BARE_TO, content, workflow_id="GPCONNECT_SEND_DOCUMENT", compress=True)
    taken = 0
    while taken < count:
        for message_id in receiver.list_messages():
            message = receiver.retrieve_message(message_id)
            message.read()
            message.acknowledge()
            taken += 1
    took = time.monotonic() - began
    for client in clients:
        client.close()
    return count / took


def main() -> None:
    """For a small run by hand: `python -m bench.exchange`."""
    import sys

    print(json.dumps(run({"messages": int(sys.argv[1])}), indent=2))


if __name__ == "__main__":
    main()
