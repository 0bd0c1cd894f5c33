"""What can be said in answer to any question: that texts shall stop, that somebody died, that it is the wrong number, thanks.

Patterns over a text's words, as in `contexts.Question.forms`. STOP is the whole text or plainly about texts, so that it never
takes a visit with it; CANCEL is never here (clinical.md 6.1, product-map.md T8).
"""

from __future__ import annotations

import re

_TEXTS = r"(txts?|texts?|text messages?|messages?|msgs?|reminders?|these|spam)"
_STOP_FORMS = (
    r"^(please |just |no )*(stop|stopp|sotp|stpo|stop all|stopall|unsubscribe|opt ?out|remove|end|quit)( stop)*( please| thanks| comma please| full stop| now)*$",
    r"\b(stop|quit) (\w+ )?(sending|sendin|texting|txting|messaging|bothering|contacting|pestering|spamming)\b",
    rf"\b(stop|no more|cancel|end|dont want|do not want|dont send|do not send|not want|hate|no) (any |all |more |the |these |your |getting |to receive |receiving |to get |me |sending |of your |of these )*{_TEXTS}$",
    rf"\b(stop|no more|cancel|end) (any |all |the |these |your |text )*{_TEXTS}\b(?!.{{0,30}}\b(appointment|visit|booking)\b)",
    r"\b(dont|do not|never|not) (text|message|txt|contact|send) (me|us|my|this|any)\b",
    r"\b(dont|do not|not) (want|wish|like)( to)? (\w+ )?(texts?|messages?|reminders?|receive|get|be texted)\b",
    r"\bnot to receive any more\b|\b(remove|take) (me|my number|us|this number)( off| from| please|$)",
    r"\b(delete|erase|wipe|remove) my (mobile |phone |cell )?(number|mobile|phone|contact details|details)\b",
    r"\bopt (me )?out\b|\bunsubscribe\b|\b(withdraw|revoke) (my )?consent\b|\bletters only\b|\bleave me alone stop\b",
)
_DEAD_FORMS = (
    r"\b(took|taken) (his|her|their) own life\b|\b(drank|smoked) (himself|herself) to death\b|\bkilled (himself|herself)\b|\bgone to heaven\b",
    r"\b(died|(is|are|was|been|shes|hes|whos|as|has|have) (sadly |now )?(dead|deceased|died)|deceased|(passed|past|pased|passd|passing) (away|awy|on|over|in|yesterday|last|this)|"
    r"no longer with us|no longer alive|killed in an?|not with us any ?more|departed this life|lost (her|his) (fight|battle|life)|^the late (mr|mrs|miss|ms|dr)|late (husband|wife|mother|father|mum|dad|son|daughter|brother|sister)s?)\b",
    r"\b(lost|buried|cremated) (my |our )?(him|her|dad|mum|mam|nan|mother|father|husband|wife|son|daughter|brother|sister|partner)\b",
    r"^(dead|rip|died|he dead|she dead|is dead)$|\b(his|her|mums|dads) (own )?funeral (was|is|on)\b|\b(mum|dad|mam|nan|he|she|husband|wife) (is )?dead\b",
    r"\bmy (nan|mum|dad|mam|husband|wife|grandad|gran|brother|sister|son|daughter) passed\b",
)
_NOT_OF_THE_PATIENT = re.compile(
    r"\b(nearly|almost|never|not|not been|thought (he|she|i) had|think id|think i had|i heard) (died|dead|deceased|passed away)\b|\b(doctor|dr|gp|nurse|you) (\w+ )?died\b|"
    r"\bpassed (away the|on (your|my|the|to|it|this))\b|\bof the same (thing|illness)\b|\bdied (of|from) (it|this|that|flu|lung cancer|smoking|drink|drinking)$|\b(quit|stopped|gave|packed|started)\b.{0,25}\b(when|after|since|because)\b.{0,30}\b(died|passed)\b|"
    # Whoever says that they themselves cannot come is alive, and it was their visit.
    r"\b(i|ive|im|we|ill|id) (\w+ )?(cant|cannot|can not|wont|will not|am not|unable|not (up|fit|able|coming|well)|not)\b|"
    r"\bdied of\b.{0,30}\b(so|at|smok\w*|stopped|gave)\b|\b(gave up|stopped smoking|packed in)\b.{0,30}\bdied\b|^(yes|no) (my|his|her|mum|dad)\b.*\bdied of\b|"
    # Somebody else's death is a reason to cancel one's own visit, not news of the patient's.
    r"\b(funeral|bereave\w*)\b.{0,40}\b(cant|cannot|cancel|so|need|have to|wont)\b|\bso (i|we|ill|im) (cant|need|have|wont|am)\b|"
    r"\bmy (appointment|visit|slot)\b|\b(phone|battery|car|mobile|signal|credit) (has |is |was |just )?(died|dead)\b|\bdead (battery|phone|end|tired|line|slow|on)\b|\bdied (of boredom|laughing)\b|\b(cat|dog|budgie|rabbit|hamster|goldfish)\b.{0,12}\b(died|dead)\b|\blol\b"
)
_WRONG_FORMS = (
    r"\b(wrong|rong|incorrect|worng) (number|numba|nunber|no|num|person|phone|mobile|patient|nbr|one)\b",
    r"^(sorry |hi |hello |no |thats |this is |im |i am |its )*(not me|not mine|not for me|not my name|not my number)( mate| sorry| pal| love)*$",
    r"\b(no ?one|nobody|no body) (here )?(called|by|of|with|named) (?!(my|me|us|him|her|mum|dad|back|out|any|use|it|to|or|in|for|on|at|from|the|your)\b)\w+|\bno ?(one|body) (of|by|with) (that|this) name\b",
    r"\b(dont|do not|dunno|never) (know|heard of|hear of|heared of) (any|a|an|who|anyone|anybody|her|him|this person|your|them|of)\b(?!.{0,20}\b(reply|do|time|when|appointment)\b)",
    r"\bnever heard of\b|\bno idea who\b|\bwhos \w+ no one\b",
    r"^(sorry |hi |hello )*(i ?m|i am|my name is|my names|this is) not (mr|mrs|ms|miss)?\b ?(?!free|well|coming|able|sure|available|going|here|cancel\w*|attend\w*|a|having|interested|smok\w*|bothered|in|at|drink\w*|feeling|happy|ready|allowed|the|an|too|really|very|fit|good|due|on|taking|up|getting|eligible|home|around|using|needing|wanting|suicidal|me)[a-z]+( [a-z]+)?( sorry| mate| pal)*$",
    r"\b(isnt|is not|not|no longer|arent) (my|his|her|their|the right|\w+s|mr \w+s?|mrs \w+s?) (number|phone|mobile)\b(?! (one|two|1|2|choice))|\b(doesnt|dont|does not|no longer) (have|use|uses|own|belong)\b.{0,25}\b(number|phone|mobile|sim)\b",
    r"\b(number|phone|mobile|sim)\b.{0,25}\b(doesnt belong|changed hands|not belong|no longer)\b|\b(only|just) got this (sim|number|phone)\b",
    r"\bthere is no (mr|mrs|ms|miss|one)\b|\bno (mr|mrs|ms|miss) \w+ here\b|^no \w+ here$|\bnot (a patient|your patient|registered)( of| with| here|$)|\bnever been a patient\b",
    r"\bnot meant for me\b|\b(isnt|not) for me\b.{0,20}\b(dont know|not|wrong)\b|\bbusiness phone\b|\bthats (not me|my ex|not my (name|number|phone|mobile))\b|\b(its|that is|that was|thats|this is|this isnt) not me\b|\bmy ex\b.{0,30}\bnumber\b|\bi live in \w+$",
)
_THANKS = r"(thanks?|thank you|many thanks|ta|cheers|much appreciated|appreciate it|appreciated|nice one|bless you|god bless|lovely|brilliant|great)"
_THANKS_FORMS = (
    rf"^(hi |oh |noted |very kind |many |dear \w+ )*({_THANKS})( (so|very|much|a|lot|million|again|love|duck|pal|mate|hen|bab|x+|you|all|for|the|your|this|that|reminder|remindin?g?|letting|me|us|know|kind|help|text|message|nhs|doctor|nurse|everyone|to|lady|at|reception|she|was|on|phone|do|everything|thinking|of|offer|doc|dear|kindly|back|getting|indeed|team|guys|both))*$",
    r"^(very kind of you|youre a star thank you)$",
)
FORMS = {
    "stop": [re.compile(form) for form in _STOP_FORMS],
    "deceased": [re.compile(form) for form in _DEAD_FORMS],
    "wrong_person": [re.compile(form) for form in _WRONG_FORMS],
    "thanks": [re.compile(form) for form in _THANKS_FORMS],
}
_KEPT = re.compile(
    r"\b(smok\w*|drink\w*|bleeding|sneezing|coughing|being sick|vomiting|stop the appointment|stop my|bus stop)\b"
)


def proposes(said: str) -> str:
    """The general intent that these words propose, "" for none."""
    for intent in ("deceased", "wrong_person", "stop", "thanks"):
        if not any(form.search(said) for form in FORMS[intent]):
            continue
        if intent == "deceased" and _NOT_OF_THE_PATIENT.search(said):
            continue
        if intent == "stop" and _KEPT.search(said) and not re.search(r"\b(texts?|messages?|texting)\b", said):
            continue
        return intent
    return ""


WHICH_DOUBT = re.compile(
    # Somebody who is not sure has decided nothing.
    r"\b(thinking (of|about)|(dont|do not) think(?!.*\bcancel)|hoping|hope to|depending|supposed to|should be able|considering|tempted|(?<!no )prob\b|"
    r"might|maybe|may (be|have|not)|mite|not sure|unsure|depends?|hopefully|possibly|perhaps|probably|let (you|u) know|will see|"
    r"we will see|if (i|we|he|she|you|it|theres|there|my|the|mum|dad|work|only|at)|unless|think about|ill think|(?<!wont )(?<!not )(?<!cant )(?<!didnt )let me|ask my|check with|"
    r"need to (ask|check|think)|dunno|dont know|not decided|undecided|try to|ill try|i will try|trying|later|provided|as long as|"
    r"hang on|(?<!rather )(?<!ill )(?<!to )(?<!cant )(?<!dont )(?<!weeks )(?<!week )wait(?! for mine)|ignore (that|this|me)|sorry ignore|(im|i am) driving( now| right|$| will| at)|out of (the )?office|automatic|auto reply|autoreply|mailbox|away from my)\b"
)
ASKS_FIRST = re.compile(
    r"^(hi |hello |hey |yes |no |ok |sorry |please |but |and |good (morning|afternoon) |dear \w+ )*"
    r"((what|whats|when|whens|where|wheres|which|who|whos|why|how|hows|any|if|wat|wen|wot|is there|are there|am i) |"
    r"(is|are|do|does|did|was|were|has|have|should|shall|would|could|can|may|will|cud) (i|you|u|it|this|that|the|he|she|we|they|there|my|someone|anyone|mum|dad) )|"
    r"\b(jak|cum|como|sidee|kaise|kese|kiven|kivein|kibhabe|kemne|kaif|kayf|kif|czy|kiedy|gdzie|unde|cand|onde|quando|goorma|xagee|kab|kahan|kado|kithe|kothay|"
    r"kokhon|kyare|kyan|kya|mata|wayn|wen|fein|emta)\b|كيف|متى|أين|اين|هل|کیسے|کب|کہاں|کیا|ਕਿਵੇਂ|ਕਦੋਂ|ਕਿੱਥੇ|ਕੀ |কিভাবে|কখন|কোথায়|কি |કેવી રીતે|ક્યારે|ક્યાં|શું"
)
WISHES = re.compile(
    # "can you cancel it?" is a wish, however it is marked.
    r"\b(can|could|would|will|cud|may) (you|u|i|we|someone|somebody|ye|yous) (please |pls |just |kindly )*(rebook|re book|rearrange|change|move|"
    r"reschedule|postpone|swap|book|have|take|put|get|delay|come|do|make|be (put|booked|offered|seen))\b|"
    r"\b(can|could|would|will|cud) (you|u|someone|somebody|ye|yous) (please |pls |just |kindly )*cancel\b|"
    r"\b(can|could|may) i (please |pls |just )*cancel( (it|this|my|the|mums|dads|today|tomorrow|appointment|appt|visit|booking|please|for|that))+( thanks| ta)?$|"
    r"\b(can|could|may) i (please|pls) (just )?cancel$|"
    r"\bcan (it|this|my appointment) (please )?be? cancelled\b"
)
SECOND = re.compile(
    # A second wish or a condition beside a yes or a no.
    r"\b(but|also|and (can|could|do|is|are|what|where|order|need|i need|stop|my|please)|except|only|though|however|just (tell|want to know|"
    r"wondering|checking|to know)|is it possible|should i|shall i|what|where|when|which|why|how|tell me|want to know|let me know|"
    r"(ring|call|phone|text) (me|my|us)|give me a (ring|call|bell)|interpreter|order|prescription|inhaler|sick note|check|is that|is it|"
    r"can (i|you|we|my|someone)|could (i|you|we)|do i|will (you|it|they|there)|instead|as well|both|either)\b"
)
YES_AND_NO = re.compile(
    r"\b(yes|yeah|yep|y)\b.*\b(no|nope|cant|cannot|wont)\b(?! (problem|probs|bother|worries|thanks need))|\b(no|nope)\b.*\b(yes|yeah|yep)\b|"
    r"\b(stop|keep|confirm|rebook)\b.*\bcancel\w*\b|\bcancel\w*\b.*\b(stop|keep|confirm)\b"
)
MANY = re.compile(
    r"\b(mine and|both|all (three|of them|my|the)|either|one of them|not the other|other one|first one|second one|the (nurse|doctor|gp) one)\b"
)

VISIT = re.compile(r"\b(appointments?|appt|visit|booking|cancel\w*|waiting list|wrong time)\b|\bdont stop\b")
AUTOMATIC = re.compile(
    # A telephone or mailbox that answers for its owner, often with dates in it.
    r"\b(cannot receive|have texted|does not accept replies|not monitored|voicemail|meant for my|automatic|out of (the )?office|"
    r"auto(matic(ally)?)? ?(reply|replies|response|responder|generated))\b"
)
STILL = re.compile(
    r"\b(still|keep|not cancel\w*|coming|but i|stands?|cancel (the|these|my|all|this|any) (text|texts|text messages|messages|reminders|msgs))\b|\bcancel (text|texts|messages)\b"
)

KEPT_TEXTS = re.compile(
    # Texts are wanted, or unwanted at a time only.
    r"\b(never|dont|do not|didnt|did not|not) (\w+ )?stop\b(?! (texting|bothering|contacting|pestering|it)\b.*\b(no|stop)\b)|"
    r"\b(dont|do not) (text|message) (me )?(when|while|whilst|at|after|before|during|between|on|ring|call|phone)\b|"
    r"\bstop\b.{0,12}\bby mistake\b|\bsent stop\b|\bstop (cancelling|canceling|changing|moving)\b|"
    r"\byou (dont|didnt|never) (text|message|send)\b|^no (message|text|reminder)s?( came| received)?( last time)?$|\b(not|never|havent|didnt) (got|get|had|receive\w*) (my|a|any|the|your) (\w+ )?(texts?|messages?|reminders?)\b|"
    r"\b(stop|dont|do not) (sending|send) (me|us) to\b|\b(dont|do not|stop) (text|texting|contact|contacting) my (wife|husband|mum|dad|son|daughter|work|carer)\b|\bletters? to my old\b|\bstranger\b"
)
ANOTHER_WRONG = re.compile(
    # A wrong number, person or name of some other kind: on a letter, at the desk, of somebody we should ring.
    r"\b(letter|file|records?|form|system|doctor|nurse|(?<!your )clinic|(?<!your )surgery|choice|booked|asked|sent (this |that |it )?to|i rang|i called|you gave|for my|on my|its 0|it is 0|"
    r"the number is|called (in|me|us|back|out)|no one called$|nobody called$|at reception|with any|wrong (day|time|date|surgery|doctor|place|name|clinic|week|month)|(registered|patient)\b.*\b(any ?more|any longer))\b|\b(its|use|now|try|mum|mums|dad|dads) (is )?0\d{4}"
)
NO_THANKS = re.compile(
    r"\b(for (nothing|keeping|cancelling|canceling|wasting|making|the wait|letting me down)|but|to you|no thanks|not|already told)\b"
)
