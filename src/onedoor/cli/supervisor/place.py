"""Where an installation keeps things, and which account its database runs as."""

import os
import pwd
import secrets
import subprocess
from dataclasses import dataclass
from pathlib import Path

import onedoor
from onedoor.cli.errors import Refused
from onedoor.cli.supervisor.spawn import Account

DATABASE_ACCOUNT = "onedoor-db"
STATE = Path("/var/lib/onedoor")


@dataclass(frozen=True)
class Place:
    """Where one cluster lives. `account` is None when it runs as whoever started it."""

    root: Path
    log: Path
    account: Account | None = None
    copies: Path | None = None


def checkout() -> Path:
    """The folder of the source tree."""
    return Path(onedoor.__file__).resolve().parents[2]


def home() -> Path:
    """This installation's own folder, made when absent: ONEDOOR_HOME, else `.onedoor` in the source tree."""
    given = os.environ.get("ONEDOOR_HOME")
    folder = Path(given).expanduser().resolve() if given else checkout() / ".onedoor"
    try:
        folder.mkdir(parents=True, exist_ok=True)
    except PermissionError:
        raise Refused(f"You may not write in {folder.parent}: set ONEDOOR_HOME to a folder of yours.") from None
    owner = folder.stat().st_uid
    if owner != os.geteuid():
        # Files made by two accounts in one folder lock each other out, and the database would be another one.
        raise Refused(f"The installation in {folder} belongs to {_account_name(owner)}: run this as that account.")
    return folder


def data_place(home: Path) -> Place:
    """Where the embedded database of the installation in `home` lives.

    An ordinary user keeps it in `home`. PostgreSQL refuses to run as root, so root keeps it in a system folder, run by a
    system account which cannot read `home` and which nobody logs in to.
    """
    log_folder = home / "log"
    log_folder.mkdir(mode=0o700, exist_ok=True)
    log = log_folder / "postgres.log"
    if os.geteuid() != 0:
        root = home / "postgres"
        root.mkdir(mode=0o700, exist_ok=True)
        return Place(root, log)
    state = system_state()
    account = database_account()
    root = state / _identity(home, state)
    root.mkdir(exist_ok=True)
    os.chown(root, 0, account.gid)
    root.chmod(0o750)
    return Place(root, log, account, copies=state)


def system_state() -> Path:
    """Root's folder for the databases of all installations of this machine; ONEDOOR_STATE names another."""
    state = Path(os.environ.get("ONEDOOR_STATE") or STATE)
    if not state.exists():
        state.mkdir(parents=True)
        state.chmod(0o755)  # whatever our umask: the database's account passes through
    return state


def database_account() -> Account:
    """The system account that runs PostgreSQL for root, made when absent."""
    if (account := _find_account(DATABASE_ACCOUNT)) is None:
        command = ["useradd", "--system", "--user-group", "--no-create-home", "--home-dir", "/nonexistent"]
        command += ["--shell", "/usr/sbin/nologin", DATABASE_ACCOUNT]
        path = f"{os.environ.get('PATH', '')}:/usr/sbin:/sbin"
        try:
            made = subprocess.run(command, capture_output=True, text=True, env={"PATH": path, "LC_ALL": "C"})
        except FileNotFoundError:
            raise Refused(
                f"PostgreSQL does not run as root, and useradd is missing to make {DATABASE_ACCOUNT}."
            ) from None
        account = _find_account(DATABASE_ACCOUNT)  # also when another installation made it at the same time
        if account is None:
            raise Refused(f"The account {DATABASE_ACCOUNT} could not be made: {made.stderr.strip()}")
    return account


def own_name() -> str:
    """The name of the account that runs this program; PostgreSQL's peer authentication goes by it."""
    try:
        return pwd.getpwuid(os.geteuid()).pw_name
    except KeyError:
        raise Refused(
            f"Your account (number {os.geteuid()}) has no name on this machine, and PostgreSQL needs one. "
            "Add it to /etc/passwd, or set DATABASE_URL to a PostgreSQL 15 or later."
        ) from None


def _find_account(name: str) -> Account | None:
    try:
        entry = pwd.getpwnam(name)
    except KeyError:
        return None
    return Account(name, entry.pw_uid, entry.pw_gid)


def _account_name(uid: int) -> str:
    try:
        return pwd.getpwuid(uid).pw_name
    except KeyError:
        return f"account number {uid}"


def _identity(home: Path, state: Path) -> str:
    """The name of this installation's folder in `state`.

    Kept in `home`, so that a source tree which was moved finds its data; a *copy* of one gets a name of its own.
    """
    note = home / "installation"
    if note.exists():
        name = note.read_text().strip()
        of = state / f"{name}.home"
        known = Path(of.read_text()) if of.exists() else home
        if known == home or not (known / "installation").exists():
            of.write_text(str(home))
            return name
    name = secrets.token_hex(6)
    note.write_text(f"{name}\n")
    (state / f"{name}.home").write_text(str(home))
    return name
