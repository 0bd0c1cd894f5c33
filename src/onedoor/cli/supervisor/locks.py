"""Advisory file locks (flock): they vanish with the last process that holds them, so a crash never leaves one behind."""

import fcntl
import os
import time
from collections.abc import Callable
from pathlib import Path


class FileLock:
    """One lock file. `text` is a note by its holder, to be read by those who find it held."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self._fd: int | None = None

    @property
    def fd(self) -> int:
        """The descriptor that carries the lock: a child that inherits it holds the lock too."""
        if self._fd is None:
            raise RuntimeError(f"{self.path} is not held")
        return self._fd

    @property
    def held(self) -> bool:
        return self._fd is not None

    def take(self, *, shared: bool = False, text: str | None = None) -> bool:
        """Take the lock if it is free; False when somebody else has it."""
        fd = os.open(self.path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC | os.O_NOFOLLOW, 0o600)
        try:
            fcntl.flock(fd, (fcntl.LOCK_SH if shared else fcntl.LOCK_EX) | fcntl.LOCK_NB)
        except BlockingIOError:
            os.close(fd)
            return False
        self._fd = fd
        if text is not None:
            self.note(text)
        return True

    def take_within(self, seconds: float) -> bool:
        """Take the lock, waiting up to `seconds` for it."""
        return wait_until(self.take, seconds)

    def note(self, text: str) -> None:
        """Leave a note for those who find the lock held."""
        os.ftruncate(self.fd, 0)
        os.pwrite(self.fd, text.encode(), 0)

    def release(self) -> None:
        """Give up our hold; a child that inherited the descriptor keeps its own."""
        if self._fd is not None:
            os.close(self._fd)
            self._fd = None

    def is_taken(self) -> bool:
        """Whether somebody else holds it now. Asking never disturbs the holder."""
        if not self.path.exists():
            return False
        probe = FileLock(self.path)
        if not probe.take(shared=True):
            return True
        probe.release()
        return False

    def text(self) -> str:
        """The note that the last holder left."""
        return self.path.read_text() if self.path.exists() else ""


def wait_until(condition: Callable[[], bool], seconds: float, pause: float = 0.02) -> bool:
    """Ask `condition` again and again for up to `seconds`; its last answer."""
    until = time.monotonic() + seconds
    while not (answer := condition()) and time.monotonic() < until:
        time.sleep(pause)
    return answer
