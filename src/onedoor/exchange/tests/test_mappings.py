"""Mapping files are checked before any export is read by them."""

from __future__ import annotations

from pathlib import Path

import pytest

from onedoor.exchange.files.mapping import FOLDER, MappingError, all_mappings, load

EMIS = (FOLDER / "emis-patients.toml").read_text()
DIARY = (FOLDER / "emis-appointments.toml").read_text()


def test_the_installed_mappings_are_sound() -> None:
    assert {(mapping.source, mapping.kind) for mapping in all_mappings()} >= {
        ("emis", "patients"),
        ("emis", "appointments"),
    }


# Each case: what to change in a sound mapping, to what, and what the refusal must name.
CASES = [
    (EMIS, "", "", None),
    (EMIS, 'kind = "patients"', 'kind = "letters"', ["kind", "patients, appointments"]),
    (EMIS, 'kind = "patients"', "kind = 3", ["kind", "as text"]),
    (EMIS, 'source = "emis"', 'source = "EMIS Web!"', ["source", "small letters"]),
    (EMIS, 'source = "emis"', 'sauce = "emis"', ["sauce", "not known"]),
    (EMIS, '"07-Dec-2026", ', '"7th of December", ', ["dates", "7th of December", "2026-12-07"]),
    (EMIS, 'given_name = "Given Name"', "", ["columns.given_name", "must be given"]),
    (EMIS, "given_name =", "first_name =", ["columns.first_name", "not a field"]),
    (EMIS, '"Family Name"', '"Given Name"', ["columns.family_name", "given_name already"]),
    (EMIS, 'title = "Title"', 'title = ["Title", "Suffix"]', ["columns.title", "one column"]),
    (EMIS, 'title = "Title"', "title = 4", ["columns.title", "name of a column"]),
    (EMIS, "deceased = ", "dead = ", ["statuses.dead", "not known there"]),
    (EMIS, '["Deceased"]', '["current"]', ["statuses.deceased", "means current already"]),
    (EMIS, "(?P<ods>", "(", ["preamble.practice", "(?P<ods>"]),
    (EMIS, "(?P<name>.+?)", "(?P<name>.+?", ["preamble.practice", "regular expression"]),
    (EMIS, 'delimiter = ","', 'delimiter = "~"', ["delimiter", "semicolon"]),
    (EMIS, "[columns]", "[columns", ["the file"]),
    (EMIS, "[statuses]", "[meanings]", ["meanings", "not known"]),
    (DIARY, "scope =", "reach =", ["preamble.scope"]),
]


@pytest.mark.parametrize(("text", "old", "new", "named"), CASES)
def test_a_wrong_mapping_says_where_and_what(
    text: str, old: str, new: str, named: list[str] | None, tmp_path: Path
) -> None:
    file = tmp_path / "ours.toml"
    assert old in text
    file.write_text(text.replace(old, new, 1) if old else text)
    if named is None:
        assert load(file).source == "emis"
        return
    with pytest.raises(MappingError) as refused:
        load(file)
    assert "ours.toml" in str(refused.value)
    for words in named:
        assert words in str(refused.value)


def test_a_file_that_is_not_there(tmp_path: Path) -> None:
    with pytest.raises(MappingError, match=r"none\.toml"):
        load(tmp_path / "none.toml")
