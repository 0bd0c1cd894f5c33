"""The embedded PostgreSQL against everything that a machine does to it (stack-spike.md 2.1, 2.3)."""

import os
import pwd
import signal
import subprocess
import sys
import tempfile
from dataclasses import replace
from hashlib import sha256
from pathlib import Path

import psycopg
import pytest

from onedoor.cli.errors import Refused
from onedoor.cli.supervisor.binaries import wheel_server
from onedoor.cli.supervisor.embedded import Cluster, cluster, installed, temporary_place, throwaway
from onedoor.cli.supervisor.locks import FileLock, wait_until
from onedoor.cli.supervisor.place import Place, data_place

pytestmark = pytest.mark.slow

PATIENCE = 20.0
HOLDER = """
import sys, time
from pathlib import Path
from onedoor.cli.supervisor.embedded import installed
cluster = installed(Path(sys.argv[1]))
cluster.start()
print(cluster.postmaster_pid, flush=True)
time.sleep(600)
"""


def make(place: Place, *, patience: float = PATIENCE) -> Cluster:
    return Cluster(place, wheel_server(copies=place.copies), durable=False, patience=patience)


def below(place: Place, name: str) -> Path:
    """A folder in that of `place` that the database's account can reach."""
    root = place.root / name
    root.mkdir()
    if place.account:
        os.chown(root, 0, place.account.gid)
        root.chmod(0o750)
    return root


def ask(url: str, question: str) -> object:
    with psycopg.connect(url, autocommit=True) as connection:
        row = connection.execute(question.encode()).fetchone()
        return row[0] if row else None


def tell(url: str, *statements: str) -> None:
    with psycopg.connect(url, autocommit=True) as connection:
        for statement in statements:
            connection.execute(statement.encode())


def alive(pid: int) -> bool:
    return Path(f"/proc/{pid}").exists()


def kill_holder(home: Path) -> int:
    """Start a process that runs the database of `home`, kill it with -9; the process number of the server it had."""
    with subprocess.Popen([sys.executable, "-c", HOLDER, home], stdout=subprocess.PIPE, text=True) as holder:
        assert holder.stdout is not None
        postmaster = int(holder.stdout.readline())
        assert alive(postmaster)
        holder.send_signal(signal.SIGKILL)
    return postmaster


def test_a_started_cluster_answers_and_a_stopped_one_leaves_nothing(place: Place) -> None:
    ours = make(place)
    ours.start()
    assert ask(ours.url, "SELECT current_user") == "onedoor"
    postmaster = ours.postmaster_pid
    assert postmaster is not None
    ours.stop()
    assert not alive(postmaster)
    assert not ours.lock.is_taken()
    ours.stop()


def test_a_closed_umask_does_not_lock_the_server_out(home: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("ONEDOOR_STATE", os.environ["ONEDOOR_STATE"] + "/closed")
    before = os.umask(0o077)
    try:
        with cluster(home) as url:
            assert ask(url, "SELECT 1") == 1
    finally:
        os.umask(before)


def test_data_outlives_a_restart(place: Place) -> None:
    for expected in (1, 2):
        ours = make(place)
        ours.start()
        tell(ours.url, "CREATE TABLE IF NOT EXISTS kept (id int)", "INSERT INTO kept VALUES (1)")
        assert ask(ours.url, "SELECT count(*) FROM kept") == expected
        ours.stop()


def test_the_role_is_no_superuser_and_settings_are_ours() -> None:
    with throwaway() as ours:
        assert ask(ours.url, "SELECT rolsuper FROM pg_roles WHERE rolname = current_user") is False
        for name, value in {
            "listen_addresses": "",
            "TimeZone": "UTC",
            "server_encoding": "UTF8",
            "log_min_error_statement": "panic",
            "log_error_verbosity": "terse",
        }.items():
            assert ask(ours.url, f"SHOW {name}") == value
        assert (
            ask(ours.url, "SELECT datlocprovider::text || datlocale FROM pg_database WHERE datname = 'onedoor'")
            == "bC.UTF-8"
        )


def test_a_failed_statement_leaves_no_patient_in_the_log() -> None:
    with throwaway() as ours:
        tell(ours.url, "CREATE TABLE people (number text PRIMARY KEY)", "INSERT INTO people VALUES ('9990000001')")
        with pytest.raises(psycopg.IntegrityError):
            tell(ours.url, "INSERT INTO people VALUES ('9990000001')")
        log = ours.place.log.read_text()
    assert "duplicate key value" in log
    assert "9990000001" not in log


def test_a_pid_file_that_names_a_living_foreign_process_harms_nobody(place: Place) -> None:
    ours = make(place)
    ours.start()
    pid_file = ours.data / "postmaster.pid"
    text = pid_file.read_text().splitlines()
    ours.stop()
    account = place.account
    with subprocess.Popen(["sleep", "600"], user=account.uid if account else None) as foreign:
        pid_file.write_text("\n".join([str(foreign.pid), *text[1:]]) + "\n")
        ours.start()
        assert ask(ours.url, "SELECT 1") == 1
        ours.stop()
        assert foreign.poll() is None
        foreign.kill()


def test_data_of_another_major_version_is_refused_and_left_alone(place: Place) -> None:
    ours = make(place)
    ours.start()
    ours.stop()
    version = ours.data / "PG_VERSION"
    version.write_text("14\n")
    with pytest.raises(Refused, match=r"made by PostgreSQL 14.*this is PostgreSQL 18"):
        ours.start()
    assert version.read_text() == "14\n"
    assert not ours.lock.is_taken()


def test_a_half_made_cluster_is_made_anew(place: Place) -> None:
    ours = make(place)
    side = place.root / "data.new"
    side.mkdir()
    (side / "PG_VERSION").write_text("18\n")
    ours.start()
    assert ask(ours.url, "SELECT 1") == 1
    ours.stop()


def test_two_clusters_run_side_by_side(place: Place) -> None:
    with temporary_place() as other:
        first, second = make(place), make(other)
        first.start()
        second.start()
        tell(first.url, "CREATE TABLE mine (id int)")
        assert ask(second.url, "SELECT to_regclass('mine') IS NULL") is True
        first.stop()
        assert ask(second.url, "SELECT 1") == 1
        second.stop()


def test_one_cluster_has_one_server(place: Place) -> None:
    ours = make(place)
    ours.start()
    with pytest.raises(Refused, match="in use by another process"):
        make(place, patience=0.1).start()
    assert ask(ours.url, "SELECT 1") == 1
    ours.stop()


def test_a_server_that_crashed_is_restarted_with_its_data(place: Place) -> None:
    ours = make(place)
    ours.start()
    tell(ours.url, "CREATE TABLE kept AS SELECT 1 AS id")
    assert ours.postmaster_pid is not None
    os.kill(ours.postmaster_pid, signal.SIGKILL)
    assert wait_until(ours.has_ended, PATIENCE)
    ours.restart()
    assert ask(ours.url, "SELECT id FROM kept") == 1
    ours.stop()


@pytest.mark.parametrize("name", ["long" * 25, 'it\'s "a", b%20'])
def test_a_path_that_a_socket_cannot_have_uses_a_short_private_folder(place: Place, name: str) -> None:
    root = below(place, name)
    ours = make(replace(place, root=root))
    ours.start()
    assert ask(ours.url, "SELECT 1") == 1
    ours.stop()
    assert not (root / "socket").exists()
    (folder,) = Path(tempfile.gettempdir()).glob(f"onedoor-{os.geteuid()}-{sha256(os.fsencode(root)).hexdigest()[:12]}")
    assert folder.stat().st_mode & 0o077 == 0
    folder.rmdir()


def test_odd_paths_are_quoted(place: Place) -> None:
    root = below(place, 'it\'s "a" 100%')
    ours = make(replace(place, root=root))
    ours.start()
    assert ask(ours.url, "SELECT 1") == 1
    assert (root / "socket").exists()
    ours.stop()


def test_no_server_outlives_a_killed_parent(home: Path) -> None:
    postmaster = kill_holder(home)
    ours = installed(home)
    assert wait_until(lambda: not ours.lock.is_taken(), PATIENCE)
    assert not alive(postmaster) or Path(f"/proc/{postmaster}/stat").read_text().split()[2] == "Z"
    ours.start()
    assert ask(ours.url, "SELECT 1") == 1
    ours.stop()


def test_a_command_starts_the_database_and_the_next_one_joins(home: Path) -> None:
    with cluster(home) as url:
        tell(url, "CREATE TABLE kept AS SELECT 1 AS id")
        server = ask(url, "SELECT pg_postmaster_start_time()")
        with cluster(home) as joined:
            assert ask(joined, "SELECT pg_postmaster_start_time()") == server
    assert not installed(home).lock.is_taken()
    with cluster(home) as url:
        assert ask(url, "SELECT id FROM kept") == 1


def test_whoever_started_the_database_waits_for_its_guests(home: Path) -> None:
    with cluster(home):
        guest = FileLock(data_place(home).root / "guests")
        assert guest.take(shared=True)
        assert guest.is_taken() is False, "guests do not exclude each other"
        host = FileLock(guest.path)
        assert not host.take()
        guest.release()
        assert host.take()
        host.release()


def test_a_command_after_a_crash_waits_for_the_last_processes(home: Path) -> None:
    kill_holder(home)
    with cluster(home) as url:
        assert ask(url, "SELECT 1") == 1


@pytest.mark.skipif(os.geteuid() != 0, reason="only root can try as another account")
def test_strangers_are_kept_out() -> None:
    nobody = pwd.getpwnam("nobody")
    with throwaway() as ours:
        for opened in (False, True):
            if opened:  # even one who could walk to the socket
                for folder in (ours.place.root, ours.place.root / "socket"):
                    folder.chmod(0o755)
                (ours.place.root / "socket" / ".s.PGSQL.5432").chmod(0o777)
            tried = subprocess.run(
                [
                    "/usr/bin/psql" if Path("/usr/bin/psql").exists() else ours.server.bin / "psql",
                    ours.url,
                    "-c",
                    "SELECT 1",
                ],
                user=nobody.pw_uid,
                group=nobody.pw_gid,
                extra_groups=[],
                capture_output=True,
                text=True,
                cwd="/",
            )
            assert tried.returncode != 0
            assert ("Peer authentication failed" if opened else "Permission denied") in tried.stderr
