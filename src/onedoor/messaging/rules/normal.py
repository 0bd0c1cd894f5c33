"""From a text to words: one spelling for one word, without the quotation of ours, a mail program's footer and a signature."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Sequence
from functools import lru_cache

from onedoor.messaging.rules import words

_PLEASANT = frozenset("👍🙏😊😀🙂😃😁😄☺😇🤗😔😞😢🥰😘❤♥💕💐🌸🌞✅✔👌🤞😅☹🙁🤒🤧😷👋💙💚🌻🎄")
_SILENT = frozenset("\ufe0f\u200d\u200b\u200e\u200f\ufeff")
_SAME = str.maketrans(
    {
        "’": "'",
        "‘": "'",
        "`": "'",
        "´": "'",
        "′": "'",
        "ʼ": "'",
        "＇": "'",
        "“": '"',
        "”": '"',
        "…": " ",
        "–": "-",
        "—": "-",
    }
)
_FACES = re.compile(r"(?<!\S)(?:[:;]-?[()DPp]|<3|x+(?=\s*$))(?!\S)")
_SPLIT = re.compile(r"[\s.,!?;:()\"*_\-]+")


_PARTED = re.compile(r"\b(do|is|was|did|does|have|has|ca|wo|could|would|are|had)(?: nt|n t)\b")
""" "Do n't" and "don t" are one word."""


def plain_signs(text: str) -> str:
    kept = []
    for sign in unicodedata.normalize("NFC", text).translate(_SAME):
        if sign in _SILENT or 0x1F3FB <= ord(sign) <= 0x1F3FF:
            continue
        kept.append(" " if sign in _PLEASANT else sign)
    return _FACES.sub(" ", "".join(kept))


def words_of(text: str) -> list[str]:
    """Lower case, no apostrophes or marks, one spelling for one word; a sign we do not know stays, and fits nothing."""
    plain = _PARTED.sub(r"\1nt", plain_signs(text).lower().replace("'", ""))
    return [_spelt(token) for token in _together([token for token in _SPLIT.split(plain) if token])]


def _together(tokens: list[str]) -> list[str]:
    """ "C A N C E L" is a word; "x x x" is not."""
    out: list[str] = []
    run: list[str] = []
    for token in [*tokens, ""]:
        if len(token) == 1 and token.isalpha():
            run.append(token)
            continue
        word = "".join(run)
        out += [word] if word in {"cancel", "yes", "stop", "early", "kill", "start", "no"} else run
        run = []
        if token:
            out.append(token)
    return out


@lru_cache(maxsize=4096)
def _spelt(token: str) -> str:
    if token in words.SPELT_OUT:
        return words.SPELT_OUT[token]
    if re.fullmatch(r"yes{1,6}|y+e+s+", token):
        return "yes"
    for wanted, (slips, english) in words.NEAR.items():
        if token not in english and abs(len(token) - len(wanted)) <= slips and nearness(token, wanted) <= slips:
            return wanted
    return token


def nearness(one: str, other: str) -> int:
    """Slips between two words: a letter missing, added, changed, or swapped with its neighbour."""
    rows = [list(range(len(other) + 1))]
    for i, a in enumerate(one, 1):
        row = [i]
        for j, b in enumerate(other, 1):
            cost = min(rows[i - 1][j] + 1, row[j - 1] + 1, rows[i - 1][j - 1] + (a != b))
            if i > 1 and j > 1 and a == other[j - 2] and one[i - 2] == b:
                cost = min(cost, rows[i - 2][j - 2] + 1)
            row.append(cost)
        rows.append(row)
    return rows[-1][-1]


_FOOTERS = re.compile(r"^\s*(sent from (my|outlook|mail|yahoo|samsung)\b.*|get outlook for .*)$", re.IGNORECASE)
_WROTE = re.compile(r"^\s*on\b.{5,120}\bwrote:?\s*$", re.IGNORECASE)


def without_quotation(text: str, ours: Sequence[str]) -> str:
    """The patient's own words: without lines quoted by ">", a mail program's footer, or one of our own texts."""
    kept = []
    for line in text.splitlines():
        if _WROTE.match(line):
            break
        if not line.lstrip().startswith(">") and not _FOOTERS.match(line):
            kept.append(line)
    said = "\n".join(kept)
    for body in ours:
        pieces = [re.escape(piece) for piece in body.split()]
        if len(pieces) > 3:
            said = re.sub(r"\s+".join(pieces), "\n", said)
    return said


_SIGNED = re.compile(
    r"""[.,!\n]\s*+
        (?P<off>(?:(?:with\s+)?(?:kind|best|many|warm)\s+)?(?:regards|thanks|thank\ you|wishes|cheers|ta)[\s,.!]+)?
        (?P<title>(?:Mr|Mrs|Ms|Miss|Dr|MR|MRS|MS|MISS|DR)\.?\s+)?
        (?P<names>[^\W\d_][\w'’-]*\.?(?:\s+[^\W\d_][\w'’-]*\.?){0,2})\s*$""",
    re.VERBOSE | re.IGNORECASE,
)


_END = 200
"""Signs at the end of a text in which a signature is looked for; a longer one is none."""


def without_signature(said: str) -> str:
    """Without a name at the end that a title or "regards," introduces. A bare name may be a wish: "Cancel. Ella"."""
    plain = plain_signs(said).rstrip()
    found = _SIGNED.search(plain, max(0, len(plain) - _END))
    if not found or not (found["off"] or found["title"]):
        return said
    names = found["names"].replace(".", "").split()
    if not all(name[0].isupper() and name.lower() not in words.NO_NAMES for name in names):
        return said
    return plain[: found.start()]


_IN_QUOTES = re.compile(r"[\"“][^\"“”]{0,300}[\"”]")
_OURS = re.compile(r"\b(reply|your (appointment|flu)|an (earlier )?appointment|reminder:|text stop)\b", re.IGNORECASE)
_WROTE_HERE = re.compile(r"^.{0,120}\bwrote:.*$", re.IGNORECASE)
_OPENS = re.compile(
    r"^\s*(reminder:? )?(your (flu vaccine|appointment) (is|has)|an (earlier )?appointment (has|is)|"
    r"(please )?reply (yes|with|1|to)|"
    r"have you ever smoked|how many units|overall,? how)\b",
    re.IGNORECASE,
)


_SIGN_OFF = re.compile(
    r"^\s*((kind|best|warm|many) )?(regards|wishes)[\s,.]*\w{0,20}$|^\s*yours (sincerely|faithfully|truly)\b.*$",
    re.IGNORECASE,
)


def own_words(text: str) -> str:
    """The patient's own words, when it is not known what was sent: without lines and quotations that only we write."""
    kept: list[str] = []
    for line in without_quotation(text, ()).splitlines():
        if _WROTE_HERE.match(line) or _OPENS.match(line):
            continue
        if _SIGN_OFF.match(line) and any(one.strip() for one in kept):
            break
        kept.append(_IN_QUOTES.sub(lambda found: " " if _OURS.search(found[0]) else found[0], line))
    return "\n".join(kept)


_DICTATED = (
    (re.compile(r"\b(full stop|comma|new line|exclamation mark)\b", re.IGNORECASE), " "),
    (re.compile(r"\bquestion mark\b", re.IGNORECASE), "?"),
)
_NAMED = re.compile(r"[-–,.\n][^\S\n]*(?:from\s+)?(?P<names>[A-Z][a-z]+(?:\s+[A-Z][a-z]+){0,2})[\s.]*$")


def spoken(said: str) -> str:
    """What a telephone took down by ear, without the marks that were spoken."""
    for form, mark in _DICTATED:
        said = form.sub(mark, said)
    return said


def without_name(said: str) -> str:
    """Without a name that ends a text after a dash, a comma or a stop: "Yes - Brenda"."""
    plain = said.strip()
    found = _NAMED.search(plain, 2)  # one letter is no text
    if not found or any(name.lower() in words.NO_NAMES for name in found["names"].split()):
        return said
    kept = plain[: found.start() + 1].rstrip().rstrip("-–,.\n").rstrip()
    return plain[: max(2, len(kept))]
