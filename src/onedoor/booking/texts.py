"""What texts about appointments say (clinical.md 6.5): plain words, the most important first, one thing to do.

GSM-7 letters only, and one fragment (160 septets, messaging.md 2) where the names allow it: each text has a long form and
shorter ones, and the first that fits is taken. A text may call the appointment what its type allows and no more; on a shared
phone it names nothing but the first name (clinical.md 6.2).
"""

from __future__ import annotations

import unicodedata
from dataclasses import dataclass
from datetime import datetime

from onedoor.kernel.words import clock_time, short_day

ONE_FRAGMENT = 160

_GSM = set(
    "@£$¥èéùìòÇØøÅåΔ_ΦΓΛΩΠΨΣΘΞÆæßÉ !\"#¤%&'()*+,-./0123456789:;<=>?¡ABCDEFGHIJKLMNOPQRSTUVWXYZÄÖÑÜ§"
    "¿abcdefghijklmnopqrstuvwxyzäöñüà\n"
)
_LIKE = str.maketrans({"’": "'", "‘": "'", "`": "'", "–": "-", "—": "-", "Ł": "L", "ł": "l", "Đ": "D", "đ": "d"})


@dataclass(frozen=True)
class About:
    """What a text is about. `said_as` is empty when it may say only "appointment"; `phone` is the practice's own."""

    first_name: str
    starts_at: datetime
    practice: str
    phone: str
    said_as: str = ""
    by_telephone: bool = False
    may_cancel: bool = False
    may_refill: bool = False
    interpreter: str = ""
    """How the interpreter of the visit stands: asked, confirmed, or "" when there is none to speak of. Of which language is not
    said: texts are read on locked screens and by others."""


def plain(text: str) -> str:
    """Letters that a text carries at the cheap rate; an accent it lacks is dropped, any other sign left out."""
    kept = []
    for sign in unicodedata.normalize("NFC", text).translate(_LIKE):
        if sign in _GSM:
            kept.append(sign)
        else:
            base = unicodedata.normalize("NFKD", sign)[0]
            kept.append(base if base in _GSM else "")
    return "".join(kept).strip()


def reminder(about: About) -> str:
    """Asked before the appointment: YES, CANCEL where a reply may cancel, EARLY where the place may be refilled."""
    say, with_ = _when(about), _interpreter(about)
    ring = f" To change it, ring {about.phone}."
    if not about.may_cancel:
        return _first_that_fits(
            *(f"{say}{more} Reply YES to keep it.{ring}" for more in with_), f"{say} Reply YES to keep it."
        )
    both = f"{say} Reply YES to keep it, CANCEL to cancel it."
    if not about.may_refill:
        return _first_that_fits(*(f"{say}{more} Reply YES to keep it, CANCEL to cancel it." for more in with_))
    return _first_that_fits(
        *(f"{say}{more} Reply YES, CANCEL or, for an earlier one, EARLY." for more in with_ if more),
        f"{say} Reply YES to keep it, CANCEL to cancel it, EARLY to be offered an earlier one.",
        f"{say} Reply YES to keep it, CANCEL to cancel, EARLY for an earlier one.",
        f"{say} Reply YES, CANCEL or, for an earlier one, EARLY.",
        both,
    )


def booked(about: About) -> str:
    """A booking is made and sure; also for one booked on its own day elsewhere."""
    say, with_ = _when(about), _interpreter(about)
    cannot = "reply CANCEL" if about.may_cancel else f"ring {about.phone}"
    return _first_that_fits(
        *(f"{say}{more} If you cannot come, {cannot}." for more in with_), *(f"{say}{more}" for more in with_)
    )


def moved(about: About, was: datetime) -> str:
    """An appointment was moved from `was`."""
    say = _when(about, now=" now")
    return _first_that_fits(
        *(f"{say}{more} You no longer have {_at(was)}." for more in _interpreter(about)),
        *(f"{say}{more}" for more in _interpreter(about)),
    )


def asked_for(about: About) -> str:
    """A place was asked of an outside diary; it is not sure yet."""
    return _first_that_fits(
        f"{_hello(about)}we are booking {_at(about.starts_at)} for you at {plain(about.practice)}. "
        "We will text you when it is sure.",
        f"{_hello(about)}we are booking {_at(about.starts_at)} for you. We will text you when it is sure.",
    )


def place_gone(about: About) -> str:
    """The place that was asked for went to somebody else first."""
    return _first_that_fits(
        f"{_hello(about)}sorry, {_at(about.starts_at)} at {plain(about.practice)} had already gone. "
        "Nothing else of yours has changed.",
        f"{_hello(about)}sorry, {_at(about.starts_at)} had already gone. Nothing else of yours has changed.",
    )


def cancelled(about: About, *, may_return: bool) -> str:
    """The patient cancelled; `may_return` when YES takes it back while the place is free."""
    say = f"{_hello(about)}your appointment on {_at(about.starts_at)} is cancelled. Thank you for telling us."
    return (
        _first_that_fits(f"{say} Changed your mind? Reply YES within the hour.", say)
        if may_return
        else _first_that_fits(say)
    )


def cancelling(about: About, *, may_return: bool) -> str:
    """The patient cancelled, and the practice's own diary is being told."""
    say = (
        f"{_hello(about)}thank you for telling us. We are cancelling {_at(about.starts_at)} and you need not "
        f"{'wait for our call' if about.by_telephone else 'come'}."
    )
    return (
        _first_that_fits(f"{say} Changed your mind? Reply YES within the hour.", say)
        if may_return
        else _first_that_fits(say)
    )


def cancelled_by_practice(about: About) -> str:
    """The practice cancelled."""
    return _first_that_fits(
        f"{_hello(about)}sorry, {plain(about.practice)} has had to cancel your appointment on {_at(about.starts_at)}. "
        f"To book another, ring {about.phone}.",
        f"{_hello(about)}sorry, we have had to cancel {_at(about.starts_at)}. To book another, ring {about.phone}.",
    )


def kept(about: About) -> str:
    """The patient said YES."""
    will = "will ring" if about.by_telephone else "expect"
    return _first_that_fits(f"{_hello(about)}thank you. We {will} you on {_at(about.starts_at)}.")


def back_again(about: About) -> str:
    """The patient said YES after cancelling, and has the place again."""
    return _first_that_fits(f"{_hello(about)}good. Your appointment on {_at(about.starts_at)} is yours again.")


def gone_meanwhile(about: About) -> str:
    """The patient said YES after cancelling, but somebody else has the place: EARLY puts them on the list."""
    when, phone = _at(about.starts_at), about.phone
    if about.may_refill:
        return _first_that_fits(
            f"{_hello(about)}sorry, {when} has gone to somebody else. Reply EARLY to be offered the next one, or ring {phone}.",
            f"{_hello(about)}sorry, {when} has gone. Reply EARLY for the next one, or ring {phone}.",
        )
    return _first_that_fits(
        f"{_hello(about)}sorry, {when} has gone to somebody else. To book another, ring {phone}.",
        f"{_hello(about)}sorry, {when} has gone. Please ring {phone}.",
    )


def on_the_list(about: About) -> str:
    """The patient has no appointment of this kind any more, and waits for one."""
    return _first_that_fits(
        f"{_hello(about)}we will text you when an appointment comes free. You have none until then.",
        f"{_hello(about)}we will text you when one comes free. You have none until then.",
    )


def person_decides(about: About) -> str:
    """A reply may not do this; a person will be in touch, and the appointment stands until then."""
    return _first_that_fits(
        f"{_hello(about)}thank you. The practice will be in touch about {_at(about.starts_at)}. "
        "Until then your appointment stands.",
        f"{_hello(about)}thank you. The practice will be in touch. Until then your appointment stands.",
    )


def other_times(about: About, address: str) -> str:
    """The patient asked for another time: a link, and the appointment stands until they choose."""
    return _first_that_fits(
        f"{_hello(about)}choose another time instead of {_at(about.starts_at)} here: {address} Until then you keep it.",
        f"{_hello(about)}choose another time here: {address} Until then you keep {_at(about.starts_at)}.",
        f"Choose another time here: {address} Until then your appointment stands.",
    )


def late_noted(about: About, minutes: int | None) -> str:
    """The patient is running late; that they will be seen is not promised."""
    how = f"about {minutes} minutes late" if minutes else "running late"
    return _first_that_fits(
        f"{_hello(about)}thank you. The practice knows that you are {how} for {_at(about.starts_at)}. "
        "Please tell the desk when you arrive.",
        f"{_hello(about)}thank you. The practice knows that you are {how} for {_at(about.starts_at)}.",
    )


def will_be_offered(about: About) -> str:
    """The patient asked for something earlier, and is on the list."""
    return _first_that_fits(
        f"{_hello(about)}we will text you if an earlier appointment comes free. "
        f"Until then you keep {_at(about.starts_at)}.",
        f"{_hello(about)}we will text you if an earlier one comes free. You keep {_at(about.starts_at)}.",
    )


def offer(about: About, own: datetime | None) -> str:
    """An earlier place is free; `own` is the appointment that it would replace."""
    called = "telephone appointment" if about.by_telephone else "appointment"
    called = f"an earlier {called}" if own is not None else f"{'a' if about.by_telephone else 'an'} {called}"
    stay = "NO to stay as you are" if own is not None else "NO if you cannot"
    head = f"{_hello(about)}{called}, {_at(about.starts_at)}, is free"
    return _first_that_fits(
        f"{head} at {plain(about.practice)}. Reply YES to take it, {stay}. First to reply has it.",
        f"{head}. Reply YES to take it, {stay}. First to reply has it.",
    )


def offer_taken(about: About, own: datetime | None) -> str:
    """The place is theirs, and the appointment it replaces is given up."""
    say = f"{_hello(about)}{_at(about.starts_at)} is yours."
    if about.by_telephone:
        say = f"{say} We will ring you."
    elif about.practice:
        say = _shorter(f"{say[:-1]}, at {plain(about.practice)}.", say)
    return _first_that_fits(f"{say} You no longer have {_at(own)}.", say) if own is not None else _capital(say)


def offer_asked(about: About, own: datetime | None) -> str:
    """The place is being booked in an outside diary; what they have stays until it is sure."""
    say = f"{_hello(about)}thank you. We are booking {_at(about.starts_at)} and will text you when it is sure."
    return _first_that_fits(f"{say} Until then you keep {_at(own)}.", say) if own is not None else _capital(say)


def offer_gone(about: About, own: datetime | None, *, taken: bool = True) -> str:
    """The offered place went to somebody else, or is no longer on offer; nothing of theirs has changed."""
    lost = "has gone to somebody else" if taken else "is no longer on offer"
    say = f"{_hello(about)}sorry, {_at(about.starts_at)} {lost}."
    if own is None:
        return _first_that_fits(f"{say} You keep your place on the list.", say)
    return _first_that_fits(
        f"{say} You keep {_at(own)}, and your place on the list.", f"{say} You keep your place on the list.", say
    )


def offer_declined(about: About, own: datetime | None) -> str:
    """They said NO, and stay on the list."""
    keep = f"you keep {_at(own)}" if own is not None else "you stay on the list"
    say = f"{_hello(about)}thank you, {keep}."
    return _first_that_fits(f"{say} We will text you when another comes free.", say)


def offer_held(about: About) -> str:
    """Somebody is being booked into the place just now; it may yet stay free."""
    return _first_that_fits(
        f"{_hello(about)}somebody else is just being booked into {_at(about.starts_at)}. If you would still like it, "
        "reply YES again in ten minutes.",
        f"{_hello(about)}somebody else may be taking {_at(about.starts_at)}. Reply YES again in ten minutes.",
    )


def offer_clashes(about: About) -> str:
    """They have another appointment at that time."""
    return _first_that_fits(
        f"{_hello(about)}we have not booked {_at(about.starts_at)}: you have another appointment then. "
        f"To change it, ring {about.phone}.",
        f"{_hello(about)}you have another appointment then. To change it, ring {about.phone}.",
    )


def enrolled(about: About, dates: int, *, came_free: bool = False) -> str:
    """A place on a course is theirs: one text for all its dates, the first of which is `about`'s."""
    free = "a place has come free and is yours: " if came_free else ""
    called = f"your {plain(about.said_as)}" if about.said_as else "your course"
    on = f"is {_at(about.starts_at)}" if dates == 1 else f"is on {dates} dates, the first {_at(about.starts_at)}"
    say = f"{_hello(about)}{free}{called} {on}"
    at = f"{say} at {plain(about.practice)}."
    remind, ring = " We remind you before each.", f" To change it, ring {about.phone}."
    return _first_that_fits(f"{at}{remind}{ring}", f"{at}{ring}", f"{say}.{ring}")


def left_course(about: About, dates: int) -> str:
    """The patient gave up their place on a course; the first date that they give up is `about`'s."""
    gone = _from_on(about, dates)
    verb = "is" if dates == 1 else "are"
    return _first_that_fits(f"{_hello(about)}{gone} {verb} cancelled. Thank you for telling us.")


def course_cancelled(about: About, dates: int) -> str:
    """The practice took a patient off a course, or gave it up."""
    gone = _from_on(about, dates)
    return _first_that_fits(
        f"{_hello(about)}sorry, {plain(about.practice)} has had to cancel {gone}. Please ring {about.phone}.",
        f"{_hello(about)}sorry, we have had to cancel {gone}. Please ring {about.phone}.",
    )


def date_cancelled(about: About) -> str:
    """The practice cancelled one date of a course; others stand."""
    rest = "Your other dates stand."
    return _first_that_fits(
        f"{_hello(about)}sorry, {plain(about.practice)} has had to cancel {_at(about.starts_at)}. {rest}",
        f"{_hello(about)}sorry, we have had to cancel {_at(about.starts_at)}. {rest}",
    )


def _from_on(about: About, dates: int) -> str:
    at = _at(about.starts_at)
    return f"your {plain(about.said_as) or 'course'} on {at}" if dates == 1 else f"your {dates} dates from {at} on"


def septets(text: str) -> int:
    """Length of a text of ours, which has basic letters only."""
    return len(text)


def _hello(about: About) -> str:
    name = plain(about.first_name)
    return f"{name}: " if name else ""


def _at(moment: datetime) -> str:
    return f"{short_day(moment)} at {clock_time(moment)}"


def _when(about: About, *, now: str = "") -> str:
    """`now` is " now" for an appointment that was another before."""
    practice, at = plain(about.practice), _at(about.starts_at)
    if about.by_telephone:
        return f"{_hello(about)}{practice} will{now} ring you on {at}."
    called = plain(about.said_as) or "appointment"
    return f"{_hello(about)}your {called} is{now} {at} at {practice}."


def _interpreter(about: About) -> tuple[str, ...]:
    """What is said of the interpreter, the most first; it gives way where the text would grow into a second fragment."""
    said = {"asked": " An interpreter is asked for.", "confirmed": " An interpreter is booked."}.get(about.interpreter)
    return (said, "") if said else ("",)


def _first_that_fits(*forms: str) -> str:
    for form in forms:
        text = _capital(form)
        if septets(text) <= ONE_FRAGMENT:
            return text
    return _capital(forms[-1])


def _shorter(full: str, brief: str) -> str:
    return full if septets(full) <= ONE_FRAGMENT else brief


def _capital(text: str) -> str:
    return text[:1].upper() + text[1:]
