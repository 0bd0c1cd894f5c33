"""The words that patients answer with: tables of whole phrases, read by `replies`.

A phrase has no capitals, apostrophes or punctuation. `{a|b|}` stands for one of several, the empty one included, and may
be nested. A phrase belongs here only when it can mean nothing else in answer to the question of its context: what is
missing goes to a person, which costs a minute; what is wrongly here costs somebody a visit (messaging.md 6.2).
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping

Phrase = tuple[str, ...]

_WISH = "{i would like|we would like|id like|wed like|would like|i want|we want|want|i wish}"
_MINE = "{my|the|this|our} {appointment|visit|booking|slot}"
_IT = "{it|this|appointment|" + _MINE + "}"
_ASK = "{can|could|may} {i|we|you}"

STOP = (
    # clinical.md 6.1, and what is plainly the same. CANCEL is not here and must never be (product-map.md T8).
    "{stop|stopall|stop all|unsubscribe|optout|opt out|remove|end|quit}",
    "{unsubscribe me|opt me out}",
    "stop {texting|messaging} {me|us|}",
    "stop {sending|sending me|sending us} {|these} {texts|messages|text messages}",
    "stop {|these|the|all|all these} {texts|messages|text messages}",
    "stop sending {|texts|messages} to this number",
    "{" + _WISH + " to|please} opt out {|of {|these|your} {texts|messages|text messages}}",
    "{dont|do not} text me {|again|any more}",
)
START = ("{start|unstop}",)
HELP = ("help",)

THANKS = ("{thanks|thank you} {|very much|so much|a lot|again}", "{many thanks|ta|cheers|much appreciated}")
COURTESY = (
    "please",
    *THANKS,
    "{kind regards|regards|best wishes|god bless}",
    "{|im|i am|we are} {|so|very} sorry {|about {this|that}}",
    "{sorry|apologies|my apologies} {|for {the|any} inconvenience|for {|the} {late|short} notice|for the trouble}",
    "{hi|hello|hey|hiya|hi there|good morning|good afternoon|good evening|morning|afternoon|evening}",
    "{ok|okay|oh|x|xx|xxx|xxxx}",
)

_YES = "{yes|y|yep|yeah|yea|yh|yup|aye}"

CONTEXTS: Mapping[str, Mapping[str, tuple[str, ...]]] = {
    "appointment": {
        "confirm": (
            _YES,
            "{|i will|ill|" + _WISH + " to} keep {it|" + _MINE + "}",
            "{i|we|} will {be there|attend|come|be attending|be coming|make it}",
            "{ill|well} {be there|attend|come|make it}",
            "{ill|i will|well|we will|i can|we can} {come|be there|make it} after all",
            "{im|i am|we are|} {|still} {coming|attending}",
            "{i|we|} can {make it|attend|come|be there}",
            "see you {then|there}",
            "{|i|we|i can|we can} confirm {|" + _IT + "}",
            "confirmed",
            _YES + " {i|we} {will|can}",
            _YES + " {thats|that is} {fine|ok|good|great|right|correct|perfect}",
        ),
        "cancel": (
            "{|i|we} {|" + _WISH + " to|need to|have to|got to|must|have got to|will have to} cancel {|" + _IT + "}",
            "{ill|ive got|id have} {|have} to cancel {|" + _IT + "}",
            "{can|could|would|will} you {|please} cancel {|" + _IT + "}",
            "{yes|yeah|yep|ok|okay} {|please} cancel {|" + _IT + "}",
            "{i|we|} {cant|cannot|can not|can no longer|{am|are|} {unable|not able} to|im {unable|not able} to|"
            "{wont|will not} be able to} {make|attend|keep|come to} {it|" + _MINE + "}",
            "{i|we|} {cant|cannot|can not|can no longer|{am|are|} unable to|im unable to|{wont|will not} be able to} "
            "{attend|come|be there}",
            "{i|we|} {wont|will not} be {there|coming|attending}",
            "{i|we|} {wont|will not} {attend|come|make it}",
            "{im|i am|we are|} {not|no longer} {coming|attending}",
            "{i|we|} {dont|do not|no longer} need " + _IT + " {|any more|anymore|now}",
            "{it is|its|} {no longer needed|not needed|no longer required|not required} {|any more|anymore|now}",
        ),
        "earlier": (
            "{early|earlier|sooner}",
            "{|an|any} earlier {one|appointment|slot}",
            "{" + _WISH + "|" + _ASK + " have|please " + _ASK + " have} {an|any} earlier {one|appointment|slot}",
            "{" + _WISH + " to be|" + _ASK + " be|" + _WISH + " to|please " + _ASK + " be} {seen|offered} "
            "{sooner|earlier|an earlier {one|appointment|slot}}",
            "{|" + _ASK + "} offer me an earlier {one|appointment|slot}",
            "put me down for an earlier {one|appointment|slot}",
        ),
    },
    "offer": {
        "accept": (
            _YES,
            "{i|we} will {take|have} {it|that|that one}",
            "{ill|well} {take|have} {it|that|that one}",
            "{take|book} it",
            _WISH + " {it|that one}",
            "{|i} accept {|it}",
            _YES + " {that would be|thats|that is} {great|fine|good|lovely|perfect|ok|brilliant}",
            _YES + " {i|we} can {do|make} {it|that|that one}",
        ),
        "decline": (
            "{no|n|nope|nah}",
            "{|i will|ill|we will|well} stay as {i am|we are|it is}",
            "{|i will|ill|we will|well|id rather|i would rather} keep {mine|my own|my own appointment|the one i have|ours}",
            "{happy|im happy|i am happy} with {mine|my own|the one i have}",
            "{i|we|} {cant|cannot|can not} {do|make} that {|one}",
            "{|i|we} decline {|it}",
            "not {for me|for us|this time}",
        ),
    },
}

REASONS: Mapping[str, tuple[str, ...]] = {
    # Beside a plain answer they change nothing; alone they say nothing.
    "confirm": (
        "{great|lovely|perfect|fine|definitely|of course|no problem|will do}",
        "{dont|do not} cancel {|" + _IT + "}",
    ),
    "cancel": (
        "{|im|i am|we are} {|feeling} {|much} better {|now}",
        "{|im|i am|we are|got to be|i have to be} {at work|working|on holiday}",
        "i {cant|cannot} stop coughing",
        "{so|as|because}",
    ),
    "earlier": (),
    "accept": ("{|that would be|thats|that is} {great|lovely|perfect|brilliant|wonderful}", "{i|we} can do that"),
    "decline": (
        "kind of you to ask",
        "{|its|it is} {|too} short notice",
        "{|im|i am} {at work|working|away|on holiday}",
    ),
    "stop": (),
    "start": (),
    "help": (),
}

SPELT_OUT: Mapping[str, str] = {
    # Ways of writing the same word. Distance from a word we act on is dealt with by `replies.nearest`.
    "pls": "please", "plz": "please", "plse": "please", "pleas": "please", "pleae": "please", "plese": "please",
    "thx": "thanks", "thnx": "thanks", "tnx": "thanks", "thanx": "thanks", "thankyou": "thanks", "thanku": "thanks",
    "ty": "thanks", "tks": "thanks", "sory": "sorry", "soz": "sorry", "u": "you", "b": "be", "wil": "will",
    "appt": "appointment", "apt": "appointment", "app": "appointment", "appoint": "appointment",
    "mornin": "morning", "thks": "thanks", "yer": "yeah", "ya": "yeah", "yez": "yes", "yed": "yes", "yse": "yes",
    "sotp": "stop", "stpo": "stop", "tsop": "stop", "stopp": "stop", "sttop": "stop", "unsubcribe": "unsubscribe",
    "unsuscribe": "unsubscribe",
    # A "not" that is not recognised turns a wish round.
    "dnt": "dont", "donot": "dont", "dontt": "dont", "doent": "dont", "dinnae": "dont", "dinna": "dont",
    "nt": "not", "nott": "not", "neva": "never", "nevr": "never", "nvr": "never", "nevver": "never",
    "carnt": "cant", "cnt": "cant", "canot": "cannot", "cannae": "cant", "cudnt": "couldnt", "cudn": "couldnt",
    "wudnt": "wouldnt", "shudnt": "shouldnt", "wilnt": "wont", "didn": "didnt", "didnae": "didnt",
    "didna": "didnt", "havnt": "havent", "havn": "havent", "havint": "havent", "havenae": "havent", "hasn": "hasnt",
    "dosnt": "doesnt", "dosent": "doesnt", "doesn": "doesnt", "dusnt": "doesnt", "isn": "isnt", "wasn": "wasnt",
}  # fmt: skip

NEAR: Mapping[str, tuple[int, frozenset[str]]] = {
    # A word we act on: how many slips are forgiven, and the English words that lie as near.
    "cancel": (1, frozenset({"cancels", "chancel", "cancer"})),
    "early": (1, frozenset({"nearly", "dearly", "yearly", "pearly", "earl", "earls"})),
    "appointment": (2, frozenset({"appointments", "appointment's"})),
}

NUMBERS: Mapping[str, int] = {"one": 1, "two": 2, "three": 3, "four": 4, "five": 5}

TITLES = frozenset({"mr", "mrs", "ms", "miss", "dr"})

_NO_NAMES = (
    # Capitalised or not, these at the end of a text are no signature.
    "monday tuesday wednesday thursday friday saturday sunday mon tue tues wed thu thur thurs fri sat sun january february "
    "march april may june july august september october november december am pm today tomorrow tonight morning afternoon "
    "evening week month yes no not stop cancel early earlier later but and or if unless only both all none keep book move "
    "change what when why who how where which can could will would is it i my her his their our the a an to for at on in "
    "of with after before until late sick ill covid dead died doctor nurse surgery hospital reception ring call"
)
NO_NAMES = frozenset(_NO_NAMES.split())

CRISIS = (
    # Patterns over the whole text in lower case without apostrophes (clinical.md 6.6): words of self-harm, then emergencies.
    r"\bkill(ing)? my ?self\b",
    r"\bsui?cid",
    r"\bsuiside",
    r"\bover ?dos(e|ed|ing)\b",
    r"\b(taken|took|take|taking|swallowed) (all|too many|loads of|lots of|a load of) (of )?(my |the )?"
    r"(\w+ )?(tablets?|pills?|meds|medication|medicine|paracetamol|painkillers|insulin)\b",
    r"\b(want|wanna|wanting|going|gonna|ready|rather|wish i could|better) (to )?(just )?(die|be dead)\b",
    r"\b(wish i was|wish i were|better off|id be better) dead\b",
    r"\bbe dead by\b",
    r"\b(wont|not|will not) be alive\b",
    r"\b(dont|do not|no longer) (want|wanna) (to )?(be here|live|be alive|go on living|wake up)\b(?! (in|at|with|on)\b)",
    r"\b(end|ending|take|taking) my (own )?life\b",
    r"\bend(ing)? it all\b",
    r"\bself ?harm",
    r"\b(cutting|harm|harming|hurting) my ?self\b",
    r"\b(want|going|gonna|wanna) (to )?hurt my ?self\b",
    r"\bno (point|reason) (in |to )?(living|live|go on|going on)\b",
    r"\b(dont|do not|cant|cannot) see (the|any|a) point (of|in) (anything|living|life|going on)\b",
    r"\b(cant|cannot|can not) go on (any ?more|like this|living)\b",
    r"\bchest (is )?(pains?|pian|pane|hurts|hurting|tight|tightness|tightening)\b",
    r"\bpains? (in|across) (my|his|her|the) chest\b",
    r"\bcrushing pain\b",
    r"\b(cant|cannot|can not|not able to|unable to|hard to|struggling to|difficult to) (breathe?|breath|breth|breeth)\b",
    r"\b(not|stopped) breathing\b",
    r"\b(difficulty|trouble|problems) breathing\b",
    r"\bhaving a (stroke|heart attack|seizure|fit)\b",
    r"\bface (has |is |was )?(dropped|droop(ed|ing|y)?)\b",
    r"\b(is|am|was|found (him|her)) unconscious\b",
    r"\b(coughing|vomiting|throwing) up blood\b",
    r"\b(bleeding) (badly|heavily|to death)\b",
)
IDIOMS = (r"\b(overdose|overdosed) on (chocolate|cake|christmas|tv|telly)\b",)

WRONG_NUMBER = (
    r"\bwrong (number|person|phone|mobile)\b",
    r"^(this |that |its |it |sorry |im |i am )*(is |its )?not (me|mine)$",
    r"^(sorry |hi |hello )*(who is this|whos this|who are you|who dis|whose number is this)$",
    r"\b(not|isnt) (my|the right) (number|person)\b",
    r"\b(no one|nobody) (called|by|of) (that|this) name\b",
    r"\b(dont|do not) know (any|a|anyone called|anybody called) \w+$",
)
DEATH = (
    r"\b(died|(is|are|was) dead|deceased|passed away|passed on|funeral|bereave\w*|rip(?! off))\b",
    r"\b(no longer with us|lost (my|our) (husband|wife|mum|dad|mother|father|son|daughter|partner))\b",
)


def expand(pattern: str) -> list[Phrase]:
    """Every phrase that a pattern stands for."""
    found, position = _sequence(pattern, 0)
    assert position == len(pattern), pattern
    return sorted({tuple(words.split()) for words in found if words.split()})


def phrases(patterns: Iterable[str]) -> list[Phrase]:
    """Every phrase of several patterns, once each."""
    return sorted({phrase for pattern in patterns for phrase in expand(pattern)})


def _sequence(pattern: str, position: int) -> tuple[list[str], int]:
    built = [""]
    while position < len(pattern) and pattern[position] not in "|}":
        if pattern[position] == "{":
            choices, position = _choices(pattern, position + 1)
            built = [left + right for left in built for right in choices]
        else:
            built = [left + pattern[position] for left in built]
            position += 1
    return built, position


def _choices(pattern: str, position: int) -> tuple[list[str], int]:
    found: list[str] = []
    while True:
        some, position = _sequence(pattern, position)
        found += some
        position += 1
        if pattern[position - 1] == "}":
            return found, position
