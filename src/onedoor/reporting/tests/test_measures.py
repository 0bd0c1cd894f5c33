"""The measure book: what a definition may say, and what a bad one is told."""

from __future__ import annotations

from datetime import date
from pathlib import Path

import pytest

from onedoor.reporting.measures.book import BadMeasure, in_force, parse, read, read_folder, shipped

GOOD = """
key = "smi_all_six"
version = "1"
active_from = 2019-04-01
name = "All six"
words = "How many."
clock = "rolling"
counts = "people"
population = "People on the register."
denominator = "The population, less those in remission."
numerator = "Those with all six."
exclusions = ["in_remission"]
unit = "%"
improvement = "up"
suppressed = "pcn"
xmr = false
sources = ["clinical.md 1.1"]

[from]
rule_set = "smi"
counted = "complete"
"""


def test_every_shipped_measure_is_sound_and_says_where_it_is_from() -> None:
    keys = {one.key for one in shipped()}
    checks = {f"smi_{part}" for part in ("all_six", "bp", "bmi", "alcohol", "lipid", "glucose", "smoking")}
    assert checks | {"smi_register", "smi_completed", "smi_lapsed"} <= keys
    assert all(one.sources and one.words.endswith(".") for one in shipped())
    assert in_force(date(2018, 1, 1)) == {}


@pytest.mark.parametrize(
    ("instead", "of", "told"),
    [
        ('key = "SMI six"', 'key = "smi_all_six"', "SMI six: key"),
        ('clock = "weekly"', 'clock = "rolling"', "smi_all_six: clock: 'weekly' is not one of rolling, month, month_end"),
        ('unit = "kg"', 'unit = "%"', "unit: 'kg' is not one of"),
        ('unit = "people"', 'unit = "%"', "unit: % goes with a denominator"),
        ("xmr = true", "xmr = false", "xmr: a rolling series over-signals"),
        ('xmr = "no"', "xmr = false", "xmr: is true or false"),
        ("sources = []", 'sources = ["clinical.md 1.1"]', "sources: names where"),
        ('suppressed = "street"', 'suppressed = "pcn"', "suppressed: 'street' is not one of"),
        ("active_from = 2019", "active_from = 2019-04-01", "are days, as 2026-04-01"),
        ("", 'numerator = "Those with all six."', "numerator: is missing"),
        ('rule_set = "smi"\nrelation = "reminders"', 'rule_set = "smi"', "from: names either a rule_set or a relation"),
        ('counted = "some"', 'counted = "complete"', "from.counted: 'some' is not one of complete, part"),
        ('counted = "part"', 'counted = "complete"', "from.part: goes with"),
        ('colour = "blue"\nunit = "%"', 'unit = "%"', "colour is not known; there may be"),
    ],
)  # fmt: skip
def test_a_bad_definition_is_told_what_is_wrong_where_and_what_may_stand_there(
    instead: str, of: str, told: str
) -> None:
    assert of in GOOD
    with pytest.raises(BadMeasure, match=r".*") as error:
        read(GOOD.replace(of, instead, 1))
    assert told in str(error.value)


def test_what_is_no_toml_names_the_file() -> None:
    with pytest.raises(BadMeasure, match=r"six\.toml is no TOML"):
        read("key =", "six.toml")


def test_versions_of_a_measure_follow_each_other(tmp_path: Path) -> None:
    later = GOOD.replace('version = "1"', 'version = "2"').replace("2019-04-01", "2026-04-01")
    (tmp_path / "one.toml").write_text(GOOD)
    (tmp_path / "two.toml").write_text(later)
    with pytest.raises(BadMeasure, match="version 1 must end before 2026-04-01, when version 2 begins"):
        read_folder(tmp_path)
    (tmp_path / "one.toml").write_text(GOOD.replace("2019-04-01", "2019-04-01\nactive_until = 2026-03-31"))
    found = read_folder(tmp_path)
    assert {on: in_force(on, found)["smi_all_six"].version for on in (date(2026, 3, 31), date(2026, 4, 1))} == {
        date(2026, 3, 31): "1",
        date(2026, 4, 1): "2",
    }
    (tmp_path / "two.toml").write_text(later.replace('version = "2"', 'version = "1"'))
    with pytest.raises(BadMeasure, match="version: 1 is there twice"):
        read_folder(tmp_path)


def test_a_measure_that_is_kept_reads_as_it_did() -> None:
    for one in shipped():
        assert parse(one.content) == one
