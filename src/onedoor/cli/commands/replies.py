"""Reading replies by the file: `onedoor interpret FILE.csv --out OUT.csv`, and `onedoor train`, which makes the model anew."""

from __future__ import annotations

import csv
import importlib
from pathlib import Path
from typing import Annotated

import typer

FileArgument = Annotated[Path, typer.Argument(help="CSV with the columns context and text.", metavar="FILE")]
OutOption = Annotated[Path, typer.Option("--out", help="Where to write what was understood.")]
PhrasesOption = Annotated[Path, typer.Option("--phrases", help="Folder of labelled phrases.")]

COLUMNS = ("context", "text", "intent", "value", "action", "confidence")


def register(app: typer.Typer) -> None:
    app.command()(interpret)
    app.command()(train)


def interpret(file: FileArgument, out: OutOption) -> None:
    """Read each text of a file in the light of what was asked. Exit code 1 if the file cannot be read."""
    from onedoor.cli.errors import Refused
    from onedoor.messaging.ports import interpret as read

    _declare()
    try:
        with file.open(encoding="utf-8-sig", newline="") as stream, out.open("w", encoding="utf-8", newline="") as to:
            rows = csv.DictReader(stream)
            missing = {"context", "text"} - set(rows.fieldnames or ())
            if missing:
                raise Refused(f"{file}: no column {' and no column '.join(sorted(missing))} in its first line.")
            writer = csv.writer(to)
            writer.writerow(COLUMNS)
            done, unknown = 0, []
            for number, row in enumerate(rows, 2):
                context, text = (row["context"] or "").strip(), row["text"] or ""
                try:
                    found = read(context, text)
                    writer.writerow([context, text, found.intent, found.value, found.action, f"{found.confidence:.3f}"])
                except KeyError:
                    unknown.append(f"row {number}: {context!r}")
                    writer.writerow([context, text, "unclear", "", "person", "0.000"])
                done += 1
    except FileNotFoundError as error:
        raise Refused(f"There is no file or folder {error.filename}.") from error
    except (OSError, UnicodeDecodeError, csv.Error) as error:
        raise Refused(f"{file} cannot be read as a CSV file in UTF-8: {error}") from error
    print(f"{done} texts read, written to {out}.")
    if unknown:
        print(f"{len(unknown)} of a context that nobody asks, given to a person: {', '.join(unknown[:5])}.")


def _declare() -> None:
    """Every question that is asked anywhere."""
    for name in ("booking", "recall", "questionnaires", "feedback"):
        importlib.import_module(f"onedoor.{name}.reading")


def train(phrases: PhrasesOption = Path("phrases/training")) -> None:
    """Train the model of replies from labelled phrases, and say how well it reads those that it did not learn from."""
    from onedoor.cli.errors import Refused
    from onedoor.messaging.ports import train_reading

    try:
        made = train_reading(phrases)
    except ImportError as error:
        raise Refused("Training needs scikit-learn, which nothing else does: uv sync --extra learning") from error
    except (OSError, ValueError) as error:
        raise Refused(f"{phrases}: {error}") from error
    print(f"{made.phrases} phrases of {made.contexts} contexts, {made.labels} labels; {made.megabytes:.1f} MB.")
    print(f"Read by models that had not learnt from them: {made.alike:.1%} as labelled. Heat {made.heat:.1f}.")
