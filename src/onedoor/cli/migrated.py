"""A database as the migrations leave it, for `./check`: made once, copied for each run of tests, and kept between runs of
`./check fast`. Migrating takes half a minute of a core, a copy a second.

`./check` itself migrates each time, since it proves that the migrations run.
"""

import ast
import subprocess
from collections.abc import Iterator
from hashlib import sha256
from pathlib import Path

import psycopg

from onedoor.cli.errors import Refused
from onedoor.cli.supervisor.embedded import Cluster

TEMPLATE = "onedoor_migrated"


def template(cluster: Cluster) -> dict[str, str]:
    """Copy the cluster's migrated database to one that nobody connects to, and say to tests where it is."""
    with psycopg.connect(cluster.url, autocommit=True) as connection:
        connection.execute(f"CREATE DATABASE {TEMPLATE} TEMPLATE onedoor")
    return {"ONEDOOR_TEST_TEMPLATE": TEMPLATE}


class Kept:
    """The dump of a migrated database in `folder`, good for as long as nothing changes that migrations are made of."""

    def __init__(self, cluster: Cluster, root: Path, folder: Path) -> None:
        self.cluster = cluster
        self.folder = folder
        self.file = folder / f"migrated-{_key(root, cluster.server.major)}.sql"

    def restore(self) -> bool:
        """Fill the cluster's empty database from the dump; whether there was one."""
        if not self.file.exists():
            return False
        self._do("psql", "-X", "-q", "-1", "-o", "/dev/null", "-v", "ON_ERROR_STOP=1", "-f", str(self.file))
        return True

    def keep(self) -> None:
        """Dump the database for the next time, and forget older dumps."""
        if self.file.exists():
            return
        side = self.file.with_suffix(".new")
        self._do("pg_dump", "-f", str(side))
        for older in self.folder.glob("migrated-*.sql"):
            older.unlink()
        side.rename(self.file)

    def _do(self, program: str, *arguments: str) -> None:
        argv = [str(self.cluster.server.bin / program), *arguments, "-d", self.cluster.url]
        done = subprocess.run(argv, capture_output=True, text=True, check=False)
        if done.returncode:
            raise Refused(f"{program} could not do its part:\n{done.stderr.strip()}\nRemove {self.file} and try again.")


def _key(root: Path, major: int) -> str:
    """What the migrated database depends on: the migrations, what they import, files of data, and the packages' versions."""
    found = sha256(f"{major}".encode())
    migrations = sorted(root.glob("src/onedoor/*/migrations/*.py"))
    data = (file for suffix in ("toml", "csv", "json") for file in root.glob(f"src/onedoor/**/*.{suffix}"))
    files = {root / "uv.lock", root / "src/onedoor/config/settings.py", *migrations, *data}
    for file in migrations:
        files.update(one for name in _imports(file) for one in _files(root / "src", name))
    for file in sorted(files):
        found.update(f"{file.relative_to(root)}\0".encode() + file.read_bytes() + b"\0")
    return found.hexdigest()[:16]


def _imports(file: Path) -> Iterator[str]:
    """Names of modules of Onedoor's that a migration imports, in functions too."""
    for node in ast.walk(ast.parse(file.read_bytes())):
        if isinstance(node, ast.ImportFrom) and node.module and node.module.startswith("onedoor"):
            yield node.module
            yield from (f"{node.module}.{alias.name}" for alias in node.names)
        elif isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names if alias.name.startswith("onedoor"))


def _files(source: Path, module: str) -> Iterator[Path]:
    """A module's file, or those of a package such as `onedoor.records.reference`."""
    place = source / module.replace(".", "/")
    if place.with_suffix(".py").exists():
        yield place.with_suffix(".py")
    elif len(module.split(".")) > 2:
        yield from place.rglob("*.py")
