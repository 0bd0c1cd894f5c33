"""`python -m simulator.mesh --port 8700 --mailboxes FILE.json [--state FOLDER]`: MESH on this machine."""

from __future__ import annotations

import argparse
import sys
from pathlib import Path


def main(arguments: list[str] | None = None) -> int:
    parser = argparse.ArgumentParser(prog="simulator.mesh", description=__doc__)
    parser.add_argument("--port", type=int, required=True, help="port on 127.0.0.1; no other address is served")
    parser.add_argument("--mailboxes", type=Path, required=True, help="who has a mailbox (simulator/mesh/settings.py)")
    parser.add_argument("--state", type=Path, help="folder of its memory; without it, all is forgotten at the end")
    options = parser.parse_args(arguments)

    from simulator.mesh.app import World
    from simulator.mesh.server import HOST, serve, state_file
    from simulator.mesh.settings import read

    try:
        settings = read(options.mailboxes)
    except (OSError, ValueError, KeyError, TypeError) as error:
        print(f"simulator.mesh: cannot read its mailboxes: {type(error).__name__}", file=sys.stderr)
        return 2
    world = World(settings, state_file(options.state) if options.state else None, options.mailboxes)
    print(f"simulator.mesh: http://{HOST}:{options.port}/", file=sys.stderr, flush=True)
    serve(world, options.port)
    return 0


if __name__ == "__main__":
    sys.exit(main())
