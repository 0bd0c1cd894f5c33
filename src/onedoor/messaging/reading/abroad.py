"""The common ways to say yes, cancel, not coming, another day, stop, wrong number and thanks in the nine languages most written
to practices besides English: in their own letters and in Latin ones, as people type them.

Marks of Latin letters are taken off first ("przyjść" is "przyjsc"). A phrase that is not here goes to the model, then to a person.
"""

from __future__ import annotations

import re
import unicodedata

_NOT_CANCEL = (
    r"\bnie odwolu|nie odwolywac|nie odwolujcie|\bnu anulati\b|\bnao cancele|nao quero cancelar|\bha baajin\w*|\bha cancel gareyn\w*|"
    r"cancel na\b|cancel mat\b|cancel nahi|cancel koiren na|cancel korben na|batil korben na|la tilghi|la tilghu|ma tilghi|"
    r"کینسل نہ|منسوخ نہ|ਕੈਂਸਲ ਨਾ|ਰੱਦ ਨਾ|বাতিল করবেন না|ক্যানসেল করবেন না|કેન્સલ ના|રદ ના|لا تلغ"
)
_FORMS: dict[str, str] = {
    "rebook": (
        r"\b(inny dzien|inny termin|przelozyc|zmienic termin|przeniesc|alta zi|alta data|alta ora|pozniejsz\w* godzin\w*|inna godzin\w*|divas badl\w*|ma bedeli|maalinta (ma )?bed?el\w*|reprogram\w*|schimba (ziua|ora|data)|mutati|"
        r"outro dia|outra data|outro horario|remarcar|e marcar|marcar (outro|para|pra)|agle hafte|mudar (a|para|o)|maalin kale|ballan kale|waqti kale|beddel\w*|koi aur din|dusra din|doosra din|"
        r"agle hafte|time change|hor din|koi hor|din badal\w*|onno din|arek din|onno somoy|bijo divas|biji appointment|time badli|"
        r"mumkin mo?w3?ed tani|maw3ed (tani|thani)|yom tani)\b|اور دن|دوسرا دن|ہفتے کی|وقت بدل|ਹੋਰ ਦਿਨ|ਦਿਨ ਬਦਲ|অন্য দিন|অন্যদিন|સમય બદલ|બીજો દિવસ|موعد (ثاني|آخر|اخر)|تغيير الموعد|يوم (آخر|اخر)"
    ),
    "cancel": (
        r"\b(odwolac|odwoluje|odwolaj|anuluj\w*|anulowanie|rezygnuj\w*|nie moge (przyjsc|byc|przyjechac)|nie dam rady|nie przyjd\w*|nie bedzie mnie|"
        r"nie bede (mogl|mogla) (przyjsc|byc)|nie potrzebuje (tej )?wizyty|(juz )?niepotrzebna|"
        r"anulati|anulez|anulare|anulati va rog|nu (mai )?pot (sa )?(veni|vin|ajung\w*)|nu (mai )?(vin|ajung)|nu voi putea|nu o sa\b|nu o sa pot|nao poderei|nao da para|nao quero ir|jooji ballan\w*|nu mai am nevoie|nu mai este nevoie|renunt|"
        r"cancele|cancela|cancelar|desmarcar|desmarque|nao posso (ir|comparecer|chegar)|n posso ir|nao vou( poder| conseguir| estar|$)|nao vamos|nao consigo (ir|chegar)|(ja )?nao preciso|"
        r"baaji\w*|kansal garee|cancel garee|cancel ii garee|ka noqo|ma ima+n karo|ma ima+n karto|ma ima+nayo|ma iman doon\w*|uma baahni|ma rabo ballan\w*|"
        r"cancel (kar|kr|kardo|kardein|krdein|karo|karjo|kari|kore|koren|koira|korun|kori|kro|krdo|krden)\w*|mansookh|"
        r"(nahi|nahin|nai|nhi) (a|aa|aana|aa rah\w*) ?(sak\w*|skd\w*|paun\w*|pa\w*|raha|rahi)?|nahi aa\w*|nahi auna|nai aa hona|nahi aunga|nahi aungi|(ab|hun|have|ar) (zaroorat|jarurat|lod|jarur|dorkar) (nahi|nathi|nai|nei)|zaroorat nahi|"
        r"batil kor\w*|(ashte|aste|aite|aita|aitam|asht?e) (parb\w*|partesi|fart\w*|fartam|parchi|pari)( ?na)?( nay| nae| na)?|ashbo na|aimu na|aitam nay|dorkar nai|"
        r"(nahi|nai|nathi) (aavi|avi|aavvan\w*|avan\w*|avvan\w*|aavv?an\w*)\w*( ?(saku|shaku|sake|sakiye|sakish))?|aavi nahi shaku|rad karo|jarur nathi|"
        r"el?gha2?'?|ilgha'?|alghi|ma (a2dar|agdar|bagdar|ba2dar|fini|rah) (aji|agi|eji|ahdar)|m[ie]sh (ha2dar|gayy?|jay|ji)|mesh gayy?|cancel (law|min))\b|"
        r"منسوخ کر|کینسل کر|نہیں آ (سک|رہ|پا)|نہیں آ(ؤ|ؤں|ئیں)|ضرورت نہیں|ਰੱਦ ਕਰ|ਕੈਂਸਲ ਕਰ|ਨਹੀਂ ਆ ?(ਸਕ|ਉਣਾ|ਵਾਂ)|ਨਹੀਂ ਆਉ|ਨਹੀਂ ਆਵਾਂ|ਲੋੜ ਨਹੀਂ|"
        r"বাতিল|ক্যান্?সেল কর|আসতে পার(ব|বো|তেছি|ছি)|আসছি না|আসব না|আসবো না|দরকার নেই|આવી શક\w* ?(નહીં|એમ નથી)?|નહીં આવી|નથી આવ|રદ કર|કેન્સલ કર|જરૂર નથી|"
        r"إلغاء|الغاء|الغي|الغوا|ألغ|لا (أ|ا)ستطيع|لا احتاج الموعد|لا أحتاج الموعد|لن (أ|ا)تمكن|لن (أ|ا)حضر|ما (اقدر|بقدر|فيني|راح) |مش (هقدر|جاي|جاية)|ما نقدر|لم أعد بحاجة"
    ),
    "confirm": (
        r"\bnao quero cancelar\b|waa ima+n doon\w*|s[ae]'?a?kun hun\w*|سأكون هناك|ساكون هناك|^(tak|da|sim|haa|haye|ji|jee|jee haan|ji haan|haan|han|hanji|haan ji|han ji|ji han|ha|haa ji|ha ji|hae|hya|oy|na3am|aywa|aiwa|ewa|جی|جی ہاں|ہاں|ਹਾਂ|ਹਾਂ ਜੀ|হ্যাঁ|জি|હા|હા જી|نعم|ايوه|أيوه|ايوا|اي نعم)( (tak|da|sim|ji|haa|ok))*$|"
        r"\b(bede|przyjde|potwierdzam|voi (veni|fi acolo)|o sa (vin|fiu)|vin (sigur|maine)|da vin|confirm prezenta|confirmo|confirmado|estarei|sim (eu )?vou|vou sim|eu vou|vou la estar|nao vou faltar|"
        r"waan ima+na\w*|waan iman (doonaa|karaa)|waan xaqiijin\w*|(main|mein|hum)? ?(aun ga|aun gi|aunga|aungi|aa jaung\w*|aa rah\w*|aavang\w*|aa javang\w*)|theek ha[i]+|thik ache|"
        r"ashbo|aimu|asbo|hu aavish|hu avish|aavish|aavishu|aavu chu|avish|aavi jaish|barabar che|aa rahe aan|inshallah (aaungi|rah aji)|rah aji|ana jay)\b|"
        r"آؤں گ|آ جاؤں|آ رہ(ا|ی) ہوں|ٹھیک ہے|ਆਵਾਂਗ|ਆ ਰਹ|ਠੀਕ ਹੈ|আসব(?! না)|আসবো(?! না)|আসছি(?! না)|ঠিক আছে|આવીશ|આવું છું|સા ?રું|سأحضر|سوف (أ|ا)حضر|جاي(ة)?( |$)|راح اجي|قادم|تمام|أؤكد|اؤكد"
    ),
    "stop": (
        r"(sms|smsow|wiadomosci|mesaje|mensage\w*|fariim\w*|fariin|message|messages|msg|rasa2el|مسج|میسج|ਮੈਸੇਜ|মেসেজ|મેસેજ|رسائل|الرسائل).*\b(nie|nu|nao|na|ha|jooji|opriti|parem|pare|przestac|band|bandh|bondho|diben|pathaben|stop)\b|"
        r"\b(nie (pisac|wysylac|chce)|nu (mai )?(vreau|trimiteti)|nao (quero|me mandem)|parem|pare|opriti|ha ii soo|jooji|la tib3at\w*|przestac)\b.*\b(sms\w*|wiadomosci|mesaje|mensage\w*|fariim\w*|fariimo|rasa2el|wiecej)\b|"
        r"میسج (نہ|بند)|ਮੈਸੇਜ (ਨਾ|ਭੇਜਣੇ ਬੰਦ|ਬੰਦ)|মেসেজ (পাঠাবেন না|দেওয়া বন্ধ|বন্ধ)|મેસેજ (ના|મોકલવાનું બંધ|બંધ)|لا ترسل|(توقف|وقف)\w* .{0,14}الرسائل|fariimaha jooji|nu imi mai trimiteti"
    ),
    "wrong_person": (
        r"\b(zly numer|pomylka|pomylil\w*|numar gresit|gresit (numarul|persoana)|numero errado|enganou se|e engano|engano|nao conheco|nu cunosc|nie znam|lambar khaldan|la[mn]bark\w* waa (khalad|qalad)|nambark\w* waa qalad|khaldantay|"
        r"(ghalat|galat|galt|bhul|vul|bul|khoto|rong|rang) (number|nambar|nomber|no)|number (unka|ohna|emno|tar) (\w+ )?(nahi|na|nathi)|(elraqam|raqam|el raqam|rakam) ghalat|raqam gh?alat)\b|"
        r"غلط نمبر|ਗਲਤ ਨੰਬਰ|ভুল নাম্বার|ভুল নম্বর|রং নাম্বার|ખોટો નંબર|الرقم (غلط|خطأ|خاطئ)|رقم (خاطئ|غلط|خطأ)|غلطان بالرقم"
    ),
    "thanks": (
        r"^(dziekuje|dzieki|dziekuje bardzo|multumesc|multumesc frumos|mersi|obrigad[oa]|muito obrigad[oa]|obg|mahadsanid( walaal)?|aad baad u mahadsan tahay|waad mahadsan tahay|shukri?ya|shukria|bohat shukriya|jazakallah( khair)?|"
        r"dhan[vy]a+[dt]( ji)?|meharbani( ji)?|dhonnobad|donnobad|onek dhonnobad|(khub khub )?aabhar( tamaro)?|shukran( jazilan)?|شکریہ|بہت شکریہ|ਧੰਨਵਾਦ( ਜੀ)?|ਮਿਹਰਬਾਨੀ|ধন্যবাদ|অনেক ধন্যবাদ|આભાર|ધન્યવાદ|شكرا|شكراً|شكرا جزيلا|شكراً جزيلاً|مشكورين|مشكور)$"
    ),
    "no": (
        r"^(nie|nu|nao|maya|maya maya|ma rabo|nahi|nahin|nai|na|ji nahi|nahi ji|nako|la|la2|laa|lla)( (dziekuje|multumesc|obrigad[oa]|mahadsanid|shukriya|ji|dhonnobad|aabhar|shukran|chahiye|thanks|sorry))*$|"
        r"\b(nie chce|nu vreau|nao quero|ma rabo|nahi (chahiye|lagwani|lagwana|karani|karwani|lena|leni|levi)|nathi (levi|joiti|joitu)|lagbe na|nibo na|nimu na|chai na|ma biddi|ma abi|ma badi|mabghash)\b|"
        r"^(نہیں|جی نہیں|ਨਹੀਂ|ਨਹੀਂ ਜੀ|না|না ধন্যবাদ|ના|ના આભાર|لا|لا شكرا|لا شكراً)$|لا (أ|ا)ريد|ما (أ|ا)بي|مش عايز|نہیں چاہیے|ਨਹੀਂ ਚਾਹੀਦ|লাগবে না|নিব না|નથી (લેવી|જોઈતી)"
    ),
    "deceased": (
        r"\b(nie zyje|zmarl[a]?|a murit|a decedat|faleceu|morreu|wuu dhintay|way dhimatay|geeriyooday|inteqal|intiqal|death ho ga|guj?ri gaya|pure ho gaye|gujar ga\w*|mara gesen|mara gesoin|mara geche\w*|avsan thayu|tuwuffi|twaffa|mat(et)? .{0,6}allah)|"
        r"انتقال|فوت ہو|ਗੁਜ਼ਰ ਗਏ|ਮੌਤ ਹੋ|মারা গেছেন|ગુજરી ગયા|અવસાન|توفي|توفى|توفيت|مات( |$)|ماتت"
    ),
}
_COMPILED = {intent: re.compile(form) for intent, form in _FORMS.items()}
_ASKS = re.compile(r"\b(kaise|kese|pata nahi|ga ya nahi|sidee|jak|cum|como)\b|كيف|کیسے|ਕਿਵੇਂ|কিভাবে|કેવી")
"""Asks how, or does not know: nobody's plain wish."""
_KEEP = re.compile(_NOT_CANCEL)


def folded(words: str) -> str:
    """Without the marks of Latin letters; other scripts keep theirs, which are letters."""
    return "".join(
        unicodedata.normalize("NFD", sign)[0] if "\u00c0" <= sign <= "\u024f" or "\u1e00" <= sign <= "\u1eff" else sign
        for sign in words.replace("ł", "l")
    )


def proposes(words: str) -> str:
    """The intent that a foreign phrase proposes, "" for none."""
    plain = folded(words)
    if _ASKS.search(plain):
        return ""
    for intent in ("deceased", "wrong_person", "stop", "rebook"):
        if _COMPILED[intent].search(plain):
            return intent
    if _KEEP.search(plain):
        return "confirm"
    for intent in ("no", "cancel", "thanks", "confirm"):
        if _COMPILED[intent].search(plain):
            return intent
    return ""
