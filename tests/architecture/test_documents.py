"""Documents are true: links lead somewhere, hazards name tests that exist, the events page is up to date."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
DOCUMENTS = sorted(
    path
    for path in [
        *ROOT.glob("*.md"),
        *ROOT.glob("docs/**/*.md"),
        *ROOT.glob("localities/**/*.md"),
        *ROOT.glob("tests/**/*.md"),
    ]
)
_LINK = re.compile(r"(?<!!)\[[^\]]+\]\(([^)\s]+)\)|!\[[^\]]*\]\(([^)\s]+)\)")


@pytest.mark.parametrize("document", DOCUMENTS, ids=lambda path: str(path.relative_to(ROOT)))
def test_links_lead_somewhere(document: Path) -> None:
    for match in _LINK.finditer(document.read_text()):
        target = (match[1] or match[2]).split("#")[0]
        if target and not target.startswith(("http:", "https:", "mailto:")):
            assert (document.parent / target).exists(), f"{document.name} links to {target}"


def test_every_hazard_names_tests_that_exist() -> None:
    log = (ROOT / "docs" / "safety" / "hazard-log.md").read_text()
    hazards = [block for block in re.split(r"\n## ", log)[1:] if re.match(r"H\d+", block)]
    assert len(hazards) >= 17
    for hazard in hazards:
        named = re.findall(r"`([\w/.-]+\.py)::(\w+)`", hazard)
        title = hazard.splitlines()[0]
        assert named or "Not yet reachable" in hazard, f"{title}: no test"
        for path, test in named:
            assert f"def {test}(" in (ROOT / path).read_text(), f"{title}: {path}::{test} does not exist"


def test_the_events_page_is_what_the_code_says() -> None:
    from onedoor.cli.reference import events_page

    assert (ROOT / "docs" / "reference" / "events.md").read_text() == events_page()


def test_the_page_of_codes_is_what_the_data_say() -> None:
    from onedoor.cli.codes_page import codes_page

    assert (ROOT / "docs" / "reference" / "codes.md").read_text() == codes_page()


def test_the_page_of_measures_is_what_their_definitions_say() -> None:
    from onedoor.cli.measures_page import measures_page

    assert (ROOT / "docs" / "reference" / "measures.md").read_text() == measures_page()


def test_the_pages_of_programmes_are_what_the_rule_sets_say() -> None:
    from onedoor.cli.programmes import people_page, programmes_page

    reference = ROOT / "docs" / "reference"
    assert (reference / "programmes.md").read_text() == programmes_page()
    assert (reference / "programmes-people.md").read_text() == people_page(ROOT / "tests" / "data" / "recall")
