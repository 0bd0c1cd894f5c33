"""Start a child process that cannot outlive its parent, and wait for it without losing its descendants."""

import ctypes
import os
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import IO

PR_SET_PDEATHSIG = 1
_libc = ctypes.CDLL(None, use_errno=True) if sys.platform == "linux" else None


@dataclass(frozen=True)
class Account:
    """An operating-system account that a child runs as."""

    name: str
    uid: int
    gid: int


def _tied_to(parent: int, death_signal: signal.Signals) -> Callable[[], None]:
    """What the child does between fork and exec. Runs after its account was changed: a change of account clears the signal."""

    def tie() -> None:
        if _libc is not None:
            _libc.prctl(PR_SET_PDEATHSIG, int(death_signal), 0, 0, 0)
        if os.getppid() != parent:  # the parent died before the signal was set
            os._exit(1)

    return tie


def spawn(
    argv: Sequence[str | Path],
    *,
    env: Mapping[str, str],
    output: IO[bytes] | int,
    death_signal: signal.Signals,
    account: Account | None = None,
    cwd: Path | None = None,
    pass_fds: Sequence[int] = (),
) -> subprocess.Popen[bytes]:
    """Start `argv` in a process group of its own; `death_signal` reaches it when this process dies, however it dies.

    The kernel sends that signal when the *thread* that started the child ends, so only the main thread may call this.
    A process group of its own keeps Ctrl-C away: the parent alone decides the order in which children stop.
    """
    if threading.current_thread() is not threading.main_thread():
        raise RuntimeError("children are started from the main thread only: they end with the thread that started them")
    return subprocess.Popen(
        [str(part) for part in argv],
        env=dict(env),
        cwd=cwd,
        stdin=subprocess.DEVNULL,
        stdout=output,
        stderr=subprocess.STDOUT,
        pass_fds=pass_fds,
        process_group=0,
        user=account.uid if account else None,
        group=account.gid if account else None,
        extra_groups=[] if account else None,
        umask=0o077,
        preexec_fn=_tied_to(os.getpid(), death_signal),
    )


def has_ended(process: subprocess.Popen[bytes]) -> bool:
    """Whether the child ended. Its process group is killed before it is reaped, while its number cannot be another's."""
    if process.returncode is not None:
        return True
    if os.waitid(os.P_PID, process.pid, os.WEXITED | os.WNOHANG | os.WNOWAIT) is None:
        return False
    _signal_group(process.pid, signal.SIGKILL)
    process.wait()
    return True


def wait_for(process: subprocess.Popen[bytes], seconds: float, hurry: Callable[[], bool] = lambda: False) -> bool:
    """Wait until the child ended, `seconds` passed or `hurry` says so; True when it ended."""
    until = time.monotonic() + seconds
    while not has_ended(process):
        if time.monotonic() > until or hurry():
            return False
        time.sleep(0.02)
    return True


def kill(process: subprocess.Popen[bytes]) -> None:
    """End the child and all that it started, at once."""
    if not has_ended(process):
        _signal_group(process.pid, signal.SIGKILL)
        process.wait()


def _signal_group(group: int, which: signal.Signals) -> None:
    try:
        os.killpg(group, which)
    except (ProcessLookupError, PermissionError):  # nobody is left in it
        return
