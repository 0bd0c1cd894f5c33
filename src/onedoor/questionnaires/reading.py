"""Answers of a known form: what each question takes, the ranges within which a machine may store one, and what is unclear.

One question a message; a number, a letter or a word; nothing is ever inferred (clinical.md 4, text dialogue rules). "I don't
smoke" may be never or no longer: it is asked again.
"""

from __future__ import annotations

import re
from datetime import date

from onedoor.messaging.ports import Question, Said, Value, declare_question

_GENERAL = {"stop": 0.95, "thanks": 0.8, "wrong_person": 0.95, "deceased": 0.95}
_UNITS = [
    "zero",
    "one",
    "two",
    "three",
    "four",
    "five",
    "six",
    "seven",
    "eight",
    "nine",
    "ten",
    "eleven",
    "twelve",
    "thirteen",
    "fourteen",
    "fifteen",
    "sixteen",
    "seventeen",
    "eighteen",
    "nineteen",
]
_TENS = ["twenty", "thirty", "forty", "fifty", "sixty", "seventy", "eighty", "ninety"]
SPOKEN = {word: n for n, word in enumerate(_UNITS)} | {word: 10 * (n + 2) for n, word in enumerate(_TENS)}


def in_figures(words: str) -> str:
    """Spoken numbers below two hundred as figures: "one twenty over eighty" is "120 over 80"."""
    found: list[str] = []
    pending: list[int] = []
    hundred = False

    def close() -> None:
        nonlocal hundred
        if pending:
            total = pending[0]
            for n in pending[1:]:
                if total < 10 and n >= 20:
                    total = total * 100 + n  # "one twenty"
                elif total % 10 == 0 and n < 10 and total >= 20:
                    total += n
                elif hundred:
                    total = total + n
                else:
                    found.append(str(total))
                    total = n
            found.append(str(total))
        pending.clear()
        hundred = False

    for word in words.split():
        if word in SPOKEN:
            pending.append(SPOKEN[word])
        elif word == "hundred" and pending and pending[-1] < 10:
            pending[-1] *= 100
            hundred = True
        elif word == "and" and hundred:
            continue
        else:
            close()
            found.append(word)
    close()
    return " ".join(found)


# ---- smoking

_PICK = re.compile(
    r"^(?:option |number |answer |its |i am |im )*([1-3])(?:️?⃣)?(?: (?:please|thanks|yes|never|ex|smoker|used to.*|smoke now|current\w*|x|never smoked))*$"
)
_SPOKEN_PICK = {"one": "1", "two": "2", "three": "3"}
_SMOKING = {"1": "never", "2": "ex", "3": "current"}
_NEVER = r"\b(never|nvr|not ever|neva)\b(?!.{0,25}\b(stop\w*|quit|gave|again|since)\b)|\b(life ?long|always been a) non ?smoker\b"
_EX = (
    r"\b(ex|former|x) ?(smok\w*)?$|\bex ?smok\w*|\b(gave|given|give|giving) (it |them |smoking |the fags |fags |that )*(up|over)\b|\b(quit|quitted|stopped|stoped|packed (it )?(in|up)|chucked|kicked|jacked)\b|\bi stop smoking\b"
    r"|\bused (to|too)\b|\bno longer (a )?smok\w*|\bnot (any ?more|anymore|now|since)\b|\b(dont|do not) smoke (any ?more|anymore|now)\b|\b(havent|not|without) (had|smoked|touched)( \w+)* (in|for|since)\b|\bsmoke ?free\b|\byears? since\b"
)
_CURRENT = (
    r"\b(\d+|ten|twenty|five|half a|a (?:few|couple|pack|packet|box|cig\w*|fag|rollie|dozen|cigar|pipe)|forty|thirty|couple|few|one|two|three|pack|packet|box|20s?) ?(\w+ ){0,3}(a|per|each|every) (day|week|wk|night)\b|\bsmoker?$|^(yes|yeah|yep|aye|yh|y|ye|i do|current\w*)\b|\b(i|still|do|he|she|mum|dad|to|only|social|occasional\w*|light|heavy|am a|im a|pipe|cigar) smok\w*\b"
    r"|\b(rollies|rollups|roll ups|roll up|baccy|tabs|fags|ciggies|cigs|cigarettes|cigars?|pipe|the odd (one|fag|ciggie|tab)|socially|when (drinking|stressed|i drink|out)|only (when|at|on)|cut(ting)? down|trying to (stop|quit|give)|still (smoke|on|going)|started again|not stopped|want to (stop|quit))\b"
)
_VAPE = r"\b(vap(e|es|ing|er)|e ?cig\w*|ecig\w*|shisha|weed|joint|cannabis|hookah|paan|snus|iqos|spliff)\b"
_AGAIN = r"\b(started again|back on|but (now|back|started|still)|relapsed|now \d+|still (going|smoke|on)|not (yet|stopped)|trying|cut)\b"


_SMOKES = r"(smok\w*|cig\w*|fags?|tabs?|rollies|baccy|tobacco|a day|per day|a week)"
_DENIED = re.compile(
    # Any "not" beside smoking: never or no longer, and it is not for us to guess which.
    rf"\b(no|not|none|non|nil|zero|0|dont|do not|doesnt|does not|didnt|never|aint|isnt|wouldnt|wont|nobody|without|hate|rarely|hardly)( \w+){{0,3}} {_SMOKES}\b"
    r"|\bsmoke (nothing|no)\b|\bnot quite\b|^yes no\b|\bnon ?smok|\bno im not\b"
)
_DENIES_STOPPING = re.compile(
    r"\b(not|havent|hasnt|never|cant|cannot|couldnt)( \w+){0,3} (stop\w*|quit\w*|giv\w+|gave|pack\w*|cut\w*|changed)\b|\bstill\b"
)
_OTHERS = re.compile(
    r"\b(live with|parents?|son|daughter|wife|husband|partner|brother|sister|friends?|everyone|family)( \w+){0,4} smok\w*|\bpassive\b|\bsecond hand\b"
)
_NOT_YET = re.compile(
    r"\b(next (week|month|year)|in january|soon|going to|gonna|will|planning (to|on)|about to|want to|should|try to|aim to|hope to)\b"
)
_OTHER_NEVER = re.compile(
    r"\bnever (you )?mind\b|\bnever (told|said|asked|managed|not|been asked|know|thought|say|in (front|the|this|my)|at|before|after|inhaled|without|on|during|when|around)\b(?! all\b)|\bnever\b.*\bbut (i )?(do|now|started|still|smoke)\b"
)
_MEASURED = re.compile(
    r"^\d+ ?(or \d+ |to \d+ )?(a|per|each|every|packs?|packets?|box|cigs?|cig\w+|fags?|tabs?|rol\w+|cigars?|pipes?|ounces?|oz|grams?|times|years?|months?|weeks?|days?|with)\b"
)


def smoking(said: Said) -> Value | None:
    """never, ex, current; None when it is none of these plainly. A number that its words belie is unclear."""
    words = said.words
    if said.asks:
        return None
    if len(words.split()) <= 2:
        words = " ".join(_SPOKEN_PICK.get(word, word) for word in words.split())
    leading = re.match(r"^(?:option |number |answer |its )*([1-3])\b(?: (?P<rest>.+))?$", words)
    if leading and not _MEASURED.match(words):
        return _picked(_SMOKING[leading[1]], leading["rest"] or "")
    return _smoking_in_words(words)


def _picked(value: str, rest: str) -> Value | None:
    """A number, and what is said beside it: nothing, thanks, or the same again."""
    if re.fullmatch(r"(please|thanks|thank you|x|xx|ta|mate|️?⃣)?", rest) or (value == "current" and rest == "yes"):
        return Value("answer", value)
    said = _smoking_in_words(rest)
    if said is None:
        return Value("unclear") if re.search(r"\d|\b(no|yes|or|not|but|meant)\b", rest) else Value("answer", value)
    return said if said.value == value else Value("unclear")


def _smoking_in_words(words: str) -> Value | None:
    found = _smoking_heard(words)
    if found is None or found.intent != "answer":
        return found
    if found.value == "current" and (
        (_DENIED.search(words) and not _DENIES_STOPPING.search(words)) or _OTHERS.search(words)
    ):
        return Value("unclear")
    if found.value == "never" and _OTHER_NEVER.search(words):
        return Value("unclear")
    if found.value == "ex" and (
        (_NOT_YET.search(words) and not re.search(r"\b(used to|years?|never going|wont)\b", words))
        or re.search(
            r"\b(then started|and started|giving up giving up|gave up giving|not ex|to say|than i used|stopped mostly|mostly stopped|nearly|almost|not quite|might|had one|the odd|now and (then|again)|but (still|had|have))\b",
            words,
        )
    ):
        return Value("unclear")
    return found


def _smoking_heard(words: str) -> Value | None:
    """What the words say, without looking for what takes it back."""
    if re.search(
        r"^(no |im |i am |i |he |she |mum |dad |just |a )*(not (a |really a )?smok\w*|(dont|do not|doesnt) smoke|non smok\w*|a non smok\w*)( thanks| thank you| x| mr\w* \w+( \w+)?)*$|\b(passive|second hand)\b",
        words,
    ):
        return Value("unclear")
    if re.search(r"\b(un)?til+ (19|20)\d\d\b|\bsince (19|20)\d\d\b.*\bnone\b", words):
        return Value("answer", "ex")
    if re.search(r"\b(help|can you|dead|died|clinic|patches)\b", words):
        return None
    if re.search(
        r"\b(not|havent|hasnt|never|cant|cannot|couldnt|unable to) (?!now |any ?more )(\w+ )?(stopped?|quit|given?|gave|packed|pack) ?(it|them|up|in)?\b|\bback on (them|it|the)\b",
        words,
    ):
        return Value("answer", "current")
    if re.search(r"^(am |im |i am |a )*(still )?(a )?current(ly)? (a )?smoker?\b|\bstill (a )?smoker?\b", words):
        return Value("answer", "current")
    if re.search(r"\b(past|previous|former|reformed) smoker\b", words):
        return Value("answer", "ex")
    if re.fullmatch(r"[\d ]+|quit|ex|stop", words):
        return Value("answer", "ex") if words == "ex" else Value("unclear")
    never, ex, current = (bool(re.search(form, words)) for form in (_NEVER, _EX, _CURRENT))
    vapes = bool(re.search(_VAPE, words))
    if ex and re.search(_AGAIN, words):
        return Value("answer", "current") if current or re.search(r"\bstarted again\b", words) else None
    if vapes:
        return (
            Value("answer", "ex")
            if ex and not never and re.search(r"\b(used to|gave|given|quit|stopped|packed|ex)\b", words)
            else Value("unclear")
        )
    if ex and not never:
        return (
            None
            if re.search(
                r"\b(yesterday|today|sunday|monday|this morning|days?|day \d|trying|want|tomorrow|hours?|weeks? ago today)\b",
                words,
            )
            and not re.search(r"\byears?\b|\bmonths?\b", words)
            else Value("answer", "ex")
        )
    if never and not current:
        return Value("answer", "never")
    if current and not never:
        return Value("answer", "current")
    return None


SMOKING = declare_question(
    Question(
        name="smoking", intents=("answer", "question", "unclear"), value=smoking, sure=dict(_GENERAL) | {"answer": 0.95}
    )
)

# ---- alcohol, in units a week

MOST_UNITS = 200
"""More units a week than anybody is likely to drink: a slip, to be asked again."""
_NONE = re.compile(
    # The longest first, and none taken back: of words that repeat each other no reader would else come to an end.
    r"^(?:(?>(?:dont|do not|doesnt|does not|never) (?:drink|touch|have)\b(?: (?:it|any more|anymore|any|alcohol|at all|drink|now)\b)*|recovering alcoholic|breastfeeding|tee ?total\w*|teetotaller|a day in my|non drinker|on tablets|medication|life ?long|religious|alcoholic|thank you|teetotal|antabuse|pregnant|t ?total|touched|reasons|stopped|because|driving|nothing|alcohol|gave up|nought|naught|at all|thanks|always|muslim|dinnae|touch|drank|drunk|since|zilch|liver|years|stuff|never|sorry|total|drink|units|haram|sober|drop|dont|nada|have|year|gave|none|with|meds|baby|days|life|zero|nowt|ever|been|tea|for|not|had|one|ago|and|but|day|tot|pub|nil|she|mum|dad|its|any|ive|now|hen|my|op|in|up|as|of|no|we|he|hi|im|am|is|ta|so|ah|tt|o|i|a|x|\d+)\s*)+$"
)
_SAYS_NONE = re.compile(
    r"\b(none|nothing|tt|dinnae drink|zero|nil|nowt|nought|naught|0|tee ?total\w*|t ?total|dont drink|do not drink|doesnt drink|never (drink|touch\w*|drank|drunk|have)|tea total|o units|dont touch|non drinker|no alcohol|never)\b"
)
_AMOUNT = re.compile(
    r"^(?:(?:i|we|he|she|mum|dad|my \w+|its|it is|is|id say|i would say|say|has|have|drink|drinks|drank|about|around|approx(?:imately)?|roughly|maybe|probably|usually|normally|average|on average|of|hi|answer|circa|mostly|im on|do|abt|bout|just|only|would be|be|x|sorry|the|a|an)\s+)*"
    r"(\d{1,3})(?:ish|u)?(?: (?:units?|a week|per week|weekly|each week|a wk|every week|week|of alcohol|thanks|thank you|x|please|ish|or so|at a guess|u|i think|approx|roughly|about|w|\w+ (?:penhaligon|hargreaves)))*$"
)
_DRINKS = r"\b(pints?|bottles?|glass(es)?|cans?|wine|beers?|gin|vodka|voddy|whisk(e)?y|rum|shots?|dram|g&ts?|lager|cider|sherry|tins?|day|night|daily|month|weekend|weekends|more than|over|less than|under|max|plus|to|or|between|upto|up to|nightly|each day|occasion\w*)\b|\d ?[-+]|\d\.\d+\.\d|-\d|%"


def alcohol(said: Said) -> Value | None:
    """Whole units a week; unclear for drinks, ranges and what nobody drinks."""
    words = in_figures(said.words.replace("a dozen", "12").replace("dozen", "12"))
    raw = said.text.lower()
    if said.asks or re.match(r"^not (none|no|nothing|nil)\b", words):
        return None
    if re.search(
        r"\b(dont|do not|doesnt|never) drink (\d|tea|coffee|spirits|wine|beer|much|as much|and drive|at home|on)", words
    ):
        return Value("unclear")
    if (
        _SAYS_NONE.search(words)
        and _NONE.match(words)
        and not re.search(r"\b(used to|stopped \d|ago (now )?\d)\b", words)
    ):
        return Value("answer", "0")
    if re.search(r"\d\s*[-–+/]|[-–]\s*\d|\d\s*(to|or)\s*\d|\d\.\d|\d,\d", raw) or re.search(_DRINKS, words):
        return Value("unclear") if re.search(r"\d|" + _DRINKS, words) else None
    found = _AMOUNT.match(words)
    if found:
        return Value("answer", found[1].lstrip("0") or "0") if int(found[1]) <= MOST_UNITS else Value("unclear")
    return None


ALCOHOL = declare_question(
    Question(name="alcohol", intents=("answer", "question", "unclear"), value=alcohol, sure=dict(_GENERAL))
)

# ---- blood pressure

SYSTOLIC, DIASTOLIC = (60, 260), (30, 160)
"""mmHg; outside, it is a slip or a machine's fault."""


_NO_READING = re.compile(
    # Two figures that are not, or no longer, this patient's reading.
    r"\b(between \d+ and|not|wasnt|isnt|was never|last (year|month|time)|years? ago|target|aim|goal|should be|supposed|ideal|normal is|below|less than|above|more than|"
    r"(is|its|always|still|be|^) ?over \d|error|broken|wrong|faulty|weight|stone|kilos?|kg|cm|height|my (husband|wife|mum|dad|son|daughter|partner)s?|"
    r"was [^.]{0,20}\bnow|usually|normally|yours (said|was)|before (tablets|meds|medication|my)|mmol\w*|in (january|february|march|april|may|june|july|august|september|october|november|december))\b|\dmmol|^(over|under) \d"
)


def bp(said: Said) -> Value | None:
    """systolic/diastolic in mmHg; unclear when there is none, more than one, or the wrong way round."""
    words = in_figures(said.words)
    text = re.sub(
        r"\b(pulse|pr|hr|heart rate|p|bpm|heartbeat)\W*(is |was |of |rate )?\d{2,3}\b", " ", said.text.lower()
    )
    text = re.sub(r"\b\d{2,3} ?(bpm|pulse)\b", " ", text)
    text = re.sub(
        r"\b\d{1,2}[:.]\d{2} ?(am|pm)?\b|\b\d{1,2} ?(am|pm)\b|\b\d{1,2}/\d{1,2}(/\d{2,4})?(?!\d)|\b(1st|2nd|3rd|first|second)\b",
        lambda m: m[0] if re.fullmatch(r"\d{2,3}/\d{2,3}", m[0]) else " ",
        text,
    )
    pairs = re.findall(
        r"(?<![\d.])(\d{2,4})(?:\s*+(?:/|\\|over|on|slash|-|comma|,|;)\s*+|\s++)(\d{2,3})(?![\d]|\.\d)", text
    )
    named = re.search(
        r"(?:sys[a-z]*|top|upper|higher)\D{0,12}(\d{2,3}).{0,20}?(?:dia[a-z]*|bottom|lower)\D{0,12}(\d{2,3})|(\d{2,3}) (?:on )?top.{0,12}?(\d{2,3}) (?:under\w*|bottom|below|on the bottom)",
        text,
        re.DOTALL,
    )
    if named:
        pairs = [tuple(one for one in named.groups() if one)]
    elif not pairs:
        spoken = re.fullmatch(r"(?:\D*\s)?(\d{2,3}) (?:over |on |and |comma )?(\d{2,3})(?:\s\D*)?", words)
        pairs = [spoken.groups()] if spoken else []
    if re.search(
        r"\b(should i|is that|is it|^is \d+|dizzy|faint\w*|headaches?|chest|pain|sick|unwell|breathless|blurred|numb|worried|relevant|ok\?|what|why|how|which|can i)\b",
        words,
    ):
        return None
    slashes = len(re.findall(r"\d{2,3}\s*(?:/|over)\s*\d{2,3}", text))
    if not pairs:
        return Value("unclear") if re.search(r"\d", said.text) and not said.asks else None
    if slashes > 1 or len(pairs) > 1 or (text.count("/") > 1 and not named):
        return Value("unclear")
    if said.asks:
        return None
    if _NO_READING.search(words):
        return Value("unclear")
    top, bottom = int(pairs[0][0]), int(pairs[0][1])
    fits = SYSTOLIC[0] <= top <= SYSTOLIC[1] and DIASTOLIC[0] <= bottom <= DIASTOLIC[1] and top > bottom
    return Value("answer", f"{top}/{bottom}") if fits else Value("unclear")


BP = declare_question(Question(name="bp", intents=("answer", "question", "unclear"), value=bp, sure=dict(_GENERAL)))

# ---- yes or no

_YES = r"^(ye|yes|y|yep|yeah|yea|yh|yup|aye|yess|correct|indeed|i do|i have|i would|i am|right|thats right|thats correct|100|definitely|of course|👍|✅|ok|okay|sure|true|absolutely|certainly|si|she does|he does)( (yes|please|thanks|thank you|i|do|have|she|he|does|has|am|is|mum|x|hen|mate|for|would|thats|correct|right|it|we|they|will|can|definitely))*$"
_NO = r"^(no|n|nope|nah|naw|na|never|nae|i dont|i do not|i havent|not|👎|no no|absolutely not|definitely not|false|i did not|i didnt|she doesnt|he doesnt|not true|im not)( (no|thanks|thank you|i|dont|do|not|havent|never|definitely|absolutely|x|mate|she|he|doesnt|hasnt|didnt|did|at|all|true|sorry|am|im|have|ta))*$"
_ABROAD = {
    "yes": r"^(tak|da|sim|haa|haye|ji|jee|haan|han|hanji|ha|ji haan|haan ji|ha ji|na3am|aywa|aiwa|نعم|ايوه|جی|ہاں|جی ہاں|ਹਾਂ|ਹਾਂ ਜੀ|হ্যাঁ|জি|હા)$",
    "no": r"^(nie|nu|não|nao|maya|nahi|nahin|nai|ji nahi|la|laa|لا|نہیں|جی نہیں|ਨਹੀਂ|না|ના)$",
}


def yesno(said: Said) -> Value | None:
    """yes or no, said plainly and once."""
    if said.asks:
        return None
    yes, no = (
        bool(re.match(form, said.words) or re.match(_ABROAD[value], said.words))
        for value, form in (("yes", _YES), ("no", _NO))
    )
    return Value("answer", "yes" if yes else "no") if yes != no else None


YESNO = declare_question(
    Question(
        name="yesno", intents=("answer", "question", "unclear"), value=yesno, sure=dict(_GENERAL) | {"answer": 0.95}
    )
)

# ---- the general forms


def _form(name: str, pattern: str) -> None:
    form = re.compile(pattern)

    def value(said: Said) -> Value | None:
        found = form.fullmatch(in_figures(said.words)) or form.fullmatch(said.text.strip().lower())
        return Value("answer", found[1]) if found and not said.asks else None

    declare_question(Question(name=name, intents=("answer", "question", "unclear"), value=value, sure={"stop": 0.95}))


def _date(said: Said) -> Value | None:
    found = re.fullmatch(r"\s*(\d{1,2})[/.\- ](\d{1,2})[/.\- ](\d{4})\s*", said.text)
    if not found:
        return None
    try:
        return Value("answer", date(int(found[3]), int(found[2]), int(found[1])).isoformat())
    except ValueError:
        return Value("unclear")


_form("number", r"(?:about |around |its |it is )?(\d{1,6})(?: thanks| please)?")
_form("choice", r"(?:option |number |answer )?(\d|[a-f])(?: please| thanks)?")
declare_question(Question(name="date", intents=("answer", "question", "unclear"), value=_date, sure={"stop": 0.95}))
declare_question(
    Question(
        name="free text",
        intents=("answer",),
        value=lambda said: Value("answer", said.text.strip()),
        sure={"stop": 0.99},
    )
)
