"""Compose and render letters one after another in one process, then hold each to PDF/UA-1 by veraPDF (`bench.verapdf`).

The letters are those of the demonstration under 500 different names, all examples in all formats in turn, and then in the next
language; those to patients in Polish and Ukrainian hold the English too. `bare_s` is how long Typst takes in the same run for as
many pages of one line. Checking is no part of `seconds`.
"""

from __future__ import annotations

import json
import resource
import tempfile
import time
from collections.abc import Mapping
from pathlib import Path
from typing import Any

LETTERS = 500
GOAL_SECONDS = 30
LANGUAGES = ("en", "pl", "uk")
_EXAMPLES = Path(__file__).parents[1] / "localities" / "demo" / "letters.json"
_BARE = b'#set page(paper: "a4")\n#set text(lang: "en")\n#set document(title: "T")\n= One line'


def run(options: Mapping[str, Any]) -> dict[str, Any]:
    """Figures; `options["letters"]` may give another number."""
    import django
    import typst

    django.setup()
    from bench import verapdf
    from onedoor.documents import api as documents

    many = int(options.get("letters") or LETTERS)
    kept = json.loads(_EXAMPLES.read_text(encoding="utf-8"))
    kinds = list(kept["letters"].values())
    made: list[bytes] = []
    slowest = 0.0
    begun = time.perf_counter()
    for number in range(many):
        one = time.perf_counter()
        person = {**kept["shared"]["patient"], "name": f"Person {number}"}
        language = LANGUAGES[number // (len(kinds) * len(documents.FORMATS)) % len(LANGUAGES)]
        facts = documents.facts_from_json(
            {**kept["shared"], **kinds[number % len(kinds)], "patient": person, "language": language}
        )
        letter = documents.compose_letter(facts)
        made.append(documents.pdf(letter, documents.FORMATS[number % len(documents.FORMATS)]))
        slowest = max(slowest, time.perf_counter() - one)
    seconds = time.perf_counter() - begun
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    begun = time.perf_counter()
    with tempfile.NamedTemporaryFile(suffix=".typ") as file:
        file.write(_BARE)
        file.flush()
        bare: Any = typst.Compiler(input=file.name, root=str(Path(file.name).parent))
        for _ in range(many):
            bare.compile(format="pdf", pdf_standards=["ua-1"])
    figures: dict[str, Any] = {
        "letters": many,
        "seconds": round(seconds, 1),
        "goal_seconds": GOAL_SECONDS,
        "languages": len(LANGUAGES),
        "ms_a_letter": round(1000 * seconds / many, 1),
        "slowest_ms": round(1000 * slowest),
        "bare_s": round(time.perf_counter() - begun, 1),
        "megabytes": round(sum(map(len, made)) / 1e6, 1),
        "peak_rss_mb": round(peak),
        "processes": 1,
    }
    if not verapdf.available():
        return {**figures, "checked": 0, "valid": "not checked: veraPDF needs a Java, and what ./check installs"}
    begun = time.perf_counter()
    faulty = sum(bool(verapdf.faults(one)) for one in made)
    return {
        **figures,
        "checked": many,
        "valid": many - faulty,
        "rules": verapdf.rules(),
        "checking_s": round(time.perf_counter() - begun, 1),
    }
