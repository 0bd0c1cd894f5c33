"""Which ports an installation serves on: those asked for, or the next free pair."""

import socket
from dataclasses import dataclass

from onedoor.cli.errors import Refused

FIRST = 8000
PAIRS = 500


@dataclass(frozen=True)
class Ports:
    """The site's listening socket and port, and the simulator's port."""

    web: socket.socket
    web_port: int
    simulator: int


def choose(host: str, *, web: int | None, simulator: int | None, first: int = FIRST) -> Ports:
    """Take the asked-for ports, or the first pair (8000 and 8001, 8002 and 8003, …) that nobody has.

    The site's socket stays open in the parent: two installations that start at once cannot pick the same pair, and a
    site that is being restarted keeps its callers waiting instead of turning them away.
    """
    if simulator is not None and not _is_free(host, simulator):
        raise Refused(f"Port {simulator} (ONEDOOR_SIMULATOR_PORT) is taken. Choose another, or leave it unset.")
    for port in [web] if web is not None else range(first, first + 2 * PAIRS, 2):
        if (listening := _listen(host, port)) is None:
            continue
        beside = range(port + 1, port + 2 if web is None else port + PAIRS)
        chosen = simulator or next((number for number in beside if _is_free(host, number)), None)
        if chosen is not None:
            return Ports(listening, port, chosen)
        listening.close()
    if web is not None:
        raise Refused(f"Port {web} (ONEDOOR_PORT) is taken. Choose another, or leave it unset to take a free one.")
    raise Refused(f"No free pair of ports from {first} up. Set ONEDOOR_PORT and ONEDOOR_SIMULATOR_PORT.")


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
