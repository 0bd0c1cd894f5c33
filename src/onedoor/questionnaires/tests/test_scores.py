"""Scores, bands and visits against the published tables (clinical.md 4), and what is never scored, coded or told."""

from __future__ import annotations

import json
from datetime import datetime
from decimal import Decimal
from pathlib import Path

import fhirpathpy
import pytest

from onedoor.kernel.calendar import is_open
from onedoor.kernel.clock import LONDON
from onedoor.kernel.codes import verhoeff
from onedoor.messaging.ports import Said
from onedoor.questionnaires import engine, outcomes, readers, reference, wording
from onedoor.questionnaires.definitions import CALCULATED, FOLDER, Definition, Faulty, read, shipped, with_words
from onedoor.questionnaires.outcomes import outcome
from onedoor.questionnaires.tests.walks import some_words

AUDIT = ("never", "monthly", "2-4-month", "2-3-week", "4-week")
TYPICAL = ("1-2", "3-4", "5-6", "7-9", "10")
BINGE = ("never", "less", "monthly", "weekly", "daily")


def defined(key: str) -> Definition:
    shell = shipped()[key]
    return with_words(shell, some_words(shell)) if shell.licence else shell


def answers(definition: Definition, ordinals: list[int]) -> dict[str, str]:
    """The answers of these ordinals to the scored questions, in order."""
    return {
        link: next(o.code for o in definition.item(link).options if o.ordinal == n)
        for link, n in zip(definition.scored, ordinals, strict=True)
    }


@pytest.mark.parametrize("often", range(1, 5))
@pytest.mark.parametrize("typical", range(5))
@pytest.mark.parametrize("binge", range(5))
def test_every_audit_c(often: int, typical: int, binge: int) -> None:
    given = {"often": AUDIT[often], "typical": TYPICAL[typical], "binge": BINGE[binge], "units": "10"}
    total = often + typical + binge
    found = outcome(shipped()["audit-c"], given)
    assert found.score == total
    # UK: 5 and more is positive; the American cut-offs of 3 and 4 are not used.
    assert (found.visit, found.rule) == (("phone", "positive") if total >= 5 else ("none", "nothing-more"))
    codes = [(c.concept.code, c.value) for c in found.codes if c.concept]
    assert codes == [("1082641000000106", Decimal(10)), ("763256006", Decimal(total))]


def test_never_is_nought_and_leaves_the_rest_unasked() -> None:
    audit = shipped()["audit-c"]
    assert engine.next_item(audit, {"often": "never"}) is None
    # Answers given before they went back do not count.
    assert engine.score(audit, {"often": "never", "typical": "10", "binge": "daily", "units": "90"}) == 0
    assert [c.concept.code for c in outcome(audit, {"often": "never", "units": "90"}).codes if c.concept] == [
        "763256006",
        "105542008",
    ]


@pytest.mark.parametrize(
    ("key", "ordinals", "score", "band", "visit"),
    [
        ("phq-9", [0] * 9, 0, "0 to 4", "none"),
        ("phq-9", [1, 1, 1, 1, 0, 0, 0, 0, 0], 4, "0 to 4", "none"),
        ("phq-9", [1, 1, 1, 1, 1, 0, 0, 0, 0], 5, "mild", "none"),
        ("phq-9", [3, 3, 3, 0, 0, 0, 0, 0, 0], 9, "mild", "none"),
        ("phq-9", [3, 3, 3, 1, 0, 0, 0, 0, 0], 10, "moderate", "phone"),
        ("phq-9", [3, 3, 3, 3, 3, 0, 0, 0, 0], 15, "moderately severe", "phone"),
        ("phq-9", [3, 3, 3, 3, 3, 3, 2, 0, 0], 20, "severe", "phone"),
        ("phq-9", [3] * 9, 27, "severe", "today"),
        ("phq-9", [0, 0, 0, 0, 0, 0, 0, 0, 1], 1, "0 to 4", "today"),
        ("gad-7", [1, 1, 1, 1, 0, 0, 0], 4, "0 to 4", "none"),
        ("gad-7", [3, 3, 3, 0, 0, 0, 0], 9, "5 to 9", "none"),
        ("gad-7", [3, 3, 3, 1, 0, 0, 0], 10, "10 to 14", "phone"),
        ("gad-7", [3] * 7, 21, "15 to 21", "phone"),
        ("act", [1] * 5, 5, "very poor", "face_to_face"),
        ("act", [3] * 5, 15, "very poor", "face_to_face"),
        ("act", [4, 3, 3, 3, 3], 16, "not well", "phone"),
        ("act", [4, 4, 4, 4, 3], 19, "not well", "phone"),
        ("act", [4] * 5, 20, "reasonable", "none"),
        ("act", [5] * 5, 25, "total", "none"),
        ("msk-hq", [0] * 14, 0, "", "none"),
        ("msk-hq", [4] * 14, 56, "", "none"),
        ("rcp", [0, 0, 0], 0, "no yes", "phone"),
        ("rcp", [0, 1, 0], 1, "any yes", "face_to_face"),
        ("rcp", [1, 1, 1], 3, "any yes", "face_to_face"),
    ],
)
def test_published_vectors(key: str, ordinals: list[int], score: int, band: str, visit: str) -> None:
    definition = defined(key)
    found = outcome(definition, answers(definition, ordinals))
    assert (found.score, found.band, found.visit) == (score, band, visit)


@pytest.mark.parametrize("key", ["audit-c", "phq-9", "gad-7", "act", "msk-hq", "rcp"])
def test_no_score_of_some_of_the_answers(key: str) -> None:
    definition = defined(key)
    given = answers(definition, [1] * len(definition.scored))
    for left_out in definition.scored:
        assert engine.score(definition, {k: v for k, v in given.items() if k != left_out}) is None
        assert engine.score(definition, {**given, left_out: engine.SKIPPED}) is None


@pytest.mark.parametrize(
    ("weight", "height", "index"),
    [
        ("82", "172", "27.7"),
        ("78", "172.7", "26.2"),
        ("52.5", "160", "20.5"),
        ("30", "190", None),
        ("200", "160", None),
    ],
)
def test_body_mass_index_to_one_decimal_and_only_between_10_and_55(weight: str, height: str, index: str | None) -> None:
    found = outcome(shipped()["weight-height"], {"weight": weight, "height": height})
    said = [c.value for c in found.codes if c.concept and c.concept.code == "60621009"]
    assert said == ([Decimal(index)] if index else [])
    assert found.visit == ("none" if index else "phone")


@pytest.mark.parametrize(
    ("key", "link", "text", "value"),
    [
        ("weight-height", "weight", "82", "82"),
        ("weight-height", "weight", "about 82.5 kg please", "82.5"),
        ("weight-height", "weight", "82,5", "82.5"),
        ("weight-height", "weight", "12st 4", "78"),
        ("weight-height", "weight", "12 stone and 7 pounds", "79.4"),
        ("weight-height", "weight", "12", None),
        ("weight-height", "weight", "12st 14", None),
        ("weight-height", "weight", "180lb", None),
        ("weight-height", "weight", "800", None),
        ("weight-height", "height", "172cm", "172"),
        ("weight-height", "height", "1.72 m", "172"),
        ("weight-height", "height", "5'8\"", "172.7"),
        ("weight-height", "height", "5ft 8 and a half", "174"),
        ("weight-height", "height", "1.72", None),
        ("weight-height", "height", "5ft 12", None),
        ("smoking", "per-day", "about 10 a day", "10"),
        ("smoking", "per-day", "twenty", "20"),
        ("smoking", "per-day", "10-15", None),
        ("audit-c", "often", "D", "2-3-week"),
        ("audit-c", "often", "monthly or less", "monthly"),
        ("audit-c", "often", "i don't drink", "never"),
        # A bare figure may be the number of a line or of the times: it is asked again.
        ("audit-c", "often", "4", None),
        ("audit-c", "typical", "3", "3-4"),
        ("audit-c", "typical", "b", "3-4"),
        ("audit-c", "typical", "12 units", "10"),
        ("audit-c", "typical", "0", None),
        ("audit-c", "binge", "weekly", "weekly"),
        ("audit-c", "binge", "f", None),
        ("home-bp", "bp", "132 over 84", "132/84"),
        ("home-bp", "bp", "84/132", None),
        ("rcp", "sleep", "nope", "no"),
        ("rcp", "sleep", "sometimes", None),
    ],
)
def test_a_number_a_letter_or_a_word_and_never_a_guess(key: str, link: str, text: str, value: str | None) -> None:
    item = shipped()[key].item(link)
    plain = " ".join("".join(c if c.isalnum() else " " for c in text.lower().replace("'", "")).split())
    found = readers.read(item, Said(text, plain, False))
    assert (found.value if found.intent == "answer" else None) == value


def test_of_a_licensed_scale_the_figure_is_the_answer_and_not_its_place() -> None:
    item = defined("phq-9").item("phq-1")
    assert [readers.read(item, Said(n, n, False)).value for n in "0123"] == ["0", "1", "2", "3"]
    assert readers.read(item, Said("4", "4", False)).intent == "unclear"


def test_every_code_has_its_check_digit_and_no_value_is_without_one() -> None:
    for definition in map(defined, shipped()):
        for item in definition.items:
            for value in [o.code for o in item.options] or ["40"]:
                for line in outcome(definition, {item.link: value}).codes:
                    assert line.concept is None or verhoeff(line.concept.code)
                    assert line.value is None or line.concept is not None


def test_nobody_is_told_that_they_need_no_visit() -> None:
    for visit in outcomes.VISITS:
        for hour in (3, 10, 22):
            at = datetime(2026, 12, 7, hour, 0, tzinfo=LONDON)
            said = wording.ended(visit, "Wexcombe Road Surgery", "01632 960000", at).lower()
            assert "no visit" not in said
            assert "need not" not in said
            assert ("after we open" in said) == (visit != "none" and not is_open(at))


def test_out_of_hours_advice_sends_nobody_to_a_closed_door() -> None:
    day, night = (datetime(2026, 12, 4, hour, 0, tzinfo=LONDON) for hour in (10, 20))
    by_day = wording.danger("Wexcombe Road Surgery", "01632 960000", day)
    by_night = wording.danger("Wexcombe Road Surgery", "01632 960000", night)
    assert "telling a person" in by_day
    assert "closed until Monday 7 December 2026 8am" in by_night
    assert "do not wait" in by_night
    assert all("999" in said and "111" in said for said in (by_day, by_night))


def test_a_definition_that_cannot_be_asked_is_refused() -> None:
    good = {
        "resourceType": "Questionnaire", "id": "x", "url": "urn:x", "version": "1", "title": "X", "status": "active",
    }  # fmt: skip
    item = {
        "linkId": "a", "type": "choice", "text": "A?",
        "extension": [
            {"url": "urn:onedoor:reader", "valueCode": "yesno"},
            {"url": "urn:onedoor:sms", "valueString": "a?"},
            {"url": "urn:onedoor:again", "valueString": "a?"},
        ],
        "answerOption": [{"valueCoding": {"code": "yes", "display": "Yes"}}],
    }  # fmt: skip
    assert read({**good, "item": [item]}).item("a").options[0].code == "yes"
    for wrong, why in (
        ({**good, "item": []}, "no question"),
        ({**good, "status": "draft", "item": [item]}, "active"),
        ({**good, "item": [item, item]}, "twice"),
        ({**good, "item": [{**item, "answerOption": []}]}, "options"),
        ({**good, "item": [{**item, "text": ""}]}, "no words"),
        ({**good, "item": [{**item, "linkId": "a" * 30}]}, "longer"),
        ({**good, "item": [{**item, "enableWhen": [{"question": "b", "operator": "="}]}]}, "does not come before"),
        ({**good, "item": [{**item, "type": "integer"}]}, "options"),
    ):
        with pytest.raises(Faulty, match=why):
            read(wrong)


def test_the_expression_in_the_definition_comes_to_the_same_score() -> None:
    """FHIRPath as a cross-check only (clinical.md 4)."""
    audit = shipped()["audit-c"]
    raw = json.loads((FOLDER / "audit-c.json").read_text())
    [total] = [item for item in raw["item"] if item["linkId"] == "score"]
    [expression] = [e["valueExpression"]["expression"] for e in total["extension"] if e["url"] == CALCULATED]
    for often, typical, binge in ((1, 0, 0), (4, 4, 4), (2, 3, 1)):
        given = {"often": AUDIT[often], "typical": TYPICAL[typical], "binge": BINGE[binge]}
        resource = engine.as_fhir(audit, given, status="completed", authored="2026-12-07T09:00:00Z")
        found = fhirpathpy.evaluate(resource, expression, {"resource": resource, "questionnaire": raw})
        assert int(found[0]) == engine.score(audit, given)


def test_the_reference_page_is_as_the_rules_are() -> None:
    page = (Path(__file__).parents[4] / "docs" / "reference" / "questionnaires.md").read_text()
    for which in ("questionnaires", "rules", "codes"):
        assert reference.tables(which) in page, (
            f"write the table again: onedoor.questionnaires.reference.tables({which!r})"
        )
