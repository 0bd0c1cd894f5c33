"""The dispatcher: takes texts from the outbox to the provider, at most once each (messaging.md 6; stack-spike.md 4).

`timings` says how long things may take, `store` is every statement, `reconcile` looks after what dead dispatchers and
unclear answers left, `shift` is one dispatcher's working life and `run` begins a new one
whenever the database was lost or the run was ended by others.
"""

from __future__ import annotations


def run_dispatcher() -> None:
    """Send queued texts until SIGTERM or SIGINT; waves in hand are finished first. Any number may run at once."""
    # Only this process needs an HTTP client; pages do not load it.
    from onedoor.messaging.dispatch.run import run

    run()
