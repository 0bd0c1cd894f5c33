"""Children restart when they end unasked, stop when asked, and never outlive their parent."""

import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from onedoor.cli.supervisor.locks import wait_until
from onedoor.cli.supervisor.processes import Family, Program

pytestmark = pytest.mark.slow

PATIENCE = 20.0
SLEEPER = "import time; time.sleep(600)"
STUBBORN = (
    "import signal, time; signal.signal(signal.SIGTERM, signal.SIG_IGN); print('deaf', flush=True); time.sleep(600)"
)
WITH_GRANDCHILD = "import subprocess, sys; subprocess.run(['sleep', '601'])"
PARENT = """
import sys, time
from pathlib import Path
from onedoor.cli.supervisor.processes import Family, Program
family = Family([Program("one", [sys.executable, "-c", sys.argv[2]], Path(sys.argv[1]))], env={}, say=print)
family.start()
print(family.pids()["one"], flush=True)
time.sleep(600)
"""


@contextmanager
def family_of(folder: Path, **codes: str) -> Iterator[tuple[Family, list[str]]]:
    said: list[str] = []
    programs = [Program(name, [sys.executable, "-c", code], folder / f"{name}.log") for name, code in codes.items()]
    family = Family(programs, env=os.environ, say=said.append)
    try:
        yield family, said
    finally:
        family.stop(hurry=lambda: True)


def gone(pid: int) -> bool:
    """Ended; a zombie that nobody has reaped yet counts."""
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] == "Z"
    except (FileNotFoundError, ProcessLookupError):
        return True


def ticking(family: Family, until: object) -> bool:
    def step() -> bool:
        family.tick()
        return bool(until())  # type: ignore[operator]

    return wait_until(step, PATIENCE)


def test_a_child_that_is_killed_is_started_again(tmp_path: Path) -> None:
    with family_of(tmp_path, web=SLEEPER, worker=SLEEPER) as (family, said):
        family.start()
        before = family.pids()
        os.kill(before["web"], signal.SIGKILL)
        assert ticking(family, lambda: family.pids().get("web") not in {None, before["web"]})
        assert family.pids()["worker"] == before["worker"]
        assert "web ended (signal 9)" in said[0]


def test_a_child_that_ends_with_success_is_started_again_after_growing_pauses(tmp_path: Path) -> None:
    with family_of(tmp_path, worker="print('ran')") as (family, said):
        family.start()
        assert ticking(family, lambda: len(said) == 2)
        assert "again in 0.5 s" in said[0]
        assert "again in 1 s" in said[1]
        assert (tmp_path / "worker.log").read_text().count("ran") == 2


def test_stop_ends_every_child_and_its_descendants(tmp_path: Path) -> None:
    with family_of(tmp_path, web=SLEEPER, simulator=WITH_GRANDCHILD) as (family, _):
        family.start()
        pids = family.pids()
        children = Path(f"/proc/{pids['simulator']}/task/{pids['simulator']}/children")
        assert wait_until(lambda: bool(children.read_text().strip()), PATIENCE)
        grandchild = int(children.read_text())
        family.stop()
        assert family.pids() == {}
        assert all(gone(pid) for pid in pids.values())
        assert wait_until(lambda: gone(grandchild), PATIENCE)


def test_a_child_that_will_not_stop_is_killed_when_hurried(tmp_path: Path) -> None:
    with family_of(tmp_path, web=STUBBORN) as (family, _):
        family.start()
        pid = family.pids()["web"]
        assert wait_until(lambda: "deaf" in (tmp_path / "web.log").read_text(), PATIENCE)
        family.stop(hurry=lambda: True)
        assert gone(pid)


def test_no_child_outlives_a_killed_parent(tmp_path: Path) -> None:
    argv = [sys.executable, "-c", PARENT, str(tmp_path / "one.log"), STUBBORN]
    with subprocess.Popen(argv, stdout=subprocess.PIPE, text=True) as parent:
        assert parent.stdout is not None
        child = int(parent.stdout.readline())
        time.sleep(0.2)  # the child is deaf to SIGTERM by now, or soon: either way it must go
        parent.kill()
    assert wait_until(lambda: gone(child), PATIENCE)


def test_children_do_not_get_ctrl_c(tmp_path: Path) -> None:
    with family_of(tmp_path, web=SLEEPER) as (family, _):
        family.start()
        assert os.getpgid(family.pids()["web"]) != os.getpgid(0)
