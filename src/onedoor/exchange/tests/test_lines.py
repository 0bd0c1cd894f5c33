"""Lines as they come: encodings, quotes, and faults that stay in their row."""

from __future__ import annotations

from io import BytesIO

import pytest

from onedoor.exchange.files.lines import LONGEST, Lines, rows
from onedoor.exchange.files.report import UnreadableFile


def read(content: bytes) -> list[tuple[int, list[str], str]]:
    return [(row.number, row.cells, row.fault) for row in rows(Lines(BytesIO(content)), ",")]


@pytest.mark.parametrize(
    ("content", "cells"),
    [
        (b"a,b\r\n", ["a", "b"]),
        (b"\xef\xbb\xbfa,b\n", ["a", "b"]),
        ("Zoë,O’Neill".encode(), ["Zoë", "O’Neill"]),
        ("Zoë,O’Neill".encode("cp1252"), ["Zoë", "O’Neill"]),
        (b'"Mill Lane, 1",b', ["Mill Lane, 1", "b"]),
        (b'"say ""yes""",b', ['say "yes"', "b"]),
        (b'"one\r\ntwo",b', ["one\ntwo", "b"]),
    ],
)
def test_one_row(content: bytes, cells: list[str]) -> None:
    assert read(content) == [(1, cells, "")]


def test_both_encodings_in_one_file() -> None:
    lines = Lines(BytesIO("é\n".encode() + "é\n".encode("cp1252") + b"e\n"))
    assert [row.cells for row in rows(lines, ",")] == [["é"], ["é"], ["e"]]
    assert lines.encoding == "UTF-8, and Windows-1252 on one line"


def test_an_unclosed_quote_costs_its_own_row() -> None:
    found = read(b'a,"b\nc,d\n' + b"e,f\n" * 50)
    assert found[0][2] == "a quotation mark has no counterpart"
    assert [row[0] for row in found] == list(range(1, 53))
    assert all(not fault for _, _, fault in found[1:])


@pytest.mark.parametrize("bad", [b"\x81,b", b"a\x00,b", b"x" * (3 * LONGEST)])
def test_what_cannot_be_read_stays_in_its_row(bad: bytes) -> None:
    found = read(b"a,b\n" + bad + b"\nc,d\n")
    assert [fault != "" for _, _, fault in found] == [False, True, False]
    assert found[2][:2] == (3, ["c", "d"])


@pytest.mark.parametrize("start", [b"PK\x03\x04", b"\xff\xfea\x00", b"\xfe\xff\x00a"])
def test_other_kinds_of_file_are_named(start: bytes) -> None:
    with pytest.raises(UnreadableFile) as refused:
        read(start + b"\n")
    assert "CSV" in refused.value.what_to_do
