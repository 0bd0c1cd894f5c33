"""Languages that people speak, as lists and records name them: by code, by tag or by name, in English or in their own.

One table for whoever writes, books an interpreter or shows it. What it does not know stays as it was said: nothing is guessed.
"""

from __future__ import annotations

from dataclasses import dataclass

ENGLISH = "en"

_TABLE: dict[str, tuple[str, ...]] = {
    ENGLISH: ("English", "british english"),
    "sq": ("Albanian", "shqip"),
    "am": ("Amharic",),
    "ar": ("Arabic",),
    "bn": ("Bengali", "bangla", "sylheti"),
    "bfi": ("British Sign Language", "bsl"),
    "bg": ("Bulgarian",),
    "yue": ("Cantonese",),
    "cs": ("Czech", "čeština"),
    "prs": ("Dari",),
    "nl": ("Dutch", "nederlands"),
    "fr": ("French", "français"),
    "de": ("German", "deutsch"),
    "el": ("Greek",),
    "gu": ("Gujarati",),
    "hi": ("Hindi",),
    "hu": ("Hungarian", "magyar"),
    "it": ("Italian", "italiano"),
    "ku": ("Kurdish", "sorani", "kurmanji"),
    "lv": ("Latvian",),
    "lt": ("Lithuanian", "lietuvių"),
    "cmn": ("Mandarin", "zh", "chinese", "mandarin chinese"),
    "ne": ("Nepali",),
    "ps": ("Pashto",),
    "fa": ("Persian", "farsi"),
    "pl": ("Polish", "polski"),
    "pt": ("Portuguese", "português"),
    "pa": ("Punjabi", "panjabi"),
    "ro": ("Romanian", "română", "moldovan"),
    "ru": ("Russian",),
    "sk": ("Slovak", "slovenčina"),
    "so": ("Somali", "soomaali"),
    "es": ("Spanish", "español"),
    "ta": ("Tamil",),
    "th": ("Thai",),
    "ti": ("Tigrinya",),
    "tr": ("Turkish", "türkçe"),
    "uk": ("Ukrainian", "українська"),
    "ur": ("Urdu",),
    "vi": ("Vietnamese",),
    "cy": ("Welsh", "cymraeg"),
}
_SAYS_NOTHING = {"", "unknown", "not known", "not stated", "not recorded", "not specified", "n/a", "und"}
_BY_WORD = {word.casefold(): code for code, names in _TABLE.items() for word in (code, *names)}


@dataclass(frozen=True)
class Spoken:
    """A language: its code of BCP 47 and its English name. `code` is "" for words that the table does not know."""

    code: str
    name: str


def spoken(said: str) -> Spoken | None:
    """The language that a record names; None where it names none ("Not known").

    A region is left out ("pl-PL" is Polish), as is what stands in brackets after a name ("Polish (main)").
    """
    word = said.split("(")[0].strip()
    key = word.casefold().replace("_", "-")
    if key in _SAYS_NOTHING:
        return None
    code = _BY_WORD.get(key) or _BY_WORD.get(key.split("-")[0], "")
    return Spoken(code, _TABLE[code][0] if code else word)
