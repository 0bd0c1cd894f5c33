"""Kill the dispatcher at each step of its protocol and at random, and stop it past its lease (messaging.md 7).

    DATABASE_URL=... python -m tests.chaos.kills --kills 300 --pauses 8

Afterwards the provider's ledger says whether a text was sent twice, and must agree with ours; every text must be in one
final state: accepted by one attempt, or known as given up after two that were proved absent. Prints what was found as JSON;
exit code 1 when it is not all that it must be.
"""

from __future__ import annotations

import argparse
import contextlib
import itertools
import json
import random
import signal
import subprocess
import sys
import time
from collections import Counter
from typing import Any

from bench.rig import Rig, patient_ids, queue, rig, rows, set_up, wait_for

# Seconds: a call may last 2 and a text be said until 1 after its attempt, so that 4 proves that it was not.
TIMINGS = {
    "ONEDOOR_DISPATCH_LEASE": "2",
    "ONEDOOR_DISPATCH_CALL": "2",
    "ONEDOOR_DISPATCH_LOOKUPS": "0.5,4",
    "ONEDOOR_DISPATCH_BEAT": "0.5",
    "ONEDOOR_DISPATCH_POLL": "0.2",
    "ONEDOOR_DISPATCH_STUCK": "2",
}
STEPS = ("before_attempt", "after_attempt", "mid_call", "after_201", "random")
EACH = 150
_UNDER_WAY = "SELECT count(*) FROM messaging_message WHERE waiting"


def run(kills: int, pauses: int, seed: int) -> dict[str, Any]:
    """Do it, and say what came of it."""
    chance = random.Random(seed)
    with rig("chaos") as made:
        practice = set_up(made, patients=500)
        people = patient_ids()
        made.provider()
        made.ask("/control/settings", "PUT", {"delay_ms": 15, "jitter_ms": 30})
        queued, steps = 0, Counter[str]()
        for step in itertools.islice(itertools.cycle(STEPS), kills):
            queue(practice, people, queued, EACH)
            queued += EACH
            steps[step] += _kill(made, step, chance)
        for _ in range(pauses):
            queue(practice, people, queued, 10 * EACH)
            queued += 10 * EACH
            _pause(made, chance)
        left = _finish(made)
        return _judge(made, queued, steps, left)


def _kill(made: Rig, step: str, chance: random.Random) -> int:
    """Start a dispatcher that will be killed, and wait for its end; 1 when it was killed where it should be."""
    before = _attempts(made)
    if step == "random":
        victim = made.dispatcher(**TIMINGS)
        wait_for(lambda: _attempts(made) > before or victim.poll() is not None, "the first attempt")
        time.sleep(chance.random() * 0.15)
        victim.kill()
    else:
        times = chance.randint(1, 2 if step in ("before_attempt", "after_attempt") else 100)
        victim = made.dispatcher(**TIMINGS, ONEDOOR_DIE_AT=f"{step}:{times}")
    try:
        return int(victim.wait(60) == -signal.SIGKILL)
    except subprocess.TimeoutExpired:
        victim.kill()
        victim.wait()
        return 0


def _pause(made: Rig, chance: random.Random) -> None:
    """Two dispatchers; one is stopped while it sends, past its lease and until it counts as stuck, and goes on."""
    before = _attempts(made)
    first, second = made.dispatcher(**TIMINGS), made.dispatcher(**TIMINGS)
    wait_for(lambda: _attempts(made) > before, "the first attempt")
    time.sleep(chance.random() * 0.2)
    first.send_signal(signal.SIGSTOP)
    time.sleep(4)
    first.send_signal(signal.SIGCONT)
    time.sleep(1)
    made.stop(first, second)


def _finish(made: Rig) -> int:
    """Let two dispatchers finish all that is left; returns how many texts are under way even then."""
    last = [made.dispatcher(**TIMINGS) for _ in range(2)]
    with contextlib.suppress(TimeoutError):
        wait_for(lambda: rows(made.url, _UNDER_WAY)[0][0] == 0, "every text's end", 120)
    made.stop(*last)
    return int(rows(made.url, _UNDER_WAY)[0][0])


def _attempts(made: Rig) -> int:
    return int(rows(made.url, "SELECT count(*) FROM messaging_attempt")[0][0])


def _judge(made: Rig, queued: int, steps: Counter[str], left: int) -> dict[str, Any]:
    ledger = made.ledger()
    states = dict(rows(made.url, "SELECT state, count(*) FROM messaging_message GROUP BY state ORDER BY state"))
    # A dispatcher killed in the second try too leaves a text that was proved absent twice: by rule it is then given up, known as
    # never sent (messaging.md 6.2, "still absent: resend once").
    ((tried_once, again, twice, priced, given_up, entries),) = rows(
        made.url,
        """SELECT count(*) FILTER (WHERE a.accepted = 1), count(*) FILTER (WHERE a.later > 0),
                  count(*) FILTER (WHERE a.accepted > 1), count(*) FILTER (WHERE m.pence = m.fragments * 2.4),
                  count(*) FILTER (WHERE m.state = 10 AND m.because = 'unknown' AND a.unknown > 1 AND a.accepted = 0),
                  (SELECT count(*) FROM records_entry WHERE kind = 'text_sent')
           FROM messaging_message m LEFT JOIN LATERAL (
               SELECT count(*) FILTER (WHERE outcome = 'accepted') AS accepted, count(*) FILTER (WHERE n > 1) AS later,
                      count(*) FILTER (WHERE outcome = 'unknown') AS unknown
               FROM messaging_attempt a WHERE a.message_id = m.id) a ON true""",
    )
    accepted = states.get(4, 0)
    found = {
        "kills": dict(steps),
        "messages": queued,
        "states": states,
        "duplicates": ledger["references_sent_more_than_once"],
        "given_up": given_up,
        "lost": queued - accepted - given_up,
        "under_way": left,
        "ledger_accepted": ledger["accepted"],
        "ours_accepted": accepted,
        "accepted_by_one_attempt": tried_once,
        "accepted_by_two": twice,
        "tried_again": again,
        "priced": priced,
        "on_the_record": entries,
    }
    found["holds"] = (
        found["duplicates"] == found["lost"] == left == twice == 0
        and ledger["accepted"] == accepted == tried_once == priced == entries == queued - given_up
    )
    return found


def main() -> int:
    """Run it from the command line."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--kills", type=int, default=300)
    parser.add_argument("--pauses", type=int, default=8)
    parser.add_argument("--seed", type=int, default=7)
    options = parser.parse_args()
    from onedoor.cli.environment import environment

    with environment(django=False):
        found = run(options.kills, options.pauses, options.seed)
    sys.stdout.write(json.dumps(found, indent=2) + "\n")
    return 0 if found["holds"] else 1


if __name__ == "__main__":
    sys.exit(main())
