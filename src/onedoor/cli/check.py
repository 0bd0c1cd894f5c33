"""`./check`: prove everything, on throw-away databases. Each step is a process; what it prints goes to a file and, when
the step fails, to the screen. Nothing is left out silently: what cannot run is a failure that says what to install."""

import os
import re
import shlex
import shutil
import signal
import subprocess
import sys
import time
import xml.etree.ElementTree as ElementTree
from collections.abc import Iterable, Mapping, Sequence
from contextlib import ExitStack
from dataclasses import dataclass, field
from pathlib import Path

from onedoor.cli import migrated
from onedoor.cli.errors import Refused
from onedoor.cli.supervisor.embedded import throwaway
from onedoor.cli.supervisor.place import checkout
from onedoor.cli.supervisor.spawn import has_ended, kill, spawn

CORES = 2
PARTS = 3
"""Into how many runs of one process each the tests are dealt: two cores are shared evenly when no run is very long."""

STEP_SECONDS = 1_200
SLOWEST = 10
TAIL_LINES = 80
DEBIAN_POSTGRESQL = Path("/usr/lib/postgresql")
OLDEST_POSTGRESQL = 15
NO_TESTS_RAN = 5
KILLS = "20"
PYTHON = sys.executable


@dataclass(frozen=True)
class Step:
    """One thing to prove. `tests` marks a run of pytest, whose results are counted one by one."""

    name: str
    argv: Sequence[str]
    env: Mapping[str, str] = field(default_factory=dict)
    tests: bool = False


@dataclass(frozen=True)
class Outcome:
    """How a step went: seconds, exit code, and the tests it ran as (name, seconds, passed | failed | skipped)."""

    step: Step
    seconds: float
    code: int
    cases: Sequence[tuple[str, float, str]] = ()

    @property
    def failed(self) -> bool:
        return self.code != 0


class Run:
    """Runs steps and remembers their outcomes. Files go to `folder`."""

    def __init__(self, root: Path, folder: Path) -> None:
        self.root = root
        self.folder = folder
        self.outcomes: list[Outcome] = []
        self._env = _environment(folder)

    def together(self, steps: Iterable[Step]) -> None:
        """Run the steps, two at a time, in this order."""
        waiting = list(steps)
        running: dict[str, tuple[Step, subprocess.Popen[bytes], float]] = {}
        try:
            while waiting or running:
                while waiting and len(running) < CORES:
                    step = waiting.pop(0)
                    running[step.name] = (step, self._start(step), time.monotonic())
                for name, (step, process, started) in list(running.items()):
                    if time.monotonic() - started > STEP_SECONDS:
                        kill(process)
                    if has_ended(process):
                        del running[name]
                        self._finish(step, process.returncode, time.monotonic() - started)
                time.sleep(0.02)
        finally:
            for _, process, _ in running.values():
                kill(process)

    def _start(self, step: Step) -> subprocess.Popen[bytes]:
        argv = list(step.argv)
        if step.tests:
            # xunit1 keeps what a test says of itself (`record_property`); the newer family makes an error of it.
            results = ["-o", "junit_duration_report=total", "-o", "junit_family=xunit1"]
            argv += [f"--junitxml={self._results(step)}", *results]
            self._results(step).unlink(missing_ok=True)
        with self._log(step).open("wb") as log:
            return spawn(
                argv,
                env=self._env | dict(step.env),
                output=log.fileno(),
                death_signal=signal.SIGKILL,
                cwd=self.root,
            )

    def _finish(self, step: Step, code: int, seconds: float) -> None:
        outcome = Outcome(step, seconds, code, _cases(self._results(step)) if step.tests else ())
        self.outcomes.append(outcome)
        lines = self._log(step).read_text(errors="replace").splitlines()
        closing = f"  {lines[-1].strip('= ')}" if step.tests and lines else ""
        print(f"{'FAILED' if outcome.failed else 'ok':>6}  {step.name:<28}{seconds:7.1f} s{closing}", flush=True)
        if outcome.failed:
            why = " (it ran no test)" if step.tests and code == NO_TESTS_RAN else ""
            print(f"--- {step.name}: exit code {code}{why}; the end of {self._log(step)}")
            print("\n".join(lines[-TAIL_LINES:]))
            print(f"--- end of {step.name}", flush=True)
        for line in lines if step.tests else ():
            if line.startswith("SKIPPED"):
                print(f"        {line}", flush=True)

    def _log(self, step: Step) -> Path:
        return self.folder / f"{_plain(step.name, '-')}.log"

    def _results(self, step: Step) -> Path:
        return self._log(step).with_suffix(".xml")


def main(arguments: Sequence[str]) -> int:
    if list(arguments) not in ([], ["fast"]):
        raise Refused("Usage: ./check or ./check fast")
    root = checkout()
    folder = root / ".onedoor" / "check"
    folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    started = time.monotonic()
    run = Run(root, folder)
    if list(arguments) == ["fast"]:
        _fast(run)
    else:
        _full(run)
    return _close(run.outcomes, time.monotonic() - started)


def _fast(run: Run) -> None:
    with throwaway() as cluster:
        database = {"DATABASE_URL": cluster.url}
        kept = migrated.Kept(cluster, run.root, run.folder)
        run.together([_assets(database), *([] if kept.restore() else [_migrate(database)])])
        if not any(outcome.failed for outcome in run.outcomes):
            kept.keep()
            database |= migrated.template(cluster)
        quick = _pytest(
            "unit tests", "not slow and not browser and not chaos", env=database, root=run.root, processes=CORES
        )
        run.together([quick, *_static(run.root)])


def _full(run: Run) -> None:
    old = debian_postgresql()
    browser = chromium()
    with ExitStack() as stack:
        cluster = stack.enter_context(throwaway())
        database = {"DATABASE_URL": cluster.url}
        older = {"DATABASE_URL": stack.enter_context(throwaway(programs=old)).url}
        run.together([_assets(database)])
        run.together([migrating := _migrations(database), *_static(run.root), _links()])
        if not any(outcome.failed for outcome in run.outcomes if outcome.step == migrating):
            database |= migrated.template(cluster)
        suites = ["src/onedoor/booking", "src/onedoor/messaging"]
        driven = database | {"ONEDOOR_CHROMIUM": str(browser), "ONEDOOR_HOME": str(run.folder / "browser")}
        killing = database | {"ONEDOOR_CHAOS_KILLS": KILLS}
        ordinary = "not browser and not chaos"
        # The longest first, so that both cores have work to the end.
        run.together(
            [
                _pytest("browser journeys", "browser", "tests/browser", env=driven, root=run.root),
                *(
                    _pytest(f"tests {part}", ordinary, f"--part={part}", env=database, root=run.root)
                    for part in (f"{number}/{PARTS}" for number in range(1, PARTS + 1))
                ),
                _pytest(f"booking and outbox on {old.parent.name}", ordinary, *suites, env=older, root=run.root),
                _pytest(f"{KILLS} kills", "chaos", "tests/chaos", env=killing, root=run.root),
            ]
        )


def _assets(database: Mapping[str, str]) -> Step:
    return Step("static files", [PYTHON, "-m", "onedoor.cli.main", "assets"], database)


def _static(root: Path) -> list[Step]:
    """What needs no database. The slowest first: two run at a time."""
    code = [name for name in ("src", "simulator", "bench", "tests") if any((root / name).rglob("*.py"))]
    return [
        Step("types", [PYTHON, "-m", "mypy", *code]),
        Step("import contracts", ["lint-imports"]),
        Step("format", [PYTHON, "-m", "ruff", "format", "--check", "."]),
        Step("lint", [PYTHON, "-m", "ruff", "check", "."]),
    ]


def _migrate(database: Mapping[str, str]) -> Step:
    return Step("migrating", [PYTHON, "-m", "onedoor.cli.main", "manage", "migrate"], database)


def _migrations(database: Mapping[str, str]) -> Step:
    """Models and migrations say the same, and the migrations run on an empty database."""
    manage = f"{shlex.quote(PYTHON)} -m onedoor.cli.main manage"
    script = f"{manage} makemigrations --check --dry-run && {manage} migrate && {manage} check --fail-level WARNING"
    return Step("migrations", ["bash", "-c", script], database)


def _links() -> Step:
    return Step("documents' links", [PYTHON, "-m", "onedoor.cli.links"])


def _pytest(name: str, marks: str, *arguments: str, env: Mapping[str, str], root: Path, processes: int = 0) -> Step:
    """A run of the tests with these marks, all of them unless `arguments` name a folder; on a database of its own."""
    where = [folder for folder in ("src", "simulator", "tests") if (root / folder).is_dir()]
    if any(not argument.startswith("-") for argument in arguments):
        where = []
    argv = [PYTHON, "-m", "pytest", "-m", marks, "-rs", "--tb=short", "-n", str(processes), *where, *arguments]
    return Step(name, argv, {**env, "ONEDOOR_TEST_DATABASE": f"test_{_plain(name, '_')}"}, tests=True)


def _plain(name: str, joint: str) -> str:
    return re.sub(r"[^a-z0-9]+", joint, name)


def debian_postgresql() -> Path:
    """The programs of the oldest PostgreSQL from 15 on that the system has: the oldest one that we promise to run on."""
    found = sorted(
        (int(folder.name), folder / "bin")
        for folder in DEBIAN_POSTGRESQL.glob("*")
        if folder.name.isdigit() and int(folder.name) >= OLDEST_POSTGRESQL and (folder / "bin" / "initdb").exists()
    )
    if not found:
        raise Refused(
            "./check also runs the booking and outbox suites on the system's PostgreSQL, and found none from 15 on.\n"
            "Debian 12: apt-get install postgresql-15   Others: apt-get install postgresql   (.ci/run does it)"
        )
    return found[0][1]


def chromium() -> Path:
    """The browser that the journeys drive."""
    for name in ("chromium", "chromium-browser"):
        if found := shutil.which(name):
            return Path(found)
    raise Refused("./check drives a browser, and found none: apt-get install chromium   (.ci/run does it)")


def _environment(folder: Path) -> dict[str, str]:
    """The caller's environment less anything that would point the tests at his own installation.

    Bytecode is kept, whatever the caller does: a dozen processes would each compile all of it again (collecting the tests
    took 13 s of a core without, 7 s with).
    """
    others = ("ONEDOOR_", "DATABASE_", "PG", "PYTHONDONTWRITEBYTECODE")
    kept = {name: value for name, value in os.environ.items() if not name.startswith(others)}
    programs = str(Path(PYTHON).parent)
    return kept | {
        "ONEDOOR_HOME": str(folder),
        "DJANGO_SETTINGS_MODULE": "onedoor.config.settings",
        "PATH": f"{programs}{os.pathsep}{kept.get('PATH', os.defpath)}",
        "PYTHONPYCACHEPREFIX": str(folder / "bytecode"),
        "PYTHONUNBUFFERED": "1",
    }


def _cases(results: Path) -> list[tuple[str, float, str]]:
    if not results.exists():
        return []
    cases = []
    for case in ElementTree.parse(results).getroot().iter("testcase"):
        tags = {child.tag for child in case}
        state = "failed" if tags & {"failure", "error"} else "skipped" if "skipped" in tags else "passed"
        name = f"{case.get('classname', '')}::{case.get('name', '')}".removeprefix("src.onedoor.")
        cases.append((name, float(case.get("time", 0)), state))
    return cases


def _close(outcomes: Sequence[Outcome], seconds: float) -> int:
    """The slowest tests and steps, and one line that counts: each test, and each step that is not made of tests."""
    timed = [(case[1], case[0]) for outcome in outcomes for case in outcome.cases]
    timed += [(outcome.seconds, f"step: {outcome.step.name}") for outcome in outcomes if not outcome.step.tests]
    print(f"\nThe {SLOWEST} slowest:")
    for took, name in sorted(timed, reverse=True)[:SLOWEST]:
        print(f"{took:8.2f} s  {name}")
    counts = {"passed": 0, "failed": 0, "skipped": 0}
    for outcome in outcomes:
        states = [state for _, _, state in outcome.cases]
        if not outcome.step.tests or (outcome.failed and "failed" not in states):
            states.append("failed" if outcome.failed else "passed")
        for state in states:
            counts[state] += 1
    print(f"\n{seconds:.0f} seconds")
    print(f"check: {counts['passed']} passed, {counts['failed']} failed, {counts['skipped']} skipped")
    return 1 if any(outcome.failed for outcome in outcomes) else 0


if __name__ == "__main__":
    try:
        sys.exit(main(sys.argv[1:]))
    except Refused as refusal:
        print(refusal, file=sys.stderr)
        sys.exit(1)
