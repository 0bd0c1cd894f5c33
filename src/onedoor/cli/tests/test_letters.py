"""`onedoor letters sample`: every kind in every format, from a file of facts, with no database."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path


def _sample(out: Path, *options: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-m", "onedoor.cli.main", "letters", "sample", "--out", str(out), *options],
        env={**os.environ, "DATABASE_URL": "postgresql://127.0.0.1:1/none", "ONEDOOR_HOME": str(out.parent)},
        capture_output=True,
        text=True,
        check=False,
    )


def test_every_example_in_every_format(tmp_path: Path) -> None:
    done = _sample(tmp_path / "letters")

    assert done.returncode == 0, done.stderr
    found = {file.name for file in (tmp_path / "letters").iterdir()}
    assert len(found) == 65
    assert {"welcome-standard.pdf", "gp-practice-books-large28.pdf", "apology-easyread.pdf"} <= found


def test_facts_that_lack_something_are_refused_by_name(tmp_path: Path) -> None:
    file = tmp_path / "facts.json"
    person = '{"name": "Ms Joyce Achebe"}'
    shared = f'"dated": "2026-12-01", "reference": "1", "sender": {{"name": "Us"}}, "patient": {person}'
    file.write_text(f'{{"shared": {{{shared}}}, "letters": {{"one": {{"kind": "welcome", "service": "MSK"}}}}}}')

    done = _sample(tmp_path / "letters", "--facts", str(file))

    assert done.returncode == 1
    assert "A letter lacks who_books, commonest, by_when, contact." in done.stderr
