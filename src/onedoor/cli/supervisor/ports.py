"""Which ports an installation serves on: those asked for, or the next free pair, and one beside them for MESH."""

import socket
from dataclasses import dataclass

from onedoor.cli.errors import Refused

FIRST = 8000
LAST = 65_535
LOOPBACK = "127.0.0.1"
PAIRS = 500
MESH_BESIDE = 700
"""How far from the site's port the search for MESH's begins: 8700 beside 8000."""


@dataclass(frozen=True)
class Ports:
    """The site's listening socket and port, the simulator's port, and the sandbox of MESH's."""

    web: socket.socket
    web_port: int
    simulator: int
    mesh: int


def choose(host: str, *, web: int | None, simulator: int | None, mesh: int | None = None, first: int = FIRST) -> Ports:
    """Take the asked-for ports, or the first pair (8000 and 8001, 8002 and 8003, …) that nobody has.

    The site's socket stays open in the parent: two installations that start at once cannot pick the same pair, and a
    site that is being restarted keeps its callers waiting instead of turning them away.
    """
    if simulator is not None and not _is_free(host, simulator):
        raise Refused(f"Port {simulator} (ONEDOOR_SIMULATOR_PORT) is taken. Choose another, or leave it unset.")
    if mesh is not None and not _is_free(LOOPBACK, mesh):
        raise Refused(f"Port {mesh} (ONEDOOR_MESH_PORT) is taken. Choose another, or leave it unset.")
    for port in [web] if web is not None else range(first, first + 2 * PAIRS, 2):
        if (listening := _listen(host, port)) is None:
            continue
        beside = range(port + 1, port + 2 if web is None else port + PAIRS)
        chosen = simulator or next((number for number in beside if _is_free(host, number)), None)
        # Two installations have different ports for the site, so each looks from another one on.
        second = range(port + MESH_BESIDE, min(port + MESH_BESIDE + PAIRS, LAST + 1), 2)
        line = mesh or next((number for number in second if number != chosen and _is_free(LOOPBACK, number)), None)
        if chosen is not None and line is not None:
            return Ports(listening, port, chosen, line)
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
