"""Play a whole day: everybody who has a mobile answers by seeded chance, and the day ends with its balance."""

import csv
import json
import os
import subprocess
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import date, datetime, timedelta
from pathlib import Path
from typing import Annotated, Any
from zoneinfo import ZoneInfo

import typer

LONDON = ZoneInfo("Europe/London")
OPENS, CLOSES = 7.5, 19.0
"""Hours of the day that are played: from before the first text until after the last offer."""


def register(app: typer.Typer) -> None:
    app.command()(day)


def day(
    day: Annotated[datetime, typer.Option(formats=["%Y-%m-%d"], help="The day to play, as 2026-12-08.")],
    seconds: Annotated[int, typer.Option(min=10, help="Real seconds that the day takes.")] = 60,
    seed: Annotated[int, typer.Option(help="The same seed gives the same patients.")] = 1,
    words: Annotated[
        Path | None,
        typer.Option(help="CSV with the columns context and text: patients answer with one of these, not by keyword."),
    ] = None,
) -> None:
    """Play one day of the simulated world, then print its balance; exit code 1 if anything is unexplained."""
    from onedoor.cli.environment import environment

    said = _own_words(words) if words else {}
    with _running() as (address, simulator), environment():
        from onedoor.cli import demo
        from onedoor.cli.commands.balance import show
        from onedoor.kernel.access import Access
        from onedoor.reporting.api import balance as balance_of

        demo.connect()
        _play(day.date(), seconds, {"seed": seed, "words": said}, address, simulator)
        found = balance_of(Access.system("balance of a simulated day"), day.date())
    show(found)
    if found.unexplained:
        raise typer.Exit(1)


def _own_words(file: Path) -> dict[str, list[str]]:
    """Texts by what was asked, of those that a day asks."""
    from onedoor.cli.errors import Refused

    said: dict[str, list[str]] = {"appointment": [], "offer": []}
    try:
        with file.open(encoding="utf-8-sig", newline="") as stream:
            for row in csv.DictReader(stream):
                if row.get("context") in said and row.get("text"):
                    said[row["context"]].append(row["text"])
    except (OSError, UnicodeDecodeError, csv.Error) as error:
        raise Refused(f"{file} cannot be read as a CSV file in UTF-8: {error}") from error
    if not any(said.values()):
        raise Refused(f"{file} has no text of the contexts appointment and offer: nobody would answer.")
    return said


def _play(played: date, seconds: int, crowd: dict[str, Any], address: str, simulator: str) -> None:
    """Set the clock to the day's morning, let it run, and wait until nothing is under way."""
    midnight = datetime(played.year, played.month, played.day, tzinfo=LONDON)
    opens, closes = midnight + timedelta(hours=OPENS), midnight + timedelta(hours=CLOSES)
    # Texts arrive and tasks are done at the day's pace, not the wall's.
    _order("PUT", f"{simulator}/control/settings", {"delivery": {"least_seconds": 0.02, "most_seconds": 0.2}})
    _order("PUT", f"{simulator}/control/crowd", crowd)
    _order("PUT", f"{simulator}/control/reception", {"on": True, "after_minutes": 5})
    rate = (closes - opens).total_seconds() / seconds
    _clock(address, {"now": opens.isoformat(), "rate": rate, "slow_at": closes.isoformat()})
    while (now := datetime.fromisoformat(_clock(address)["now"])) < closes:
        if sys.stdout.isatty():
            print(f"\r{now.astimezone(LONDON):%a %H:%M}", end="", flush=True)
        time.sleep(0.5)
    if sys.stdout.isatty():
        print("\r         \r", end="")
    deadline = time.monotonic() + 60
    while time.monotonic() < deadline and not _quiet(simulator):
        time.sleep(0.5)


def _quiet(simulator: str) -> bool:
    """Whether no receipt or callback is on its way and no text of ours is in hand; late replies may still come."""
    from onedoor.messaging.api import under_way

    idle = _order("GET", f"{simulator}/control/idle")
    return not idle["receipts"] and not idle["callbacks"] and under_way() == 0


@contextmanager
def _running() -> Iterator[tuple[str, str]]:
    """The addresses of Onedoor and the simulator: of the `onedoor up` that runs, or of one started for the day."""
    from onedoor.cli.environment import export_settings

    export_settings()
    started = None
    if not _answers(os.environ.get("ONEDOOR_URL", "")):
        # Its own demonstration stays out of the day: the day plays what is in the database.
        started = subprocess.Popen([sys.executable, "-m", "onedoor.cli.main", "up"], stdout=subprocess.DEVNULL)
    try:
        deadline = time.monotonic() + 120
        while True:
            if started is not None:
                # It decides its addresses while it starts: read them anew.
                os.environ.pop("ONEDOOR_URL", None)
                os.environ.pop("ONEDOOR_SIMULATOR_URL", None)
                export_settings()
            address, simulator = os.environ.get("ONEDOOR_URL", ""), os.environ.get("ONEDOOR_SIMULATOR_URL", "")
            if _answers(address) and _answers(simulator, "/control/idle"):
                break
            if time.monotonic() > deadline or (started is not None and started.poll() is not None):
                from onedoor.cli.errors import Refused

                raise Refused("Onedoor does not answer. Start it with ./run in another window, then play the day here.")
            time.sleep(0.3)
        yield address, simulator
    finally:
        if started is not None:
            started.terminate()
            started.wait()


def _answers(address: str, path: str = "/healthz") -> bool:
    try:
        with urllib.request.urlopen(f"{address}{path}", timeout=2) as response:
            return bool(response.status == 200)
    except (OSError, urllib.error.URLError, ValueError):
        return False


def _clock(address: str, change: dict[str, Any] | None = None) -> dict[str, Any]:
    return _order("POST" if change else "GET", f"{address}/gateway/demo/clock", change)


def _order(method: str, url: str, body: dict[str, Any] | None = None) -> dict[str, Any]:
    request = urllib.request.Request(
        url,
        method=method,
        data=json.dumps(body).encode() if body is not None else None,
        headers={
            "Authorization": f"Bearer {os.environ.get('ONEDOOR_DEMO_TOKEN', '')}",
            "Content-Type": "application/json",
        },
    )
    with urllib.request.urlopen(request, timeout=10) as response:
        found = json.loads(response.read())
    assert isinstance(found, dict)
    return found
