"""Keep a family of child processes running: start, restart with growing pauses, stop."""

import signal
import subprocess
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from onedoor.cli.supervisor.spawn import has_ended, kill, spawn, wait_for

FIRST_PAUSE = 0.5
LONGEST_PAUSE = 30.0
SETTLED_SECONDS = 60.0
STOP_SECONDS = 15.0
LARGEST_LOG = 10 * 1024 * 1024


@dataclass(frozen=True)
class Program:
    """How one child is started. `log` takes all that it prints."""

    name: str
    argv: Sequence[str]
    log: Path
    pass_fds: tuple[int, ...] = ()


@dataclass
class _Child:
    program: Program
    process: subprocess.Popen[bytes] | None = None
    started: float = 0.0
    pause: float = FIRST_PAUSE
    due: float = 0.0


class Family:
    """Children that are restarted whenever they end unasked, whatever their exit code: a worker whose database restarts
    ends with 0 (stack-spike.md 5)."""

    def __init__(self, programs: Sequence[Program], *, env: Mapping[str, str], say: Callable[[str], None]) -> None:
        self._children = {program.name: _Child(program) for program in programs}
        self._env = dict(env)
        self._say = say

    def start(self) -> None:
        """Start every child that does not run."""
        for child in self._children.values():
            if child.process is None:
                self._start(child)

    def tick(self) -> None:
        """Restart what ended and whose pause is over. Call it a few times a second."""
        now = time.monotonic()
        for child in self._children.values():
            if child.process is not None and has_ended(child.process):
                self._ended(child, now)
            if child.process is None and now >= child.due:
                self._start(child)

    def pids(self) -> dict[str, int]:
        """The process number of each child that runs now."""
        return {name: child.process.pid for name, child in self._children.items() if child.process is not None}

    def stop(self, hurry: Callable[[], bool] = lambda: False) -> None:
        """Ask all to stop, wait, and kill whoever does not: within 15 seconds, or at once when `hurry` says so."""
        running = [child.process for child in self._children.values() if child.process is not None]
        for process in running:
            if not has_ended(process):
                process.send_signal(signal.SIGTERM)
        until = time.monotonic() + STOP_SECONDS
        for process in running:
            if not wait_for(process, max(0.0, until - time.monotonic()), hurry):
                kill(process)
        for child in self._children.values():
            child.process = None

    def _start(self, child: _Child) -> None:
        program = child.program
        program.log.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        if program.log.exists() and program.log.stat().st_size > LARGEST_LOG:
            program.log.replace(program.log.with_suffix(".log.1"))
        with program.log.open("ab") as log:
            # SIGKILL, since nothing else is sure to leave no orphan behind a parent that was itself killed; every child
            # is built to lose and repeat nothing when it dies so (messaging.md 6), and `stop` asks politely.
            child.process = spawn(
                program.argv,
                env=self._env,
                output=log.fileno(),
                death_signal=signal.SIGKILL,
                pass_fds=program.pass_fds,
            )
        child.started = time.monotonic()

    def _ended(self, child: _Child, now: float) -> None:
        if child.process is None:
            return
        if now - child.started > SETTLED_SECONDS:
            child.pause = FIRST_PAUSE
        how = _how(child.process.returncode)
        self._say(
            f"{child.program.name} ended ({how}); starting it again in {child.pause:g} s. See {child.program.log}"
        )
        child.process = None
        child.due = now + child.pause
        child.pause = min(child.pause * 2, LONGEST_PAUSE)


def _how(code: int) -> str:
    return f"exit code {code}" if code >= 0 else f"signal {-code}"
