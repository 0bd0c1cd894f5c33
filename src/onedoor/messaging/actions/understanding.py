"""From a stored text to what it does: safety first, then STOP, then the one thing it can be about, else a person.

Each text is dealt with in one transaction, in the order in which its phone sent it, and once: whatever it did and the
mark that it is done are committed together (messaging.md 6.2). Texts of one phone wait for each other, others do not.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from datetime import datetime, timedelta
from functools import cached_property

import structlog
from django.db import InterfaceError, OperationalError, connection, transaction

from onedoor.kernel import audit, clock, jobs
from onedoor.kernel.actor import Actor
from onedoor.messaging import kinds, ports
from onedoor.messaging.actions.asking import STAYS_OPEN, opt_in, opt_out, record_answers, resting
from onedoor.messaging.actions.barring import LATE_WITHIN, doubt, may_be_a_repeat
from onedoor.messaging.actions.knowing import ANSWERS_ONLY, LOOK_BACK, OF_VISITS, Found, Known
from onedoor.messaging.actions.queueing import queue
from onedoor.messaging.actions.teaching import note_reading
from onedoor.messaging.actions.threads import CHECK, ask_person, lock_threads, thread_of
from onedoor.messaging.models import Ask, Inbound, Message, Thread
from onedoor.messaging.reading.contexts import questions
from onedoor.messaging.reading.live import read_on
from onedoor.messaging.rules import particulars, wording
from onedoor.messaging.rules.family import named
from onedoor.messaging.rules.machines import from_a_machine, is_picture, speaks_of_stopping
from onedoor.messaging.rules.replies import Option, Understood, understand
from onedoor.messaging.types import NewAsk, NewMessage
from onedoor.patients.types import Holder
from onedoor.records.api import record_entries
from onedoor.records.types import NewEntry
from onedoor.tasks import api as tasks
from onedoor.tasks.types import Kind

log = structlog.get_logger(__name__)

SLICE = 10
"""Texts at a time: others may have their turn in the worker between two slices, and offers must not wait for a minute."""
COPY_WITHIN = timedelta(minutes=10)
"""Suppliers repeat a text after minutes, under another id (messaging.md 6.2)."""
WHICH_WITHIN = timedelta(minutes=15)
"""How long the question which visit is meant waits before a person does (product-map.md J2)."""
ANSWERS_AN_HOUR = 12
"""More answers by machine than this to one phone is two machines talking (messaging.md 3.3, cht-core #750)."""
GAP = timedelta(seconds=60)
"""Between two answers to words of danger."""
WINDOW = timedelta(minutes=15)
"""One answer by machine to a phone in this time, about whatever was asked: a second one tells nobody anything new, and two
machines answer each other for ever. As long as the question which visit is meant waits.

Excepted are crisis answers, answers to a new wish that was acted on (STOP and START among them), and that question. But for a
crisis answer these do not count either: whoever cancelled and then asks something is told that a person reads it.
"""
ANSWER_USEFUL = timedelta(hours=12)

BEREAVED = "A text that may tell of a death"
TRIES = 3
"""So often a text is tried whose dealing failed for a reason that may pass."""
UNREAD = "could not be read by machine"

BY = Actor.system("understand replies")
_PHONE = re.compile(r"\+[1-9]\d{8,14}")


def understand_slice() -> int:
    """Deal with up to a slice of texts that came in; returns how many."""
    for done in range(SLICE):
        if not understand_next():
            return done
    return SLICE


def understand_next() -> bool:
    """Deal with the oldest text whose phone has no older one waiting; false when there is none.

    Never lost and never in the way: one that our own fault cannot deal with is read by a person.
    """
    key: int | None = None
    try:
        with transaction.atomic():
            key = _next()
            if key is None:
                return False
            _Reply(Inbound.objects.get(pk=key)).deal()
    except Exception as error:
        if key is None or _connection_lost(error):
            raise
        log.error("a reply could not be dealt with", inbound=key, error=type(error).__name__)
        # What the database refused now, it may take in a moment; a fault of ours is one at any time.
        if isinstance(error, OperationalError) or not _to_person(key):
            _put_off(key)
    return True


def _next() -> int | None:
    with connection.cursor() as cursor:
        cursor.execute(
            """SELECT i.id FROM messaging_inbound i
               WHERE i.processed_at IS NULL AND (i.again_real IS NULL OR i.again_real <= clock_timestamp())
                 AND NOT EXISTS (
                   SELECT 1 FROM messaging_inbound e WHERE e.organisation_id = i.organisation_id AND e.number = i.number
                   AND e.id < i.id AND e.processed_at IS NULL)
               ORDER BY i.id LIMIT 1 FOR UPDATE OF i SKIP LOCKED"""
        )
        row = cursor.fetchone()
    return row[0] if row else None


def _connection_lost(error: Exception) -> bool:
    return isinstance(error, InterfaceError) or (isinstance(error, OperationalError) and not connection.is_usable())


def _to_person(key: int) -> bool:
    """Put a text before a person with what is known of it; false when even that fails."""
    try:
        with transaction.atomic():
            again = Inbound.objects.select_for_update(of=("self",)).get(pk=key)
            if again.processed_at is None:
                _Reply(again).to_person("we could not deal with it by machine", quietly=True)
    except Exception as error:
        if _connection_lost(error):
            raise
        log.error("a reply could not be given to a person", inbound=key, error=type(error).__name__)
        return False
    return True


@transaction.atomic
def _put_off(key: int) -> None:
    """Try the text again in a while, a few times; then a person gets it as it came, whatever may be wrong with it."""
    with connection.cursor() as cursor:
        cursor.execute(
            """UPDATE messaging_inbound SET tries = tries + 1,
                   again_real = clock_timestamp() + make_interval(secs => power(2, least(tries, 8)))
               WHERE id = %s AND processed_at IS NULL RETURNING tries""",
            [key],
        )
        row = cursor.fetchone()
    if row is None or row[0] < TRIES:
        return
    try:
        with transaction.atomic():
            _as_it_came(key)
    except Exception as error:
        # It stays put off, and is tried more and more rarely; the day's balance names it as not read.
        log.error("a reply reaches nobody", inbound=key, error=type(error).__name__)


def _as_it_came(key: int) -> None:
    """Nothing of the text is looked at but whose thread it is in. A moment of sending that nobody can read is left out."""
    with connection.cursor() as cursor:
        cursor.execute(
            """UPDATE messaging_inbound SET processed_at = %s, intent = 'person', outcome = 'person', why = %s, sent_real = NULL
               WHERE id = %s RETURNING organisation_id, number""",
            [clock.now(), UNREAD, key],
        )
        organisation_id, number = cursor.fetchone()
    thread = thread_of(organisation_id=organisation_id, number=number)
    ask_person(thread=thread, title="A text could not be read by machine: read it", why=UNREAD, by=BY)
    audit.record(
        by=BY,
        line=audit.Line(
            "understand",
            "inbound",
            key,
            organisation_id=organisation_id,
            detail={"intent": "person", "outcome": "person"},
        ),
    )


class _Reply(Known):
    """One text while it is dealt with."""

    def __init__(self, inbound: Inbound) -> None:
        super().__init__(inbound)
        self.read: Understood | None = None
        self.thread: Thread = thread_of(
            organisation_id=inbound.organisation_id, number=inbound.number, received_at=inbound.received_at
        )

    def _our_texts(self) -> list[str]:
        if len(self.inbound.text) < 40:
            return []
        ours = Message.objects.filter(organisation_id=self.organisation_id, number=self.number)
        return list(ours.order_by("-id").values_list("body", flat=True)[:6])

    def _read(self) -> Understood:
        contexts = {ask.context for ask in self.open_asks} or {"appointment"}
        lately = self._may_be_taken_back() if not self.open_asks else ""
        if lately:
            contexts.add(lately)
        options: list[Option] = []
        if self.which is not None:
            contexts.add("which")
            options = [
                Option(n, one["first_name"], datetime.fromisoformat(one["when"]).astimezone(clock.LONDON))
                for n, one in enumerate(self.which.options, 1)
            ]
        ours, more = self._our_texts(), {name: context.intents for name, context in ports.contexts().items()}
        read = understand(
            self.inbound.text,
            contexts,
            options=options,
            asked_intent=self._asked_intent(),
            said_at=self.said_at.astimezone(clock.LONDON),
            ours=ours,
            more=more,
        )
        if read.intent == "person" and self._asked_lately and not self.open_asks and self.which is None:
            late = understand(self.inbound.text, {self._asked_lately}, ours=ours, more=more)
            if late.readings:
                return late
        valued = {name for name in contexts if name in questions() and questions()[name].value is not None}
        if read.intent == "person" and valued == contexts and self.which is None:
            # Nothing was asked about a visit; whoever plainly cancels one means it all the same (product-map.md T8).
            visit = understand(self.inbound.text, {"appointment"}, ours=ours, more=more)
            if visit.intent == "cancel":
                return visit
        if read.intent in ANSWERS_ONLY and valued and not any(one.context in valued for one in read.readings):
            # "Yes" beside a question of ours that the tables know nothing of.
            read = Understood("person", "it may answer a question or be about a visit")
        open_now = [] if self.which is not None else [lately] if lately else sorted(contexts)
        return read_on(read, self.inbound.text, open_now, ours)

    @cached_property
    def _asked_lately(self) -> str:
        """The kind of the last question, when it has closed not long ago: "No thanks" may be a late answer to it."""
        last = self.asks[-1] if self.asks else None
        # A changed mind about an invitation has a week; after that a person hears of it.
        within = LATE_WITHIN if last is not None and last.context in OF_VISITS else LOOK_BACK
        late = last is not None and last.context != "which" and self.said_at - last.asked_at <= within
        return last.context if last is not None and late and last.asked_at <= self.said_at else ""

    def _may_be_taken_back(self) -> str:
        """The kind of an invitation answered lately: "changed my mind" may be about it. A value once given is for a person."""
        asked = questions().get(self._asked_lately) if self._asked_lately not in OF_VISITS else None
        return asked.name if asked is not None and asked.value is None else ""

    def _asked_intent(self) -> str:
        return str(self.which.options[0]["intent"]) if self.which and self.which.options else ""

    # ---- the order of things ------------------------------------------------------------------------------------------

    def deal(self) -> None:
        """Deal with the text; the first of these that fits decides."""
        if not _PHONE.fullmatch(self.number):
            self._from_a_machine()
            return
        if (original := self._copy_of()) is not None:
            self.inbound.duplicate_of_id = original
            self._done("duplicate", self.inbound.intent, "the same text again within ten minutes")
            return
        read = self.read = self._read()
        self.inbound.intent = read.intent
        if read.intent == "crisis":
            self._crisis(read.why)
        elif from_a_machine(self.inbound.text):
            self._done("machine", "", "an automatic reply")
        elif read.intent == "stop":
            self._stop()
        elif read.intent == "start":
            self._start()
        elif any(holder.deceased for holder in self.holders):
            self.to_person(
                "the number is that of somebody who has died",
                kind=kinds.DECEASED,
                title="A text from the number of somebody who has died",
                quietly=True,
            )
        elif read.intent == "death":
            self._death()
        elif read.intent == "wrong_number":
            self._wrong_number()
        elif (kind := self._in_doubt()) is not None:
            # Whoever has the phone now is not known to be any of those whose visits these are.
            self.to_person(
                "the number rests until a person has decided",
                kind=kind,
                title=CHECK if kind is kinds.WRONG_NUMBER else BEREAVED,
                quietly=True,
            )
        elif not self.holders:
            self.to_person("nobody registered here has this number", title="A text from a number that we do not know")
        elif len(self.answers_lately) >= ANSWERS_AN_HOUR:
            self.to_person("twelve answers by machine within the hour", quietly=True)
        elif read.intent == "help":
            if self._may_answer():
                self._answer(kinds.ANSWER.name, wording.helped(self.practice))
            self.to_person("asks for help", quietly=True)
        elif is_picture(self.inbound.text):
            self._picture()
        elif self.which is not None:
            self._answer_to_which(read, self.which)
        elif read.intent == "thanks" and all(ask.context == "appointment" for ask in self.open_asks):
            # Thanks for a reminder change nothing: the visit stands, not confirmed. For an offer they may mean yes.
            self._done("thanks", "thanks", read.why)
        elif not read.readings:
            if speaks_of_stopping(self.inbound.text):
                # Nothing is guessed of two wishes; but until a person has decided nothing of a campaign goes to them.
                opt_out(
                    organisation_id=self.organisation_id, number=self.number, by=self._speaker(), because="undecided"
                )
            self.to_person(read.why)
        else:
            self._decide(read)

    def _in_doubt(self) -> Kind | None:
        """The work under which this number rests: somebody said that it is wrong, or told of a death."""
        why = resting(organisation_id=self.organisation_id, number=self.number)
        return {"wrong_number": kinds.WRONG_NUMBER, "bereaved": kinds.DECEASED}.get(why)

    def _may_answer(self) -> bool:
        """Whether an answer that nothing was done for may go: none by machine went to this phone in the window."""
        done = Inbound.objects.filter(
            organisation_id=self.organisation_id,
            number=self.number,
            processed_at__gt=self.now - WINDOW,
            outcome__in=("acted", "stopped", "started"),
        )
        sent = Message.objects.filter(
            organisation_id=self.organisation_id,
            number=self.number,
            purpose__in=(kinds.ANSWER.name, kinds.CRISIS_ANSWER.name),
            created_at__gt=self.now - WINDOW,
        )
        return not sent.exclude(subject="inbound", subject_id__in=done.values("pk")).exists()

    def _picture(self) -> None:
        """Nobody can know what was on it: they are told so, and a person has the number."""
        if self._may_answer():
            self._answer(kinds.ANSWER.name, wording.no_pictures(self.practice))
        self.to_person(
            "a picture, or no words: it cannot be read here",
            title="A picture was sent: ask what it shows",
            quietly=True,
        )

    def _death(self) -> None:
        """All that we begin pauses for everybody with this number; nobody is marked, and no visit ends, by a machine."""
        new = opt_out(organisation_id=self.organisation_id, number=self.number, by=self._speaker(), because="bereaved")
        if self.which is not None:
            self._withdraw_which(self.which)
        if new and self._may_answer():
            self._answer(kinds.ANSWER.name, wording.sympathy(self.practice))
        self.to_person("it may tell of a death", kind=kinds.DECEASED, title=BEREAVED, quietly=True)

    def _from_a_machine(self) -> None:
        """A short code or a name: never answered, and nothing acts on it (messaging.md 3.3)."""
        read = understand(self.inbound.text, ())
        if read.intent == "crisis":
            self.inbound.intent = "crisis"
            self.to_person(
                "a word of danger, from a number that cannot be answered",
                kind=kinds.CRISIS,
                title="Words of danger in a text: read it now",
                outcome="crisis",
                quietly=True,
            )
        elif not self.number or (len(self.number) >= 10 and self.number.isdecimal()):
            # Unreadable, or from a number longer than any short code: it may be somebody's CANCEL.
            self.to_person("it cannot be told who sent it", quietly=True)
        else:
            self._done("machine", "", "sent by a machine")

    def _copy_of(self) -> int | None:
        """The text that this one repeats: the one just before it, unless we asked something new since."""
        if not self.before:
            return None
        last = self.before[0]
        first = next((text for text in self.before if text.pk == last.duplicate_of_id), last)
        if (last.text, last.to_number) != (self.inbound.text, self.inbound.to_number):
            return None
        if self.inbound.received_at - first.received_at > COPY_WITHIN:
            return None
        if self.inbound.sent_real is not None and self.inbound.sent_real == first.sent_real:
            # One moment of sending is one text, whatever was asked since: a second "2" would answer the next question.
            self.inbound.intent = last.intent
            return first.pk
        if any(ask.context != "which" and ask.asked_at > first.received_at for ask in self.asks):
            return None
        self.inbound.intent = last.intent
        return first.pk

    def _crisis(self, why: str) -> None:
        """At once, at any hour, and to a number that opted out too: it answers what they wrote (clinical.md 6.1, 6.6)."""
        lately = [at for purpose, at in self.answers_lately if purpose == kinds.CRISIS_ANSWER.name]
        if not lately or self.now - max(lately) >= GAP:
            self._answer(kinds.CRISIS_ANSWER.name, wording.crisis(self.practice))
        if self.which is not None:
            why += f"; our question which visit to {wording.wish(self._asked_intent())} was open"
            self._withdraw_which(self.which)
        self.to_person(
            why, kind=kinds.CRISIS, title="Words of danger in a text: read it now", outcome="crisis", quietly=True
        )

    def _stop(self) -> None:
        new = opt_out(organisation_id=self.organisation_id, number=self.number, by=self._speaker())
        bereaved = any(holder.deceased for holder in self.holders)
        if new:
            self._answer(kinds.ANSWER.name, wording.stopped(self.practice, appointments=not bereaved))
            self._enter("Asked by text for no more texts to this number", self.holders)
        if self.which is not None:
            wish = wording.wish(self._asked_intent())
            self._withdraw_which(self.which)
            self._ask(kinds.REPLY, f"Said STOP when asked which visit to {wish}", "STOP instead of an answer")
        if bereaved:
            self._ask(kinds.DECEASED, "A text from the number of somebody who has died", "STOP; the texts have stopped")
        self._done("stopped", "stop", "the whole text" if new else "had stopped before")

    def _start(self) -> None:
        if opt_in(organisation_id=self.organisation_id, number=self.number, by=self._speaker()):
            self._answer(kinds.ANSWER.name, wording.started(self.practice))
            self._enter("Asked by text for texts to this number again", self.holders)
        elif resting(organisation_id=self.organisation_id, number=self.number) not in ("", "undecided"):
            kind = self._in_doubt() or kinds.WRONG_NUMBER
            title = CHECK if kind is kinds.WRONG_NUMBER else BEREAVED
            self.to_person("says START while the number is being checked", kind=kind, title=title)
            return
        self._done("started", "start", "the whole text")

    def _wrong_number(self) -> None:
        """The number rests for everybody who has it, until a person has checked it (clinical.md 6.2)."""
        new = opt_out(
            organisation_id=self.organisation_id, number=self.number, by=self._speaker(), because="wrong_number"
        )
        if self.which is not None:
            self._withdraw_which(self.which)
        if new:
            self._answer(kinds.ANSWER.name, wording.wrong_number(self.practice))
        self.to_person(
            "says that the number is somebody else's; it rests until this is decided",
            kind=kinds.WRONG_NUMBER,
            title=CHECK,
            quietly=True,
        )

    # ---- the question which one ---------------------------------------------------------------------------------------

    def _answer_to_which(self, read: Understood, which: Ask) -> None:
        only = len(which.options) == 1
        if read.intent == self._asked_intent() and not only:
            # The same wish again: the question still stands, and its fifteen minutes still run.
            self._done("asked", read.intent, "our question which visit is meant still stands")
            return
        self._withdraw_which(which)
        # Of a single one, the wish again or a plain yes is as good as its number.
        agreed = only and read.intent in (self._asked_intent(), "confirm")
        value = 1 if agreed else read.value if read.intent == "which" else None
        if value is None or (agreed and not read.readings):
            self.to_person("not an answer to our question which visit is meant")
            return
        option = which.options[value - 1]
        intent = str(option["intent"])
        self.inbound.intent = intent
        wanted = (option["kind"], option["subject_id"], datetime.fromisoformat(option["when"]))
        for found in self.candidates(intent):
            if (*found.key, found.candidate.when) == wanted:
                if self.begun(found) and named(self.inbound.text, {0: found.candidate.first_name}):
                    self.to_person("answered with a name when asked which; another visit has begun that may be theirs")
                    return
                record_answers(
                    asks=[which],
                    intent=intent,
                    value=str(value),
                    via="text",
                    by=self._speaker(found.candidate.patient_id),
                    close=True,
                    inbound_id=self.inbound.pk,
                )
                self._act(found, f"answered {value} when asked which")
                return
        if self._may_answer():
            self._answer(kinds.ANSWER.name, wording.too_late(self.practice))
        self.to_person(f"answered {value} when asked which, but that one has begun, moved or ended since", quietly=True)

    def _ask_which(self, found: Sequence[Found]) -> None:
        intent = found[0].intent
        ordered = sorted(found, key=lambda one: (one.candidate.when, one.candidate.patient_id, one.key))
        visits = [wording.Which(one.candidate.first_name, one.candidate.when) for one in ordered]
        body = wording.which(intent, visits)
        if body is None:
            self.to_person("more than one visit it could be about, and name and time do not tell them apart")
            return
        options = [
            {
                "kind": one.candidate.kind,
                "subject_id": one.candidate.subject_id,
                "patient_id": one.candidate.patient_id,
                "first_name": one.candidate.first_name,
                "when": one.candidate.when.isoformat(),
                "intent": one.intent,
            }
            for one in ordered
        ]
        sent = self._answer(
            kinds.QUESTION.name,
            body,
            ask=NewAsk("which", "inbound", self.inbound.pk, self.now + WHICH_WITHIN, options),
        )
        if sent:
            self._done(
                "asked",
                intent,
                f"{len(found)} visits it could be about" if len(found) > 1 else "a visit never spoken of",
            )
        else:
            self.to_person("more than one visit it could be about, and the question could not be sent", quietly=True)

    def _withdraw_which(self, which: Ask) -> None:
        Ask.objects.filter(pk=which.pk, state="open").update(state="withdrawn")

    def _decide(self, read: Understood) -> None:
        found = [
            one
            for reading in read.readings
            for one in self.candidates(reading.intent, reading.value)
            if self.answers_in(reading.context, one.candidate)
        ]
        if not found:
            self.to_person("nothing open that it could be about")
            return
        one = found[0] if len(found) == 1 else None if read.names else self._last_asked(found)
        if one is not None and not self._named(read.names, one):
            self.to_person("the day or time that it names is not plainly that of the visit")
        elif one is None:
            if len({each.intent for each in found}) > 1:
                self.to_person("it could answer an offer or keep a visit")
            elif not all(each.candidate.timed for each in found):
                self.to_person("it could answer for more than one person")
            else:
                self._ask_which(found)
        elif why := doubt(self, one):
            self.to_person(why)
        elif one.intent == "cancel" and not one.candidate.at_hand and self.ask_about(one.candidate) is None:
            self._ask_which([one])
        elif may_be_a_repeat(self, one):
            self.to_person("the same wish was granted a while ago; it may not be meant for the next visit")
        else:
            self._act(one, read.why if len(found) == 1 else f"{read.why}; the last thing that was asked")

    def _named(self, names: str, one: Found) -> bool:
        """Whether every day and time that the text names is the visit's."""
        when, said_at = (moment.astimezone(clock.LONDON) for moment in (one.candidate.when, self.said_at))
        return particulars.fits(names, when, said_at)

    def _last_asked(self, found: Sequence[Found]) -> Found | None:
        """The one that was plainly the last thing spoken of: an offer just made, or the visit just cancelled."""
        newest = self.open_asks[-1] if self.open_asks else None
        if len({one.candidate.patient_id for one in found}) == 1 and newest is not None:
            offered = [one for one in found if one.intent == "accept"]
            if len(offered) == 1 and offered[0].key == (newest.subject, newest.subject_id):
                return offered[0]
        last = self.just_cancelled()
        if last is not None:
            back = [one for one in found if one.intent == "confirm" and one.key == (last.subject, last.subject_id)]
            return back[0] if len(back) == 1 else None
        return None

    # ---- doing --------------------------------------------------------------------------------------------------------

    def _act(self, found: Found, why: str) -> None:
        candidate, intent = found.candidate, found.intent
        by = self._speaker(candidate.patient_id)
        acted = ports.owner(candidate.kind).act(candidate, intent, self.inbound.pk, by, found.value)
        record_answers(
            asks=[ask for ask in self.open_asks if (ask.subject, ask.subject_id) == found.key],
            intent=intent,
            value=found.value,
            via="text",
            by=by,
            close=acted.done and intent not in STAYS_OPEN,
            inbound_id=self.inbound.pk,
        )
        self.inbound.patient_id = candidate.patient_id
        self.inbound.subject, self.inbound.subject_id = found.key
        if acted.answer:
            purpose = kinds.QUESTION if acted.ask else kinds.ANSWER
            self._answer(purpose.name, acted.answer, patient_id=candidate.patient_id, ask=acted.ask)
        if acted.task is not None:
            tasks.ask_for(tasks=[acted.task], by=by)
        if not acted.done:
            self.to_person(
                "a machine may not do this", quietly=bool(acted.answer), title="A wish that a person decides"
            )
            return
        record_entries(
            entries=[
                NewEntry(
                    patient_id=candidate.patient_id,
                    organisation_id=self.organisation_id,
                    kind="reply",
                    text=f"Answered by text: {wording.wish(intent)}",
                    intent_key=f"reply:{self.inbound.pk}",
                    source="text reply",
                    effective_at=self.inbound.received_at,
                    subject=candidate.kind,
                    subject_id=candidate.subject_id,
                )
            ],
            by=by,
        )
        self._done("acted", intent, why)

    def _speaker(self, patient_id: int | None = None) -> Actor:
        """Whoever wrote: a patient when it is certain which, else the phone."""
        known = patient_id if patient_id is not None else self.only_holder
        if known is None:
            return BY
        return Actor(kind="patient", id=known, label="text reply", organisation_id=self.organisation_id)

    def _enter(self, text: str, holders: Sequence[Holder]) -> None:
        record_entries(
            entries=[
                NewEntry(
                    patient_id=holder.patient_id,
                    organisation_id=self.organisation_id,
                    kind="reply",
                    text=text,
                    intent_key=f"reply:{self.inbound.pk}:{holder.patient_id}",
                    source="text reply",
                    effective_at=self.inbound.received_at,
                )
                for holder in holders
                if not holder.deceased
            ],
            by=self._speaker(),
        )

    def _answer(self, purpose: str, body: str, *, patient_id: int | None = None, ask: NewAsk | None = None) -> bool:
        """Send an answer by machine to the phone that wrote; false when it must not go out after all."""
        sent = queue(
            messages=[
                NewMessage(
                    intent_key=f"{purpose}:inbound:{self.inbound.pk}",
                    organisation_id=self.organisation_id,
                    purpose=purpose,
                    body=body,
                    not_after=self.now + (WHICH_WITHIN if ask and ask.context == "which" else ANSWER_USEFUL),
                    patient_id=patient_id,
                    number=self.number,
                    subject="inbound",
                    subject_id=self.inbound.pk,
                    ask=ask,
                )
            ],
            by=BY,
        )
        return sent.suppressed == 0

    def _ask(self, kind: Kind, title: str, why: str) -> bool:
        return ask_person(thread=self.thread, title=title, why=why, by=BY, kind=kind, patient_id=self.only_holder)

    def to_person(
        self,
        why: str,
        *,
        kind: Kind = kinds.REPLY,
        title: str = "Read a text and answer it",
        outcome: str = "person",
        quietly: bool = False,
    ) -> None:
        """A person reads it. The phone is told once, while nothing of it waits yet and nothing was sent to it just now."""
        newly = self._ask(kind, title, why)
        if newly and not quietly and self._may_answer():
            self._answer(kinds.ANSWER.name, wording.person_reads(self.practice))
        self._done(outcome, self.inbound.intent or "person", why)

    def _done(self, outcome: str, intent: str, why: str) -> None:
        self.inbound.processed_at = self.now
        self.inbound.outcome, self.inbound.intent, self.inbound.why = outcome, intent, why[:80]
        self.inbound.save(
            update_fields=[
                "processed_at", "outcome", "intent", "why", "duplicate_of", "patient", "subject", "subject_id",
            ]
        )  # fmt: skip
        if self.read is not None:
            asked = [ask.context for ask in self.open_asks] or [self._asked_lately]
            note_reading(inbound=self.inbound, read=self.read, contexts=asked, holders=self.holders)
        audit.record(
            by=BY,
            line=audit.Line(
                "understand",
                "inbound",
                self.inbound.pk,
                patient_id=self.inbound.patient_id,
                organisation_id=self.organisation_id,
                detail={"intent": intent, "outcome": outcome},
            ),
        )
        jobs.notify_live("inbox", self.organisation_id)


@transaction.atomic
def unanswered_which() -> int:
    """Questions which visit is meant that nobody answered in time: a person finds out. Returns how many."""
    due = Ask.objects.filter(state="open", context="which", expires_at__lte=clock.now())
    numbers = sorted(set(due.order_by("expires_at").values_list("organisation_id", "number")[:100]))
    # In order of key; then each is ours already.
    lock_threads(list(Thread.objects.filter(number__in={number for _, number in numbers}).values_list("pk", flat=True)))
    threads = {pair: thread_of(organisation_id=pair[0], number=pair[1]) for pair in numbers}
    done = 0
    # Only now that nobody answers any of them at this moment.
    for ask in due.filter(number__in={number for _, number in numbers}).order_by("id").select_for_update(of=("self",)):
        thread = threads.get((ask.organisation_id, ask.number))
        if thread is None:
            continue
        Ask.objects.filter(pk=ask.pk).update(state="expired")
        listed = ask.options if isinstance(ask.options, list) else []
        intent = str(listed[0]["intent"]) if listed else "cancel"
        ask_person(
            thread=thread,
            title=f"Find out which visit to {wording.wish(intent)}: our question was not answered",
            why="no answer within 15 minutes to the question which visit is meant",
            by=BY,
            kind=kinds.WHICH,
        )
        done += 1
    return done


__all__ = ["unanswered_which", "understand_next", "understand_slice"]
