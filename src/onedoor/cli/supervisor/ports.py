"""Which ports an installation serves on: those asked for, or the next free pair."""

import socket
from dataclasses import dataclass

from onedoor.cli.errors import Refused

FIRST = 8000
PAIRS = 500


@dataclass(frozen=True)
class Ports:
    """The site's listening socket, and the number of the simulator's port."""

    web: socket.socket
    simulator: int

    @property
    def web_port(self) -> int:
        port: int = self.web.getsockname()[1]
        return port


def choose(host: str, *, web: int | None, simulator: int | None) -> Ports:
    """Take the asked-for ports, or the first pair (8000 and 8001, 8002 and 8003, …) that nobody has.

    The site's socket stays open in the parent: two installations that start at once cannot pick the same pair, and a
    site that is being restarted keeps its callers waiting instead of turning them away.
    """
    if web is not None:
        listening = _listen(host, web)
        if listening is None:
            raise Refused(f"Port {web} (ONEDOOR_PORT) is taken. Choose another, or leave it unset to take a free one.")
        return Ports(listening, _simulator_port(host, simulator, start=web + 1))
    for port in range(FIRST, FIRST + 2 * PAIRS, 2):
        if (listening := _listen(host, port)) is None:
            continue
        if simulator is not None or _is_free(host, port + 1):
            return Ports(listening, _simulator_port(host, simulator, start=port + 1))
        listening.close()
    raise Refused(f"No free pair of ports from {FIRST} up. Set ONEDOOR_PORT and ONEDOOR_SIMULATOR_PORT.")


def _simulator_port(host: str, asked: int | None, *, start: int) -> int:
    if asked is not None:
        if not _is_free(host, asked):
            raise Refused(f"Port {asked} (ONEDOOR_SIMULATOR_PORT) is taken. Choose another, or leave it unset.")
        return asked
    for port in range(start, start + PAIRS):
        if _is_free(host, port):
            return port
    raise Refused(f"No free port from {start} up. Set ONEDOOR_SIMULATOR_PORT.")


def _listen(host: str, port: int) -> socket.socket | None:
    """A socket that listens on the port, or None when somebody else does."""
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    made = socket.socket(family, socket.SOCK_STREAM)
    made.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    try:
        made.bind((host, port))
        made.listen(1024)
    except OSError:
        made.close()
        return None
    return made


def _is_free(host: str, port: int) -> bool:
    made = _listen(host, port)
    if made is not None:
        made.close()
    return made is not None
