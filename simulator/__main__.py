"""``python -m simulator``: the outside world on one port, until SIGTERM or Ctrl-C."""

from __future__ import annotations

import argparse
import asyncio
import logging
import os
import sys
from pathlib import Path
from typing import Any

import orjson
from aiohttp import web

from simulator import stub
from simulator.app import build
from simulator.govuk.limits import LimitSettings
from simulator.govuk.services import Service, parse_service
from simulator.gp_system import Practice
from simulator.world import Options

GRACE_SECONDS = 2.0


def _arguments(arguments: list[str] | None) -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m simulator", description=__doc__)
    parser.add_argument("--host", default="127.0.0.1")
    parser.add_argument("--port", type=int, default=8001)
    parser.add_argument("--onedoor", default="http://127.0.0.1:8000", help="Onedoor's address")
    parser.add_argument("--services", type=Path, required=True, help="JSON file: the Notify services")
    parser.add_argument("--state", help="SQLite file; without it everything is forgotten at the end")
    parser.add_argument("--personas", type=Path, help="JSON file: people who reply by themselves")
    parser.add_argument("--token", default=os.environ.get("ONEDOOR_DEMO_TOKEN", ""), help="for setting the clock")
    parser.add_argument("--reception", action="store_true", help="a receptionist works through the task list")
    parser.add_argument("--mesh", default=os.environ.get("ONEDOOR_MESH_URL", ""), help="MESH, for an outside GP system")
    parser.add_argument("--gp", type=Path, help="JSON file: that GP system's mailbox, practice and patients")
    bench = parser.add_argument_group("stub for benchmarks: counts, remembers in memory, has no phones")
    bench.add_argument("--stub", action="store_true")
    bench.add_argument("--delay-ms", type=float, default=0.0, help="before each 201")
    bench.add_argument("--receipts", type=int, default=32, help="connections that post receipts; 0 posts none")
    bench.add_argument("--rate-limit", action="store_true", help="enforce the provider's limits")
    bench.add_argument(
        "--time-factor", type=float, default=1.0, help="compress the limits' time: 60 = an hour a minute"
    )
    return parser.parse_args(arguments)


def _documents(path: Path, name: str) -> list[Any]:
    """A JSON list, or the list under ``name`` of a JSON object."""
    document = orjson.loads(path.read_bytes())
    items = document[name] if isinstance(document, dict) else document
    return list(items)


def _services(path: Path) -> tuple[Service, ...]:
    return tuple(parse_service(item) for item in _documents(path, "services"))


def _practice(options: argparse.Namespace) -> Practice | None:
    """The outside practice, when there is a MESH for it."""
    if not options.mesh:
        return None
    document = orjson.loads(options.gp.read_bytes()) if options.gp and options.gp.exists() else {}
    patients = tuple(document.pop("patients", ()))
    return Practice(options.mesh, **document, patients=patients)


def main(arguments: list[str] | None = None) -> int:
    options = _arguments(arguments)
    logging.basicConfig(level=logging.INFO, format="%(levelname)s %(name)s %(message)s", stream=sys.stderr)
    try:
        services = _services(options.services)
        personas = tuple(_documents(options.personas, "personas")) if options.personas else ()
        practice = _practice(options)
    except (OSError, ValueError, KeyError, TypeError) as error:
        print(f"simulator: cannot read its files: {error!r}", file=sys.stderr)
        return 2
    if options.stub:
        limits = LimitSettings(kind="both" if options.rate_limit else "none", time_factor=options.time_factor)
        settings = stub.StubSettings(delay_ms=options.delay_ms, receipt_connections=options.receipts)
        stub.serve(options.host, options.port, services, settings, limits)
        return 0
    app = build(
        Options(
            onedoor=options.onedoor,
            services=services,
            personas=personas,
            state=options.state,
            token=options.token,
            reception=options.reception,
            gp=practice,
        )
    )
    # No access log: addresses hold telephone numbers.
    web.run_app(
        app,
        host=options.host,
        port=options.port,
        access_log=None,
        shutdown_timeout=GRACE_SECONDS,
        print=lambda *_: print(f"simulator: http://{options.host}:{options.port}/", file=sys.stderr),
        loop=asyncio.new_event_loop(),
    )
    return 0


if __name__ == "__main__":
    sys.exit(main())
