"""Ports, secrets, static files and links: the small parts that the commands stand on."""

import json
import os
import stat
from pathlib import Path

import psycopg
import pytest

from onedoor.cli import assets, links
from onedoor.cli.environment import export_settings
from onedoor.cli.errors import Refused
from onedoor.cli.main import describe
from onedoor.cli.supervisor import place, ports

HOST = "127.0.0.1"
FIRST = 20000 + os.getpid() % 100 * 100  # away from what else runs here, other workers of this run included


def test_two_installations_get_different_pairs_of_ports() -> None:
    first = ports.choose(HOST, web=None, simulator=None, first=FIRST)
    second = ports.choose(HOST, web=None, simulator=None, first=FIRST)
    with first.web, second.web:
        assert (first.web_port, first.simulator) == (FIRST, FIRST + 1)
        assert (second.web_port, second.simulator) == (FIRST + 2, FIRST + 3)
        assert first.mesh != second.mesh


def test_a_pair_is_taken_whole_or_not_at_all() -> None:
    other = ports.choose(HOST, web=FIRST + 1, simulator=None)
    with other.web:
        ours = ports.choose(HOST, web=None, simulator=None, first=FIRST)
        with ours.web:
            assert ours.web_port == FIRST + 2


def test_a_port_asked_for_by_hand_is_given_or_refused() -> None:
    taken = ports.choose(HOST, web=FIRST + 50, simulator=None)
    with taken.web:
        assert (taken.web_port, taken.simulator) == (FIRST + 50, FIRST + 51)
        with pytest.raises(Refused, match="ONEDOOR_PORT"):
            ports.choose(HOST, web=FIRST + 50, simulator=None)
        with pytest.raises(Refused, match="ONEDOOR_SIMULATOR_PORT"):
            ports.choose(HOST, web=None, simulator=FIRST + 50)
        with pytest.raises(Refused, match="ONEDOOR_MESH_PORT"):
            ports.choose(HOST, web=None, simulator=None, mesh=FIRST + 50)


def test_a_fault_is_described_without_what_the_database_said() -> None:
    number = "999" + "0000001"  # in two, since a traceback quotes the line
    try:
        try:
            raise psycopg.IntegrityError(f"Key (number)=({number}) already exists.")
        except psycopg.Error as error:
            raise ValueError("an import failed") from error
    except ValueError as fault:
        text = describe(fault)
    assert number not in text
    assert "IntegrityError: [message left out" in text
    assert "ValueError: an import failed" in text
    assert "test_parts.py" in text


def test_secrets_are_made_once_and_closed_to_others(home: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    assert export_settings() == home
    first = {name: os.environ[name] for name in ("ONEDOOR_SECRET_KEY", "ONEDOOR_DEMO_TOKEN")}
    assert stat.S_IMODE((home / "secrets.env").stat().st_mode) == 0o600
    assert len(set(first.values())) == 2
    for name in first:
        monkeypatch.delenv(name)
    export_settings()
    assert {name: os.environ[name] for name in first} == first


def test_secrets_given_by_hand_win(home: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("ONEDOOR_SECRET_KEY", "given")
    export_settings()
    assert os.environ["ONEDOOR_SECRET_KEY"] == "given"


@pytest.mark.skipif(os.geteuid() != 0, reason="only root can give a folder away")
def test_an_installation_of_another_account_is_refused(home: Path) -> None:
    os.chown(home, 65534, 65534)
    with pytest.raises(Refused, match="belongs to"):
        place.home()


@pytest.mark.skipif(os.geteuid() != 0, reason="an ordinary user's database lies in the installation itself")
def test_a_moved_installation_finds_its_data_and_a_copy_gets_its_own(home: Path) -> None:
    first = place.data_place(home).root
    moved = home.rename(home.with_name(f"{home.name}.moved"))
    assert place.data_place(moved).root == first
    home.mkdir()
    (home / "installation").write_text((moved / "installation").read_text())
    assert place.data_place(home).root != first
    assert place.data_place(moved).root == first


def _package(folder: Path, css: str) -> Path:
    built = folder / "dist" / "nhsuk"
    (built / "assets" / "images").mkdir(parents=True)
    (folder / "package.json").write_text(json.dumps({"version": "1.2.3"}))
    (built / "nhsuk-frontend-1.2.3.min.css").write_text(css)
    for name in ("nhsuk-frontend-1.2.3.min.js", "nhsuk-frontend-1.2.3.min.js.map", "assets/images/favicon.svg"):
        (built / name).write_text(name)
    return folder


def test_fonts_of_another_host_are_left_out(tmp_path: Path) -> None:
    font = "@font-face{font-family:F;src:url(https://assets.nhs.uk/fonts/F.woff2)}"
    package = _package(tmp_path / "package", f"a{{b:c}}{font}d{{e:f}}{font}/*# sourceMappingURL=x.map */")
    assets.copy_design_system(package, tmp_path / "out")
    assert (tmp_path / "out" / "nhsuk-frontend-1.2.3.min.css").read_text() == "a{b:c}d{e:f}"
    assert (tmp_path / "out" / "images" / "favicon.svg").exists()


def test_any_other_use_of_that_host_is_refused(tmp_path: Path) -> None:
    package = _package(tmp_path / "package", "a{background:url(https://assets.nhs.uk/x.png)}")
    with pytest.raises(Refused, match=r"assets\.nhs\.uk"):
        assets.copy_design_system(package, tmp_path / "out")


@pytest.mark.parametrize(
    ("text", "problem"),
    [
        ("[a](other.md)", None),
        ("[a](other.md#the-second-one)", None),
        ("[a](other.md#no-such)", "no such heading"),
        ("[a](missing.md)", "no such file"),
        ("![a](missing.png 'title')", "no such file"),
        ("[a]: missing.md", "no such file"),
        ("[a](../outside.md)", "leads out of the source tree"),
        ("[a](https://example.org/missing)", None),
        ("`[a](missing.md)`", None),
        ("```\n[a](missing.md)\n```", None),
        ("# Here\n[a](#here)", None),
        ("[a](#nowhere)", "no such heading"),
    ],
)
def test_links(tmp_path: Path, text: str, problem: str | None) -> None:
    (tmp_path / "other.md").write_text("# One\n## The `second` one!\n")
    document = tmp_path / "page.md"
    document.write_text(text)
    found = links.broken(tmp_path, [document])
    assert [line.rpartition(": ")[2] for line in found] == ([problem] if problem else [])
