"""In which language a text was read: for saying how well each is served, not for reading it.

By its letters where those tell; else by words of the nine languages most written to practices besides English (`reading.abroad`).
Short texts are often of no language: "ok" is unknown.
"""

from __future__ import annotations

import re

ENGLISH, UNKNOWN = "en", "unknown"
LANGUAGES: dict[str, str] = {
    ENGLISH: "English",
    "pl": "Polish",
    "ro": "Romanian",
    "pa": "Punjabi",
    "ur": "Urdu",
    "bn": "Bengali",
    "gu": "Gujarati",
    "ar": "Arabic",
    "pt": "Portuguese",
    "so": "Somali",
    UNKNOWN: "not known",
}

_LETTERS = (
    ("pa", re.compile(r"[\u0a00-\u0a7f]")),
    ("bn", re.compile(r"[\u0980-\u09ff]")),
    ("gu", re.compile(r"[\u0a80-\u0aff]")),
    # Letters that Urdu has and Arabic has not.
    ("ur", re.compile(r"[\u0679\u067e\u0686\u0688\u0691\u06a9\u06af\u06ba\u06be\u06c1\u06cc\u06d2]")),
    ("ar", re.compile(r"[\u0600-\u06ff]")),
    ("pl", re.compile(r"[ąęłńśźż]", re.IGNORECASE)),
    ("ro", re.compile(r"[ășşțţ]", re.IGNORECASE)),
    ("pt", re.compile(r"[ãõ]|ç[aãõ]", re.IGNORECASE)),
)


def _set(words: str) -> frozenset[str]:
    return frozenset(words.split())


_WORDS: dict[str, frozenset[str]] = {
    ENGLISH: _set(
        "a the i im is it my me you your to and of for on not no yes yep yeah yh can cant cannot could wont will would want need "
        "please thanks thank thanx cheers cancel keep come coming be there sorry appointment appt book rebook change move later "
        "earlier late stop start wrong number this that have has had been do dont did already make with but what when where who "
        "why how text texting reply hi hello"
    ),
    "pl": _set(
        "nie tak prosze dziekuje dzieki wizyta wizyte wizyty odwolac odwoluje anuluje przyjde bede moge termin numer pomylka "
        "przyjsc dzien dobry potwierdzam zly"
    ),
    "ro": _set(
        "nu da va rog multumesc programare programarea anulez anulati vin veni pot mai este numar gresit mesaje buna ziua"
    ),
    "pt": _set(
        "nao sim obrigado obrigada consulta cancelar desmarcar posso vou numero errado mensagens bom dia estarei confirmo"
    ),
    "so": _set(
        "maya haa waan ma iman imanayaa mahadsanid ballanta ballan baaji jooji fariimaha lambarka walaal xaqiijin karo"
    ),
    "ur": _set("nahi nahin shukriya aap mujhe hai hain kar dein karein mansookh aana sakta sakti raha rahi ghalat jee"),
    "pa": _set("nahi ji sat sri akal dhanvad meharbani aunga auna sakda sakdi hanji galt paaji kardo"),
    "bn": _set("ami na ashte parbo dhonnobad batil korun koren hobe amar apni bhul aimu farmu"),
    "gu": _set("nathi hu aavi shakis saku aabhar karo mane tame aavish khoto maro tamaro chhe che"),
    "ar": _set("la ma mawid shukran el3iyada na3am aywa raqam ghalat agdar aji ilgha mesh msh lan"),
}
_WORD = re.compile(r"[^\W\d_]+(?:3[^\W\d_]+)*")
_MARKS = str.maketrans("ąćęłńóśźżăâîșşțţãáàçéêíõôú", "acelnoszzaaissttaaaceeioou")


def language_of(text: str) -> str:
    """The code of `LANGUAGES` that fits best: by letters first, then by the most words that only one of them has more of."""
    for code, letters in _LETTERS:
        if letters.search(text):
            return code
    words = [word.translate(_MARKS) for word in _WORD.findall(text.lower().replace("'", "").replace("’", ""))]
    scores = {code: sum(word in known for word in words) for code, known in _WORDS.items()}
    best = max(scores.values())
    fits = [code for code, score in scores.items() if score == best]
    if best == 0 or (len(fits) > 1 and ENGLISH not in fits):
        return UNKNOWN
    return ENGLISH if ENGLISH in fits else fits[0]


BANDS = ("0-15", "16-24", "25-44", "45-64", "65-79", "80+", UNKNOWN)


def age_band(years: int | None) -> str:
    """The band of `BANDS` of an age in whole years; unknown for None."""
    if years is None:
        return UNKNOWN
    for upto, band in ((16, "0-15"), (25, "16-24"), (45, "25-44"), (65, "45-64"), (80, "65-79")):
        if years < upto:
            return band
    return "80+"
