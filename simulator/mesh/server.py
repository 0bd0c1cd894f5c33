"""The sandbox served on this machine: to its end in a process of its own, or in a thread of a test's."""

from __future__ import annotations

import socket
import threading
from pathlib import Path

import uvicorn

from simulator.mesh.app import World

HOST = "127.0.0.1"
"""Never another: there is no log-in at the control door, and what is kept is not in the clear for a network to read."""
GRACE_SECONDS = 3


def config(world: World) -> uvicorn.Config:
    """How uvicorn serves it: in quiet, since addresses may name people."""
    return uvicorn.Config(
        world,
        lifespan="off",
        log_level="error",
        access_log=False,
        server_header=False,
        timeout_graceful_shutdown=GRACE_SECONDS,
    )


def listen(port: int) -> socket.socket:
    """A socket on this machine; port 0 takes a free one."""
    made = socket.socket(socket.AF_INET, socket.SOCK_STREAM)
    made.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    made.bind((HOST, port))
    made.listen(256)
    return made


def serve(world: World, port: int) -> None:
    """Serve until SIGTERM or SIGINT."""
    with listen(port) as made:
        uvicorn.Server(config(world)).run(sockets=[made])
    world.store.close()


class Running:
    """A sandbox in a thread: `url` is where it answers. `stop` it before another is started in the same process."""

    def __init__(self, world: World, port: int = 0) -> None:
        self.world = world
        self._socket = listen(port)
        self.port: int = self._socket.getsockname()[1]
        self.url = f"http://{HOST}:{self.port}"
        self._server = uvicorn.Server(config(world))
        self._thread = threading.Thread(
            target=self._server.run, kwargs={"sockets": [self._socket]}, name="mesh sandbox", daemon=True
        )
        # The socket listens already: whoever calls before the thread has begun waits, and is answered.
        self._thread.start()

    def stop(self) -> None:
        """End it, and forget nothing that its file keeps."""
        self._server.should_exit = True
        self._thread.join(GRACE_SECONDS + 5)
        self._socket.close()
        self.world.store.close()


def start(world: World, port: int = 0) -> Running:
    """Serve it in a thread."""
    return Running(world, port)


def state_file(folder: Path) -> Path:
    """Where a sandbox keeps its memory in this folder."""
    return folder / "mesh.sqlite"
