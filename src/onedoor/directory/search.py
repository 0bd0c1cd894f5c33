"""Finding services by plain words: synonyms, misspellings, whose age it is about. Pure; built from the directory's texts.

Each unit of a search (a phrase of the vocabulary, or a word) gives a service the best of what it meets there: the same word,
a word of the same need, a need near it, or what the word is a misspelling of; weighed by where in the service's text it stands
and by how few services have it. A service is sure when most of what was said speaks for it.
"""

from __future__ import annotations

import math
import re
from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field

from rapidfuzz import process
from rapidfuzz.distance import OSA

from onedoor.directory.vocabulary import LONGEST_PHRASE, Vocabulary, stem, words_of

NAME, FIRST_STREAM, STREAM, OTHER_WORDS, SUMMARY = 4.0, 3.5, 3.0, 3.0, 1.5
"""What a word weighs by where it stands. The commonest stream is what a service mostly does."""
SAME, NEED, NEAR, PART = 1.0, 0.9, 0.5, 0.5
"""What a word is worth by how it is met: itself, another word for the need, a need near it, a word of a phrase."""
ALSO_MET = 0.1
"""What it adds when a service meets what was said in a second way."""
SURE_SHARE, SURE_SCORE = 0.5, 3.0
"""Above both, what is found is said without reserve: the share of the words that speak for it, and how loudly they do."""
ORDINARY, UNKNOWN = 0.25, 0.5
"""What a word weighs in what was said that no service has: one of ordinary English, and one that nobody knows."""
TAIL = 0.25
"""Services below this part of the best one's score are not shown."""
NOT_THEIR_AGE, FOR_THEIR_AGE = 0.35, 1.2
GROWN_UP = 18


@dataclass(frozen=True)
class Text:
    """What of a service is searched."""

    key: int
    name: str
    streams: tuple[str, ...]
    summary: str
    other_words: str
    ages_from: int | None
    ages_to: int | None


@dataclass(frozen=True)
class Hit:
    """A service found: `share` of what was said speaks for it, by `words` of the searcher."""

    key: int
    score: float
    share: float
    sure: bool
    words: tuple[str, ...]


@dataclass(frozen=True)
class Reading:
    """What a search was read as. `needs` are the vocabulary's, in the order said; `corrected` are (typed, taken for)."""

    needs: tuple[str, ...]
    ages: tuple[int, int] | None
    corrected: tuple[tuple[str, str], ...]
    plain_words: tuple[str, ...]
    """Words of ordinary English, or of the directory, that name no need."""


@dataclass
class _Unit:
    said: str
    terms: dict[str, float] = field(default_factory=dict)
    """Index term to how well it is met; empty for what nobody knows."""
    needs: tuple[str, ...] = ()
    weight: float = 1.0


class Index:
    """The directory's texts, ready to be searched. Building takes time in proportion to the text; it is kept and shared."""

    def __init__(self, texts: Iterable[Text], vocabulary: Vocabulary) -> None:
        self._vocabulary = vocabulary
        self._texts = {text.key: text for text in texts}
        self._weights: dict[int, dict[str, float]] = {}
        spelt: set[str] = set()
        for text in self._texts.values():
            weights: defaultdict[str, float] = defaultdict(float)
            for weight, said in (
                (NAME, text.name),
                *((STREAM if at else FIRST_STREAM, stream) for at, stream in enumerate(text.streams)),
                (OTHER_WORDS, text.other_words),
                (SUMMARY, text.summary),
            ):
                words = words_of(said)
                spelt.update(words)
                for term in self._terms(words):
                    weights[term] = max(weights[term], weight)
            self._weights[text.key] = dict(weights)
        self._spelt = spelt | vocabulary.plain
        self._known = {stem(word) for word in self._spelt}
        self._choices = sorted(word for word in self._spelt if len(word) > _TOO_SHORT)
        self._sounds: defaultdict[str, list[str]] = defaultdict(list)
        for word in self._choices:
            self._sounds[_sound(word)].append(word)
        self._held: defaultdict[str, float] = defaultdict(float)
        for held in self._weights.values():
            for term, weight in held.items():
                self._held[term] += weight / NAME

    def search(self, words: str, *, age: int | None = None) -> tuple[list[Hit], Reading]:
        """Services for `words`, the best first; `age` in whole years, where it was given apart from the words."""
        units, corrected = self._units(words)
        ages = (age, age) if age is not None else _ages(words)
        told = sum(unit.weight for unit in units) or 1.0
        hits = []
        for key, weights in self._weights.items():
            score, spoke, by = 0.0, 0.0, []
            for unit in units:
                met = [
                    (how * weights[term] * self._rarity(term), how)
                    for term, how in unit.terms.items()
                    if term in weights
                ]
                if met:
                    best = max(met)
                    score += unit.weight * (best[0] + ALSO_MET * (sum(one for one, _ in met) - best[0]))
                    spoke += unit.weight * min(1.0, max(how for _, how in met) / NEAR)
                    by.append(unit.said)
            if score:
                score *= self._for_age(self._texts[key], ages)
                share = spoke / told
                hits.append(Hit(key, score, share, share >= SURE_SHARE and score >= SURE_SCORE, tuple(by)))
        hits.sort(key=lambda hit: (-hit.score, hit.key))
        least = hits[0].score * TAIL if hits else 0.0
        needs = tuple(dict.fromkeys(need for unit in units for need in unit.needs))
        known = tuple(dict.fromkeys(u.said for u in units if not u.needs and u.said in self._spelt))
        return [hit for hit in hits if hit.score >= least], Reading(needs, ages, tuple(corrected), known)

    def _terms(self, words: Sequence[str]) -> set[str]:
        """Stems, and the needs that these words name."""
        found = {f"w:{one}" for one in map(stem, words) if one not in self._vocabulary.noise}
        return found | {f"n:{need}" for _, needs in self._phrases(words) for need in needs}

    def _phrases(self, words: Sequence[str]) -> Iterator[tuple[Sequence[str], tuple[str, ...]]]:
        """The words in order, cut into the longest phrases that name needs, and single words that name none."""
        stems = [stem(word) for word in words]
        at = 0
        while at < len(stems):
            for length in range(min(LONGEST_PHRASE, len(stems) - at), 0, -1):
                needs = self._vocabulary.needs.get(tuple(stems[at : at + length]), ())
                if length == 1 or needs:
                    yield words[at : at + length], () if length == 1 and stems[at] in self._vocabulary.noise else needs
                    at += length
                    break

    def _rarity(self, term: str) -> float:
        """Of one that a single service has in its name 1, of one that all have so about 0.2. In a summary it counts for less."""
        held = max(1.0, self._held[term])
        return max(0.2, math.log(1 + len(self._texts) / held) / math.log(1 + len(self._texts)))

    def _units(self, text: str) -> tuple[list[_Unit], list[tuple[str, str]]]:
        words, corrected = self._spell(words_of(text))
        units = []
        for said, needs in self._phrases(words):
            if needs:
                units.append(self._of_needs(said, needs))
            elif not said[0].isdigit() and stem(said[0]) not in self._vocabulary.noise:
                units.append(self._of_word(said[0]))
        return units, corrected

    def _of_needs(self, words: Sequence[str], needs: tuple[str, ...]) -> _Unit:
        terms: dict[str, float] = {}
        for need in needs:
            terms[f"n:{need}"] = NEED
            for near in self._vocabulary.also[need]:
                terms.setdefault(f"n:{near}", NEAR)
        for word in words:
            if (one := stem(word)) not in self._vocabulary.noise:
                terms[f"w:{one}"] = SAME if len(words) == 1 else PART / len(words)
        return _Unit(" ".join(words), terms, needs, weight=1.5)

    def _of_word(self, word: str) -> _Unit:
        known = f"w:{stem(word)}" in self._held
        weight = 1.0 if known else ORDINARY if word in self._spelt else UNKNOWN
        return _Unit(word, {f"w:{stem(word)}": SAME} if known else {}, weight=weight)

    def _spell(self, words: list[str]) -> tuple[list[str], list[tuple[str, str]]]:
        """The words as they were meant, and (typed, taken for)."""
        found: list[str] = []
        corrected: list[tuple[str, str]] = []
        at = 0
        while at < len(words):
            word = words[at]
            joined = word + words[at + 1] if at + 1 < len(words) else ""
            known = word in self._spelt or (len(word) > _TOO_SHORT and stem(word) in self._known)
            if known or len(word) < _TOO_SHORT or word.isdigit():
                found.append(word)
            elif joined in self._spelt:
                found.append(joined)
                at += 1
            elif meant := self._meant(word):
                found += meant.split()
                corrected.append((word, meant))
            else:
                found.append(word)
            at += 1
        return found, corrected

    def _meant(self, word: str) -> str:
        """The word, or two words run together, that this is most likely a misspelling of; empty for none."""
        sounds_so = self._sounds.get(_sound(word), [])
        best = process.extractOne(word, sounds_so, scorer=OSA.distance) if sounds_so else None
        if best is not None and best[1] <= max(4, len(word) // 2):
            return str(best[0])
        if len(word) <= _TOO_SHORT:
            return ""
        most = 1 if len(word) <= 5 else 2 if len(word) <= 9 else 3
        near = process.extract(word, self._choices, scorer=OSA.distance, score_cutoff=most, limit=5)
        near = [one for one in near if len(one[0]) > 3]
        if near:
            return str(
                min(near, key=lambda one: (one[1], one[0][0] != word[0], abs(len(one[0]) - len(word)), one[0]))[0]
            )
        for cut in range(3, len(word) - 2):
            if word[:cut] in self._spelt and word[cut:] in self._spelt:
                return f"{word[:cut]} {word[cut:]}"
        return ""

    def _for_age(self, text: Text, ages: tuple[int, int] | None) -> float:
        if ages is None:
            return 1.0
        low, high = text.ages_from or 0, text.ages_to if text.ages_to is not None else 200
        if ages[1] < low or ages[0] > high:
            return NOT_THEIR_AGE
        return FOR_THEIR_AGE if high <= GROWN_UP and ages[1] <= GROWN_UP else 1.0


_TOO_SHORT = 3
"""Letters: words of so many are too near one another to be corrected but by their sound, and shorter ones by that too."""

_AGE = re.compile(r"\b(\d{1,3})\s*(?:years?|yrs?|yr|y)?\s*(?:-|\s)*(?:olds?|years?|yrs?)\b")
_MONTHS = re.compile(r"\b\d{1,2}\s*(?:-|\s)*(?:months?|mths?|weeks?|wks?)\s*(?:-|\s)*(?:olds?)\b")
_NOT_OF_A_BABY = re.compile(
    r"\b(?:since|after|before|had|having|have|expecting|for)\s+(?:an?|the|my|our|your)?\s*(?:baby|babies|child|children|kids?)\b"
)
"""Said by a parent of themselves."""
_OF_AN_AGE: tuple[tuple[tuple[int, int], frozenset[str]], ...] = (
    ((0, 1), frozenset(("baby", "babies", "newborn", "infant", "babys"))),
    ((1, 3), frozenset(("toddler", "toddlers"))),
    ((4, 17), frozenset(("schoolchild", "pupil"))),
    ((13, 17), frozenset(("teenager", "teen", "teenage", "teens"))),
    (
        (65, 100),
        frozenset(
            ("elderly", "pensioner", "nan", "gran", "grandma", "granny", "grandad", "grandmother", "grandfather")
        ),
    ),
    (
        (0, 17),
        frozenset(
            ("child", "children", "childs", "kid", "kids", "son", "sons", "daughter", "daughters", "boy", "girl")
        ),
    ),
)


def _ages(text: str) -> tuple[int, int] | None:
    """The youngest and oldest that the words say it is about; None when they do not."""
    said = _NOT_OF_A_BABY.sub(" ", text.lower())
    if _MONTHS.search(said):
        return (0, 1)
    if (found := _AGE.search(said)) and int(found[1]) <= 120:
        return (int(found[1]), int(found[1]))
    words = set(words_of(said))
    return next((ages for ages, named in _OF_AN_AGE if words & named), None)


_LIKE = (
    (r"^(?:kn|gn|pn)", "n"),
    (r"^ps", "s"),
    (r"^wr", "r"),
    (r"ph", "f"),
    (r"gh(?=t|$)", ""),
    (r"sch", "sk"),
    (r"c(?=[eiy])", "s"),
    (r"ck|ch|c|q", "k"),
    (r"x", "ks"),
    (r"z", "s"),
    (r"y", "i"),
    (r"h", ""),
    (r"tion|sion|shun", "sn"),
    (r"(?:ea|ee|ie|ei|oe|ae|e)", "e"),
    (r"(?:ou|ow|oo|au|aw|o)", "o"),
    (r"(.)\1+", r"\1"),
    (r"e$", ""),
)


def _sound(word: str) -> str:
    """A rough key of how a word sounds: fizio and physio have one."""
    for pattern, instead in _LIKE:
        word = re.sub(pattern, instead, word)
    return word
