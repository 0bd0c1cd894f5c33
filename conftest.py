"""Shared by every test: plain assets, a domain clock that stands, reference data that survives a flush, and which tests
are slow or belong to another part of the run."""

from __future__ import annotations

import os
import tempfile
import zlib
from collections.abc import Iterator, Sequence
from datetime import datetime
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck
from hypothesis import settings as examples

# Processes that tests start read these; pytest-django has read this process's settings by now.
os.environ["ONEDOOR_ASSETS"] = "plain"
os.environ.setdefault("ONEDOOR_HOME", str(Path(tempfile.gettempdir()) / "onedoor-tests"))
HOME = Path(os.environ["ONEDOOR_HOME"])


def pytest_configure() -> None:
    """Tests serve assets under their plain names, without a build."""
    from django.conf import settings

    for folder in ("assets", "static"):
        (HOME / folder).mkdir(parents=True, exist_ok=True)
    settings.STATIC_ROOT, settings.STATICFILES_DIRS = HOME / "static", [HOME / "assets"]
    settings.STORAGES["staticfiles"] = {"BACKEND": "django.contrib.staticfiles.storage.StaticFilesStorage"}


SLOW = Path(__file__).parent / "tests" / "slow.txt"
"""Tests that `./check fast` leaves out, beside those marked where they stand; `python -m onedoor.cli.slow` writes it anew."""


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addoption("--part", default="1/1", help="K/N: the tests are dealt into N parts; run the Kth")


@pytest.hookimpl(tryfirst=True)
def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """Mark what is slow, and leave to other runs what is theirs: each test is in one part, by its name alone."""
    slow = set(SLOW.read_text().split()) if SLOW.exists() else set()
    number, parts = (int(text) for text in config.getoption("--part").split("/"))
    mine: list[pytest.Item] = []
    others: list[pytest.Item] = []
    for item in items:
        if slow and not slow.isdisjoint({item.nodeid.partition("[")[0], item.nodeid.partition("::")[0]}):
            item.add_marker(pytest.mark.slow)
        (mine if zlib.crc32(item.nodeid.encode()) % parts == number - 1 else others).append(item)
    if others:
        items[:] = mine
        config.hook.pytest_deselected(items=others)


# How long examples take is the machine's affair: with others at work on it, 200 ms for one are no fault of what is tested.
examples.register_profile("onedoor", deadline=None, suppress_health_check=[HealthCheck.too_slow])
examples.load_profile("onedoor")

REFERENCE_TABLES = (
    "records_unit",
    "records_code",
    "records_code_set",
    "records_code_set_member",
    "messaging_tariff",
    "recall_rule_set",
)
"""Filled by migrations; the flush after a transactional test empties them."""


@pytest.fixture(autouse=True)
def monday_morning() -> Iterator[None]:
    """Monday 7 December 2026, 9am in London, unless a test sets another time."""
    from onedoor.kernel import clock

    clock.forget_cache()
    with clock.at(datetime(2026, 12, 7, 9, 0, tzinfo=clock.LONDON)):
        yield


class _Kept:
    """The reference data, how to reach the database outside tests, and whether a flush has come since it was whole."""

    rows: dict[str, list[tuple[Any, ...]]] = {}
    blocker: Any = None
    flushed = False


@pytest.fixture(scope="session")
def django_db_setup(django_db_setup: None, django_db_blocker: Any) -> Iterator[None]:
    """Keep reference data as the migrations left it, and leave it so to whoever uses the database again (`--reuse-db`).

    Flushes truncate, so the audit's guard against that goes, here only.
    """
    from django.db import connection

    _Kept.blocker = django_db_blocker
    connection.ops.sql_flush = _emptied  # type: ignore[method-assign]
    with django_db_blocker.unblock(), connection.cursor() as cursor:
        for table in ("audit_entry", "audit_seal"):
            cursor.execute(f"DROP TRIGGER IF EXISTS {table}_no_truncate ON kernel_{table}")
        for table in REFERENCE_TABLES:
            cursor.execute(f"SELECT * FROM {table}")
            _Kept.rows[table] = _Kept.rows.get(table) or cursor.fetchall()
    yield
    with django_db_blocker.unblock():
        put_back()


@pytest.hookimpl(tryfirst=True)
def pytest_runtest_setup(item: pytest.Item) -> None:
    """Put reference data back after a transactional test, whose end empties all tables, and before the next begins."""
    if _Kept.flushed and _Kept.blocker:
        with _Kept.blocker.unblock():
            put_back()
    mark = item.get_closest_marker("django_db")
    names = set(getattr(item, "fixturenames", ()))
    _Kept.flushed = bool({"transactional_db", "live_server"} & names or (mark and mark.kwargs.get("transaction")))


def _emptied(
    style: Any, tables: Sequence[str], *, reset_sequences: bool = False, allow_cascade: bool = False
) -> list[str]:
    """What the flush after a transactional test does, in place of TRUNCATE: that makes new files for each table and each index,
    0.2 s of a core for 170 tables of which a test has filled a dozen. This empties those, and waits for others as TRUNCATE would.

    Django's own two lists of models stay as they are; it would make them anew. So nothing is left for it to do.
    """
    from django.db import connection, transaction
    from django.db.backends.postgresql.operations import DatabaseOperations

    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute("SELECT has_parameter_privilege('session_replication_role', 'SET')")
        if reset_sequences or not cursor.fetchone()[0]:
            plain: list[str] = DatabaseOperations.sql_flush(
                connection.ops, style, tables, reset_sequences=reset_sequences, allow_cascade=allow_cascade
            )
            return plain
        names = [
            connection.ops.quote_name(name) for name in tables if name not in ("django_content_type", "auth_permission")
        ]
        each = ", ".join(f"'{name}'" for name in names)
        # As a replica: no foreign key is followed and no trigger fires, as with TRUNCATE.
        cursor.execute("SET LOCAL session_replication_role = replica")
        cursor.execute(f"LOCK TABLE {', '.join(names)} IN ACCESS EXCLUSIVE MODE")
        cursor.execute(
            f"""DO $$ DECLARE name text; filled boolean; BEGIN
                FOREACH name IN ARRAY ARRAY[{each}] LOOP
                    EXECUTE 'SELECT EXISTS (SELECT FROM ' || name || ')' INTO filled;
                    IF filled THEN EXECUTE 'DELETE FROM ' || name; END IF;
                END LOOP; END $$"""
        )
    return []


def put_back() -> None:
    """Fill the reference tables that a flush has emptied."""
    from django.db import connection

    with connection.cursor() as cursor:
        for table, rows in _Kept.rows.items():
            cursor.execute(f"SELECT count(*) FROM {table}")
            if cursor.fetchone()[0] == 0 and rows:
                places = ", ".join(["%s"] * len(rows[0]))
                cursor.executemany(f"INSERT INTO {table} OVERRIDING SYSTEM VALUE VALUES ({places})", rows)
