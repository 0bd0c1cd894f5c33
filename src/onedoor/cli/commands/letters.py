"""Letters: `onedoor letters sample --out FOLDER` writes every kind in every format from a file of example facts."""

import json
from pathlib import Path
from typing import Annotated

import typer

from onedoor.cli.errors import Refused

_EXAMPLES = Path(__file__).parents[4] / "localities" / "demo" / "letters.json"


def register(app: typer.Typer) -> None:
    group = typer.Typer(help="Letters as PDF.", no_args_is_help=True)
    group.callback()(lambda: None)
    group.command()(sample)
    app.add_typer(group, name="letters")


def sample(
    out: Annotated[Path, typer.Option(help="The folder to write to.")],
    facts: Annotated[Path, typer.Option(help="A file of example facts.")] = _EXAMPLES,
    pictures: Annotated[bool, typer.Option("--pictures", help="Each page as a picture too.")] = False,
) -> None:
    """Write every letter of the file in every format. No database is needed."""
    from onedoor.cli.environment import export_settings

    export_settings()
    import django

    django.setup()
    from onedoor.documents import api as documents

    try:
        kept = json.loads(facts.read_text(encoding="utf-8"))
        letters = {
            name: documents.compose_letter(documents.facts_from_json({**kept["shared"], **own}))
            for name, own in kept["letters"].items()
        }
    except documents.IncompleteLetter as error:
        raise Refused(f"A letter lacks {error}.") from error
    except (OSError, ValueError, KeyError, TypeError) as error:
        raise Refused(f"{facts} holds no facts of letters: {type(error).__name__}.") from error
    out.mkdir(parents=True, exist_ok=True)
    for name, letter in letters.items():
        for style in documents.FORMATS:
            (out / f"{name}-{style}.pdf").write_bytes(documents.pdf(letter, style))
            for number, picture in enumerate(documents.pictures(letter, style) if pictures else (), start=1):
                (out / f"{name}-{style}-{number}.png").write_bytes(picture)
    print(
        f"{len(letters) * len(documents.FORMATS)} letters in {out}: {len(letters)} in {len(documents.FORMATS)} formats"
    )
