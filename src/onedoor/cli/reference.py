"""Reference pages that the code writes about itself: who reacts to what, what runs by itself, what waits for a person."""

from __future__ import annotations

import inspect
from collections.abc import Callable
from typing import Any

_PREFACE = """# What happens when

Written by `./run reference` from the code; a test keeps it true.

## Where a cancelled place goes

1. A patient answers a reminder with CANCEL (or a receptionist cancels in the diary). `booking.cancel` runs as one
   transaction: the appointment's state, the coded entry on the record, the audit row, the acknowledgement text.
2. **Our own diary:** the place is free in that same transaction. **Somebody else's (EMIS, SystmOne):** the appointment is
   only *cancelling*; a task "In EMIS: free Tue 8 Dec 10:20, Nurse B Adeyemi" asks a person to free it there. The place counts
   as free when the person says done, or when the next import shows it.
3. If the appointment's type may be refilled and there is time, a *release* is written beside it.
4. The sweep `booking.offer` opens a wave: the first five people who want that kind of appointment sooner are offered it, by
   text, or by a call task for those who use the telephone. If nobody has it when the window ends, the next wave follows.
5. An open offer holds nothing: the first to say YES is booked. Whoever had a later appointment is moved, and the later place
   is released in its turn, so it chains. In somebody else's diary the booking is *pending* until it is written back there.
6. The others are told that it has gone and keep their places on the list.
7. A place nobody took is *left* when its time comes. `./run balance --day D` counts every one: released = filled + left +
   withdrawn + still open.
"""


def events_page() -> str:
    """The page docs/reference/events.md; Django must be ready."""
    return "\n".join([_PREFACE, _events(), _sweeps(), _tasks(), _states()]).rstrip() + "\n"


def _said(thing: Any) -> str:
    """The first sentence of a docstring, for a table cell."""
    text = " ".join((inspect.getdoc(thing) or "").split("\n\n")[0].split())
    return text.replace("|", "\\|")


def _place(function: Callable[..., Any]) -> str:
    return f"`{function.__module__.removeprefix('onedoor.')}.{function.__qualname__}`"


def _table(header: list[str], rows: list[list[str]]) -> str:
    lines = ["| " + " | ".join(header) + " |", "|" + "---|" * len(header)]
    return "\n".join(lines + ["| " + " | ".join(row) + " |" for row in rows]) + "\n"


def _events() -> str:
    from onedoor.kernel import events

    rows = [
        [f"`{event.__name__}`", _said(event), ", ".join(_place(handler) for handler in handlers) or "nobody yet"]
        for event, handlers in sorted(events.wiring().items(), key=lambda item: item[0].__name__)
        if event.__module__.startswith("onedoor.")
    ]
    return "## Events\n\nHandlers run in the transaction of the event.\n\n" + _table(["Event", "Says", "Reacts"], rows)


def _sweeps() -> str:
    from onedoor.kernel import jobs

    rows = [
        [f"`{name}`", _said(sweep.run), f"{sweep.every:g} s", _place(sweep.run)]
        for name, sweep in sorted(jobs.sweeps().items())
    ]
    return (
        "## What runs by itself\n\nSweeps of the worker: woken when there is something to do, and polled besides.\n\n"
        + _table(["Sweep", "What it does", "At least every", "Where"], rows)
    )


def _tasks() -> str:
    from onedoor.tasks import api as tasks

    rows = [
        [
            f"`{kind.name}`",
            kind.label,
            kind.team,
            "at once" if kind.urgent else f"{kind.within.total_seconds() / 3600:g} working hours",
            ", ".join(outcome.label for outcome in kind.outcomes),
        ]
        for kind in sorted(tasks.kinds(), key=lambda kind: kind.name)
        if not kind.name.startswith("test_")
    ]
    return "## What waits for a person\n\n" + _table(["Task", "Says", "Team", "Due", "Ends with"], rows)


def _states() -> str:
    from onedoor.kernel import transitions

    parts = ["## States\n"]
    for name, moves in sorted(transitions.declared().items()):
        rows = [
            [f"`{state}`", ", ".join(f"`{to}`" for to in sorted(targets)) or "ends"] for state, targets in moves.items()
        ]
        parts += [f"### {name}\n", _table(["From", "To"], rows)]
    return "\n".join(parts)
