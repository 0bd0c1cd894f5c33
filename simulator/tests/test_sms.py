import datetime as dt

import pytest

from simulator.govuk.sms import BadNumber, downgrade, fragments, international, national, rate

W = "ŵ"


@pytest.mark.parametrize(
    ("text", "count"),
    [
        ("", 1),
        ("a", 1),
        ("a" * 160, 1),
        ("a" * 161, 2),
        ("a" * 306, 2),
        ("a" * 307, 3),
        ("a" * 459, 3),
        ("a" * 460, 4),
        ("a" * 918, 6),
        # every character of the basic table is one unit
        ("£" * 160, 1),
        ("é" * 160, 1),
        ("à" * 160, 1),
        ("Δ" * 160, 1),
        ("@" * 160, 1),
        ("\r\n" * 80, 1),
        ("\r\n" * 80 + "a", 2),
        # the extension table costs two
        ("€" * 80, 1),
        ("€" * 80 + "a", 2),
        ("[" * 80, 1),
        ("a" * 158 + "€", 1),
        ("a" * 159 + "€", 2),
        ("{}" * 76 + "a", 2),
        ("^" * 77 + "a", 1),
        ("~" * 81, 2),
        ("\\" * 153, 2),
        ("|" * 154, 3),
        # an escape pair over the seam: Notify's arithmetic says two, some libraries three (messaging.md 2)
        ("a" * 152 + "€" + "a" * 152, 2),
        # Welsh forces UCS-2: 70, then 67
        (W, 1),
        (W * 70, 1),
        (W * 71, 2),
        ("a" * 69 + W, 1),
        ("a" * 70 + W, 2),
        ("a" * 133 + W, 2),
        ("a" * 134 + W, 3),
        ("Ŷ" + "a" * 69, 1),
        ("â" * 70, 1),
        ("á" * 71, 2),
    ],
)
def test_fragments(text: str, count: int) -> None:
    assert fragments(text) == count


@pytest.mark.parametrize(
    ("written", "sent"),
    [
        ("plain", "plain"),
        ("It’s “free” – now…", 'It\'s "free" - now...'),
        ("a\u00a0b\tc", "a b c"),
        ("a\u200bb\u2028c", "abc"),
        ("Łódź", "Lódz"),
        ("ő č ñ", "o c ñ"),
        ("25° ½ ™", "25? ? ?"),
        ("💊", "?"),
        ("Dŵr âŷ", "Dŵr âŷ"),
        ("e\u0301", "é"),
        ("سلام", "????"),
    ],
)
def test_what_notify_makes_of_a_text(written: str, sent: str) -> None:
    assert downgrade(written) == sent


def test_a_curly_apostrophe_costs_nothing_after_the_downgrade() -> None:
    assert fragments(downgrade("’" + "a" * 159)) == 1


@pytest.mark.parametrize(
    "number", ["07700900123", "07700 900123", "+447700900123", "447700900123", "00447700900123", "(07700) 900-123"]
)
def test_one_number_however_it_is_written(number: str) -> None:
    assert international(number) == "447700900123"
    assert national(international(number)) == "07700900123"


@pytest.mark.parametrize(
    ("number", "message"),
    [
        ("0770090012", "Not enough digits"),
        ("077009001234", "Too many digits"),
        ("01632 960123", "Not a UK mobile number"),
        ("07700 90012x", "Must not contain letters or symbols"),
        ("", "Must not contain letters or symbols"),
    ],
)
def test_numbers_that_are_none(number: str, message: str) -> None:
    with pytest.raises(BadNumber, match=message):
        international(number)


@pytest.mark.parametrize(
    ("day", "pounds"), [("2026-04-01", 0.0240), ("2026-03-31", 0.0233), ("2025-03-31", 0.0227), ("2020-01-01", 0.0227)]
)
def test_the_price_of_a_fragment_by_its_day(day: str, pounds: float) -> None:
    assert rate(dt.date.fromisoformat(day)) == pounds
