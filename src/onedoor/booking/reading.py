"""What can be answered to a reminder of an appointment and to the offer of an earlier one, and what a machine may make of it."""

from __future__ import annotations

from onedoor.messaging.ports import Question, declare_question

_I = r"(i|we|he|she|they|a|mum|dad|mam|nan|my \w+|im|ill|iv|ive|were|well)"
_CANT = (
    r"(cant|cannot|can not|cnt|carnt|canny|cannae|couldnt|(wont|will not|not going to|not gonna|not gona|not gunna|wouldnt) be able( to)?|"
    r"(am |is |are |im |hes |shes |were )?(unable|not able)( to)?|can no longer|no longer able( to)?|not possible( for \w+)? to)"
)
_COME = r"(come|cum|make|mek|mak|attend|b there|be there|get|keep|do|go|manage|turn up|face|be at)"
_ACT = r"(cancel|cancell|cancelled|canceled|cancelling|canceling|canc|cxl|cncl|kancel|camcel|cance|cancil|cansel|xancel|cancek|concel|can sell|call(ing)? off|scratch|scrap|bin)"
_APPOINTMENT = r"(appointment|appointments|appt|app|apt|apointment|appoinment|booking|slot|visit|one|it|this|that|today|tomorrow|place)"
_OTHER = (
    r"((an?other|a?nother|a different|dif|diff|different|alternative|new|next available|later|earlier|ony other|any other|other|sooner|better) "
    r"(day|date|time|times|days|dates|slot|slots|appointment|appt|app|one|week)|another$|any others?$)"
)

_CANCEL = r"cance?l\w*"
_DAY = r"(mon|tues|wednes|thurs|fri|satur|sun)days?"
_SOMEBODY = r"(carer|interpreter|lift|driver|taxi|transport|ambulance|social worker|support worker|key ?worker|babysitter|childminder|chaperone)"
_AGAIN = r"(re ?book|re ?arrange|re ?schedule|change|move|alter|swap|switch|postpone|shift|push|put)"
_NOT_CANCELLED = (
    rf"\b(dont|do not|not|never|didnt|did not|wont|isnt|aint|no need to|rather not) (you dare |you |be |want to |wanting to |wish to |need to |ask to |ask you to |say |said |please )?{_CANCEL}\b|^no changes?\b",
    rf"\bcircumstances {_CANCEL}\b|\bno (wish|intention|plans?|desire|reason|need) (to|of) {_CANCEL}\b|^no cancelling\b|\bno cancel\b.{{0,12}}\b(i want|i need|im coming)\b",
    rf"\b(sent|pressed|typed|put) {_CANCEL}\b|\b(reply|text|says) cancel\b(?!.*\bcancel\b)|\bsent\b.{{0,20}}\b{_CANCEL} from\b",
)
_CANCELLED_BEFORE = (
    r"\bcancell?ed (\w+ )?(last (time|month|year)|by (you|the|mistake|accident|yourselves)|in error|on (me|us))\b|\b(by (mistake|accident)|in error)\b|\buncancel|\breinstate|"
    r"\b(you|they|surgery|the (surgery|doctor|nurse|clinic|practice|hospital)) (\w+ )?cancell?(ed|ing)\b|\bthe (last|previous) one\b|\bcance?ll?ed (my|the|our|a) (?!appointment|appt|app|apt|slot|booking|visit|one|blood|review|smear|check)\w+|\bbeen cancelled (twice|again|before)\b|\blast time (it|you|they)\b|\b(never|not) heard back\b|\bfor cancelling\b",
    r"\b(bus|buses|train|trains|tram|flight|school|class|lesson|holiday|meeting|shift|work|taxi|ferry|hospital|operation|scan) (is |are |was |has been |have been |been |got )?cancell?ed\b(?!.*\b(cant|cannot|wont|cancel my|please cancel|will not|not be)\b)",
)
_CANCEL_UNDECIDED = (
    rf"\b(thinking (of|about)|could have to|was (going|about) to|were going to|nearly|almost|would|tempted to|considering|wondering about|about) {_CANCEL}\b",
    rf"\b{_CANCEL}\b.{{0,50}}\bbut (?!(thanks|thank you|please|sorry|keep|still getting|ill (ring|call|rebook|book)))|\bchanged my mind (and )?(i want to |ill |im |i will )?(come|coming|attend|keep)\b|\b{_CANCEL} but changed my mind\b",
    rf"\b(is|am i|are you|how|where|when|who|what|should|shall|do i|have to) (\w+ ){{0,3}}{_CANCEL} (possible|online|on|by)\b|\b(can|could|do) (\w+ ){{0,4}}{_CANCEL} online\b|^is {_CANCEL}\b|^(may|can|could) i (still |just )?cancel$|"
    rf"\b(how|where|when|who) (\w+ ){{0,5}}to {_CANCEL}\b",
    r"\b(unless|only if|in case|depending|leave it for now)\b|\b(kaise|kese|pata nahi|nao sei|nie wiem|nu stiu|sidee|kivein|kibhabe)\b",
)
_WHICH_CANCELLED = (
    r"\bonly (cancel|the|mine|want to cancel|one|need to cancel)\b|\bcancel\w* (\w+ ){0,6}only$|\b(cancel|just) (just )?(the|mine|my) (\w+ ){0,3}(one|\d+ ?(am|pm))\b(?!.{0,3}$)(?! please)(?! at \d)(?! regards)",
    r"\bcancel just\b|\bjust (cancel )?(the (?!appointment|appt|app|slot|booking)|mine|my \w+s)|\bjust (\w+ ){0,3}one cancel\b|\bcancel (both|number|no) ?\d?\b|\bcancel (number|option) \w+\b",
    r"(?<!cant )(?<!cannot )(?<!to )(?<!on )(?<!annual )(?<!get )(?<!sick )\bleave (the|mine|my|his|her|hers|mums|dads|fridays?|mondays?|tuesdays?|wednesdays?|thursdays?|sam|in|that one|this one)\b",
    r"\b(first|second|third|1st|2nd|3rd|last|later|earlier|other|extra|duplicate|next|afternoon|morning) (one|appointment|appt|visit|booking)\b|\bthe (duplicate|earlier|later|second|first|other|extra)\b",
    rf"\bthe one (with|on|at|for|in)\b|\bone for \w+ (please )?(the|but|not|and)\b|\b(two|2|both|three|3) (appointments|appts|booked|bookings)\b|\bone of (my|them|the|our)\b|\bstands\b|"
    rf"\bcancel.*\bnot (\d|mine|hers|his|{_DAY})|\b{_DAY}\b.*\b{_DAY}\b|\bis (still )?(fine|ok|on)\b.*\bcancel\b|\bcancel.*\b(is|are) (still )?(fine|ok|on)\b",
    rf"\bcoming for\b.*\bnot\b|\bnot a patient\b|\bcancel \w+s not\b|^make it {_DAY}\b|\bleave {_DAY}\b|\bmine (leave|keep|and keep|but)\b|\b(and|but) (leave|keep) (?!me|it for)",
)
_BESIDE_CANCEL = (
    r"\bcancel (the |your |this |my )?(texting|sms|alerts?|notifications?|service)\b",
    r"(?<!ring to )(?<!call to )(?<!wont )(?<!phone to )(?<!ill )(?<!i will )(?<!touch to )(?<!touch in new year to )(?<!week to )\b(give|gimme|gies|find|get|send|make|book|offer|let|squeeze|fit|put) (me |us |him |her |in |have |mum |dad )*(a|an|one|1|something|sumthing|anything|another|fresh|new|in (some|for|on|next)|for (a|the|next|mon|tues))\b(?! (chance|lift|while|minute|break|rest|better|cold|bus))(?!.{0,15}\b(when|online)\b)",
    rf"\b(any (chance|way)|can we try|could (we|you|i) (try|do)|but (can|could)|(i|we) can (do|come)|can (make|do)|want one|would (be better|prefer)|prefer)\b.{{0,30}}\b({_DAY}|tomorrow|week|month|after|end|later|morning|afternoon|next)\b",
    r"(?<!dont )(?<!not to )(?<!do not )\b(ring|call|phone|text|telephone) (me|him|her|mum|dad)\b|\bcollect me\b|\b(arrange|book|send) (\w+ )?transport\b|\bwant to complain\b",
    r"\bgive (my|the|this) (slot|place|appointment|appt|one) to (my|our|his|her) \w+|\b(can|could) (my|our) (\w+ ){1,2}have (my|the|this|it)\b",
    r"\band (can|could|will|would) (i|we|you|u)\b(?! (please |pls )?(cancel|rebook|re book|re ?arrange|have another))",
    r"\balso (i|my|do|can|could|please|need|want|is|what|the)\b|\band also\b|\b(and|please|can you|could you|need to) (order|send|post|email) (me |my |the )?\w+",
    r"\b(do|should|shall|would|will) i (still|need|get|have)\b|\b(my|the) (results?|prescription|sick note|fit note|address) (has|have|is|are|to|please|back|by)\b",
    r"\b(visit (me |him |her )?at home|home visit|house call|(?<!cant )(?<!cannot )(?<!fit to )(?<!enough to )come out|come to (me|us|the house)|visit me|see me at home|(?<!dont )(?<!not )(?<!longer )(need|want) to (see|speak|talk))\b(?<!to come out)(?<!stand down the home visit)",
)
_CANT_DO_ELSE = (
    r"\bbe able to (?!come|cum|attend|make|get|be|do|keep|go|manage|turn|face|cancel|take)\w+",
    r"\b(make|get|book) (an|any) appointments?\b(?!.{0,10}\bthat\b)|\b(do|face|manage|like) (the )?(stairs|needles|injections|dentist|smears|hospitals)\b|\bmake it up\b|\bget parked\b",
    r"\bwant (this|that|a|the) (doctor|nurse|dr|clinic|surgery|text|message)\b(?! (appointment|appt|any ?more|now))",
)
_STILL_COMES = (
    r"\bbut (i|he|she|we|mum|dad|ill|im|well) (\w+ )?(can|will|need|know|am|could|would|do|be there|coming)\b(?! (cancel|not))(?!.{0,12}\b(ring|call|rebook|book|cancel|be in touch|let you)\b)",
    rf"\b(my|the|our|his|her) {_SOMEBODY} (cant|cannot|can not|isnt able|is unable|wont)\b(?!.*\b(so|cancel|therefore)\b)",
    r"\b(cant|cannot|can not|unable to|couldnt|not able to|wont be able to)\b.{0,30}\b((?<!leave )alone|(?<!mum )(?<!dad )(?<!him )(?<!her )(?<!them )on (my|his|her) own|by (my|him|her)self|without|before \d+|any (earlier|sooner|later|quicker)|upstairs|(up|up your|your|those) stairs|in the lift|the door|to the phone|form|link|app|video|"
    r"make (out|head|sense|any sense)|get the (link|form|app|page|website|code|message)|attend to|get through|get hold|read|open|see (the|a|any)|hear|until|till)\b",
    r"\b(not|cant) (coming|come) to the (phone|door)\b|\b(couldnt|could not) (come|make|get|attend|be)\b.{0,20}\b(last|yesterday|before|previous|the other)\b|\bhas (my|his|her) appointment\b|\bhop(e|ing) to make\b|\battended\b",
    r"\bfor \d+([. :]\d+)?( oclock)?\b.{0,20}\bcan\b",
)
_NOT_LATE = (
    r"\b(main desk|which|where (do|can|should|is|are)|what (room|floor|door)|upstairs or|or upstairs|by phone|over the phone)\b",
    r"\bwhat (if|happens)\b|\bhow late\b|\b(are|is) (you|the (doctor|nurse|clinic|dr)|dr \w+)\b|\b(doctor|dr|nurse|gp|clinic|surgery|physio|he|she) (\w+ )?(was|were|is always|are always|always)\b|\bambulance\b|\bhes always\b|\balways (running )?late\b",
    r"\b(tell|ask) (the|my|dr) (\w+ )?(he|she|they|hes|shes)\b|\b(tell|ask) the \w+ (he|she|they|hes|shes)\b|\blast (time|week|month|year|appointment)\b|\b(not|wont be|will not be|isnt|arent|never) (be )?(running |going to be |gonna be )?late\b",
    r"\b(period|weeks?|months?|years?|days|tablets|smear|injection|pill|rent)( is| was)? late\b|\blate (with|for) my (smear|tablets|injection|pill|jab|prescription)\b|\bturned (back|round)\b|\bif i ?m? (am )?(\w+ )?late\b|\bnot sure (ill|i will|i|if)\b|\byesterday\b|\blate (reply|response|answer|night)\b|\b(text|texting|reply|replying|message|messaging) (you )?(so |this )?late\b|\bits late\b",
)
_NOT_CONFIRMED = (
    rf"\b(i|we) (never|didnt|did not|havent) (ask\w* (you )?to )?{_CANCEL}\b(?!.*\b(coming|be there|still)\b)|\bsent\b.*\bcancel\b|\bsays cancell?ed\b",
    r"\b(ill|i will|we will|well|will|cant|cannot|unable to|to) confirm (later|tomorrow|when|nearer|once|as soon|on|tonight|in|asap|at)\b|\b(cannot|cant|unable to) confirm\b|\bconfirm (the|time|date|with)\b|\bin court\b|\bkeep me\b",
    r"\b(covid|temperature|fever|vomiting|diarrhoea|norovirus|chicken ?pox)\b(?!.{0,15}\b(better|gone|over|negative)\b)|\bcoming (down|out|off|up|round|over|to the end|to terms|back)\b|\battend(ing)? (hospital|another|work|school|college|court|someone)\b",
    r"\b(carer|carers|nurse|doctor|engineer|visitors?|plumber|delivery|ambulance|paramedics?|physio|midwife|health visitor) (is |are )?(still )?coming\b|\bcoming (at|between) \d+$|\b(dont|do not|didnt) think\b|\bthere (yesterday|last|already)\b",
    r"^(still |been |just )*waiting\b|\b(one|he|she|jack) isnt\b|\bmoving house\b|\bher nan\b|\btwo of us\b",
    r"^disliked\b|\bwill i (need|have|be|get)\b|\bnot for me its for\b",
)
_NO_WAY = (
    r"\b(no (way|chance)|not a (hope|chance)|unlikely|doubt(ful)?( if| that)?)\b.{0,15}\b(i|we|he|she|mum|dad|me|us|ill|im)\b",
    r"\bchanged (my|our|his|her) (address|number|phone|name|mobile|email)\b",
)
_NOT_REBOOKED = (
    r"\b(another|different|second|new) (\w+ )?(opinion|rash|question|reason|reminder|text|letter|problem|infection|job|baby|lump|cough|week off|week of)\b|\b(move|moving|moved) house\b|\b(letter|text|email|app|website) (says|said)\b|\binstead of\b|\bto drop\b|"
    r"\b(wifes|husbands|married|maiden) name\b|\b(new|later|earlier|different|other) (time|date|day|one) (is )?(noted|fine|ok|good|great|perfect|suits|works)\b",
    rf"\b(dont|do not|not|never|no need to|please not|wont|didnt) (want (to|you to) |have to |need to |ask (you )?to |please )?{_AGAIN}(d|ed|ing)?\b(?!.{{0,10}}\binto\b)",
    r"\b(rebooked|rearranged|changed|rescheduled|moved) (it |this |mine )?(last|already|yesterday|to next|three|two|before|online)\b|\b(have|ive|has|had) already (rebooked|rearranged|changed|rescheduled|moved)\b|\byou (have |keep |kept |already |had )+(chang|mov|rearrang|resched)\w*\b|\byou (changed|moved|rearranged|rescheduled)\b|"
    r"\b(asked|rang|tried|was|been|it was) (\w+ )?(to )?(reschedul\w*|rebook\w*|rearrang\w*|moved)\b.{0,30}\b(and (nobody|no one)|wasnt|isnt|but)\b|\bmoved\?|\b(re ?book|re ?arrange|change it|change this) (it )?(online|on the app)\b",
    r"\b(different|other|another|new|usual) (surgery|doctor|dr|nurse|practice|place|branch|person|clinic|gp|form|blood form|prescription|inhaler|letter)\b|\b(change|changing) (my|the|his|her) (tablets?|dressings?|address|number|surname|name|doctor|gp|pharmacy|medication|bag|catheter|bandage)\b",
    r"\b(as well as|on top of|in addition to) (this|that|it|my|the)\b|\bgive (my|me|the|this) (slot|place|appointment|appt) (to|away)\b|\b(can|could) (my|our) (\w+ ){1,2}have (my|the|this|it)\b",
    r"\b(eat|drink|breakfast|fast|results?|my tablets earlier|more tablets|prescription|sit in|waiting room|dressing|inhaler|blood form|sick note)\b|\bis that (right|correct)\b|\banother one (i|we) (only|just|had)\b|(?<!can )(?<!could )(?<!may )\b(i have|ive|i) (got )?(another|a different) appointment\b",
    r"\b(cant|cannot|couldnt|wont|not) (\w+ )?(come|make it|make|be there|get there|do) any (earlier|sooner|later)\b|\bfor my (wife|husband|mum|dad|son|daughter|partner|mother|father|friend)$|"
    r"\bif (you|it|they) (move|change|rearrange)\b|\b(might|may) (need|have|want) to (re|change|move)\w*\b|\bby (accident|mistake)\b",
)

APPOINTMENT = declare_question(
    Question(
        name="appointment",
        intents=("confirm", "cancel", "rebook", "late", "question"),
        never={
            "cancel": (*_NOT_CANCELLED, *_CANCELLED_BEFORE, *_CANCEL_UNDECIDED, *_WHICH_CANCELLED, *_BESIDE_CANCEL, *_CANT_DO_ELSE, *_STILL_COMES),
            "late": _NOT_LATE,
            "confirm": (*_NOT_CONFIRMED, *_NO_WAY),
            "rebook": _NOT_REBOOKED,
        },
        forms={
            "rebook": (
                r"\b(re ?book|rebok|reebok|re ?arrang\w*|re ?schedul\w*|reshedul\w*|postpon\w*|rearang\w*)\b",
                r"\b(change|chanage|chnage|move|swap|switch|shift|alter|push|put|bring) (it|my|the|this|that|me|mums|dads|his|her|back|appointment|app|appt|to)\b(?!.{0,12}\b(number|phone|address|mind|clothes|tablets|diagnosis|text)\b)",
                r"^(please |can i |id like to |need to )?(change|chanage|move|swap|later|earlier|different day|different time)( please| it)?$",
                rf"\b{_OTHER}\b",
                r"\b(instead|some other|any(thing)? (else|later|earlier|sooner|after|before|next|in the|on|available)|nothing later)\b",
                r"\b(come|do|have|make|get|see|attend|got|fit|prefer|able to do) (\w+ ){0,3}(next (week|month|day)|(?<!see you )(?<!come )(?<!coming )(?<!see u )on (mon|tues|wednes|thurs|fri|satur|sun)day|after \d|in the (morning|afternoon|evening)|later|tomorrow instead|another)\b(?!.{0,10}\b(thanks|thank you|then)\b)",
                r"\b(can|could|cud) (i|we|you|it|he|she)\b(?! (please |pls |just |kindly )*(cance?l|scrap|scratch|bin|ditch|drop|delete|remove|free|release|forget|get rid|take me off)).{0,40}\b(next week|afternoon|morning|evening|monday|tuesday|wednesday|thursday|friday|saturday|after school|after \d|later|earlier|tomorrow)\b",
                r"\b(need|want|like|have|prefer|book|send|give|gies|find|make) (me |us |ye )*(a |an |the )?(\w+ )?(later|earlier|afternoon|morning|evening|another|different|new|alternative)\b",
                r"\b(give|gimme|gies|get|find|send|make|book|let) (me |us |have )*(in |a |an )?(one|1|sometime|fresh|something|new)\b.{0,30}\b(week|month|after|on|in|for|friday|appointment|date|later)\b",
                r"^(please )?make it (for )?(mon|tues|wednes|thurs|fri|satur)day\b",
                r"\bdelay it\b|\b(mornings|afternoons|evenings) (are|is) better\b|\bcan (do|come) (at )?\d",
            ),
            "late": (
                r"\b(running|runnin|run|be|bit|am|are|is|little|slightly|mins?|minutes?|gonna be|going to be|being|im|ill|il|\d+|hour|taxi|bus|train|but|just|gona be|probably) (\w+ ){0,2}(late|l8|delayed|behind)\b(?!.{0,8}\b(notice|husband|wife|mother|father|mum|dad)\b)",
                r"^(sorry |soz )*(late|l8|delayed|running late|runnin late)( sorry| soz)*$|\blate (sorry|soz|but|by)\b",
                r"\b(stuck|held up|caught|sat) (in|at|behind|on)\b.{0,20}\b(traffic|work|accident|lights|m\d+|bridge|bus|train|tram|roadworks)\b",
                r"\b(on my way|on the way|on our way|on the bus)\b.{0,25}\b(late|behind|\d+|delay\w*|but|held|soon)\b|\b\d+ ?(mins?|minutes?|m) (away|late|behind|out)\b",
                r"\b(be there|there|with you|arrive|arriving|get there|eta) (in (a few |about |approx )?(\d+|ten|five|fifteen|twenty|a few|half)|asap|about half past|by \d+ (if|instead)|at \d+ instead)\b",
                r"\beta\b|\b(cant|cannot) find (parking|anywhere to park|a space)\b|\boverslept\b|\bmissed (my|the) (bus|train|tram)\b(?!.{0,30}\b(cant|cannot|wont|cancel)\b)|\bbe a (bit|few|little)\b.{0,12}\b(late|mins|minutes)\b",
                r"\btraffic \d+\b|\bin traffic\b|\bmay be (slightly |a bit |a few mins )?late\b|\bi am delay\b",
            ),
            "confirm": (
                r"\b(dont|do not|not|didnt|did not|wont|never|no need to|isnt|arent|aint|havent|please not|im not|am not|not to|dinnae) (\w+ ){0,3}(cancel|cancelling|cancelled|cancel it|cancelling it|canceling)\b",
                r"\b(i|we|ill|il|well|al|he|she|they|hell|shell|will|shall|definitely|def|yes|can|im|i am|am|of course|still|just|sure) (\w+ )?(be|b) (there|in attendance|coming|attending|they re|their|here)\b",
                r"\b(ill|i will|i shall|we will|we shall|im|i am|were|we are|hes|she is|shes|he is|she will|he will|yes|still|definitely|am|is|are|i can|we can|will|shall|i do|gonna|going to) (still |definitely |be |also |all )*(come|coming|comin|cuming|attend|attending|make it|keep it|keeping it|there)\b",
                r"^(still )?(coming|attending|confirm|confirmed|confrimed|confirming|accepted|accept|keep it|keep|i confirm|count me in|definitely|deffo|will do|wouldnt miss it|ill come)( please| thanks| thank you| it| that)*$",
                r"\b(keep|still want|still need|want to keep|would like to keep|need) (it|my appointment|this appointment|the appointment|this|my slot|my booking)\b",
                r"^(yes|y|yep|yeah|yea|yh|yup|aye|yess|yas|ok|okay|oki|okie|k|sure|fine|perfect|great|lovely|grand|sound|roger|affirmative|of course|no problem|no probs|correct|certainly|absolutely|got it|cool|will do|alright|all good|thats fine|👍|👌|✅)"
                r"( (yes|y|please|pls|thanks|thank you|thank u|ta|ok|okay|thats|is|fine|good|great|perfect|grand|lovely|x+|mate|pal|love|duck|hen|see you|then|tomorrow|there|i can|ill|will|be|still|want|need|it|the|my|appointment|for|me|that|no|nae|problem|bother|sure|boss|coming|come|attend|there|confirm|am|i|to|all|very|much|and|so|u|you|today|monday|tuesday|wednesday|thursday|friday|\d+(am|pm)?|at))*$",
                r"\bsee (you|u|ya|yous|yis) (then|there|tomorrow|tmrw|tomo|at|on|monday|tuesday|wednesday|thursday|friday|later|soon|the morra)\b",
                r"^(yes|yep|yeah|ok)\b.{0,40}\b(fine|good|ok|okay|great|perfect)( thanks| thank you| for me)*$",
                r"^(ta |hi |yes |no )*(be there|b there|sounds good|that works( for me)?|okie dokie|okey dokey|defo|wont miss it|i wont be late|able to attend|i am able to attend|no im coming|on me way now|on my way now|yarp|keeping it|comfirm\w*|confirming\b.*|say less|good for \w+|yes inshallah|inshallah)( thanks| x)*$|\bno (i )?(dont|do not) (want|need) to cancel\b",
            ),
            "cancel": (
                rf"\b{_CANT} (\w+ ){{0,3}}{_COME}\b",
                r"\b(release|remove|delete|drop|give up|free up|let go of) (my|the|this|our|mums|dads) (\w+ )?(appointment|appt|app|slot|booking|visit)\b|\btoo (poorly|ill|sick|unwell|frail|weak) to (come|attend|make|get)\b|\brather not come\b|\b(skip this|give it a miss|no can do)\b",
                r"\b(needs?|want|wants) (\w+ ){0,2}cancell?(ing|ed)\b|\bcan (this|it|my appointment) (please )?b?e? ?cancelled\b|\bbetter cancel\b|\b(im nt|waint|shant|ill not|i shall not|will not) (be )?(coming|com|attending|there)\b",
                r"\b(theres |there is )?no (way|chance) (i|we|he|she|mum|dad|that i|of me|of us|im|ill|hes|shes) ?(can|could|will|be|am|is|coming|making|getting|make|get)?\b|\bnot a (hope|chance)\b.{0,20}\b(make|get|come|be)\b",
                r"\b(am no gonnae|aint|am not) (make|mek|coming|comin)\b|\bwont be (their|they re)\b|\b(cncl|canx|cxl)\b|\bno way of getting\b|\bcall it off\b|\bstand down\b",
                rf"\b{_CANT}$|\b(wont|will not|not|isnt|arent|no) (\w+ ){{0,2}}(be |b )?(coming|comin|attending|there|attend|come|able|make it|needed|required|turning up)\b",
                rf"\b(please|pls|plz|want to|wanna|like to|wish to|need to|have to|got to|gotta|must|can you|could you|can i|just|yes|so|ok|to|ill|i|im|my|and|sorry|will|now|therefore|we|been|has|was|is|already|plan|instead|then|app|appt|no|can u|cud u) {_ACT}\b",
                rf"^{_ACT}( {_ACT})*\b|\b{_ACT}$|\b{_ACT} (my|the|this|it|please|pls|appointment|appt|for|mums|dads|his|her|our|\w+s appointment|ref|today|tomorrow|tomoro|as|ta|thanks)\b",
                rf"\b(dont|do not|no longer|not|didnt|doesnt|dnt|wont) (need|want|require|be needing|be wanting) (\w+ )?{_APPOINTMENT}\b|\bno longer (needed|required|need|want)\b|\bnot needed\b",
                r"\b(giv(e|ing)|let) (it|my|the|this) (\w+ )*(up|to (someone|somebody)|else|away|slot)\b|\bsome(one|body) else (can )?(have|use|need)\b|\bdont (hold|expect|keep|save|wait)\b|\bno show\b|\bgiving up my\b|\bdont want to come\b",
                r"\bcant (do|get|face|be|mek|mak)\b|\b(stay|staying) (home|in bed)\b|\bnot (feeling )?well enough to (come|attend)\b|\b(not|aint) (going to|gonna|gona|gunna|goin) (come|make|be|attend|b)\b|\balready cancell?ed\b|\bi cancell?ed\b|\brang to cancel\b",
            ),
        },
        final={
            "cancel": r"(?<!not )(?<!dont )(?<!never )(?<!to )(?<!stop )(?<!keep )(?<!confirm )(?<!or )(?<!wont )(?<!put )(?<!reply )(?<!ignore that )(?<!said )(?<!my )(?<!of )(?<!early )(?<!and )\bcancel( it| this| please| pls| plz| my appointment| the appointment| thanks| ta| sorry)*$",
        },
        abroad={"confirm": "confirm", "cancel": "cancel", "rebook": "rebook"},
        unless={
            "cancel": (
                r"\b(ill|i will|we will|well|im|am|i can|i am) (still |definitely )?(be there|coming|come|attend\w*|make it)\b(?! to cancel)",
                r"\b(or|early|earlier|(?<!ahead )and) cancel\b|\b(or|early|earlier) cancel\w*\b|\bcancel\w* (or|early|earlier)\b|\bcancel to cancel\b|\buncancel\b|\b(never|ignore|thinking of|didnt|did not) (\w+ ){0,2}cancel\w*\b|\bcancel\w*( please)? and (ring|call|order|can|could|i need|phone|text|the|is)\b|\bby (video|phone)\b|\bon the phone\b|\bat that time\b|\bearly mornings?\b",
                r"\bcancel (my|the|our|your|this) (?!(\w+s? )?(appointments?|appt|app|apt|visit|booking|slot|appoint\w*|apointment|appoinment|one|check|review|smear|call|nurse|doctor|gp|physio|blood|bloods|bp|jab|clinic|dads|mums|sons|daughters|tomorrow|today)\b)|\bcancel culture\b|\b(get hold|get through)\b|\bby mistake\b",
                r"\b(the blood test|the bloods|my blood test) but\b|\b(text|texts|reminders?|messages?|subscription)\b|^(can|could|may) i cancel\b.{0,40}\b(on the day|up to|if|after|online|later)\b",
                r"(?<!not )(?<!dont )\b(keep|but not|not the|not (my|his|her|monday|tuesday|wednesday|thursday|friday|wed|thu|tues)|except|only (the|cancel|mine)|coming (on )?(mon|tues|wednes|thurs|fri|satur|sun)day|still coming|one on|have you|has it|has been cancelled by|did you|you cancell?ed|if)\b(?!.{0,3}$)",
                r"\bcancel\w*\b.{0,30}\b(outpatients|hospital|eye|bloods|sick note|prescription|everything|texts|book me in|and book)\b|\bmay need\b",
                r"\b(mon|tues|wednes|thurs|fri|satur|sun)day\b.*\b(mon|tues|wednes|thurs|fri|satur|sun)day\b",
                r"\b(another|different|other|new|next) (day|date|time|one|appointment|week|available)\b|\bfit me in\b|\bpossible to have\b|\bcan (do|come|make) (\w+ )?(mon|tues|wednes|thurs|fri|after|later|next|tomorrow|\d)",
                r"\b(dont|do not|not|never|no need to|without|wont|wont be|will not be|not be) (\w+ ){0,2}(cancel\w*|give|let)\b(?! (me|us|him|her|the time)\b)|\b(nearly|almost) there\b|^cant$|^not$",
            ),
            "confirm": (r"\b(early|earlier|sooner)\b", r"\b(shant|waint|nt coming|ill not|not be|aint|nae)\b", r"(?<!not )(?<!dont )(?<!to )\bcancel (please|my|the)\b|^(?!.*\b(dont|not|no need|never)\b).*\b(want|need|like|have) to cancel\b|\b(cant|cannot|wont|never get|not (going to|gonna|coming|able|here|attending)|unable|aint coming|dont (need|want) (it|this|to come))\b(?! (wait|cancel))",),
            "rebook": (r"\bcancel\b(?!.*\b(and|rebook|re book|another|new|different|other|next|instead|move|change|later|fit|book|give)\b)|\b(text|forgot|see (dr|doctor))\b|\bhow (can|do|would) (i|we)\b", r"\b(new (voicemail|phone|number|one|prescription)|epipen|inhaler|see you|as booked|as planned|call you|email|text me|ring me|phone me)\b", r"\b(ill|i will|will|we will|and ill|and i will|then ill|let me) (\w+ ){0,2}(call|ring|phone|rebook|re book|book|make|contact|sort|get back|rearrange|be in touch)\b", r"\bnot (friday|monday|tuesday|wednesday|thursday)s?\b", r"\byes cancel rebook\b", r"\b(what|how|why|when)\b.{0,12}\b(happens|do i|is)\b"),
            "late": (r"\b(too late|late notice|cant|cannot|wont|not going to|not coming|cancel it|cancel my|cancel please)\b(?!.{0,12}\b(find|park|get past)\b)",),
        },
        sure={"confirm": 0.8, "cancel": 0.8, "rebook": 0.8, "late": 0.8, "stop": 0.95, "thanks": 0.8,
              "wrong_person": 0.85, "deceased": 0.93},
        stronger=(("rebook", "cancel"), ("rebook", "confirm"), ("late", "confirm"), ("late", "cancel")),
    )
)  # fmt: skip

_NOT_TAKEN = (
    r"\b(would have|id have|wouldve|would of|already|an hour ago|yesterday|accepted one|last one|timing not)\b|\bfor my (wife|husband|partner|friend)\b|\b(unless|as long as|provided|if (its|it is|i|he|she|nobody))\b|\bsuppose\b|\bif i must\b|^please (explain|ring|call|tell|send|advise|clarify|confirm|help)\b",
)
_NOT_REFUSED = (
    r"\bno not yet\b|\b(cant|cannot) (decide|get the|see (a|the|what|any)|open|read|find|make (out|head)|work out|click|remember|you)\b|\b(not available|no good|unable) (online|on here|to (open|read|see|click))\b|\bdont give it (away|to)\b|"
    r"\byes\b|\bcan (do|make|come) (the|another|mon|tues|wednes|thurs|fri|next|\d)|\bbut (she|he|i|we) can\b|\bany others?\b|\bfor my (wife|husband|mum|dad|son|daughter)\b",
)

OFFER = declare_question(
    Question(
        name="offer",
        intents=("accept", "decline", "question"),
        forms={
            "decline": (
                r"^(no|nope|nah|naw|na|n|nae|never|no no|not interested|decline|declined|pass|👎|cant|sorry no)\b(?!.{0,20}\b(problem|probs|bother|worries|doubt|rush|but|what|when|is)\b)",
                rf"\b{_CANT}\b|\b(cant|cannot|cannae|wont)\b",
                r"\b(too (short|far|early|late|soon|quick)|short notice|not (available|free|suitable|convenient|for (me|mum|dad|us|him|her)|this time|able|good)|no (good|thanks?|ta|thank you|childcare|transport|use)|"
                r"(doesnt|dont|wont|does not) (suit|work)|rather (wait|keep|stay)|(keep|stay|stick|happy) (\w+ ){0,2}(mine|my|as|with|what|ive|own|the one|original|it|same)|leave it|at work|on shift|working|away|on holiday|"
                r"give it to someone|offer it to|let someone|dont want (it|that|this)|unable|not now|i decline|on nights|away that)\b",
            ),
            "accept": (
                r"^(yes|y|yep|yeah|yea|yh|yup|aye|yess|ok|okay|sure|perfect|great|brilliant|lovely|fantastic|excellent|deffo|definitely|of course|go on|go on then|please|yes please|accept|accepted|book it|👍|👌|✅|absolutely|certainly|no problem|that works|thats (fine|good|great|perfect)|fine)\b",
                r"\b(ill|i will|we will|well|would like to|like to|want to|can|happy to|please|id|id like to|id love to|love to|mum will|dad will|she will|he will|we|we can|i|definitely|yes) (\w+ )?(take|have|accept|make|do|come|book|be there) (it|that|this|the|them|one|please|then|to|earlier|me)?\b",
                r"\b(i want (it|that|this)|put me (in|down)|book me|works for me|suits me|is (good|fine|great|perfect|ok)( for me| thanks| with me)?|would be (great|perfect|lovely|good|fine|brilliant)|pleased to accept|happy with that|count me in|can i (have|take) (it|this|that)|yes mum will|i would like)\b",
            ),
        },
        final={
            "accept": r"^(please |pls |yes |hi |hello )*(can|could) (i|we|you) (please |pls )?(take|have|book|accept) (it|that|this|(that|this|the) (one|slot|appointment))( for me)?( please| pls| thanks| thank you)*$",
        },
        never={"accept": _NOT_TAKEN, "decline": _NOT_REFUSED},
        abroad={"confirm": "accept", "cancel": "decline", "no": "decline"},
        unless={
            "accept": (r"\b(someone|somebody|cancel|cant(?! believe)|cannot|wont|unable|late|rather|ring me|call me)\b|\bto (mon|tues|wednes|thurs|fri)day no\b", r"\b(not|dont|didnt|wasnt)\b"),
            "decline": (r"\bcant (believe|wait)\b", r"\b(on the list|have you|anything|any (other|later|earlier)|next week|another|different|instead|waiting list|list)\b",),
        },
        sure={"accept": 0.8, "decline": 0.8, "stop": 0.95, "thanks": 0.8, "wrong_person": 0.85, "deceased": 0.93,
              "already_done": 0.95},
    )
)  # fmt: skip
