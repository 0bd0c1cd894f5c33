"""Run a PostgreSQL cluster as a child: the embedded database of an installation, or a throw-away one for tests.

Why not the wheel's own class, and where each precaution comes from: stack-spike.md 2. In short:

- The server runs in the foreground as our direct child, so that it is always reaped, and stops when we die.
- It inherits a file lock. While the lock is taken some process of the cluster lives; once it is free none does, and
  only then are the leavings of a crash (postmaster.pid, socket lock) removed. Process numbers prove nothing.
- Nothing listens on the network, and the socket's folder is closed to other accounts.
"""

import os
import shutil
import signal
import stat
import subprocess
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from hashlib import sha256
from pathlib import Path
from urllib.parse import quote

import psycopg
from psycopg import sql

from onedoor.cli.errors import Refused
from onedoor.cli.supervisor.binaries import Server, server_in, wheel_server
from onedoor.cli.supervisor.locks import FileLock, wait_until
from onedoor.cli.supervisor.place import Place, data_place, database_account, own_name, system_state
from onedoor.cli.supervisor.spawn import has_ended, kill, spawn, wait_for

PORT = 5432
SUPERUSER = "postgres"
ROLE = "onedoor"
LONGEST_SOCKET = 103  # bytes; the shortest limit among the systems PostgreSQL runs on (stack-spike.md 2.3)
BUILTIN_LOCALE_SINCE = 17
ORPHANS_SECONDS = 60
STOP_SECONDS = 60
MEBIBYTE = 1024 * 1024

Say = Callable[[str], None]


def _quiet(_: str) -> None:
    return


class Cluster:
    """One PostgreSQL cluster and, between start() and stop(), its server.

    `durable=False` is for tests: faster, and lost with the machine's power. `patience` is how many seconds start() waits
    for another holder of the cluster: the last processes of a killed parent need a moment to leave.
    """

    def __init__(
        self,
        place: Place,
        server: Server,
        *,
        durable: bool = True,
        say: Say = _quiet,
        patience: float = ORPHANS_SECONDS,
    ) -> None:
        self.place = place
        self.server = server
        self.durable = durable
        self.say = say
        self.patience = patience
        self.data = place.root / "data"
        self.settings = place.root / "settings"
        self.lock = FileLock(place.root / "lock")
        self.owner = FileLock(place.root / "owner")
        self.guests = FileLock(place.root / "guests")
        self._process: subprocess.Popen[bytes] | None = None

    @property
    def url(self) -> str:
        """The address of Onedoor's database, as DATABASE_URL takes it."""
        return self._url(self._socket_folder(), ROLE, ROLE)

    @property
    def postmaster_pid(self) -> int | None:
        """The process number of the server that this object started."""
        return self._process.pid if self._process else None

    def start(self) -> None:
        """Start the server and wait until it answers, however long recovery takes.

        Refuses when another process runs this cluster, or when the data is of another PostgreSQL version.
        """
        if not (self.lock.held or self.lock.take_within(self.patience)):
            raise Refused(f"The database in {self.place.root} is in use by another process. Stop that one first.")
        try:
            if not self.owner.take_within(self.patience):
                raise Refused(f"{self.owner.path} is held by a program that is not Onedoor.")
            if not (self.data / "PG_VERSION").exists():
                self._create()
            self._refuse_foreign_version()
            self._write_settings()
            self._remove_leavings()
            self._launch()
            self._ensure_database()
        except BaseException:
            self.stop()
            raise

    def has_ended(self) -> bool:
        """Whether the server ended although nobody called stop()."""
        return self._process is not None and has_ended(self._process)

    def restart(self) -> None:
        """Start again after the server ended unasked. We stay its owner throughout."""
        self._remove_leavings_when_alone()
        self._launch()

    def stop(self) -> None:
        """Stop the server: its sessions are cut off, everything committed is kept. Stopping twice is harmless."""
        process, self._process = self._process, None
        try:
            if process and not has_ended(process):
                process.send_signal(signal.SIGINT)
                if not wait_for(process, STOP_SECONDS):
                    process.send_signal(signal.SIGQUIT)
                    if not wait_for(process, STOP_SECONDS):
                        kill(process)
        finally:
            self.owner.release()
            self.lock.release()

    def join_url(self) -> str | None:
        """The address of this cluster's server when another live process of ours runs it and it is ready."""
        lines = self._pid_file()
        if not self.owner.is_taken() or not self._ready(lines):
            return None
        return self._url(Path(lines[4]), ROLE, ROLE)

    def _create(self) -> None:
        """initdb into a side folder, then rename: a cluster is there whole or not at all."""
        if self.data.exists():
            raise Refused(f"{self.data} exists but holds no PostgreSQL cluster; move it away.")
        side = self.place.root / "data.new"
        shutil.rmtree(side, ignore_errors=True)
        self._folder(side)
        if self.server.major >= BUILTIN_LOCALE_SINCE:
            locale = ["--locale-provider=builtin", "--builtin-locale=C.UTF-8", "--locale=C"]
        else:
            locale = ["--locale-provider=libc", "--locale=C.UTF-8"]
        argv: list[str | Path] = [
            self.server.bin / "initdb",
            "-D",
            side,
            "-U",
            SUPERUSER,
            "--encoding=UTF8",
            *locale,
            "--auth=peer",
        ]
        argv += [] if self.durable else ["--no-sync"]
        with tempfile.TemporaryFile() as said:
            process = spawn(
                argv,
                env=self._environment(),
                output=said.fileno(),
                death_signal=signal.SIGKILL,
                account=self.place.account,
                cwd=self.place.root,
                pass_fds=[self.lock.fd],
            )
            if process.wait() != 0:
                said.seek(0)
                raise Refused(f"The database could not be created:\n{said.read().decode(errors='replace').strip()}")
        side.rename(self.data)

    def _refuse_foreign_version(self) -> None:
        found = (self.data / "PG_VERSION").read_text().strip()
        if found != str(self.server.major):
            raise Refused(
                f"The data in {self.data} was made by PostgreSQL {found}, and this is PostgreSQL {self.server.major}. "
                f"Nothing was changed. Dump it with the programs of PostgreSQL {found} and load the dump into a new one."
            )

    def _write_settings(self) -> None:
        """All settings, written anew at each start, so that what runs is what this version of Onedoor says."""
        self.settings.mkdir(exist_ok=True)
        self.settings.chmod(0o755)  # whatever the caller's umask: the server's account reads it
        account = self.place.account.name if self.place.account else own_name()
        names = {
            "hba.conf": "local all all peer map=onedoor\n",
            "ident.conf": "".join(
                f'onedoor "{name}" {role}\n' for name in sorted({account, own_name()}) for role in (SUPERUSER, ROLE)
            ),
            "postgresql.conf": "".join(f"{name} = {value}\n" for name, value in self._settings().items()),
        }
        for name, text in names.items():
            file = self.settings / name
            file.write_text(text)
            file.chmod(0o644)

    def _settings(self) -> dict[str, str]:
        memory = _memory()
        buffers = min(memory // 4, 1024 * MEBIBYTE) if self.durable else 128 * MEBIBYTE
        settings = {
            "hba_file": _quoted(str(self.settings / "hba.conf")),
            "ident_file": _quoted(str(self.settings / "ident.conf")),
            "listen_addresses": "''",
            "port": str(PORT),
            "unix_socket_directories": _quoted('"{}"'.format(str(self._socket_folder()).replace('"', '""'))),
            "unix_socket_permissions": "0700",
            "max_connections": "200",
            "shared_buffers": f"{max(buffers // MEBIBYTE, 16)}MB",
            "effective_cache_size": f"{max(memory // 2 // MEBIBYTE, 64)}MB",
            "max_wal_size": "2GB",
            "checkpoint_timeout": "10min",
            "random_page_cost": "1.1",
            "jit": "off",
            "timezone": "'UTC'",
            "log_timezone": "'UTC'",
            "lc_messages": "'C'",
            # psycopg puts values into the statement, so a logged statement or DETAIL is patient data (stack-spike.md 2.3).
            "log_min_error_statement": "panic",
            "log_error_verbosity": "terse",
            "log_parameter_max_length_on_error": "0",
            "log_min_duration_statement": "-1",
            "log_statement": "'none'",
            "log_checkpoints": "off",
            "log_line_prefix": "'%m [%p] '",
        }
        if not self.durable:
            settings |= {"fsync": "off", "full_page_writes": "off"}  # commits still survive a kill of the server
        return settings

    def _remove_leavings(self) -> None:
        """Called with the lock held and no server started: whatever these files say, no process of this cluster lives."""
        (self.data / "postmaster.pid").unlink(missing_ok=True)
        folder = self._socket_folder()
        self._folder(folder)
        for name in (f".s.PGSQL.{PORT}", f".s.PGSQL.{PORT}.lock"):
            (folder / name).unlink(missing_ok=True)

    def _remove_leavings_when_alone(self) -> None:
        """After a crash of the server alone its sessions may outlive it; our own hold on the lock hides theirs."""
        self.lock.release()
        if not self.lock.take_within(self.patience):
            raise Refused(f"Processes of the database in {self.place.root} did not end after its server crashed.")
        self._remove_leavings()

    def _launch(self) -> None:
        config = self.settings / "postgresql.conf"
        with self.place.log.open("ab") as log:
            start = log.tell()
            self._process = spawn(
                [self.server.bin / "postgres", "-D", self.data, "-c", f"config_file={config}"],
                env=self._environment(),
                output=log.fileno(),
                death_signal=signal.SIGINT,
                account=self.place.account,
                cwd=self.place.root,
                pass_fds=[self.lock.fd],
            )
        told = time.monotonic() + 3
        while not self._ready(self._pid_file()):
            if has_ended(self._process):
                with self.place.log.open("rb") as log:
                    log.seek(start)
                    said = log.read().decode(errors="replace").strip()
                raise Refused(f"The database did not start:\n{said}")
            if time.monotonic() > told:
                self.say("The database is recovering after a crash; large ones take a while.")
                told += 60
            time.sleep(0.02)

    def _ensure_database(self) -> None:
        """Onedoor's role is not a superuser: it owns its one database and may make others (tests do)."""
        name = sql.Identifier(ROLE)
        with psycopg.connect(self._url(self._socket_folder(), SUPERUSER, SUPERUSER), autocommit=True) as connection:
            if connection.execute("SELECT 1 FROM pg_roles WHERE rolname = %s", [ROLE]).fetchone() is None:
                connection.execute(sql.SQL("CREATE ROLE {} LOGIN CREATEDB").format(name))
            if connection.execute("SELECT 1 FROM pg_database WHERE datname = %s", [ROLE]).fetchone() is None:
                connection.execute(sql.SQL("CREATE DATABASE {} OWNER {} TEMPLATE template0").format(name, name))
            if not self.durable:  # tests tamper with the audit, as only a superuser could, to see it noticed
                connection.execute(sql.SQL("GRANT SET ON PARAMETER session_replication_role TO {}").format(name))

    def _socket_folder(self) -> Path:
        """Where the socket is: beside the data, or in a short private folder when a socket cannot have that path: too
        long, or with a comma, which parts hosts in an address.
        """
        folder = self.place.root / "socket"
        if len(os.fsencode(folder / f".s.PGSQL.{PORT}")) <= LONGEST_SOCKET and "," not in str(folder):
            return folder
        name = sha256(os.fsencode(self.place.root)).hexdigest()[:12]
        return Path(tempfile.gettempdir()) / f"onedoor-{os.geteuid()}-{name}"

    def _folder(self, folder: Path) -> None:
        """Make a folder that only the cluster's account may enter."""
        with suppress(FileExistsError):
            folder.mkdir(mode=0o700)
        found = folder.lstat()
        account = self.place.account
        if account and stat.S_ISDIR(found.st_mode) and found.st_uid == os.geteuid():
            os.chown(folder, account.uid, account.gid)
            found = folder.lstat()
        wanted = account.uid if account else os.geteuid()
        if not stat.S_ISDIR(found.st_mode) or found.st_uid != wanted or stat.S_IMODE(found.st_mode) != 0o700:
            raise Refused(f"{folder} must be a folder of {account.name if account else own_name()}, closed to others.")

    @staticmethod
    def _ready(pid_file: list[str]) -> bool:
        return len(pid_file) >= 8 and pid_file[7].strip() == "ready"

    def _pid_file(self) -> list[str]:
        """PostgreSQL's own note: line 5 is the socket's folder, line 8 says whether it answers."""
        try:
            return (self.data / "postmaster.pid").read_text().splitlines()
        except FileNotFoundError:
            return []

    def _url(self, folder: Path, role: str, database: str) -> str:
        return f"postgresql://{role}@/{database}?host={quote(str(folder), safe='')}&port={PORT}"

    def _environment(self) -> dict[str, str]:
        return {"PATH": os.environ.get("PATH", os.defpath), "LC_ALL": "C.UTF-8", "TZ": "UTC"}


def installed(home: Path, *, say: Say = _quiet) -> Cluster:
    """The embedded cluster of the installation in `home`, not started."""
    place = data_place(home)
    return Cluster(place, wheel_server(copies=place.copies), say=say)


@contextmanager
def cluster(home: Path, *, say: Say = _quiet) -> Iterator[str]:
    """The address of the installation's database for as long as the block runs.

    A server that another command of this installation runs is joined; otherwise one is started and stopped again.
    """
    ours = installed(home, say=say)
    while True:
        if ours.lock.take():
            if ours.owner.is_taken():  # its owner restarts a crashed server and looks who is left: out of the way
                ours.lock.release()
                time.sleep(0.1)
                continue
            try:
                ours.start()
                yield ours.url
                _wait_for_guests(ours, say)
            finally:
                ours.stop()
                ours.guests.release()
            return
        if ours.guests.take(shared=True):
            try:
                if (url := ours.join_url()) is not None:
                    yield url
                    return
            finally:
                ours.guests.release()
        # Its owner is still starting (recovery may take long), is stopping, or died and its last processes are leaving.
        moved = wait_until(lambda: ours.join_url() is not None or not ours.lock.is_taken(), ORPHANS_SECONDS)
        if not moved and not ours.owner.is_taken():
            raise Refused(f"The database in {ours.place.root} is held by processes of a command that died; end them.")


def _wait_for_guests(ours: Cluster, say: Say) -> None:
    """A short command that happened to start the server keeps it up for those that joined; new ones wait for our end."""
    if not ours.guests.take():
        say("Another command still uses the database; waiting for it.")
        ours.guests.take_within(float("inf"))


@contextmanager
def temporary_place() -> Iterator[Place]:
    """A folder for one cluster, gone with the block; as root, one that the database's account can reach."""
    as_root = os.geteuid() == 0
    account = database_account() if as_root else None
    root = Path(tempfile.mkdtemp(prefix="onedoor-"))
    try:
        if account:
            os.chown(root, 0, account.gid)
            root.chmod(0o750)
        yield Place(root, root / "postgres.log", account, copies=system_state() if as_root else None)
    finally:
        shutil.rmtree(root, ignore_errors=True)


@contextmanager
def throwaway(*, programs: Path | None = None) -> Iterator[Cluster]:
    """A started cluster in a temporary folder, gone with the block. `programs` is another PostgreSQL's folder."""
    with temporary_place() as place:
        server = server_in(programs) if programs else wheel_server(copies=place.copies)
        made = Cluster(place, server, durable=False)
        try:
            made.start()
            yield made
        finally:
            made.stop()


def _memory() -> int:
    """Bytes of memory that this machine, or the container we run in, has."""
    memory = os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES")
    limit = Path("/sys/fs/cgroup/memory.max")
    if limit.exists() and (text := limit.read_text().strip()).isdigit():
        memory = min(memory, int(text))
    return memory


def _quoted(text: str) -> str:
    return "'{}'".format(text.replace("'", "''"))
