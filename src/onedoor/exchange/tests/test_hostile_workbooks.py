"""Workbooks that mean harm: refused with a clear reason, in bounded memory, with nothing outside the file looked at."""

from __future__ import annotations

import io
import random
import tracemalloc
import zipfile

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from onedoor.exchange.extracts import running
from onedoor.exchange.files.grids import grids
from onedoor.exchange.files.report import UnreadableFile
from onedoor.exchange.files.workbook import LARGEST, LONGEST
from onedoor.exchange.tests.workbooks import workbook

HEAD = ["NHS number", "BMI (kg/m2)", "Date"]
GOOD = workbook([HEAD, ["9990000018", 27.4, "03/11/2026"]])
SHEET = "xl/worksheets/sheet1.xml"


def changed(part: str, old: bytes, new: bytes, more: dict[str, bytes] | None = None) -> bytes:
    """The good workbook with text of a part replaced, and with more parts."""
    out = io.BytesIO()
    with zipfile.ZipFile(io.BytesIO(GOOD)) as source, zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as target:
        for name in source.namelist():
            content = source.read(name)
            if name == part:
                assert old in content
                content = content.replace(old, new, 1)
            target.writestr(name, content)
        for name, content in (more or {}).items():
            target.writestr(name, content)
    return out.getvalue()


def read(content: bytes) -> list[list[str]]:
    opened = running.open_file(content)
    return [cells for number, cells, _ in opened.grid.rows() if number > opened.layout.header]


ENTITIES = b'<!DOCTYPE x [<!ENTITY a "ha"><!ENTITY b "&a;&a;&a;&a;">]>'
OUTSIDE = b'<!DOCTYPE x [<!ENTITY a SYSTEM "file:///etc/hostname">]>'


@pytest.mark.parametrize("kind", [ENTITIES, OUTSIDE])
def test_a_document_type_is_refused_unread(kind: bytes) -> None:
    with pytest.raises(UnreadableFile, match="cannot be read"):
        read(changed(SHEET, b"<worksheet", kind + b"<worksheet"))


def test_a_part_that_unpacks_without_end_is_refused_in_little_memory() -> None:
    bomb = changed(SHEET, b"</worksheet>", b"</worksheet>" + b" " * (LARGEST + 1))
    assert len(bomb) < 1_000_000
    tracemalloc.start()
    with pytest.raises(UnreadableFile, match=r"too large|cannot be read"):
        read(bomb)
    assert tracemalloc.get_traced_memory()[1] < 2.5 * LARGEST
    tracemalloc.stop()


def test_links_and_macros_are_not_looked_at() -> None:
    link = b'<externalLink xmlns="x"><externalBook r:id="http://127.0.0.1:9/"/></externalLink>'
    more = {"xl/externalLinks/externalLink1.xml": link, "xl/vbaProject.bin": b"\xd0\xcf\x11\xe0 Sub Auto_Open()"}
    assert read(changed(SHEET, b"", b"", more)) == [["9990000018", "27.4", "03/11/2026"]]


@pytest.mark.parametrize(
    "content",
    [
        GOOD[: len(GOOD) // 2],
        b"PK\x03\x04" + b"\x00" * 64,
        b"PK",
        b"<html><table></table></html>",
        b"\x00" * 200,
        b"{\\rtf1",
    ],
)
def test_what_is_no_workbook_is_told(content: bytes) -> None:
    with pytest.raises(UnreadableFile):
        read(content)


def test_a_part_that_leaves_its_folder_is_no_sheet() -> None:
    with pytest.raises(UnreadableFile):
        read(changed("xl/_rels/workbook.xml.rels", b"worksheets/sheet1.xml", b"../../../etc/passwd"))


def test_a_sheet_longer_than_is_read_is_refused_and_not_cut() -> None:
    cells = "".join(f'<row r="{n}"><c r="A{n}"><v>1</v></c></row>' for n in range(LONGEST - 3, LONGEST + 20))
    with pytest.raises(UnreadableFile, match="more than 100,000 rows"):
        grids(changed(SHEET, b"</sheetData>", cells.encode() + b"</sheetData>"))


def test_rows_that_a_filter_hides_are_read_and_told() -> None:
    hidden = changed(SHEET, b'<row r="2"', b'<row hidden="1" r="2"')
    opened = running.open_file(hidden)
    assert opened.grid.hidden == {2}
    assert read(hidden) == [["9990000018", "27.4", "03/11/2026"]]


NOISE = random.Random(6).randbytes(20_000)


@pytest.mark.parametrize(
    "content",
    [
        b"\x89PNG\r\n\x1a\n\x00\x00\x00\rIHDR" + NOISE,
        b"\xff\xd8\xff\xe1\x12\x34Exif" + NOISE,
        b"GIF89a" + NOISE,
        b"\x1f\x8b\x08" + NOISE,
        NOISE.replace(b"\x00", b"\x01"),
        NOISE[:200].replace(b"\x00", b"\x01"),
    ],
    ids=["png", "jpeg", "gif", "gzip", "noise", "little noise"],
)
def test_what_is_no_table_under_the_name_of_one_is_told_for_what_it_is(content: bytes) -> None:
    with pytest.raises(UnreadableFile, match="This is not a spreadsheet"):
        grids(content)


_LETTERS = st.text(st.characters(codec="cp1252", exclude_categories=["Cc"]), max_size=30)


@settings(max_examples=60, deadline=None)
@given(st.lists(_LETTERS, min_size=1, max_size=20), st.sampled_from(["cp1252", "utf-8"]))
def test_letters_of_every_export_are_read(names: list[str], encoding: str) -> None:
    text = "".join(f'9990000018,"{name.replace(chr(34), "")}",27.4\r\n' for name in names)
    (grid,) = grids(("NHS number,Name,BMI\r\n" + text).encode(encoding))
    assert len(list(grid.rows())) == len(names) + 1


def test_damage_in_one_row_costs_that_row() -> None:
    (grid,) = grids(b"NHS number,Name,BMI\n9990000018,S\x01m,27.4\n9990000026,S\x00\xe1m,31\n9990000034,Eve,24\n")
    assert [bool(fault) for _, _, fault in grid.rows()] == [False, False, True, False]
    (grid,) = grids(b"NHS number,Name,BMI\n9990000018,\x1f\x1f\x08\x01\x02\x03,27.4\n9990000034,Eve,24\n")
    assert [cells[0] for _, cells, _ in grid.rows()] == ["NHS number", "9990000018", "9990000034"]
