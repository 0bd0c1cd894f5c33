"""What every command stands on: the installation's folder, its secrets, its database, and Django on top."""

import os
import secrets
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from onedoor.cli.supervisor.place import home

SECRETS = "secrets.env"
LAST_UP = "up.env"
SECRET_NAMES = ("ONEDOOR_SECRET_KEY", "ONEDOOR_DEMO_TOKEN")


@dataclass(frozen=True)
class Environment:
    """`home` is this installation's folder; `embedded` says whether its database is ours or given by DATABASE_URL."""

    home: Path
    database_url: str
    embedded: bool


@contextmanager
def environment(*, django: bool = True, tables: bool = True) -> Iterator[Environment]:
    """For as long as the block runs, `os.environ` names a database that answers; with `django`, models are ready too,
    and with `tables` they exist: made at once in a new database of ours, asked for in one given.

    DATABASE_URL wins when set. Otherwise the embedded database is joined when it runs, or else started for the block.
    """
    folder = export_settings()
    given = os.environ.get("DATABASE_URL")
    if given:
        _set_up(django, tables, ours=False)
        yield Environment(folder, given, embedded=False)
        return
    from onedoor.cli.supervisor.embedded import cluster

    with cluster(folder, say=print) as url:
        os.environ["DATABASE_URL"] = url
        try:
            _set_up(django, tables, ours=True)
            yield Environment(folder, url, embedded=True)
        finally:
            del os.environ["DATABASE_URL"]


def export_settings() -> Path:
    """Put what settings read into `os.environ`, where not given by hand, and return the installation's folder.

    What the last `onedoor up` decided counts for commands run beside it: whether this is a demonstration, and where.
    """
    folder = home()
    (folder / "assets").mkdir(exist_ok=True)  # settings name it as a source of static files, built or not
    defaults = {
        "ONEDOOR_HOME": str(folder),
        "DJANGO_SETTINGS_MODULE": "onedoor.config.settings",
        **_read(folder / LAST_UP),
        **_secrets(folder),
    }
    os.environ["ONEDOOR_HOME"] = defaults["ONEDOOR_HOME"]  # given by hand it may be relative
    for name, value in defaults.items():
        os.environ.setdefault(name, value)
    return folder


def remember_up(folder: Path, values: dict[str, str]) -> None:
    """What `onedoor up` decided, for its children and for the commands that are run beside it."""
    os.environ.update(values)
    side = folder / f"{LAST_UP}.new"
    side.write_text("".join(f"{name}={value}\n" for name, value in values.items()))
    side.replace(folder / LAST_UP)


def _set_up(django: bool, tables: bool, *, ours: bool) -> None:
    if not django:
        return
    import django as framework

    framework.setup()
    if tables:
        _expect_tables(ours)


def _expect_tables(ours: bool) -> None:
    from django.core.management import call_command
    from django.db import connection

    with connection.cursor() as cursor:
        cursor.execute("SELECT to_regclass('django_migrations') IS NULL")
        (empty,) = cursor.fetchone()
    if empty and not ours:
        from onedoor.cli.errors import Refused

        raise Refused("The database of DATABASE_URL has no tables yet. Make them with: ./run migrate")
    if empty:
        call_command("migrate", interactive=False, verbosity=0)


def _secrets(folder: Path) -> dict[str, str]:
    """This installation's own secrets, made at the first start and read by its owner only."""
    file = folder / SECRETS
    if not file.exists():
        side = folder / f"{SECRETS}.{os.getpid()}"
        with os.fdopen(os.open(side, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "w") as made:
            made.writelines(f"{name}={secrets.token_urlsafe(48)}\n" for name in SECRET_NAMES)
        try:
            os.link(side, file)  # two first starts at once agree on the secrets of whoever came first
        except FileExistsError:
            pass
        finally:
            side.unlink()
    return _read(file)


def _read(file: Path) -> dict[str, str]:
    if not file.exists():
        return {}
    return dict(line.split("=", 1) for line in file.read_text().splitlines() if "=" in line)
