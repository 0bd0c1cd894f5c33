"""`onedoor phrases --out FILE`: what staff have taught and looked at, for the next training."""

from __future__ import annotations

import csv
from pathlib import Path
from typing import Annotated

import typer

OutOption = Annotated[Path, typer.Option("--out", help="Where to write the phrases.")]


def register(app: typer.Typer) -> None:
    app.command()(phrases)


def phrases(out: OutOption) -> None:
    """Write the phrases that a person has looked at and accepted, as context,text,intent,value (phrases/README.md)."""
    from onedoor.cli.environment import environment
    from onedoor.cli.errors import Refused

    with environment():
        from onedoor.kernel.access import Access
        from onedoor.messaging.api import accepted_phrases

        rows = list(accepted_phrases(Access.system("accepted phrases for training")))
    try:
        with out.open("w", encoding="utf-8", newline="") as to:
            writer = csv.writer(to)
            writer.writerow(("context", "text", "intent", "value"))
            writer.writerows(rows)
    except OSError as error:
        raise Refused(f"{out} cannot be written: {error}") from error
    print(f"{len(rows)} phrases, written to {out}.")
