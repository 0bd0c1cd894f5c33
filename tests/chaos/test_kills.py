"""Twenty kills of the dispatcher and two pauses, in a process of their own (`tests.chaos.kills`)."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]


@pytest.mark.chaos
@pytest.mark.slow
def test_killed_and_stopped_nothing_is_lost_and_nothing_said_twice() -> None:
    kills = os.environ.get("ONEDOOR_CHAOS_KILLS", "5")
    done = subprocess.run(
        [sys.executable, "-m", "tests.chaos.kills", "--kills", kills, "--pauses", "2"],
        cwd=ROOT,
        capture_output=True,
        text=True,
        timeout=600,
        check=False,
    )
    assert done.stdout, done.stderr[-2_000:]
    found = json.loads(done.stdout)
    assert found["holds"], found
    assert sum(found["kills"].values()) == int(kills)
