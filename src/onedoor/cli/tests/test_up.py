"""`onedoor up` as an operator meets it: one command in, one signal out, nothing left behind."""

import os
import signal
import subprocess
import sys
import tempfile
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import psycopg
import pytest

from onedoor.cli.supervisor.embedded import cluster, installed
from onedoor.cli.supervisor.locks import wait_until

pytestmark = pytest.mark.slow

PATIENCE = 120.0
UP = [sys.executable, "-m", "onedoor.cli.main", "up"]


class Up:
    """A running `onedoor up` and what it printed."""

    def __init__(self, process: subprocess.Popen[str], output: Path) -> None:
        self.process = process
        self.output = output

    @property
    def said(self) -> str:
        return self.output.read_text()

    @property
    def address(self) -> str:
        (line,) = [line for line in self.said.splitlines() if line.startswith("Onedoor ")]
        return line.split()[1].rstrip("/")

    def wait_until_it_serves(self) -> None:
        served = wait_until(lambda: "Ctrl-C stops" in self.said or self.process.poll() is not None, PATIENCE)
        assert served, self.said
        assert self.process.poll() is None, self.said


@contextmanager
def running_up(home: Path, *arguments: str) -> Iterator[Up]:
    with tempfile.NamedTemporaryFile() as output:
        environment = os.environ | {"ONEDOOR_HOME": str(home)}
        with subprocess.Popen([*UP, *arguments], env=environment, stdout=output, stderr=output, text=True) as process:
            try:
                yield Up(process, Path(output.name))
            finally:
                process.send_signal(signal.SIGTERM)


def processes_of(home: Path) -> list[str]:
    """The command lines of all processes that were started for this installation, PostgreSQL's included."""
    found = []
    root = installed(home).place.root
    for folder in Path("/proc").glob("[0-9]*"):
        try:
            environment = (folder / "environ").read_bytes().split(b"\0")
            command = (folder / "cmdline").read_bytes().replace(b"\0", b" ").decode()
        except OSError:
            continue
        if f"ONEDOOR_HOME={home}".encode() in environment or str(root / "data") in command:
            found.append(command)
    return found


def test_it_serves_and_ctrl_c_leaves_nothing(home: Path) -> None:
    with running_up(home) as up:
        up.wait_until_it_serves()
        with urllib.request.urlopen(f"{up.address}/healthz") as answer:
            assert answer.status == 200
        names = " ".join(processes_of(home))
        for part in ("web --fd", "worker", "dispatch", "-m simulator --", "-m simulator.mesh", "postgres -D"):
            assert part in names
        again = subprocess.run(UP, env=os.environ, capture_output=True, text=True)
        assert again.returncode == 1
        assert f"already running ({up.address})" in again.stderr
        with cluster(home) as url, psycopg.connect(url) as connection:
            connection.execute("CREATE TABLE kept (id int)")
        up.process.send_signal(signal.SIGINT)
        assert up.process.wait(PATIENCE) == 0
        assert processes_of(home) == []
    with running_up(home, "--fresh") as up:
        up.wait_until_it_serves()
        assert "To be removed: " in up.said
        with cluster(home) as url, psycopg.connect(url) as connection:
            assert connection.execute("SELECT to_regclass('kept')").fetchone() == (None,)


def test_two_installations_side_by_side_and_a_killed_parent_leaves_nothing(home: Path) -> None:
    with tempfile.TemporaryDirectory(prefix="onedoor-") as folder:
        other = Path(folder)
        with running_up(home) as first, running_up(other) as second:
            first.wait_until_it_serves()
            second.wait_until_it_serves()
            assert first.address != second.address
            first.process.kill()
            first.process.wait()
            assert wait_until(lambda: processes_of(home) == [], PATIENCE), processes_of(home)
            with urllib.request.urlopen(f"{second.address}/healthz") as answer:
                assert answer.status == 200
        assert processes_of(other) == []
