"""`onedoor bench NAME`: measure a shipped command. Each benchmark is a module `bench.<name>` with `run(options) -> figures`."""

import importlib
import json
from typing import Annotated, Any

import typer

MODULES = {
    "dispatch": "bench.dispatch",
    "loop": "bench.loop",
    "race": "bench.race",
    "imports": "bench.imports",
    "entries": "bench.entries",
    "exchange": "bench.exchange",
    "extracts": "bench.extracts",
    "threads": "bench.threads",
    "letters": "bench.letters",
    "finding": "bench.finding",
    "triage": "bench.triage",
    "patients": "bench.patients",
    "finish-line": "bench.finish_line",
    "replay": "bench.replay",
    "rules": "bench.rules",
    "recall": "bench.recall",
    "live": "bench.live",
    "birthday": "bench.birthday",
    "reports": "bench.reports",
    "disclosure": "bench.disclosure",
}


def register(app: typer.Typer) -> None:
    app.command()(bench)


def bench(
    name: Annotated[str, typer.Argument(help=" | ".join(MODULES))],
    as_json: Annotated[bool, typer.Option("--json", help="Figures as JSON, and nothing else.")] = False,
    messages: Annotated[
        int, typer.Option(help="dispatch: so many texts, exchange: documents, in place of the two sizes.")
    ] = 0,
    delay_ms: Annotated[float, typer.Option(help="dispatch: the provider takes so long.")] = 0.0,
    dispatchers: Annotated[int, typer.Option(help="dispatch: so many dispatchers.")] = 0,
    hour: Annotated[bool, typer.Option("--hour", help="dispatch: an hour at the provider's cap.")] = False,
    year: Annotated[bool, typer.Option("--year", help="dispatch: all of Hull's texts of a year.")] = False,
    clients: Annotated[int, typer.Option(help="race: so many people; live: so many open screens.")] = 0,
    seats: Annotated[int, typer.Option(help="race: so many places.")] = 0,
    rounds: Annotated[int, typer.Option(help="race: so many rounds; live: so many seconds.")] = 0,
    replies: Annotated[int, typer.Option(help="loop: so many replies, in place of the two sizes.")] = 0,
    practices: Annotated[int, typer.Option(help="loop: so many practices, in place of the two sizes.")] = 0,
    seed: Annotated[
        int, typer.Option(help="loop: the seed of its month; threads: of its families; rules: of its people.")
    ] = 0,
    letters: Annotated[int, typer.Option(help="letters: so many letters.")] = 0,
    folder: Annotated[str, typer.Option(help="replay: where the service's two files are.")] = "",
    threads: Annotated[int, typer.Option(help="threads: so many conversations of families on one telephone.")] = 0,
    people: Annotated[
        int,
        typer.Option(help="recall, birthday: so many people, in place of its sizes; rules: so many generated people."),
    ] = 0,
    days: Annotated[int, typer.Option(help="birthday: so many days, in place of a quarter of a year.")] = 0,
) -> None:
    """Measure, in a database of its own, and print the figures with the settings they were taken under."""
    from onedoor.cli.environment import environment
    from onedoor.cli.errors import Refused

    if name not in MODULES:
        raise Refused(f"There is no benchmark {name!r}: {', '.join(MODULES)}.")
    options: dict[str, Any] = {
        "messages": messages,
        "delay_ms": delay_ms,
        "dispatchers": dispatchers,
        "hour": hour,
        "year": year,
        "clients": clients,
        "seats": seats,
        "rounds": rounds,
        "replies": replies,
        "practices": practices,
        "seed": seed,
        "threads": threads,
        "letters": letters,
        "folder": folder,
        "people": people,
        "days": days,
    }
    with environment(django=False):
        figures = importlib.import_module(MODULES[name]).run({key: value for key, value in options.items() if value})
    if as_json:
        print(json.dumps(figures))
        return
    width = max(len(key) for key in figures)
    for key, value in figures.items():
        print(f"{key:<{width}}  {value}")
