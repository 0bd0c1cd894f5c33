"""Generated threads of families on one telephone (product-map.md J2): does a text touch a visit that its sender did not mean?

`generate` writes the threads with the truth of what each sender meant; `play` puts them through the product: texts are stored as
the provider's door stores them, understood by the sweep, and what changed in the diary afterwards is held against the truth. Each
thread is played in a transaction of its own that is rolled back, so that the families meet nobody else's texts.

The wordings were written by hand without sight of the rules that read them. Where the truth is that nobody can tell which visit
is meant, any act at all counts as one on the wrong person.
"""

from __future__ import annotations

import random
import re
import time
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from typing import Any
from uuid import uuid4
from zoneinfo import ZoneInfo

THREADS, SEED = 5_000, 20_261_207
LONDON = ZoneInfo("Europe/London")
FIRST = date(2026, 12, 7)
"""A Monday with two weeks behind it that have no holiday."""
FAMILY, OTHER = "+447700900301", "+447700900302"
MINUTES = [hour * 60 + minute for hour in range(8, 17) for minute in range(0, 60, 10)]
CLINICIANS = 6


def _wordings(written: str) -> tuple[str, ...]:
    """Wordings, written one after the other with a bar between."""
    return tuple(written.split("|"))


NAMES = _wordings(
    "Kai|Skye|Imran|Yusuf|Ayesha|Bilal|Zara|Winifred|Mohammed|Sam|Ella|Rosa|Joan|Albert|Priya|Lech|Agnieszka|Tyrone|Kerry|"
    "Doreen|Femi|Nadia|Connor|Sheila|Mia|Derek|Chantelle|Ioana|Andrei|Harpreet|Gurpreet|Mei|Olu|Will|May|Grace|Hope|Bea|Tom|"
    "Thomas|Ann|Anna|Danny|Daniela|Jo|Amir|Amira|Fatima|Abdi|Hodan|Rui|Maria|Lewis|Leah|Poppy|Ivy|Jack|Stan|Dot|Vera"
)

CANCEL = _wordings(
    "CANCEL|cancel|Cancel please|cancel pls|cant come sorry|can't make it|Cannot attend|cant make it sorry cancel|"
    "please cancel the appointment|Please cancel my appointment|sorry wont be able to make it|not going to make it im afraid|"
    "cancel appt|cancel it please|need to cancel|I need to cancel|have to cancel sorry|im not coming|we are not coming|"
    "wont be there|Sorry I can't come|unable to attend|something's come up cant make it|can u cancel it pls|"
    "Hi can you cancel please thanks|at work cant come|sorry car broke down can't get there|cancell|cancle please|"
    "Cancel. Thank you|no longer need the appointment|dont need it any more thanks|feeling better, no need for appointment|"
    "Please could you cancel this appointment. Many thanks|give it to someone else please i cant make it|"
    "we wont make it tomorrow sorry|got covid so not coming|can't do that day|no good for me please cancel|❌ cancel"
)
CANCEL_NAMED = _wordings(
    "cancel {name}|Cancel {name}'s appointment please|{name} cant come|{name} can't make it sorry|cancel {name}s appt|"
    "please cancel for {name}|{name} won't be coming|{name} is poorly so cant come|{name} not well, please cancel|"
    "CANCEL {NAME}|I need to cancel {name}'s|cancel the one for {name}|just {name}'s please cancel|only cancel {name}|"
    "sorry {name} has school so can't come|{name} - cancel|{name} cancel|Cancel. {name}|can you cancel {name} please|"
    "I can't bring {name}|Hi its about {name}, we need to cancel|{name} wont be able to attend|re {name}: cannot make it|"
    "{name} doesnt need it any more|{name} is better now no need to come|my daughter {name} cant come|"
    "my son {name} is ill cancel|{name} has been admitted to hospital so wont be there|"
    "please take {name} off the list for that day he can't come"
)
CANCEL_ONE_NOT_OTHER = _wordings(
    "cancel {name} not {other}|{other} is coming but {name} isn't, please cancel {name}|cancel {name} only, keep {other}|"
    "not {other}, its {name} who cant come|{other} will be there but {name} can't make it|"
    "{other} is fine to come. {name} can't, please cancel|keep {other}'s, cancel {name}'s|"
    "{other} is ill so I can't bring {name}|its {other} here, please cancel {name}'s appointment|"
    "This is {other}. {name} cant come|i have to take {other} to hospital so cancel {name}|cancel {name} leave {other} as it is"
)
CANCEL_TIMED = _wordings(
    "cancel the {time} one|cant make {time}|can't do {time} sorry please cancel|cancel {time} please|{time} - cancel|"
    "please cancel the appointment at {time}|we wont make the {time}|cancel {day}|can't come {day}|"
    "cant do {day} please cancel|need to cancel {day}'s appointment|cancel the {day} one|sorry can't make it on {day}"
)
CANCEL_NAMED_TIMED = _wordings(
    "cancel {name} at {time}|{name} can't come at {time}|Cancel {name}'s {time} appointment|{name} {time} cancel please|"
    "cancel {name} {day} {time}|please cancel {name} on {day} at {time}"
)
CANCEL_ALL = _wordings(
    "cancel both|cancel all of them|none of us can come|we all have flu so cant come any of us|Please cancel both appointments|"
    "cancel all please|both cancelled please|cant make either|neither of us can come"
)
MISSED = _wordings(
    "sorry i overslept can i have another|sorry we missed it yesterday|forgot all about it sorry|we couldnt come yesterday sorry|"
    "sorry we forgot. can we rebook|didn't make it yesterday, had to work"
)
CONFIRM = _wordings(
    "yes|YES|Yes please|yes will be there|ok|Yes thank you|coming|see you then|y|yep|I'll be there|we will be there|"
    "confirmed|👍|fine thanks|Yes I will attend|yes that's fine"
)
CONFIRM_NAMED = _wordings(
    "yes {name} will be there|{name} is coming|{name} yes|Yes for {name}|{name} will attend|confirm {name}|{name} can come thanks"
)
NO_VISIT = _wordings(
    "{name} is poorly so we cant come|cancel {name}|{name} can't make it|please cancel {name}'s appointment|"
    "{name} wont be coming|{name} has a temperature so cannot attend"
)
KEEP = _wordings(
    "no wait keep it|actually I can come|sorry I can come after all|yes I'll come after all|ignore that we are coming|"
    "changed my mind, keep it|oh wait we can make it|please dont cancel|can i have it back please|no dont cancel it sorry|"
    "YES|yes|actually yes we will be there|forget that, will be there|scrap that keep the appointment"
)
KEEP_NAMED = _wordings(
    "sorry {name} can come after all|keep {name}'s please|actually {name} is coming|dont cancel {name}|{name} can make it now"
)
ACCEPT = _wordings(
    "yes i'll take it|Yes please I'll take the earlier one|I'll have it|yes we want the earlier one|take it please"
)
DECLINE = _wordings("no thanks|No|NO thank you|not that one, keep mine|no we'll stay as we are")
TALK = _wordings(
    "thanks|Thank you|ok thanks|what time is it again?|where do we park?|do i need to fast before?|who is it with?|"
    "running 10 mins late|stuck in traffic be there in 15|can i bring the pushchair|is it upstairs|"
    "{name} is running late, 10 mins|what is {name}'s for?|does {name} need to bring a sample|can {name} have a female doctor|"
    "{name} has a rash should we still come?|my mum used to cancel these|we cancelled the other one last week already|"
    "if {name} is still ill tomorrow we may have to cancel|thought {name}'s was cancelled?|did you cancel {name}'s?"
)
STOP = _wordings("STOP|stop|Stop texting me|STOP please")
NUMBERS = _wordings(
    "{n}|{n}.|{n} please|Number {n}|no {n}|option {n}|{n} thanks|its {n}|the {ordinal} one|{ordinal}|{word}"
)
NAME_ANSWERS = _wordings("{name}|{name} please|{name}'s|its {name}|The one for {name}|{name} pls thanks|for {name}")
TIME_ANSWERS = _wordings("the {time} one|{time}|{time} please|{day}|the {day} one|the one at {time}")
NO_ANSWERS = _wordings(
    "both|both please|all of them|either|dont mind|not sure|what?|the other one|mine|my sons|the doctor one|the nurse one|9|0|"
    "thanks|ok|yes|1 or 2|the earlier one i think|who is this"
)
NEITHER = _wordings("neither|none, we are coming|forget it we'll come|keep them all sorry")
ORDINALS, WORDS = (
    ("first", "second", "third", "fourth", "fifth", "sixth"),
    ("one", "two", "three", "four", "five", "six"),
)

Act = tuple[int, str]
"""A visit of the family and what was done with it: cancel, confirm, reopen, move, earlier, decline."""


@dataclass(frozen=True)
class Visit:
    """A visit of the family member with this place in the list; `early` is reminded of five days before."""

    who: int
    starts_at: datetime
    early: bool


@dataclass(frozen=True)
class Step:
    """A text. `means` are the acts that would be what the sender meant; none when nobody can tell, or nothing is to be done.

    `kind` says what the truth still depends on: "text" on nothing, "answer" on the question that was put (there is none: the
    step is left out), "keep" on what was done before, "copy" repeats the text before (`text` is "same" for the same provider id).
    """

    at: datetime
    kind: str
    text: str
    means: frozenset[Act] = frozenset()
    about: int | None = None
    how: str = ""


@dataclass(frozen=True)
class Script:
    """A family and what its phone says. `offer` is the visit for which an earlier place is offered at the beginning."""

    number: int
    names: tuple[str, ...]
    visits: tuple[Visit, ...]
    steps: tuple[Step, ...]
    begins: datetime
    offer: int | None = None


@dataclass
class Figures:
    """What became of the threads played."""

    counts: Counter[str] = field(default_factory=Counter)
    wrong: list[str] = field(default_factory=list)
    lost: list[str] = field(default_factory=list)


def run(options: Mapping[str, Any]) -> dict[str, Any]:
    """Generate and play; `options` may say threads and seed."""
    from bench.rig import open_database

    threads, seed = int(options.get("threads") or THREADS), int(options.get("seed") or SEED)
    with open_database("threads"):
        began = time.monotonic()
        found = play(generate(seed, threads))
        seconds = time.monotonic() - began
    return {**summary(found), "threads": threads, "seed": seed, "seconds": round(seconds, 1)}


def summary(found: Figures) -> dict[str, Any]:
    """The figures: wrong acts in numbers, outcomes as shares of the texts."""
    counts = found.counts
    texts = max(1, counts["texts"])
    shares = {name: round(counts[name] / texts, 4) for name in ("acted", "asked", "person", "other")}
    numbers = {
        name: counts[name]
        for name in (
            "wrong_person",
            "wrong_visit",
            "wrong_wish",
            "lost",
            "texts",
            "tellable",
            "tellable_acted",
            "nobody_can_tell",
            "after_48h",
            "after_48h_handled",
            "after_start",
            "after_start_handled",
        )
    }
    return {**numbers, **shares, "wrong": found.wrong, "lost_threads": found.lost}


# ---- families and what they say -------------------------------------------------------------------------------------------


def generate(seed: int, threads: int) -> Iterator[Script]:
    """So many threads of this seed; the n-th is the same however many are asked for."""
    for number in range(threads):
        yield _Family(random.Random(f"{seed}:{number}"), number).script()


def _day(n: int) -> date:
    """The n-th working day from the first."""
    return FIRST + timedelta(days=n // 5 * 7 + n % 5)


def _moment(day: date, minutes: int) -> datetime:
    return datetime(day.year, day.month, day.day, minutes // 60, minutes % 60, tzinfo=LONDON)


class _Family:
    """One family, its visits, and a sender with something in mind."""

    SCENES = {
        "bare": 26,
        "named": 18,
        "one_not_other": 7,
        "timed": 8,
        "named_timed": 4,
        "quoted": 6,
        "all": 4,
        "confirm": 6,
        "confirm_named": 4,
        "no_visit": 5,
        "begun": 9,
        "offer": 8,
        "stop": 3,
        "talk": 8,
    }

    def __init__(self, dice: random.Random, number: int) -> None:
        self.dice, self.number = dice, number
        self.names = [dice.choice(NAMES) for _ in range(dice.choice((2, 2, 3, 3, 4)))]
        if dice.random() < 0.12:
            self.names[-1] = self.names[0]
        elif len(set(self.names)) < len(self.names):
            self.names = dice.sample(NAMES, len(self.names))
        self.visits: list[Visit] = []
        early = dice.random() < 0.3
        taken: set[tuple[int, datetime]] = set()
        while not self.visits:
            for who in range(len(self.names)):
                for _ in range(dice.choices((0, 1, 2, 3), (3, 6, 2, 1))[0]):
                    starts_at = self._when()
                    if (who, starts_at) not in taken:
                        taken.add((who, starts_at))
                        self.visits.append(Visit(who, starts_at, early))
        self.now = _moment(_day(0), 600 + dice.randrange(0, 300))
        self.begins = _moment(_day(0), 545)
        self.steps: list[Step] = []
        self.offer: int | None = None

    def _when(self) -> datetime:
        if self.visits and self.dice.random() < 0.4:
            beside = self.visits[-1].starts_at + timedelta(minutes=self.dice.choice((10, 10, 20, 30)))
            if beside.hour < 17:
                return beside
        return _moment(_day(self.dice.choice((0, 1, 1, 1, 2, 2, 2, 3, 4, 8))), self.dice.choice(MINUTES))

    def script(self) -> Script:
        scenes = list(self.SCENES)
        scene = self.dice.choices(scenes, list(self.SCENES.values()))[0]
        if self.dice.random() < 0.12:
            self.now += timedelta(hours=self.dice.choice((24, 49, 50, 52, 72)))
        getattr(self, f"_{scene}")()
        return Script(
            self.number,
            tuple(self.names),
            tuple(self.visits),
            tuple(self.steps),
            self.begins,
            self.offer,
        )

    # ---- what is known at this moment

    def live(self) -> list[int]:
        return [n for n, visit in enumerate(self.visits) if visit.starts_at > self.now]

    def asked(self) -> list[int]:
        return [
            n
            for n in self.live()
            if self.visits[n].starts_at - timedelta(hours=120 if self.visits[n].early else 48) <= self.now
        ]

    def begun_lately(self) -> bool:
        return any(self.now - timedelta(hours=24) < visit.starts_at <= self.now for visit in self.visits)

    def one_bare(self) -> list[int]:
        """The visits that words without a name can be about, when anybody could tell."""
        live, asked = self.live(), self.asked()
        if self.begun_lately():
            return []
        if len(live) == 1:
            return live
        return asked if len(asked) == 1 else []

    def of_name(self, name: str) -> list[int]:
        return [n for n in self.live() if self.names[self.visits[n].who] == name]

    def pick(self) -> int:
        live = self.live()
        if not live:
            self.now = self.begins + timedelta(minutes=5)
            self.visits.append(Visit(0, _moment(_day(1), 1_020), False))
            live = self.live()
        return self.dice.choice(live)

    # ---- words

    def words(self, wordings: Sequence[str], visit: int | None = None, **also: str) -> str:
        text = self.dice.choice(wordings)
        if visit is not None:
            name = also.get("name", self.names[self.visits[visit].who])
            if "'s" not in text and self.dice.random() < 0.25:
                name = name.lower()
            also = {"name": name, "NAME": name.upper(), "time": self._time(visit), "day": self._weekday(visit), **also}
            also["name"] = name
        text = text.format_map(also)
        if self.dice.random() < 0.1:
            text = self.dice.choice(("Hi, ", "Hello. ", "hiya ", "Good morning, ")) + text
        if self.dice.random() < 0.08:
            text += self.dice.choice((" x", " thanks", ". Sorry", " 🙏", "\n\nSent from my iPhone"))
        return text

    def _time(self, visit: int) -> str:
        at = self.visits[visit].starts_at
        hour = at.hour % 12 or 12
        half = "am" if at.hour < 12 else "pm"
        return self.dice.choice(
            (f"{hour}:{at:%M}", f"{hour}.{at:%M}", f"{hour}:{at:%M}{half}", f"{hour}.{at:%M}{half}", f"{at:%H:%M}")
        )

    def _weekday(self, visit: int) -> str:
        day = f"{self.visits[visit].starts_at:%A}"
        return self.dice.choice((day, day.lower(), day[:3]))

    def same_words(self, text: str, visit: int, among: Sequence[int]) -> list[int]:
        """Those of `among` that a text which tells the visit's time or day is about."""
        at = self.visits[visit].starts_at
        timed = bool(re.search(r"\d[:.]\d\d", text))
        return [
            n
            for n in among
            if (
                (self.visits[n].starts_at.hour % 12, self.visits[n].starts_at.minute) == (at.hour % 12, at.minute)
                if timed
                else self.visits[n].starts_at.weekday() == at.weekday()
            )
        ]

    def say(self, text: str, means: Sequence[int], action: str, *, about: int | None = None) -> None:
        self.steps.append(Step(self.now, "text", text, frozenset((n, action) for n in means), about))

    def later(self, *minutes: int) -> None:
        self.now += timedelta(minutes=self.dice.choice(minutes), seconds=self.dice.randrange(60))

    # ---- scenes

    def _after(self, visit: int) -> None:
        """What comes after a cancellation: an answer if asked, copies, thanks, a second thought."""
        if self.dice.random() < 0.15:
            self.now += timedelta(seconds=self.dice.choice((2, 10, 35)))
            self.steps.append(Step(self.now, "copy", self.dice.choice(("same", "new"))))
        if self.dice.random() < 0.85:
            self.later(1, 2, 3, 5, 9, 12, 18, 40, 200, 3_100)
            self._answers(visit)
        if self.dice.random() < 0.3:
            self.later(1, 2, 4, 10, 30, 70, 1_500)
            named = self.dice.random() < 0.4
            self.steps.append(
                Step(
                    self.now, "keep", self.words(KEEP_NAMED if named else KEEP, visit), about=visit, how="named" * named
                )
            )
        elif self.dice.random() < 0.15:
            self.later(1, 3)
            self.say(self.dice.choice(("thanks", "ok thank you", "👍", "Thanks very much")), [], "")

    def _answers(self, visit: int) -> None:
        how = self.dice.choices(("number", "name", "time", "nobody", "neither"), (45, 25, 12, 13, 5))[0]
        wordings = {
            "number": NUMBERS,
            "name": NAME_ANSWERS,
            "time": TIME_ANSWERS,
            "nobody": NO_ANSWERS,
            "neither": NEITHER,
        }[how]
        text = self.dice.choice(wordings)
        if how in ("name", "time"):
            text = self.words([text], visit)
        self.steps.append(Step(self.now, "answer", text, about=visit, how=how))

    def _bare(self) -> None:
        visit = self.pick()
        told = self.one_bare()
        visit = told[0] if told else visit
        self.say(self.words(CANCEL), told, "cancel", about=visit)
        self._after(visit)

    def _named(self) -> None:
        visit = self.pick()
        name = self.names[self.visits[visit].who]
        fits = self.of_name(name)
        slip = name[:-1] if len(name) > 4 and self.dice.random() < 0.04 else name
        also = {} if slip in self.names else {"name": slip}
        self.say(self.words(CANCEL_NAMED, visit, **also), fits if len(fits) == 1 else [], "cancel", about=visit)
        self._after(visit)

    def _one_not_other(self) -> None:
        visit = self.pick()
        name = self.names[self.visits[visit].who]
        others = [other for other in self.names if other != name]
        if not others:
            return self._named()
        other = self.dice.choice(others)
        fits = self.of_name(name)
        text = self.words(CANCEL_ONE_NOT_OTHER, visit, other=other)
        means = {(n, "cancel") for n in fits if len(fits) == 1} | {(n, "confirm") for n in self.of_name(other)}
        self.steps.append(Step(self.now, "text", text, frozenset(means), visit))
        return self._after(visit)

    def _timed(self) -> None:
        visit = self.pick()
        text = self.words(CANCEL_TIMED, visit)
        fits = self.same_words(text, visit, self.live())
        self.say(text, fits if len(fits) == 1 else [], "cancel", about=visit)
        self._after(visit)

    def _named_timed(self) -> None:
        visit = self.pick()
        text = self.words(CANCEL_NAMED_TIMED, visit)
        fits = self.same_words(text, visit, self.of_name(self.names[self.visits[visit].who]))
        self.say(text, fits if len(fits) == 1 else [], "cancel", about=visit)
        self._after(visit)

    def _quoted(self) -> None:
        """A phone that puts our reminder above the reply. The player fills it in; without one the reply stands alone."""
        asked = self.asked()
        visit = self.dice.choice(asked) if asked else self.pick()
        lead = self.dice.choice(("> ", "> ", "On Mon, you wrote:\n> ", ""))
        bare = self.one_bare()
        means = [visit] if asked else bare
        self.steps.append(
            Step(
                self.now,
                "quote",
                lead + "{reminder}\n" + self.dice.choice(CANCEL),
                frozenset((n, "cancel") for n in means),
                visit,
            )
        )
        self._after(visit)

    def _all(self) -> None:
        visit = self.pick()
        self.say(self.words(CANCEL_ALL), self.live(), "cancel", about=visit)

    def _confirm(self) -> None:
        visit = self.pick()
        self.say(self.words(CONFIRM), self.one_bare(), "confirm", about=visit)

    def _confirm_named(self) -> None:
        visit = self.pick()
        fits = self.of_name(self.names[self.visits[visit].who])
        self.say(self.words(CONFIRM_NAMED, visit), fits if len(fits) == 1 else [], "confirm", about=visit)

    def _no_visit(self) -> None:
        visit = self.pick()
        without = [name for name in self.names if not self.of_name(name)]
        name = self.dice.choice(without) if without else "Dave"
        text = self.dice.choice(NO_VISIT).format(name=name)
        self.say(text, [], "cancel", about=visit)

    def _begun(self) -> None:
        """The one that is meant has begun; another of the family may still be to come."""
        visit = self.dice.randrange(len(self.visits))
        if self.visits[visit].starts_at < self.begins:
            self.begins = self.visits[visit].starts_at - timedelta(hours=1)
        delay = self.dice.choice((1, 4, 8, 20, 90, 1_500))
        self.now = self.visits[visit].starts_at + timedelta(minutes=delay)
        name = self.names[self.visits[visit].who]
        named = self.dice.random() < 0.5 and not self.of_name(name)
        # A day later nobody cancels what has been: they are sorry.
        text = self.words(MISSED if delay == 1_500 else CANCEL_NAMED if named else CANCEL, visit)
        self.say(text, [], "cancel", about=visit)
        if self.dice.random() < 0.4:
            self.later(1, 3, 8)
            self._answers(visit)

    def _offer(self) -> None:
        """An earlier place is offered to one of them; the last text that the phone got is that offer."""
        fits = [n for n, visit in enumerate(self.visits) if visit.starts_at > _moment(_day(1), 700)]
        if not fits:
            return self._bare()
        visit = self.dice.choice(fits)
        self.offer = visit
        self.now = self.begins + timedelta(minutes=self.dice.choice((6, 9, 13, 30, 200)))
        kind = self.dice.choice(("accept", "accept", "yes", "decline", "named"))
        if kind == "accept":
            self.steps.append(Step(self.now, "text", self.words(ACCEPT), frozenset({(visit, "move")}), visit))
        elif kind == "decline":
            self.steps.append(Step(self.now, "text", self.words(DECLINE), frozenset({(visit, "decline")}), visit))
        elif kind == "named":
            self.steps.append(
                Step(self.now, "text", self.words(["yes {name} will take it", "{name} would like that thanks"], visit),
                     frozenset({(visit, "move")}), visit)
            )  # fmt: skip
        else:
            # The offer is the newest text on the phone, by more than a moment, and asks for a YES.
            acts = {(visit, "move"), (visit, "confirm")}
            self.steps.append(
                Step(self.now, "text", self.words(["yes", "YES", "Yes please", "ok"]), frozenset(acts), visit)
            )
        if self.dice.random() < 0.3:
            self.now += timedelta(seconds=self.dice.choice((2, 20)))
            self.steps.append(Step(self.now, "copy", "new"))
        return None

    def _stop(self) -> None:
        visit = self.pick()
        self.say(self.dice.choice(STOP), [], "")
        self.later(2, 10, 60)
        told = self.one_bare()
        self.say(self.dice.choice(CANCEL), told, "cancel", about=told[0] if told else visit)
        self.later(1, 4)
        self._answers(told[0] if told else visit)

    def _talk(self) -> None:
        visit = self.pick()
        self.say(self.words(TALK, visit), [], "", about=visit)


# ---- playing them through the product -------------------------------------------------------------------------------------


def play(scripts: Iterator[Script] | Sequence[Script]) -> Figures:
    """Every script on a practice that is made here; Django is set up and the database may be any that is migrated."""
    stage, found = _Stage(), Figures()
    for script in scripts:
        _Thread(stage, script, found).play()
    return found


class _Stage:
    """A practice with free places on every working day of two weeks, in two kinds: reminded two days and five days before."""

    def __init__(self) -> None:
        from onedoor.accounts import api as accounts
        from onedoor.booking import api as booking
        from onedoor.kernel import clock
        from onedoor.kernel.actor import Actor
        from onedoor.messaging import api as messaging

        self.by = Actor.system("bench threads")
        self.practice = accounts.set_organisation(
            ods_code="Y99007", name="Family Surgery", phone="01632 960007", by=self.by
        )
        site = accounts.set_site(organisation_id=self.practice.pk, name="Main site", by=self.by)
        self.account = messaging.set_account(
            organisation_id=self.practice.pk,
            base_url="http://127.0.0.1:9",
            api_key="bench",
            callback_token="bench",
            reply_number="+447700900999",
            templates={"*": "bench"},
            by=self.by,
        )
        self.long_ago = _moment(FIRST - timedelta(days=14), 540)
        self.kinds = {}
        with clock.at(self.long_ago):
            for early, name, hours in ((False, "Blood test", 48), (True, "Blood test early", 120)):
                self.kinds[early] = booking.set_type(
                    organisation_id=self.practice.pk,
                    name=name,
                    reply_may_cancel=True,
                    may_refill=True,
                    never_by_machine=False,
                    remind_hours=hours,
                    confirm_same_day=False,
                    by=self.by,
                )
                for n in range(CLINICIANS):
                    for day in map(_day, range(10)):
                        booking.open_session(
                            organisation_id=self.practice.pk,
                            site_id=site.pk,
                            day=day,
                            clinician=f"Nurse {n}",
                            name=f"{name} {n}",
                            type_id=self.kinds[early].pk,
                            starts=[_moment(day, minute) for minute in [*MINUTES, *range(1_020, 1_060, 10)]],
                            minutes=10,
                            by=self.by,
                        )

    def patient(self, name: str, number: str) -> int:
        """Somebody of the practice with this number."""
        from onedoor.patients.models import CareRelationship, ContactPoint, Patient

        made = Patient.objects.create(
            given_name=name, family_name="Sample", name_key=f"sample {name.lower()}", born_on=date(1990, 1, 1)
        )
        CareRelationship.objects.create(
            patient=made, organisation=self.practice, kind="registered", starts_on=date(2020, 1, 1)
        )
        ContactPoint.objects.create(patient=made, kind="mobile", value=number, since=self.long_ago)
        return made.pk

    def book(self, patient_id: int, starts_at: datetime, early: bool, taken: set[int]) -> Any:
        """A free place of that time and kind becomes theirs."""
        from onedoor.booking import api as booking
        from onedoor.booking.models import Seat
        from onedoor.kernel import clock

        seats = Seat.objects.filter(type=self.kinds[early], starts_at=starts_at).exclude(pk__in=taken).order_by("id")
        seat = seats[0]
        taken.add(seat.pk)
        with clock.at(self.long_ago):
            return booking.book(seat_ref=seat.ref, patient_id=patient_id, by=self.by, tell=False)


class _Thread:
    """One script as it happens."""

    def __init__(self, stage: _Stage, script: Script, found: Figures) -> None:
        self.stage, self.script, self.found = stage, script, found
        self.log: list[str] = []
        self.last: Any = None
        self.last_means: frozenset[Act] = frozenset()
        self.done: list[tuple[int | None, int, str]] = []
        self.bad = False

    def play(self) -> None:
        from django.db import transaction

        with transaction.atomic():
            self._settle_in()
            for step in self.script.steps:
                self._step(step)
            self._end()
            transaction.set_rollback(True)

    def _settle_in(self) -> None:
        from onedoor.booking import api as booking
        from onedoor.kernel import clock, jobs

        script = self.script
        self.people = [self.stage.patient(name, FAMILY) for name in script.names]
        taken: set[int] = set()
        self.rows: list[Any] = []
        self.keys: dict[tuple[int, datetime], int] = {}
        for n, visit in enumerate(script.visits):
            try:
                self.rows.append(self.stage.book(self.people[visit.who], visit.starts_at, visit.early, taken))
            except booking.PatientBusy:
                raise ValueError(f"thread {script.number}: one person in two places") from None
            self.keys[self.people[visit.who], visit.starts_at] = n
        self.log.append(
            "visits "
            + ", ".join(f"{script.names[v.who]} {v.starts_at:%a %d %H:%M}{' early' * v.early}" for v in script.visits)
        )
        self._tick(script.begins)
        if script.offer is not None:
            visit = script.visits[script.offer]
            with clock.at(script.begins):
                booking.join_waiting(
                    patient_id=self.people[visit.who],
                    appointment_id=self.rows[script.offer].pk,
                    type_id=self.stage.kinds[visit.early].pk,
                    via="desk",
                    by=self.stage.by,
                )
                other = self.stage.patient("Noor", OTHER)
                starts_at = max(
                    script.begins + timedelta(hours=3), visit.starts_at - timedelta(hours=20)
                ).replace(hour=15, minute=50)  # fmt: skip
                if starts_at >= visit.starts_at or starts_at <= script.begins:
                    starts_at = script.begins.replace(hour=16, minute=50)
                place = self.stage.book(other, starts_at, visit.early, taken)
                booking.cancel(appointment_id=place.pk, by=self.stage.by, reason="practice", tell=False)
                jobs.run_once("booking.offer")
            self._deliver(script.begins)
        self.before = self._diary()

    def _tick(self, now: datetime) -> None:
        """What the sweeps of the time until then do that matters here: reminders, and questions that nobody answered."""
        from onedoor.kernel import clock, jobs

        with clock.at(now):
            jobs.run_once("booking.remind")
            jobs.run_once("messaging.unanswered_which")
        self._deliver(now)

    def _deliver(self, now: datetime) -> None:
        from onedoor.messaging.models import Message, State

        Message.objects.filter(state=State.QUEUED, not_before__lte=now).update(state=State.DELIVERED, accepted_at=now)

    def _step(self, step: Step) -> None:
        from onedoor.kernel import clock, jobs
        from onedoor.messaging.models import Inbound

        self._tick(step.at)
        text, means = step.text, step.means
        provider_id = str(uuid4())
        if step.kind == "answer":
            rendered = self._answer(step)
            if rendered is None:
                return
            text, means = rendered
        elif step.kind == "keep":
            means = self._kept(step)
        elif step.kind == "quote":
            text = self._quote(step)
        elif step.kind == "copy":
            text, means = self.last.text, self.last_means
            provider_id = self.last.provider_id if step.text == "same" else provider_id
        self.before = self._diary()
        with clock.at(step.at):
            Inbound.objects.bulk_create(
                [
                    Inbound(
                        account=self.stage.account,
                        organisation=self.stage.practice,
                        provider_id=provider_id,
                        number=FAMILY,
                        to_number="+447700900999",
                        text=text,
                        received_at=step.at,
                        received_real=clock.real_now(),
                    )
                ],
                ignore_conflicts=True,
            )
            jobs.run_once("messaging.understand")
        newest = Inbound.objects.filter(number=FAMILY).order_by("-id").first()
        self._deliver(step.at)
        self.last, self.last_means = newest, means
        self._judge(step, means)

    # ---- truths that depend on what was said before

    def _question(self) -> list[tuple[str, str]] | None:
        """The options of the question that the last text was answered with: (name, the rest of the line)."""
        from onedoor.messaging.models import Message

        if self.last is None or self.last.outcome != "asked":
            return None
        body = (
            Message.objects.filter(number=FAMILY, purpose="question")
            .order_by("-id")
            .values_list("body", flat=True)
            .first()
        )
        found = re.findall(r"(\d) for ([^,]+), (\w{3} \d+ \w{3} [^,.]*?(?:am|pm|midday))", body or "")
        return [(name, rest) for _, name, rest in found] or None

    def _answer(self, step: Step) -> tuple[str, frozenset[Act]] | None:
        options = self._question()
        if options is None or step.about is None:
            return None
        visits, names = self.script.visits, self.script.names
        wish = self.last.intent if self.last.intent in ("cancel", "confirm", "earlier") else "cancel"
        listed = [self._listed(name, rest) for name, rest in options]
        about = step.about
        lives = [n for n in listed if n is not None and visits[n].starts_at > step.at]
        if step.how == "neither":
            return step.text, frozenset((n, "confirm") for n in range(len(visits)))
        if step.how == "nobody":
            return step.text, frozenset()
        if step.how == "number":
            if about not in listed:
                return None
            n = listed.index(about)
            text = step.text.format(n=n + 1, ordinal=ORDINALS[n], word=WORDS[n])
            return text, frozenset({(about, wish)} if about in lives else ())
        if step.how == "name":
            same = [n for n in listed if n is not None and names[visits[n].who] == names[visits[about].who]]
        else:
            at = visits[about].starts_at
            timed = bool(re.search(r"\d[:.]\d\d", step.text))
            same = [
                n
                for n in listed
                if n is not None
                and (
                    (visits[n].starts_at.hour % 12, visits[n].starts_at.minute) == (at.hour % 12, at.minute)
                    if timed
                    else visits[n].starts_at.weekday() == at.weekday()
                )
            ]
        return step.text, frozenset({(about, wish)} if same == [about] and about in lives else ())

    def _listed(self, name: str, rest: str) -> int | None:
        """Which visit a line of the question is."""
        for n, visit in enumerate(self.script.visits):
            at = visit.starts_at
            minute = f":{at:%M}" if at.minute else ""
            said = f"{at:%a} {at.day} {at:%b} " + (
                "midday"
                if (at.hour, at.minute) == (12, 0)
                else f"{at.hour % 12 or 12}{minute}{'am' if at.hour < 12 else 'pm'}"
            )
            if name == self.script.names[visit.who] and said == rest.strip():
                return n
        return None

    def _kept(self, step: Step) -> frozenset[Act]:
        """A second thought is about what was cancelled; when nothing was, about coming as planned."""
        cancelled = [visit for visit, _, action in self.done if action == "cancel" and visit is not None]
        if step.how == "named" and step.about is not None:
            name = self.script.names[self.script.visits[step.about].who]
            same = [n for n, v in enumerate(self.script.visits) if self.script.names[v.who] == name]
            return frozenset((n, action) for n in same for action in ("reopen", "confirm"))
        if cancelled:
            return frozenset({(cancelled[-1], "reopen"), (cancelled[-1], "confirm")})
        if step.text.casefold() == "yes" and (n := self._asked_of_one()) is not None:
            return frozenset({(n, self.last.intent)})
        return frozenset((n, "confirm") for n in range(len(self.script.visits)))

    def _asked_of_one(self) -> int | None:
        """The visit of which the last text was asked whether it is meant: a bare yes is the answer to that."""
        from onedoor.messaging.models import Message

        if self.last is None or self.last.outcome != "asked":
            return None
        asked = Message.objects.filter(number=FAMILY, purpose="question").order_by("-id").first()
        found = re.match(r"Do you mean ([^,]+), ([^?]+)\?", asked.body if asked else "")
        return self._listed(found[1], found[2]) if found else None

    def _quote(self, step: Step) -> str:
        from onedoor.messaging.models import Message

        assert step.about is not None
        body = (
            Message.objects.filter(
                subject="appointment", subject_id=self.rows[step.about].pk, purpose="appointment_reminder"
            )
            .values_list("body", flat=True)
            .first()
        )
        return step.text.format(reminder=body) if body else step.text.rsplit("\n", 1)[1]

    # ---- what happened

    def _diary(self) -> dict[str, Any]:
        from onedoor.booking.models import LIVE, Appointment, Offer, WaitingEntry

        rows = Appointment.objects.filter(patient_id__in=self.people).values_list(
            "patient_id", "starts_at", "state", "confirmed_at"
        )
        live = {(who, at) for who, at, state, _ in rows if state in LIVE}
        confirmed = {(who, at) for who, at, state, when in rows if when is not None and state in LIVE}
        entries = WaitingEntry.objects.filter(patient_id__in=self.people, state="waiting")
        return {
            "live": live,
            "confirmed": confirmed,
            "waits": set(entries.values_list("patient_id", "appointment__starts_at")),
            "declined": set(
                Offer.objects.filter(entry__patient_id__in=self.people, state="declined").values_list(
                    "entry__patient_id", "entry__appointment__starts_at"
                )
            ),
        }

    def _acts(self) -> list[tuple[int | None, int, str]]:
        """(visit, whose, what) since the diary was last looked at."""
        before, after = self.before, self._diary()
        self.before = after
        gone, new = before["live"] - after["live"], after["live"] - before["live"]
        acts: list[tuple[int | None, int, str]] = []
        for who, at in gone:
            moved = any(other == who for other, _ in new)
            acts.append((self.keys.get((who, at)), who, "move" if moved else "cancel"))
        for who, at in new:
            if not any(other == who for other, _ in gone):
                acts.append((self.keys.get((who, at)), who, "reopen"))
        fresh = {key for key in after["confirmed"] - before["confirmed"] if key not in new}
        acts += [(self.keys.get(key), key[0], "confirm") for key in fresh]
        acts += [(self.keys.get(key), key[0], "earlier") for key in after["waits"] - before["waits"]]
        acts += [(self.keys.get(key), key[0], "decline") for key in after["declined"] - before["declined"]]
        return acts

    def _judge(self, step: Step, means: frozenset[Act]) -> None:
        counts, visits = self.found.counts, self.script.visits
        outcome = self.last.outcome or "nothing"
        self.log.append(f"{step.at:%a %d %H:%M:%S} {step.kind}: {self.last.text!r} -> {outcome} ({self.last.why})")
        counts["texts"] += 1
        kind = {"acted": "acted", "asked": "asked", "person": "person"}.get(outcome, "other")
        counts[kind] += 1
        if means and step.kind != "copy":
            counts["tellable"] += 1
            counts["tellable_acted"] += outcome == "acted"
        elif step.about is not None:
            counts["nobody_can_tell"] += 1
        about = visits[step.about] if step.about is not None else None
        if about is not None and about.starts_at <= step.at:
            counts["after_start"] += 1
            counts["after_start_handled"] += outcome != "nothing"
        reminded = about and about.starts_at - timedelta(hours=120 if about.early else 48)
        if about is not None and reminded and step.at - max(reminded, self.script.begins) > timedelta(hours=48):
            counts["after_48h"] += 1
            counts["after_48h_handled"] += outcome != "nothing"
        if outcome == "nothing":
            counts["lost"] += 1
            self.found.lost.append("\n".join(self.log))
        acts = self._acts()
        people = {self.people[visits[n].who] for n, _ in means}
        for visit, whose, action in acts:
            self.log.append(f"    {action} {self._names(whose)} {visits[visit].starts_at:%a %d %H:%M}" if visit is not None
                            else f"    {action} {self._names(whose)}")  # fmt: skip
            if visit is not None and (visit, action) in means:
                continue
            if whose not in people:
                wrong = "wrong_person"
            elif visit not in {n for n, _ in means}:
                wrong = "wrong_visit"
            else:
                wrong = "wrong_wish"
            counts[wrong] += 1
            self.found.wrong.append(
                f"{wrong}, thread {self.script.number}, meant {self._meant(means)}\n" + "\n".join(self.log)
            )
        self.done += acts

    def _names(self, patient_id: int) -> str:
        return self.script.names[self.people.index(patient_id)]

    def _meant(self, means: frozenset[Act]) -> str:
        visits, names = self.script.visits, self.script.names
        told = sorted(f"{action} {names[visits[n].who]} {visits[n].starts_at:%a %d %H:%M}" for n, action in means)
        return ", ".join(told) or "nothing that anybody could tell"

    def _end(self) -> None:
        """Nothing is left with nobody: what was given to a person waits as work, a question without an answer became work."""
        from onedoor.kernel import clock, jobs
        from onedoor.messaging.models import Inbound
        from onedoor.tasks.models import Task

        if self.last is None:
            return
        with clock.at(self.script.steps[-1].at + timedelta(minutes=20)):
            jobs.run_once("messaging.unanswered_which")
        outcomes = list(Inbound.objects.filter(number=FAMILY).order_by("id").values_list("outcome", flat=True))
        waits = Task.objects.filter(organisation=self.stage.practice, state__in=("open", "claimed")).exists()
        real = [outcome for outcome in outcomes if outcome != "duplicate"]
        if ("person" in real or (real and real[-1] == "asked")) and not waits:
            self.found.counts["lost"] += 1
            self.found.lost.append("\n".join(self.log))
