"""`onedoor scales`: the words of licensed questionnaires, which a site loads once it has the right to them."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Annotated

import typer

from onedoor.cli.errors import Refused

KeyArgument = Annotated[str, typer.Argument(help="The scale: act, msk-hq, eq-5d, phq-9 or gad-7.", metavar="KEY")]


def register(app: typer.Typer) -> None:
    group = typer.Typer(help="The words of licensed questionnaires.", no_args_is_help=True)
    group.callback()(lambda: None)
    group.command()(form)
    group.command()(load)
    app.add_typer(group, name="scales")


def form(key: KeyArgument) -> None:
    """Print the file to fill in with a scale's words: every item and option, empty. No database is needed."""
    from onedoor.cli.environment import export_settings

    export_settings()
    import django

    django.setup()
    from onedoor.questionnaires import api as questionnaires

    try:
        print(json.dumps(questionnaires.words_wanted(key), indent=2))
    except questionnaires.Faulty as error:
        raise Refused(f"{error}.") from error


def load(
    key: KeyArgument,
    file: Annotated[Path, typer.Argument(help="The words, as JSON in the shape that `form` prints.", metavar="FILE")],
    licence: Annotated[str, typer.Option(help="By what right: the licence and its number.")],
    watched_by: Annotated[str, typer.Option("--watched-by", help="Who watches for answers; PHQ-9 needs it.")] = "",
) -> None:
    """Load the words of a scale, in place of any that were loaded before. From then on it may be started."""
    from onedoor.cli.environment import environment

    with environment():
        from onedoor.kernel.actor import Actor
        from onedoor.questionnaires import api as questionnaires

        try:
            made = questionnaires.load_words(
                key=key,
                words=json.loads(file.read_text(encoding="utf-8")),
                licence=licence,
                watched_by=watched_by,
                by=Actor.system("words loaded by the operator"),
            )
        except (OSError, ValueError, AttributeError) as error:
            raise Refused(f"{file} cannot be read as JSON: {error}") from error
        except questionnaires.Faulty as error:
            raise Refused(f"Nothing was loaded. {error}") from error
    print(f"{made.title}: {len(made.items)} questions. It may be started now.")
