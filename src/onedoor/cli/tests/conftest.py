"""These tests start real servers and processes; nothing here touches Django's database."""

import os
import shutil
import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest

from onedoor.cli.supervisor.embedded import temporary_place
from onedoor.cli.supervisor.place import Place


@pytest.fixture
def place() -> Iterator[Place]:
    """Where one cluster may live."""
    with temporary_place() as made:
        yield made


@pytest.fixture(scope="session")
def state() -> Iterator[Path]:
    """Stands for root's system folder, so that tests leave nothing in the real one."""
    # Not pytest's own folder: it is closed to the account that runs PostgreSQL for root, and too long for a socket.
    folder = Path(tempfile.mkdtemp(prefix="onedoor-"))
    folder.chmod(0o755)
    yield folder
    shutil.rmtree(folder, ignore_errors=True)


@pytest.fixture
def home(monkeypatch: pytest.MonkeyPatch, state: Path) -> Iterator[Path]:
    """The folder of an installation that nobody else has, named in the environment."""
    folder = Path(tempfile.mkdtemp(prefix="onedoor-"))
    for name in [name for name in os.environ if name.startswith(("ONEDOOR_", "DATABASE_"))]:
        monkeypatch.delenv(name)
    monkeypatch.setenv("ONEDOOR_HOME", str(folder / "home"))
    monkeypatch.setenv("ONEDOOR_STATE", str(state))
    (folder / "home").mkdir()
    yield folder / "home"
    shutil.rmtree(folder, ignore_errors=True)
