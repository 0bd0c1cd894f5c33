"""`onedoor up`: everything on one machine, as one family of processes that ends together."""

import os
import shutil
import signal
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

if TYPE_CHECKING:
    from onedoor.cli.supervisor.embedded import Cluster
    from onedoor.cli.supervisor.locks import FileLock
    from onedoor.cli.supervisor.ports import Ports
    from onedoor.cli.supervisor.processes import Family

TICK_SECONDS = 0.2
STOP_SIGNALS = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)


def register(app: typer.Typer) -> None:
    app.command()(up)
    app.command(hidden=True)(prepare)


class Stopping(BaseException):
    """Somebody asked us to stop. Not an Exception: no handler of errors may swallow it."""


class Signals:
    """The first signal raises Stopping wherever we are; each later one only says: hurry."""

    def __init__(self) -> None:
        self.count = 0

    @contextmanager
    def caught(self) -> Iterator[None]:
        before = {which: signal.signal(which, self._receive) for which in STOP_SIGNALS}
        try:
            yield
        finally:
            for which, handler in before.items():
                signal.signal(which, handler)

    def hurry(self) -> bool:
        return self.count > 1

    def _receive(self, _number: int, _frame: object) -> None:
        self.count += 1
        if self.count == 1:
            raise Stopping


def up(fresh: Annotated[bool, typer.Option(help="Remove this installation's data first.")] = False) -> None:
    """Bring the demonstration up: database, web, worker, dispatcher, simulator, MESH. Ctrl-C stops it all."""
    from onedoor.cli.environment import export_settings
    from onedoor.cli.errors import Refused
    from onedoor.cli.supervisor.locks import FileLock

    home = export_settings()
    running = FileLock(home / "running")
    if not running.take(text="starting"):
        raise Refused(f"This installation is already running ({running.text()}).")
    signals = Signals()
    try:
        with signals.caught(), ExitStack() as stack:
            if fresh:
                _remove_data(home)
            _run(home, running, signals, stack)
    except Stopping:
        print("Stopped.")
    finally:
        running.release()


def prepare() -> None:
    """Tables, demonstration and static files: what must be right before the site answers."""
    from onedoor.cli.environment import environment

    with environment(tables=False) as here:
        from django.core.management import call_command

        from onedoor.cli import assets, demo

        assets.build(here.home)
        call_command("migrate", interactive=False, verbosity=0)
        if demo.load_if_empty():
            print("Loaded the demonstration.")
        sys.stdout.flush()


def programs(home: Path, ports: "Ports", host: str) -> dict[str, list[str]]:
    """The start command of every child."""
    from onedoor.cli.supervisor.place import checkout

    onedoor = [sys.executable, "-m", "onedoor.cli.main"]
    simulator = [sys.executable, "-m", "simulator", "--port", str(ports.simulator), "--onedoor", _address(host, ports)]
    simulator += ["--services", str(home / "simulator" / "services.json")]
    simulator += ["--personas", str(checkout() / "localities" / "demo" / "personas.json")]
    simulator += ["--state", str(home / "simulator" / "state.sqlite"), "--reception"]
    simulator += ["--gp", str(home / "simulator" / "gp.json")]
    mesh = [sys.executable, "-m", "simulator.mesh", "--port", str(ports.mesh)]
    mesh += ["--mailboxes", str(home / "simulator" / "mailboxes.json"), "--state", str(home / "simulator")]
    return {
        "web": [*onedoor, "web", "--fd", str(ports.web.fileno())],
        "worker": [*onedoor, "worker"],
        "dispatch": [*onedoor, "dispatch"],
        "simulator": simulator,
        "mesh": mesh,
    }


def _run(home: Path, running: "FileLock", signals: Signals, stack: ExitStack) -> None:
    from onedoor.cli.environment import remember_up
    from onedoor.cli.supervisor.ports import choose

    host = os.environ.get("ONEDOOR_HOST", "127.0.0.1")
    ports = choose(
        host, web=_port("ONEDOOR_PORT"), simulator=_port("ONEDOOR_SIMULATOR_PORT"), mesh=_port("ONEDOOR_MESH_PORT")
    )
    stack.callback(ports.web.close)
    address = _address(host, ports)
    simulator = f"http://127.0.0.1:{ports.simulator}"
    demonstration = os.environ.get("ONEDOOR_DEMO", "true")
    mesh = f"http://127.0.0.1:{ports.mesh}"
    remember_up(
        home,
        {
            "ONEDOOR_DEMO": demonstration,
            "ONEDOOR_URL": address,
            "ONEDOOR_SIMULATOR_URL": simulator,
            "ONEDOOR_MESH_URL": mesh,
        },
    )
    running.note(address)
    cluster = None if os.environ.get("DATABASE_URL") else _start_database(home, stack)
    _prepare()
    family = _family(home, ports, host)
    stack.callback(family.stop, signals.hurry)
    family.start()
    waiting = True
    while True:
        time.sleep(TICK_SECONDS)
        if cluster is not None and cluster.has_ended():
            print("The database ended; starting it again.", flush=True)
            cluster.restart()
        family.tick()
        if waiting and _answers(address):
            waiting = False
            _announce(home, address, simulator)


def _start_database(home: Path, stack: ExitStack) -> "Cluster":
    from onedoor.cli.supervisor.embedded import installed

    cluster = installed(home, say=print)
    stack.callback(cluster.stop)
    cluster.start()
    os.environ["DATABASE_URL"] = cluster.url
    stack.callback(os.environ.pop, "DATABASE_URL", None)
    return cluster


def _prepare() -> None:
    """In a process of its own: this one stays small, and holds no session that would delay the database's end."""
    from onedoor.cli.errors import Refused
    from onedoor.cli.supervisor.spawn import spawn

    sys.stdout.flush()
    argv = [sys.executable, "-m", "onedoor.cli.main", "prepare"]
    process = spawn(argv, env=os.environ, output=sys.stdout.fileno(), death_signal=signal.SIGKILL)
    try:
        code = process.wait()
    except BaseException:
        process.kill()
        process.wait()
        raise
    if code != 0:
        raise Refused("Onedoor could not be prepared; what went wrong is printed above.")


def _family(home: Path, ports: "Ports", host: str) -> "Family":
    from onedoor.cli.supervisor.processes import Family, Program

    (home / "simulator").mkdir(mode=0o700, exist_ok=True)
    members = [
        Program(name, argv, home / "log" / f"{name}.log", (ports.web.fileno(),) if name == "web" else ())
        for name, argv in programs(home, ports, host).items()
    ]
    return Family(members, env=os.environ, say=lambda text: print(text, flush=True))


def _answers(address: str) -> bool:
    try:
        with urllib.request.urlopen(f"{address}/healthz", timeout=2) as response:
            return bool(response.status == 200)
    except (OSError, urllib.error.URLError):
        return False


def _announce(home: Path, address: str, simulator: str) -> None:
    from onedoor.cli import demo

    print(f"Onedoor    {address}/")
    print(f"Simulator  {simulator}/  (play the patient: a phone in the browser)")
    for role, link in demo.sign_ins(address):
        print(f"  sign in as {role:<18} {link}")
    print(f"Logs are in {home / 'log'}. Ctrl-C stops everything.", flush=True)


def _remove_data(home: Path) -> None:
    """Name what goes, ask when somebody is there to answer, and remove it."""
    from onedoor.cli.errors import Refused
    from onedoor.cli.supervisor.embedded import installed

    if os.environ.get("DATABASE_URL"):
        raise Refused(
            "--fresh removes the embedded database only, and DATABASE_URL is set: empty that database yourself."
        )
    cluster = installed(home)
    if not cluster.lock.take():
        raise Refused(f"The database in {cluster.place.root} is in use. Stop that command first.")
    try:
        doomed = [path for path in (cluster.data, home / "simulator", home / "log") if path.exists()]
        for path in doomed:
            print(f"To be removed: {path}", flush=True)
        if doomed and sys.stdin.isatty():
            typer.confirm("All data of this installation will be gone. Go on?", abort=True)
        for path in doomed:
            shutil.rmtree(path)
    finally:
        cluster.lock.release()


def _address(host: str, ports: "Ports") -> str:
    shown = "127.0.0.1" if host in {"0.0.0.0", "::"} else host
    return f"http://[{shown}]:{ports.web_port}" if ":" in shown else f"http://{shown}:{ports.web_port}"


def _port(name: str) -> int | None:
    from onedoor.cli.errors import Refused

    text = os.environ.get(name)
    if not text:
        return None
    if not text.isdigit() or not 0 < int(text) < 65536:
        raise Refused(f"{name} must be a port number, not {text!r}.")
    return int(text)
