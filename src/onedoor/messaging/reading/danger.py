"""Words of danger: what must reach a person at once, whatever was asked (clinical.md 6.6; hazard H9).

Patterns over the whole text in lower case without apostrophes. A false alarm costs a receptionist a minute; a miss may cost a
life: so what is past, denied or a figure of speech is let go only when the text says so plainly.
"""

from __future__ import annotations

import re

from onedoor.messaging.reading.abroad import folded
from onedoor.messaging.rules import words

_SELF = r"(my|me|mi|his|her|their|your)? ?(self|selves|sel|sen|masel|meself|mysel)"
_TABLETS = (
    r"(tablets?|pills?|meds|medication|medicine|paracetamol|ibuprofen|codeine|painkillers|insulin|amitriptyline|"
    r"antidepressants|sertraline|diazepam|morphine|bleach|antifreeze|batter(y|ies))"
)

DANGER = (
    *words.CRISIS,
    # wanting to die
    rf"\b(kil+|kill|killed|killing|hang|hanging|hanged|hung|topped|topping|top|drown|shoot|stab|unaliv(e|ing)|do|doing|dae|end) {_SELF}\b(?! up| good)",
    r"\bkms\b",
    r"\bunalive\b",
    r"\bse?wers?ide\b|\bsuic\w*|\bsuicd\w*|\bsui\w{0,2}[sc]i?d\w*",
    r"^(i )?(need |want |call |ring )?999( please| now)?$|\bsome(one|body) is (in|breaking into) my (house|home|flat)\b|\bfull sentence\b|\bif i make it\b|\babout much longer\b|\bread about me\b",
    rf"\b(whisky|vodka|bottle)\b.{{0,25}}\b{_TABLETS}\b|\bthink\b.{{0,20}}\b(had|having) a (stroke|heart attack|seizure)\b|\b(had|having) a (stroke|heart attack)\b.{{0,12}}\bwhat do i do\b",
    r"\b(want|wanna|wants|wanted|wish|wishing|ready|prefer|think(ing)? (about|of)|thoughts? of|rather) (to |tae )?(just )?"
    r"(die|dying|be dead|be gone)\b",
    r"\b(me )?no want live\b",
    r"\b(drink|drinking) (myself|til+|until) (to death|i die)\b",
    r"\b(end|ending|finish|finishing|stop) (it|it all|it aw|things|everything)( all)? (tonight|today|now|tomorrow|soon|here)\b",
    r"\b(going to|gonna|gunna|gonnae|want to|want tae|wanna|should|will|ill|could|just|planning to|ready to|want) (just )?"
    r"(end|finish|be ending) (it|it all|it aw|things|everything)\b",
    r"\bim (ending|finishing) (it|things|everything)\b",
    r"\b(end|ending|finish|taking|took|take) (my|his|her|their) (own )?li(fe|ves)\b",
    r"\b(nothing|no reason|no point|not worth|isnt worth|not worth it)\b.{0,20}\b(live|living|alive|go(ing)? on|carry(ing)? on)\b",
    r"\b(dont|do not|no longer|not|cant|cannot|didnt) (want|wanna|wish|intend|plan|expect)( to| tae)?( just)? "
    r"(be here|live|be alive|exist|wake up|go on|carry on|see (another|the|next|my) (morning|day|week|weekend|month|summer|year|new year|birthday|christmas))\b(?! (in|at|with) )",
    r"\bnot wake up\b(?! (in|on) time)",
    r"\b(better off) (without me|dead|if i (was|were|wasnt|werent)|with me gone)\b",
    r"^kill me$|\bfeel like ending\b|\bgoodbye and thank you for (trying|everything)\b",
    r"\bburden (to|on)\b.{0,40}\b(end|gone|without|better)\b",
    r"\b(had|having) enough of (life|living|it all|everything|being alive)\b",
    r"\bhad enough\b.{0,30}\b(want out|cant|goodbye|bye|no more)\b",
    r"\b(cant|cannot|canny|cannae|can not|couldnt) (go on|carry on|keep going|do this|do it|cope|take|face|live with)( with)?"
    r"( it| this| life| another day)? ?(any ?more|anymore|like this|no more|much longer|living)\b",
    r"\b(cannot|cant|cannae) (carry|go) on\b",
    r"\b(im|i am) done with (life|living|everything|it all)\b",
    r"\b(said|saying|written|wrote|left) my (goodbyes?|letters?|notes?|last)\b",
    r"\bgoodbye (everyone|everybody|all|world|forever)\b|\bsorry everyone\b",
    r"\b(last|final) (message|text) (anyone|you will|youll|ill ever|i will)\b",
    r"\bby the time you (read|get) this\b",
    r"\b(i will|ill|im gonna|gonna|i might|i want to|let me) jump\b(?! (in|on|at|the queue))|\bwont be anywhere\b|\b(took|taken|swallowed) (them|it) all\b|\bbox of (co ?codamol|paracetamol|ibuprofen|tablets|pills|codeine)\b.{0,20}\b(now|tonight|just)\b",
    r"\b(wont|not) be (here|around|alive)( any ?more| tomorrow| by \w+| by then| much longer| for long| to see)\b",
    r"\b(ill|i will|be) (be )?dead (by|before|soon|tomorrow|tonight)\b|\breminder\b.{0,20}\bill be dead\b",
    r"\bnot be needing (anyone|anything|it|you) after\b|\bwont be needing (anyone|anything|any) \b.{0,20}\b(tonight|after)\b",
    r"\bsomeone who wants to live\b",
    r"\b(on|off|at|from|near|over) (the|a) (bridge|train tracks|railway|tracks|cliff|edge|ledge|roof)\b(?!.{0,20}\b(traffic|stuck|late|bus))",
    r"\bhumber bridge\b.{0,30}\b(dont|jump|know|stood|standing)\b|\bstood on the\b.{0,20}\bbridge\b",
    r"\b(going|gonna|gunna|want|about|ready|thinking of|to) (to )?jump(ing)?\b(?! the| queue| on)",
    r"\b(rope|noose|ligature)\b(?!.{0,15}\b(skipping|ladder))",
    r"\bdriv(e|ing) (my car |the car )?(into|off) (a|the) (wall|tree|bridge|cliff|lorry)\b",
    r"\b(keep|keeping) (myself|me) safe\b|\bnot safe (on my own|alone|with myself|right now|tonight|here)\b",
    r"\b(dont|do not|no i dont|not) feel safe\b",
    r"\bplanning how to\b|\bhow (many|much)\b.{0,30}\b(to die|kill|overdose)\b|\b\d+ codeine is enough\b",
    rf"\b(stockpil\w*|lined up|saved up|hoard\w*|got|have) (my |the |all my |some )?{_TABLETS}( \w+)? (lined up|ready|in front|saved)\b",
    rf"\bstockpil\w* (my |the )?{_TABLETS}\b",
    r"\b(scared|frightened|afraid) (im going to|i will|i might|ill) (do something|hurt)\b",
    r"\bnerve to do it\b",
    r"\bin heaven\b.{0,20}\b(want|be|join)\b|\b(want|be|join)\b.{0,20}\bin heaven\b",
    r"\b(cut|cutting|slit|slitting|slash\w*) (my|me|his|her) ?(self|wrists?|arms?|throat|sen)?\b(?!.{0,12}\b(hair|grass|lawn|finger on|nails))",
    r"\bcutting again\b|\bbeen cutting\b",
    r"\bself ?harm",
    r"\b(hurt|hurting|harm) (my ?self|me ?self|masel)\b",
    # taken something
    r"\b(i|ive|hes|shes|he|she|has|have) (just )?od(d|ed)?\b|\bodd on (paracetamol|my|pills|tablets|heroin|something)\b",
    rf"\b(took|taken|take|swallowed|drank|drunk|ate|eaten|injected|had) (\w+ ){{0,4}}(all|too many|too much|2 many|to many|loads|lots|"
    rf"whole|box|packet|strip|bottle|handful|\d{{2,}}) (\w+ ){{0,4}}{_TABLETS}\b",
    r"\b(took|taken|swallowed|drank|eaten|drinking) (\w+ ){0,3}(bleach|antifreeze|weedkiller|poison|petrol|button battery|battery)\b",
    rf"\b(swallowed|eaten|got into) (my|his|her|the|some|grandads|nans|mums) {_TABLETS}\b",
    rf"\b(take|taking|took) every (pill|tablet)\b|\btoo (many|much) {_TABLETS}\b|\btaken something\b",
    r"^(no )?i have taken something$",
    # hurting others, being hurt
    r"\b(hurt|kill|harm|stab|smother|shake) (my )?(baby|mum|dad|kids|son|daughter|wife|husband|someone|somebody|him|her|them)\b",
    r"\bvoices\b.{0,30}\b(tell|telling|say|saying|hurt|kill)\b",
    r"\b(hes|he is|shes|she is|he|she|husband|partner|boyfriend|wife|dad|ex|is|are|been|being|keeps?|still) "
    r"(\w+ )?(hitting|hit|beating|beat|punching|punched|strangl(ing|ed)|chok(ing|ed)|attack(ing|ed)|kicking|kicked|raped|"
    r"threaten(ing|ed)|hurting) (me|my|us|her|him)\b",
    r"\b(beat|beaten|beats) me( up)?\b|\bbeing attacked\b|\bstrangled me\b",
    r"\b(has|got|with|pulled) a (knife|gun|weapon|machete)\b",
    r"\b(locked) (me )?in\b.{0,40}\b(he|hes|hitting|break|door|hurting)\b|\b(he|she|husband|partner|dad|they) wont let me (leave|out|go out)\b",
    r"\bgoing to kill me\b|\bthreatened to kill\b|\bhe reads my phone\b|\bsend help\b",
    r"\b(been|was|got|has been|hes been) (stabbed|shot|raped|knifed|assaulted)\b|\bstab wound\b",
    # chest, breath
    r"\b(pains?|pressure|tight(ness)?|band|weight|squeezing|crushing|heavy|ache|burning)\b.{0,25}\b(chest|ches|left arm|jaw)\b"
    r"(?!.{0,15}\b(infection|clinic|xray|x ray))",
    r"\b(chest|ches)( is|s)?( really| very| so| a bit)? (pains?|pane|tight|hurt(s|ing)?|heavy|crushing|sore and)\b",
    r"\b(clutching|grabbing|holding) (his|her|my) chest\b|\belephant\b.{0,15}\bchest\b|\bheart attack (right )?now\b|\bthink (its|im having|he is having|hes having|shes having) a heart attack\b",
    r"\b(cant|cannot|cnt|canny|cannae|cant hardly|hardly|barely|struggl\w*|unable|not able|hard|fighting|gasping)( \w+){0,3} "
    r"(breath|breathe|breth|brethe|breeve|breathing|breaths)\b",
    r"\bgasping\b|\b(isnt|not|stopped|aint|wasnt) breathing\b|\bbreathing (is )?(really |very )?(fast|strange|funny|badly|noisy)\b",
    r"\basthma attack\b|\b(lips|face|fingers) (are |have |has |gone |going |turning |is )+(blue|grey|purple)\b|\bblue lips\b",
    r"\b(is|hes|shes|im|are|was|been) choking\b",
    # unconscious, fitting
    r"\b(wont|cant|cannot|not|doesnt|couldnt) (wake|waking|come round|rouse)( (up|him|her|my|mum|dad|the)\b|$)",
    r"\bcant wake (my|him|her|mum|dad|nan|the)\b|\bunconscious\b|\bunresponsive\b|\bnot (responding|answering me|waking)\b|\bisnt answering me\b",
    r"\b(has|hes|shes|just|have|is|mum|dad|nan|wife|husband|he|she|they) (\w+ )?collapsed\b(?!.{0,20}\b(last (week|month|year)|ago))",
    r"\b(floppy|limp)\b(?!.{0,15}\bwrist)",
    r"\b(having|had|has had|in|is|just had) (a |another )?(fit|seizure)\b(?!.{0,25}\b(year|19|20|ago|last))|\b(is|hes|shes|girl is|boy is) fitting\b",
    r"\bpass(ing|ed)? out\b(?!.{0,30}\b(last week|last month|ago|leaflet))|\bkeep fainting\b",
    # stroke
    r"\b(face|mouth)\b.{0,25}\b(drop\w*|droop\w*|gone down|one side|funny|fallen)\b",
    r"\bslurr?(ing|ed)\b|\bcant (talk|speak) (properly|right(?! now))\b|\bi cant speak\b",
    r"\b(arm|leg|side)s?( \w+){0,3} (numb|dead|gone dead|weak|wont move)\b|\bcant (lift|move|feel) (my|his|her)( \w+)? (arm|leg|side)\b",
    r"\bworst headache\b|\b(gone|going) blind\b|\bcant see (properly|anything|out of)\b|\bblurred vision\b.{0,30}\b(face|headache|off the scale)\b",
    r"\bhaving a stroke\b|\bis it a stroke\b",
    # bleeding, pregnancy
    r"\bbleeding\b.{0,20}\b(loads|heavily|badly|wont stop|a lot|everywhere|pregnant|lots)\b|\b(wont|not|cant) stop bleeding\b|\bblood (everywhere|spurting|pouring)\b",
    r"\bpouring with blood\b|\b(vomit\w*|throwing up|coughing( up)?|being sick|bringing up|passing|sick)( \w+){0,3} (blood|black tar)\b",
    r"\bpregnant\b.{0,30}\b(bleed\w*|blood|pouring)\b|\bwaters (have )?bro(ke|ken)\b|\b(cant|not) (feel|felt) (the |my )?baby (move|moving)\b",
    r"\bbaby\b.{0,20}\b(not|hasnt|stopped) mov(ing|ed)\b",
    r"\bfeel faint and bleeding\b|\bwound has (burst|opened|come)\b",
    # allergy, infection, poison, fire
    r"\bthroat( \w+){0,3} (closing|swell\w*|tight)\b|\btongue\b.{0,25}\bswell\w*|\bface\b.{0,20}\bswell\w*|\blips (huge|swollen|swelling)\b",
    r"\banaphyla\w*|\b(used|using|given|gave) (the |my |his |her |an )?epipen\b|\ballergic reaction\b(?!.{0,20}\b(year|ago|last|before|once))|\bhives\b",
    r"\bsepsis\b(?!.{0,20}\b(year|ago|last|clinic))|\bmottled\b|\bdoesnt fade\b|\bpurple spots\b|\bstiff neck\b.{0,30}\b(rash|scream\w*|fever|light)",
    r"\bcarbon monoxide\b|\belectric shock\b|\b(im|been|badly) burned\b|\bset fire to\b",
    r"\bseeing things\b.{0,20}\b(shak|fit)|\bshaking\b.{0,20}\bseeing things\b",
    r"\bmissing since\b|\bi have the courage\b|\bdark thoughts\b|\bsomething stupid\b|\bon the humber bridge\b|\btrain platform\b|\bsaving up my tablets\b|\btaken an od\b|\boverdoes\w*\b",
    r"\bpoint (of|in) being alive\b|\bnothing left for me\b|\bi wont be here and\b|\bstrangl\w* (myself|me)\b|\bsmother\w*\b|\btrying to break the door\b|\bhas just hit me\b|\bisnt waking\b",
    r"\b(hart|heart) attack i think\b|\bhaving a hart attack\b|\bchest\b.{0,30}\b(killing me|elephant|hurting really)\b|\bcarnt breath\w*\b|\bsucking in (his|her) ribs\b|\bcoffee grounds\b|\bcord is coming\b|\blost the sight\b|\bweeks and bleeding\b|\bsoaking a pad\b|\bface is huge\b|\bwont fade\b|\beaten some of\b.{0,20}\bpills\b",
    # What is at hand, and what will not come any more.
    r"\b(have|got|holding|looking at) (all |both |a load of )?(the|my|some|enough|these|loads of|her|his|mums|dads|nans) (tablets|pills|meds|knife|rope|insulin|paracetamol)( \w+){0,3} (here|ready|in front|out|saved|with me)\b",
    r"\b(wont|will not|not going to) be (a|any|another|no) ?(\w+day|tomorrow|next (week|year|month|time)|christmas|birthday|me)\b.{0,20}\b(me|anyway|any ?more|left)\b",
    # said in few words
    r"\b(took|taken|swallowed|ate|had|taking) (\w+ )?\d{2,} ?(x )?(co ?codamol|paracetamol|codeine|tramadol|ibuprofen|\w+mg|tablets|pills)\b|\b(ive|i have|has|hes|shes) (took|taken|swallowed) something\b|"
    r"\b(kid|child|toddler|baby|son|daughter|he|she|boy|girl)( has| have|s)? (drank|drunk|swallowed|eaten|ate|took|taken) (a |my |some |the )?(bleach|magnets?|battery|batteries|tablets|pills|poison|dishwasher|washing)\b|\bswallowed a (magnet|battery|coin cell)\b",
    r"\b(will|ill|im|going to|gonna|might|about to|ive) (be )?(do|done|doing) something (silly|stupid|daft|bad)\b|\btell (my|the) (kids|children|family|wife|husband|mum|dad|son|daughter) (that )?i (love|loved)\b|"
    r"\b(ill be|i will be|im|be) gone by (then|tomorrow|the time|tonight|morning)\b|\bi wont be around\b|\b(not|wont) (be|going to be) (here|around)$|\bcancel everything forever\b|\bnobody (will|would) miss me\b",
    r"\b(fallen|fell|down)\b.{0,25}\b(isnt|not|wont|cant) (moving|move|responding|speaking|get up)\b|^(mum|dad|he|she|my \w+) (has |just )?collapsed$|^collapsed$|\bseizure wont stop\b|\bnot making (any )?sense\b|\bbadly burnt\b|\bburnt badly\b",
    r"\b(cant|cannot) feel (my|his|her|both) (\w+ )?legs\b|\blegs (have )?gone numb\b|\b(not|isnt) safe at home\b|\b(send|need|call|get) (the )?police\b|\b(break|breaking) in( now| to my)?$|\b(partner|husband|boyfriend|he|she|ex) (has )?(locked me in|trapped me)\b|"
    r"^(im|i am|i think im|think im) dying$|^(a |got a |have a )?gun$|\bsmell of gas\b|\bgas (in the|leak)\b|\b(in|im in|having a) crisis\b(?!.{0,20}\b(team|line|number|appointment)\b)|\bstood on (the )?platform\b|\b(will|want to|going to|not joking i will) jump$",
    r"^(this is |its )?(goodbye|good bye)( all| everyone)?$|\bwhats the point im done\b|^odd (last|on|this|yesterday|again|today)\b|\bchest (has been|is|been|was) killing me\b.{0,40}\b(jaw|arm|breath|sweat)",
    # asking for help
    r"^(please )?help me( please)?( now)?$|^emergency( please)?$|\b(need|send|call|get|want) (an )?ambulance\b|^ambulance( please)?( now)?$|\bcall 999\b",
    r"💊💊|🔪",
)

# Beside what `DANGER` knows: the classes that a harder set showed, in English as it is texted.
WORDED = (
    r"\b(jump|jumping|get|getting|go|going|step|stepping|throw|throwing|walk|walking|lie|lying|stand|standing)( (myself|out))? (in front of|under) (a|the) (train|bus|lorry|truck|traffic|tube|tram)\b",
    r"\btoo late\b.{0,25}\b(took|taken|swallowed|had)\b.{0,15}\b(tablets|pills|them|lot)\b|\bfitting\b.{0,15}\b\d+ ?min|\b(chets|cheast|chset|chist|ches) ?t? ?p(ai|ia|ay)n|\b(shotgun|rifle|pistol)\b.{0,30}\b(out|hand|loaded|looking|lap|table)\b",
    r"\b(hes|he|she|shes|husband|partner|boyfriend|ex|dad) (\w+ )?(broke|broken|breaking|snapped) my (arm|leg|wrist|nose|jaw|ribs?|finger|hand)\b",
    r"\b(burnt|burned|cut|hurt|scalded|hit) (myself|meself)\b.{0,20}\b(on purpose|again)\b|\bout of breath\b.{0,20}\b(cant|cannot|barely)\b",
    r"\b(cnt|cant|carnt|cannot|cannae|couldnt) (brth|breth|breathe|breath|catch (my|his|her) breath|get (a word|my breath|his breath|her breath))\b",
    r"\b(gna|gonna|going to|goin to|about to|want to|wanna|a want tae|plan to) (end it|end things|be (dead|deid)|top my ?self|do myself in|finish it|jump|hang my ?self|walk into the (sea|river|road|traffic))\b",
    r"\b(dont|do not|cannae|cant|no longer) (see a way out|want to (be here|wake up|live|exist|go on)|dae this anymair)\b|\bwalk(ing)? into the (sea|river)\b|\bwont last till then\b",
    r"\b(tablets|pills|paracetamol|meds|them all|the lot) (are |is |have )?(already |all )?(gone )?(down me|inside me|swallowed)\b|\b(injected|took|taken|had|given)\b.{0,30}\b(times|double|triple|whole|all)\b.{0,20}\b(dose|insulin|box|packet|bottle|pack|strip)\b",
    r"\b(razor|blade|knife|scissors)\b.{0,30}\b(arms?|wrists?|legs?|myself|me)\b|\bsat here with (a|the|my) (razor|blade|knife|rope|tablets|pills)\b|\b(stubb\w+|burn\w+|cut\w+) (them |it )?(out )?(on )?(my (own )?)(arms?|wrists?|legs?|self)\b",
    r"\b(he|she|husband|wife|partner|boyfriend|carer|son|dad|ex) (\w+ )?(hurts|hits|slaps|beats|punches|kicks|chokes|strangles|locks) (me|us|my kids|the kids)\b|\bslaps me\b|\blocks me (in|out)\b|\bhe (checks|reads) (it|this|my phone)\b|\bneed help to get out\b|\bseen with my face\b|\bnext time itll be\b|\b(scared|afraid|frightened) to go home\b",
    r"\b(keeled over|no pulse|find a pulse|out cold|wont come round|isnt breathing|not breathing|stopped breathing|very hard to wake|cant (wake|keep) (him|her|them|mum|dad|me|\w+)( awake| up)?|blue lips|terrible colour|gone (grey|blue))\b",
    r"\b(blood|fluid) (is )?(coming|pouring|running|leaking) (out )?(from|of) (his|her|my|the) (ears?|head|mouth|eyes?)\b|\bh(a)?emorrhag\w*\b|\bpouring out\b.{0,20}\b(baby|week|blood)\b|\b(bleeding|bleed)\b.{0,20}\b(wks|weeks)\b",
    r"\b(havent|hasnt|not|cant|didnt) (felt|feel|feeling) (the |my )?(baby|bump|little one)\b|\bbabys? (is )?(hardly|not|barely|stopped) (moving|kicking)\b|\bwaters went\b|\bwaters\b.{0,30}\b(shivery|hot|green|brown)\b",
    r"\b(rash|blotches|spots)\b.{0,40}\b(stay|dont fade|doesnt fade|do not fade|wont fade|glass|tumbler)\b|\b(boiling|burning)( \w+)? hot\b.{0,20}\b(talk\w* rubbish|confused|not making sense)|\btalkin\w* (rubbish|nonsense)\b",
    r"\b(puffer|inhaler)s?\b.{0,40}\b(done nothing|not work\w*|isnt (helping|working)|no effect|empty and)\b|\b(chest|heart)\b.{0,30}\b(tight band|sweating|arm aches|down my arm|crushing)\b",
)

ABROAD = (
    r"\bm[aă] doare (foarte |tare )?([iî]n )?piept\w*|\b(drgawki|nie reaguje)\b",
    # messaging.md names no list: common words for dying, killing oneself, chest pain and breath in the nine languages.
    r"\b(umrzec|umrzeć|zabic|zabić|samobojst\w*|samobójst\w*)\b|nie ?(moge|mogę) ?odd?ych|klatce piersiowej|nie chce mi sie zyc|nie chc[eę] (juz |już )?([zż]y[cć])\b",
    r"\b(sa mor|să mor|omor|sinucid\w*|respira?)\b|durere (mare )?(in|în) piept|ma doare (tare )?pieptul|mă doare (tare )?pieptul",
    r"\b(morrer|matar|suicid\w*|respirar)\b|dor (forte )?no peito",
    r"\b(dilayaa|dhinto|dhiman|dhimanayaa|neefsan)\b|xabad(ka|kaygu?)\b|\blaab(ta|taa|tayda)\b.{0,30}\bxanuun|\bneef(ta|tu|tayda) (igu |i )?dheg",
    r"\b(marna|khudkushi|atmahatya)\b|marna cha\w*|saah nahi|saans nahi|seene (mein|me) (bohat |bahut )?dard|chhati (ma|vich)|chati (ma|vich)|sine me dard",
    r"\b(mari javu|javu che mari|swas nathi|shwas nathi)\b|atmahatya",
    r"\bmore jete|more zete|morte chai|mori jaitam|shash nite|shas nite|shash loi|buke (khub )?(betha|batha)|buko\b.{0,20}\bbish|atmohotta",
    r"\bbidd?i moot|\baqtol nafsi|\ba2tol nafsi|atnaffas|atnafas|\bamoot\b|waja3 .{0,10}sadri|alam .{0,12}sad",
    "أموت|اموت|انتحر|الانتحار|أقتل نفسي|اقتل نفسي|بدي موت|التنفس|أتنفس|اتنفس|الصدر|صدري",
    "মরে যেতে|মরতে চাই|আত্মহত্যা|বুকে .{0,8}ব্যথা|শ্বাস|নিঃশ্বাস|দম বন্ধ",
    "મરી જવું|મરવું છે|આત્મહત્યા|છાતીમાં|શ્વાસ",
    "ਮਰਨਾ|ਆਤਮ ?ਹੱਤਿਆ|ਖੁਦਕੁਸ਼ੀ|ਛਾਤੀ|ਸਾਹ ਨਹੀਂ",
    "مرنا چاہ|خودکشی|سینے میں|سانس نہیں|سانس لی",
    # The same classes in the nine languages, in both letters, without accents (`abroad.folded`): wanting to die, tablets taken, being
    # beaten, no breath, chest pain, a crooked mouth, no answer, bleeding, a baby that does not move. No native speaker has checked them.
    r"\b(zabij\w*|zabic|skoncz\w* ze soba|ze soba skoncz\w*|bije mnie|mnie bije|dusze sie|nie moge (zlapac|oddych\w*|oddechu)|krwawi\w*|nieprzytomn\w*|nie oddycha|usta (mu|jej|mi) sie|wykrzywil\w*|polkn\w+ (cale|wszystkie)|nie blednie|nie chce (juz )?zyc)\b",
    r"\b(sa mor|sa ma omor|nu mai vreau sa traiesc|nu (mai )?pot (sa )?respir\w*|durere puternica in piept|ma loveste|ma bate|gura stramba|nu se mai trezeste|nu poate vorbi|lesinat|sangerez|am luat toate pastilele)\b",
    r"\b(nao quero (mais )?viver|acab\w* com tudo|quero morrer|me matar|boca torta|nao consigo respirar|tomei (os|todos|muitos)( \w+)? (comprimidos|todos)|cortei os pulsos|muito sangue|bate em mim|me bate|desmai\w+|dor no peito)\b",
    r"\b(inaan is dilo|is dilo|wuu i garaac\w*|i garaacay|liqay kaniini\w*|kaniiniyadii oo dhan|neefsan karo|afkii baa qalloocday|hadlina ma karo|suuxday|dhiig (badan|baxay)|caloosha iiguma dhaqaaqayo)\b",
    r"\b(jeena nahi|jina nahi|jeen nahi|mar jana|maar lena|apne aap nu maar|khudkushi|goliyan kha|goliya kha|goliyan khaa|kuttda|maarda hai|mainu maar|mujhe maar\w*|behosh|saah nahi|saans nahi|chaati ch|chhati ch|seene (mein|me|ch)|chaku|muh tedha|moonh terha)\b",
    r"\b(jivvu nathi|marvu che|mari jais|goli (ek sathe|khai)|badhi goli|mane mare|pati .{0,12}mare|bebhan|shwas nathi|chhati ma)\b",
    r"\b(bachte chai na|morte chai|gola-?e dori|dori dite|ar parchi na|ghumer oshudh|amake mare|amare mare|marse|ojnan|shash nite|buke betha|norche na|norsena)\b",
    r"\b(bidd?i (moot|mawwet)|badd?i moot|7a moot|mawwet 7ali|kol el 7oboob|2akhadt|akhadt kol|byidrobni|yadrobni|byodrobni|sadri byouja\w*|mish 2adir atnaffas)\b",
    "ਜੀਣਾ ਨਹੀਂ|ਜਿਉਣਾ ਨਹੀਂ|ਖਤਮ ਕਰ|ਬੋਲ ਨਹੀਂ|ਮੂੰਹ ਟੇਢਾ|ਬੇਹੋਸ਼|ਕੁੱਟਦਾ|ਮਾਰਦਾ ਹੈ|ਗੋਲੀਆਂ ਖਾ|ਛਾਤੀ|ਸਾਹ ਨਹੀਂ",
    "جینا نہیں|مر جانا|مار دے گا|پھر مارا|مارتا ہے|گولیاں کھا|بے ہوش|سانس نہیں|سینے میں|منہ ٹیڑھا",
    "বাঁচতে চাই না|মরতে চাই|শেষ করব|ঘুমের ওষুধ|খেয়ে ফেলেছি|মারে আমাকে|আমাকে মারে|অজ্ঞান|শ্বাস|বুকে|নড়ছে না",
    "જીવવું નથી|મરી જ|ગોળીઓ ખા|ગોળી ખા|મારે છે|બેભાન|જવાબ નથી|શ્વાસ|છાતી",
    "يضربني|خائفة على|تشنجات|لا يستجيب|ابتلعت|أخذت كل الحبوب|اخذت كل الحبوب|أموت|أريد الموت|لا أستطيع التنفس|صدري|نزيف|فاقد الوعي|لا تتحرك",
)

SAFE = (
    r"^(and |also |but )?(my |his |her )?(knees?|back|foot|feet|tooth|teeth|shoulders?|hips?|ankles?|elbows?|toes?|legs?|hands?) (hurts?|aches?|(is|are) sore)$",
    # Plainly past, denied, a figure of speech, or somebody else's long ago. Not when "now" or "tonight" stands beside it.
    *words.IDIOMS,
    r"\b(is it the|near the|by the) (\w+ )?(near |by )?(the )?bridge\b|\bon questions\b|\bself harm clinic\b",
    r"\b(years?|months?|weeks?) ago\b|\b(last|in) (year|month|week|january|february|march|april|may|june|july|august|september|"
    r"october|november|december|19\d\d|20\d\d)\b|\bas a child\b|\bwhen i was\b|\bused to\b|\bhistory of\b",
    r"\b(no|not|never|without|dont have any|havent any|any)( any| had| having| a)? (chest pains?|thoughts?|suicidal|breathless\w*|"
    r"overdose|self harm|bleeding|pain in)\b",
    r"\b(im|i am|am) not (suicidal|going to (hurt|harm|kill) myself)\b",
    r"\b(lol|haha+|ha ha|lmao|😂|🤣|(?<!not )joking|just kidding|jk)\b",
    r"\b(through|out of) my nose\b|\bblocked nose\b",
    r"\b(suicide|self ?harm) (squad|prevention|training|group|awareness)\b",
    r"\b(die|dying) (of|for) (flu|a |an |boredom|embarrassment|shame|old age|to)\b|\brather die\b|\b(killing me|killed me)\b|\bkill my (husband|wife|mum|dad|son|daughter) if\b|\bno \w+ swelling\b|\bdying to\b|\bdying for\b",
    r"\bchest (infection|clinic|xray|x ray|physio|review|rub)\b|\b(pain|heart|stroke|chest pain) clinic\b",
    r"\b(seen|checked|cleared|been) (at|by|in|out)? ?(a&e|a e|hospital|the doctor|gp)?\b.{0,20}\b(all clear|fine now|ok now|nothing)\b|\ball checked\b",
)
_NOW = re.compile(
    r"\b(now|tonight|right now|again|at the moment|today|just|still|keeps?)\b(?!.{0,12}\b(fine|ok|better|lol|clear|well)\b)"
)
_CERTAIN = re.compile(
    r"\b(kill(ing)? my ?self|kms|end(ing)? (my life|it all|it tonight)|cant breathe (at all|properly)|chest\b.{0,60}\b(my jaw|left arm))\b(?!.{0,30}\blol)"
)

_DANGER = [re.compile(pattern) for pattern in (*DANGER, *WORDED, *ABROAD)]
_SAFE = [re.compile(pattern) for pattern in SAFE]


def danger(said: str) -> bool:
    """Whether these words (lower case, no apostrophes, single spaces) must reach a person at once."""
    plain = folded(said)
    if not any(pattern.search(said) or pattern.search(plain) for pattern in _DANGER):
        return False
    if _CERTAIN.search(said):
        return True
    if any(form in said for form in ("saans", "saah", "التنفس")):
        return True
    return not any(pattern.search(said) for pattern in _SAFE) or bool(_NOW.search(said) and not _SAFE_NOW.search(said))


_SAFE_NOW = re.compile(r"\b(lol|haha+|(?<!not )joking|no|not|never|fine|ok|clear)\b")


_ALARMING = re.compile(
    r"\b(die|dying|died|dead|death|kill\w*|suic\w*|sui\w*|harm\w*|hurt myself|pain in|agony|blood\w*|bleed\w*|breath\w*|breathe|breeth|help|tablets?|pills?|"
    r"paracetamol|insulin|codeine|overdos\w*|od|end(ing)? it|end things|goodbye|good bye|cope|carry on|go on|knife|gun|chest|heart|stroke|seizure|fit|faint\w*|"
    r"collaps\w*|conscious|wake|999|ambulance|emergency|hit|hits|hitting|beat\w*|scared|frightened|safe|jump\w*|rope|bridge|cliff|cut\w*|wrists?|throat|tongue|"
    r"swell\w*|swollen|rash|numb|slurr\w*|droop\w*|floppy|chok\w*|poison\w*|burn\w*|attack\w*|stab\w*|rape\w*|voices|alive|living|live|life|alone|"
    r"point|worth|worthless|enough|burden|tonight|whisky|vodka|note|notes|letters|hurting|unconscious|blue|grey|paralys\w*|crushing|heaven|nobody|everyone|no one|any more|anymore|forever|pregnant|contractions|waters|"
    r"gone|swallow\w*|(took|taken) (them|all|my|too|the|some\w*|loads|lots|\d+)|legs|gas|silly|stupid|locked|police|crisis|platform|sugar|moving|miss me|love them|gun|legs|burnt|fell|fallen)\b"
)


def alarming(said: str) -> bool:
    """Whether a text has any word that danger is spoken of with; without one, a model's fear is of what it does not know.

    Other scripts and languages have no list here: there the model's word stands.
    """
    return bool(_ALARMING.search(said)) or any(ord(sign) > 0x2FF and sign.isalpha() for sign in said)


def harmless(said: str) -> bool:
    """Whether a text speaks of danger as past, denied or a figure of speech, and not of now."""
    return any(pattern.search(said) for pattern in _SAFE) and (not _NOW.search(said) or bool(_SAFE_NOW.search(said)))
