"""When the kept dump of a migrated database no longer holds."""

from collections.abc import Callable
from pathlib import Path

import pytest

from onedoor.cli.migrated import _key

MIGRATION = "src/onedoor/records/migrations/0001_initial.py"
LOADER = "src/onedoor/records/reference/__init__.py"
CODES = "src/onedoor/records/reference/codes.csv"


@pytest.fixture
def tree(tmp_path: Path) -> Callable[..., str]:
    """Writes files into a small tree and gives its key."""

    def write(files: dict[str, str], major: int = 18) -> str:
        for name, text in files.items():
            (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
            (tmp_path / name).write_text(text)
        return _key(tmp_path, major)

    write(
        {
            "uv.lock": "",
            "src/onedoor/config/settings.py": "",
            LOADER: "",
            CODES: "code\n",
            "src/onedoor/records/api.py": "",
        }
    )
    write({MIGRATION: "def forwards(apps, editor):\n    from onedoor.records import reference\n"})
    return write


@pytest.mark.parametrize(
    "name",
    [
        MIGRATION,
        LOADER,
        CODES,
        "uv.lock",
        "src/onedoor/config/settings.py",
        "src/onedoor/tasks/migrations/0002_more.py",
    ],
)
def test_what_migrations_are_made_of_makes_another_dump(tree: Callable[..., str], name: str) -> None:
    before = tree({})
    assert tree({name: "X = 1\n"}) != before


def test_other_code_leaves_it(tree: Callable[..., str]) -> None:
    assert tree({"src/onedoor/records/api.py": "X = 1\n"}) == tree({})


def test_each_server_has_its_own(tree: Callable[..., str]) -> None:
    assert tree({}, major=15) != tree({}, major=18)
