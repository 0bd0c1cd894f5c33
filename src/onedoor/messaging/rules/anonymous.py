"""A text of a patient without what tells who it is from: names, numbers, days, times and places give way to neutral words.

For phrases that teach (phrases/README.md, "Who may add"). The rule would rather take out too much: a person looks at each phrase
before it leaves, and can put a harmless word back. What it cannot know, as a name nobody here has in small letters, that person
takes out.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Collection

_MONTH = r"(?:jan(?:uary)?|feb(?:ruary)?|mar(?:ch)?|apr(?:il)?|may|june?|july?|aug(?:ust)?|sept?(?:ember)?|oct(?:ober)?|nov(?:ember)?|dec(?:ember)?)"
_DAY = r"(?:(?:mon|tues|wednes|thurs|fri|satur|sun)days?|mon|tues?|wed|thurs?|thu|fri|sat|sun)"
_NTH = r"\d{1,2}\s*(?:st|nd|rd|th)?"
_COUNT = (
    r"(?:one|two|three|four|five|six|seven|eight|nine|ten|eleven|twelve|thirteen|fourteen|fifteen|sixteen|seventeen|eighteen|nineteen|"
    r"twenty|thirty|forty|fifty|sixty|seventy|eighty|ninety|hundred)"
)
_NTH_WORD = (
    r"(?:first|second|third|fourth|fifth|sixth|seventh|eighth|ninth|tenth|eleventh|twelfth|thirteenth|fourteenth|fifteenth|sixteenth|"
    r"seventeenth|eighteenth|nineteenth|twentieth|thirtieth|twenty[ -]\w+|thirty[ -]first)"
)
_STREET = (
    r"road|rd|street|st|avenue|ave|lane|close|drive|court|crescent|terrace|gardens|grove|square|hill|estate|house|surgery|practice|"
    r"pharmacy|chemist|hospital|infirmary|clinic|health centre|medical centre|medical practice|care home|school|college|university|church"
)
_SHOPS = (
    r"boots|superdrug|tesco'?s?|asda|morrisons|sainsbury'?s?|aldi|lidl|waitrose|specsavers|lloyds ?pharmacy|well pharmacy|rowlands|"
    r"hull|leeds|london|york|manchester|birmingham|liverpool|sheffield|bristol|bradford|beverley|hessle|cottingham|goole|doncaster|"
    r"grimsby|scunthorpe|bridlington|withernsea|hornsea"
)

_FORMS: tuple[tuple[re.Pattern[str], str], ...] = tuple(
    (re.compile(form, flags), instead)
    for form, flags, instead in (
        (r"\S+@\S+", 0, "my email"),
        (r"\b(?:https?://|www\.)\S+|\b[\w-]+(?:\.[\w-]+)*\.(?:com|org|net|uk|nhs|info|io|co|ly)(?:/\S*)?\b(?!@)", re.I, "that link"),
        (r"\b[A-Z]{1,2}\d[A-Z\d]?\s*\d[A-Z]{2}\b", re.I, "my postcode"),
        # Telephone and NHS numbers, however they are parted.
        (r"\+?\(?\d(?:[\s().-]{0,2}\d){8,14}", 0, "that number"),
        (rf"\b{_NTH}\s*(?:[/-]\s*\d{{1,2}}(?:\s*[/-]\s*\d{{2,4}})?|\.\s*\d{{1,2}}\s*\.\s*\d{{2,4}})\b", re.I, "that day"),
        (
            rf"\b(?:{_DAY},?\s+)?(?:the\s+)?(?:{_NTH}|{_NTH_WORD})\s+(?:of\s+)?{_MONTH}\b(?:,?\s+\d{{2,4}}\b)?",
            re.I,
            "that day",
        ),
        (rf"\b(?:{_DAY},?\s+)?(?!may\s+\d+\s*(?:of|people|min|hour)){_MONTH}\s+(?:the\s+)?{_NTH}\b(?:,?\s+\d{{4}}\b)?", re.I, "that day"),
        (rf"\b{_DAY},?\s+(?:the\s+)?(?:\d{{1,2}}\s*(?:st|nd|rd|th)\b|{_NTH_WORD}\b|\d{{1,2}}\b(?!\s*(?:[:.]\s*\d|am|pm|o)))", re.I, "that day"),
        (r"\b(?:the\s+)?\d{1,2}\s*(?:st|nd|rd|th)\b", re.I, "that day"),
        (rf"\bthe\s+{_NTH_WORD}\b(?=\s+of\b)(?:\s+of\s+\w+)?", re.I, "that day"),
        (r"\b\d{1,2}\s*(?:[:.]\s*\d{2}\s*)?(?:a\.?m\b\.?|p\.?m\b\.?|o'?\s?clock\b)", re.I, "that time"),
        (r"\b\d{1,2}\s*[:.]\s*\d{2}\b", 0, "that time"),
        (rf"\b(?:half|quarter|(?:{_COUNT}|\d+)(?:\s+minutes)?)\s+(?:past|to)\s+(?:{_COUNT}|\d{{1,2}})\b", re.I, "that time"),
        (rf"\b(?:half\s+)?{_COUNT}(?:[ -](?:fifteen|thirty|forty[ -]five))?\s*(?:a\.?m\b\.?|p\.?m\b\.?|o'?\s?clock\b)", re.I, "that time"),
        (rf"\b(?:at|till|until|by|after|before|around|about)\s+(?:half\s+)?{_COUNT}(?:\s+(?:fifteen|thirty|forty[ -]five))?\b(?!\s+(?:of|people|days?|weeks?|months?|years?))", re.I, "at that time"),
        (rf"\b{_DAY}(?:'s)?\b(?<!\bsun)(?<!\bsat)(?<!\bwed)", re.I, "that day"),
        # Places: what is written with a capital before such a word, and the word that is left.
        (rf"\b(?:\d+\w?\s+)?(?:[A-Z][\w'’-]*\s+){{1,3}}(?i:{_STREET})\b", 0, "that place"),
        (rf"\b\d+\w?\s+(?:\w+\s+){{1,3}}(?:{_STREET})\b", re.I, "that place"),
        (rf"\b(?:{_SHOPS})\b", re.I, "that place"),
        (r"\b(?:january|february|april|june|july|august|september|october|november|december)\b", re.I, "that month"),
    )
)  # fmt: skip

_TITLE = re.compile(
    r"\b((?i:mr|mrs|ms|miss|mx|dr|doctor|nurse|sister|prof))\b\.?\s+(?!Who\b|That\b|Is\b)([A-Z][\w'’-]*(?:\s+[A-Z][\w'’-]*)?)"
)
_INTRODUCED = re.compile(
    r"\b((?i:this is|its|it's|it’s|my name is|name is|name's|i am|i'm|im|from|dear|hi|hello|hey|regards|wishes|thanks|thank you|cheers|love|called))"
    r"([\s,.!:-]+)((?:[A-Z][\w'’-]+\s*){1,3})"
)
_SIGNED = re.compile(
    r"((?:^|[.,!?\n])\s*(?:[-–]\s*)?|\s[-–]\s*)((?:[A-Z][a-z'’-]+)(?:[ \t]+[A-Z][\w'’.-]*){0,2})[\s.!x]*$"
)
_CAPITAL = re.compile(r"(?<=[a-z0-9,;'’\"”)] )[A-Z][\w'’-]*")


def _set(words: str) -> frozenset[str]:
    return frozenset(words.split())


_KNOWN = _set(
    # Written with a capital within a sentence, and nobody's name.
    "i i'm i’m i'd i’d i'll i’ll i've i’ve im ive ill id ok okay yes no not stop cancel keep early start help please thanks thank gp nhs "
    "bp covid flu a the my it its we you he she they this that and but or so if can could will would sorry hi hello dear text texts sms "
    "doctor dr nurse mr mrs ms miss surgery appointment appt reply number wrong need want book rebook change move am pm monday "
    "tuesday wednesday thursday friday saturday sunday christmas easter english polish romanian arabic urdu punjabi bengali gujarati "
    "portuguese somali sms mum dad god bless regards kind best wishes many cheers late running on way see coming come attend be "
    "there not is was in at to for of up out do don't don’t dont did does have has had been your our me us him her them what when "
    "where who why how which again now today tomorrow tonight morning afternoon evening later unable able confirm confirmed "
    "accept decline another day time"
)
_ORDINARY = _set(
    # Names that are words: somebody's of the practice is only taken out where it is written as a name.
    "will may mark rose hope grace faith joy young king day love long early best good sweet bell bill rich pat sue jack rob dean grant "
    "art drew earl lance frank gene max rock chase penny daisy iris lily heather holly ivy olive ruby pearl amber crystal dawn eve "
    "summer autumn april june august sunday white black brown green gray grey smith cook baker carter butler page price walker turner "
    "hill wood woods field rivers lake banks street lane church cross park parks gates house moon stone snow frost rain winter knight "
    "bishop pope cross law case read reading little small short strong sharp wise wright right more less an in on no so do he ali my "
    "ma pa see sea sir son man men noble major bird fox wolf lamb fish wells ford west north east south bond cash gold silver star "
    "nurse doctor stop cancel yes can come be back bye an to sure keep last first weeks care please thanks thank"
)
_STAND_INS = ("Alex", "Robin", "Charlie", "Jo", "Kim", "Lee", "Morgan")


def anonymous(
    text: str, *, theirs: Collection[str] = (), others: Collection[str] = (), places: Collection[str] = ()
) -> str:
    """The text with stand-ins. `theirs` are names of those who have the number: none is left, however it is written. `others`,
    names of the practice's patients and staff, and `places`, names of practices and sites, are taken out likewise, but words that
    are names too ("will", "may") only where they stand with a capital within a sentence or in a signature. No digit is left."""
    said = unicodedata.normalize("NFKC", text)
    own = _words_of_names(theirs)
    spoken = {name for name in _words_of_names(others) if name not in _ORDINARY}
    somebody = next((one for one in _STAND_INS if one.lower() not in own | spoken), "somebody")
    for place in sorted((place for place in places if len(place) > 2), key=len, reverse=True):
        said = re.sub(_loosely(place), "that place", said, flags=re.I)
    for form, instead in _FORMS:
        said = form.sub(instead, said)
    said = _TITLE.sub(lambda found: f"{found[1]} {somebody}", said)
    said = _INTRODUCED.sub(lambda found: found[0] if _all_known(found[3]) else f"{found[1]}{found[2]}{somebody} ", said)
    said = _SIGNED.sub(
        lambda found: found[0] if _all_known(found[2]) or not found[1].strip() else f"{found[1]}{somebody}", said
    )
    if any(sign.islower() for sign in said):  # in a text of capitals only they tell nothing
        said = _CAPITAL.sub(lambda found: found[0] if _all_known(found[0]) or found[0].isupper() else somebody, said)
    said = re.sub(r"(?:\d[\d,.]*)+", "some", said)
    said = "".join("" if sign.isdigit() or sign.isdecimal() else sign for sign in said)
    for name in sorted(own | spoken, key=len, reverse=True):
        said = re.sub(_loosely(name), somebody, said, flags=re.I)
    said = re.sub(rf"\b{somebody}(?:[\s,&]+(?:and\s+)?{somebody})+\b", somebody, said)
    return re.sub(r"[^\S\n]+", " ", said).strip()


def _words_of_names(names: Collection[str]) -> set[str]:
    """Whole names and their words, in small letters; single letters tell nobody."""
    whole = {unicodedata.normalize("NFKC", name).strip().lower() for name in names}
    parts = {part for name in whole for part in re.split(r"[\s-]+", name)}
    return {name for name in whole | parts if len(name) > 1 and any(sign.isalpha() for sign in name)}


def _loosely(name: str) -> str:
    """The name as a whole word, with or without its apostrophes, and with any spaces where it has one."""
    signs = ["['’]?" if sign in "'’" else r"\s+" if sign.isspace() else re.escape(sign) for sign in name]
    return r"(?<!\w)" + "".join(signs) + r"(?:['’]?s)?(?!\w)"


def _all_known(words: str) -> bool:
    return all(word.strip(".,!'’\"").lower() in _KNOWN for word in words.split())
