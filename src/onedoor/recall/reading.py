"""What can be answered to an invitation. Declining and having it elsewhere are never "given" (hazards H4, H5)."""

from __future__ import annotations

from onedoor.messaging.ports import Question, declare_question

_THEIRS = r"(my )?(wife|husband|partner|friend)"
_NOT_DONE = (
    r"\b(had|have|got) (the |a )?(flu|flew|cold|bug|stroke|heart|letter|enough|reaction)\b(?! (jab|vaccine|vaccination|shot|spray|injection|one|and covid))",
    r"\b(havent|hasnt|havnt|not|never|nt|didnt|hadnt)( \w+)? (had|got|done|been)\b|\b(i havent|i hasnt|he hasnt|she hasnt|he didnt|she didnt|i didnt)\b|\b(think|thought|believe|maybe|might|sure) (ive|i have|i|she|he)\b|\bi think\b",
    rf"\b{_THEIRS} (has |have )?(already )?(had|got)\b|\b(19|20)\d\d\b|\b(tried|offered|was going|were going|was meant|couldnt|had none|wouldnt)\b|\blast winter\b|\bmade (me|him|her) (ill|poorly|sick)\b",
)
_NOT_DECLINED = (
    r"\bmiss (it|out)\b|\bsay no\b|\bno longer (live|at|registered|with)\b|\b(dont|do not|doesnt) (\w+ )?want (it|one|the jab) (at|on|in|from|before|after|until)\b|\bthe spray\b.*\bjab\b|"
    r"\b(this week|tomorrow|this month|at the (surgery|moment)|weekend|right now|just now|not yet)\b|\b(sunday|saturday|friday|monday|tuesday|wednesday|thursday)s?\b",
)
_NOT_ACCEPTED = (
    rf"\b(know|find out|talk|speak|ask|discuss|see) (more|what|about|if|to|the|a)\b|\bbook {_THEIRS}\b|\b(doctors?|gp|blood|smear|nurses?) (appointment|test)\b|\bmy (tablets|prescription|inhaler|results)\b|\btold you\b|\bafter (christmas|new year|my|the|i)\b|\bwhen (im|i|my|he|she)\b|\bdeclined\b",
)

FLU = declare_question(
    Question(
        name="flu",
        intents=("accept", "decline", "already_done", "question"),
        forms={
            "already_done": (
                r"\b(already|alredy|allready) (had|have|been|done|vaccinated|got|given|booked and had)\b|\b(had|got|done|received|have had|ive had|been given) (it|mine|my (flu )?(jab|vaccine|vaccination|one)|the (flu |flew )?(jab|vaccine|spray|one)|his|hers|one|both|them|this|that|flu)\b"
                r"(?!.{0,25}\b(reaction|bad|last year|covid|ill|poorly|enough|years|too)\b)",
                r"^(ive |already |been |all )*(done|had it|had mine|had)( it| already| thanks| thank you| ta| x)*$|\b(gave|given) (it|me|them|mine)\b.{0,20}\b(work|boots|chemist|pharmacy|already|school)\b|\bwork gave\b|\b(jabbed|vaccinated) (already|at|last)\b",
                r"\bhad (it|mine|his|hers|the spray|one|both)\b.{0,30}\b(at|from|in|last (week|month|mon|tues|wednes|thurs|fri|satur|sun)|yesterday|today|this (morning|week)|done|already)\b(?!.{0,12}\byear\b)",
            ),
            "decline": (
                r"^(no|nope|nah|naw|nae|never|decline|declined|refused|refuse|pass|👎|not interested|no no|nty|no way|not bothered|declining|skip it|i wish to decline|i decline|aint having)\b(?!.{0,30}\b(problem|but|what|when|where|idea|had|already|done|covid)\b)",
                r"\b(dont|do not|wont|will not|not|never|didnt|doesnt|no longer) (\w+ ){0,2}(want|having|have|need|be having|interested|believe|consent|like|wish|bother|take|for me|this year|want it|trust|wanting)\b",
                r"\b(refuse|dont agree|not required|decided against|never will|rather not|no thank ?s?|no thank you|no ta|give it a miss|against (it|vaccines)|not for me|not this (year|time)|no interest|bad reaction|made me (ill|poorly|sick)|pork|opt out of the (flu|vaccine|jab))\b",
            ),
            "accept": (
                r"^(anytime|any time|ill av it|ill have it|ill have one|yeh|ye|yes|y|yep|yeah|yea|yh|yup|aye|yess|ok|okay|sure|please|definitely|deffo|of course|👍|👌|✅|great|lovely|fine|book|absolutely|certainly|put me down|accept|go on)\b(?!.{0,40}\b(but|if|not|had|already|what|when|where|how|only|unless|instead|covid)\b)",
                r"^(please |yes |hi |hello )*(can|could|cud|may) (i|we|mum|dad|he|she) (please )?(have|get|book|come for) (it|one|the jab|mine|my jab|the flu jab|the vaccine|my flu jab|one please|in)( please| thanks)*$",
                r"\b(book (me|us|him|her|mum|dad|it)|put me (in|down)|(i )?want (it|one|the jab|the vaccine|the flu|mine)|(would|id) (like|love|want)|like to have|happy to|interested in having|need (it|mine|one)|sign me up|count me in|have it every year|i accept|asap|as soon as possible|any time)\b",
            ),
        },
        never={"already_done": _NOT_DONE, "decline": _NOT_DECLINED, "accept": _NOT_ACCEPTED},
        abroad={"confirm": "accept", "no": "decline"},
        unless={
            "accept": (r"💉|\b(dnt|someone who|didnt|not|dont|no|allergic|pregnant|safe|call me|ring me|covid|shingles|had|done|talk|speak|saturday|monday|tuesday|wednesday|thursday|friday|sunday|if|at home|come to me)\b",),
            "already_done": (r"\b(not had|havent had|hasnt had|not yet|never had|check|if|whether|have i|did i|covid|pneumonia|shingles|last year|booked|going to|will|should)\b",),
            "decline": (r"^no (worries|problem|probs|bother|prob)\b|\b(killed|died|dead|yes|but|what|how|why|covid|yet|moment|can i|if|until)\b",),
        },
        sure={"accept": 0.82, "decline": 0.8, "already_done": 0.8, "stop": 0.95, "thanks": 0.8, "wrong_person": 0.85,
              "deceased": 0.93},
        stronger=(("already_done", "decline"), ("already_done", "accept"), ("decline", "accept")),
    )
)  # fmt: skip

CHECKS = declare_question(
    Question(
        name="checks",
        intents=("accept", "decline", "already_done", "question"),
        # Beside the whole phrases of `subjects.CHECKS` only the plainest forms: nobody has marked texts of this kind by hand, so
        # that the model knows none, and what is not plain is a person's.
        forms={
            "accept": (r"^(yes|yeah|yep|ok|okay) (please|thanks|thank you|i will come|book me in)$",),
            "decline": (r"^no (thanks|thank you|not for me)$|^i (dont|do not) want (it|to come)$",),
        },
        abroad={"confirm": "accept", "no": "decline"},
    )
)
