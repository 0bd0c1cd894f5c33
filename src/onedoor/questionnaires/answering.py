"""Questionnaires put to one patient: begun, answered by whatever way, ended, and what their answers then do."""

from __future__ import annotations

import hashlib
import secrets
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, timedelta

from django.conf import settings
from django.db import IntegrityError, transaction

from onedoor.accounts import api as accounts
from onedoor.kernel import audit, clock
from onedoor.kernel.access import require_staff
from onedoor.kernel.actor import Actor
from onedoor.kernel.events import emit
from onedoor.kernel.transitions import record_first, transition
from onedoor.messaging import api as messaging
from onedoor.messaging.types import Acted, NewAsk, NewMessage
from onedoor.patients import api as patients
from onedoor.patients.types import Reach
from onedoor.questionnaires import engine, wording
from onedoor.questionnaires.definitions import Definition, Item
from onedoor.questionnaires.events import QuestionnaireCompleted, TrustAnswered
from onedoor.questionnaires.kinds import ANSWERS, RED_FLAG, UNCLEAR
from onedoor.questionnaires.licensed import NotReady, definition_of
from onedoor.questionnaires.models import OPEN, Given, PutQuestion, Response, ResponseHistory
from onedoor.questionnaires.outcomes import Outcome, outcome
from onedoor.questionnaires.prior import far_from, last_known
from onedoor.questionnaires.purposes import PUT
from onedoor.questionnaires.readers import SAME, is_valid, of_page
from onedoor.questionnaires.rules import KEPT, RESPONSE_MOVES
from onedoor.questionnaires.types import CannotAsk, LinkClosed, NotOpen
from onedoor.records.api import record_entries
from onedoor.records.types import NewEntry
from onedoor.tasks import api as tasks
from onedoor.tasks.types import Kind, NewTask

SUBJECT = "questionnaire"
WAYS = ("text", "link", "portal", "kiosk")
MOST_BY_TEXT = 10
"""Questions one by one in texts; a longer questionnaire goes by link (and twelve answers an hour are a loop to messaging)."""
CODE_FOR = timedelta(minutes=60)
"""How long reception's code for the tablet is good; real time."""
AT_THE_TABLET = timedelta(days=1)
"""How long what was begun at the tablet stays open: whoever walked away from it can be asked at home from the next day on."""
TRIES = 3
"""Wrong dates of birth before a link closes."""
SLICE = 200
SAID: dict[str, str] = {"text": "by text", "kiosk": "on the practice’s tablet"}


# ---- beginning


@transaction.atomic
def start(
    *,
    patient_id: int,
    organisation_id: int,
    key: str,
    via: str,
    by: Actor,
    reason: str = "",
    only: Sequence[str] = (),
) -> Response:
    """Put a questionnaire to one patient: `via` text (one question a message), link (a text with a link), portal (waits on their
    own page) or kiosk (a code for the practice's tablet). `only` names the questions to ask when not all are wanted.

    Raises NotPermitted for anybody but staff of the organisation and the system, and CannotAsk with the reason.
    """
    require_staff(by, organisation_id)
    definition = may_start(key, via, only)
    reach = patients.reach(organisation_id, [patient_id]).get(patient_id)
    if reach is None or not reach.registered or reach.deceased:
        raise CannotAsk("This patient is not registered here.")
    _way_is_open(definition, via, reach, only)
    now = clock.now()
    try:
        with transaction.atomic():
            made = Response.objects.create(
                organisation_id=organisation_id,
                patient_id=patient_id,
                key=key,
                version=definition.version,
                only=sorted(only),
                via=via,
                reason=reason[:80],
                asked_at=now,
                ends_at=now + (AT_THE_TABLET if via == "kiosk" else KEPT),
                **_code_for_tablet(via, organisation_id),
            )
    except IntegrityError as error:
        raise CannotAsk("Questions to this patient are still open. Withdraw them first.") from error
    record_first(history=ResponseHistory, ids=[made.pk], state="asked", by=by)
    if via == "text":
        _first_turn(made, definition, reach, by)
    elif via == "link":
        _send_link(made, reach, by)
    audit.record(by=by, line=_line(made, "start_questionnaire", via=via))
    return made


def may_start(key: str, via: str, only: Sequence[str]) -> Definition:
    """The definition of a questionnaire that may be put this way, these questions of it. Raises CannotAsk with the reason."""
    try:
        definition = definition_of(key)
    except KeyError as error:
        raise CannotAsk("Choose what to ask.") from error
    except NotReady as why:
        raise CannotAsk(str(why)) from why
    if via not in WAYS:
        raise CannotAsk("Choose how to ask.")
    if only and not set(only) <= {item.link for item in definition.items if not item.whens}:
        raise CannotAsk("Choose what to ask.")
    if via == "text" and len(definition.items) > MOST_BY_TEXT:
        raise CannotAsk("Too many questions for texts: send a link.")
    return definition


def _way_is_open(definition: Definition, via: str, reach: Reach, only: Sequence[str]) -> None:
    """Others may read a shared phone, and know a date of birth: nothing private goes there by text or link (clinical.md 6.2)."""
    if via not in ("text", "link"):
        return
    if definition.is_private(only) and reach.mobile_holders > 1:
        raise CannotAsk(
            "Others have this phone too, and the questions are private: let them answer on their own page or on the tablet, "
            "or ask by telephone."
        )
    if via == "text" and PutQuestion.objects.filter(patient_id=reach.patient_id, state="asked").exists():
        raise CannotAsk("A question to this patient is still open. Withdraw it first.")


def _code_for_tablet(via: str, organisation_id: int) -> dict[str, object]:
    if via != "kiosk":
        return {}
    now = clock.real_now()
    # A code whose hour is over is free again, whether or not its questionnaire has ended.
    Response.objects.filter(organisation_id=organisation_id, code_until__lte=now, state__in=OPEN).exclude(
        code=""
    ).update(code="")
    return {"code": f"{secrets.randbelow(1_000_000):06d}", "code_until": now + CODE_FOR}


def _first_turn(response: Response, definition: Definition, reach: Reach, by: Actor) -> None:
    item = engine.next_item(definition, {}, frozenset(response.only))
    assert item is not None
    practice, _ = accounts.sender(response.organisation_id)
    question = _put(response, item, alone=reach.mobile_holders == 1)
    _send(
        response,
        wording.first_turn(definition, item, question, reach.given_name, practice),
        by,
        NewAsk(definition.context(item), SUBJECT, response.pk, response.ends_at),
    )


def _send_link(response: Response, reach: Reach, by: Actor) -> None:
    token = secrets.token_urlsafe(16)
    Response.objects.filter(pk=response.pk).update(token_hash=token_hash(token))
    practice, phone = accounts.sender(response.organisation_id)
    _send(response, wording.link(reach.given_name, practice, phone, f"{settings.PUBLIC_ADDRESS}/q/{token}"), by, None)


def _send(response: Response, body: str, by: Actor, ask: NewAsk | None) -> None:
    sent = messaging.queue(
        messages=[
            NewMessage(
                intent_key=f"{SUBJECT}:{response.pk}",
                organisation_id=response.organisation_id,
                purpose=PUT.name,
                body=body,
                not_after=response.ends_at,
                patient_id=response.patient_id,
                subject=SUBJECT,
                subject_id=response.pk,
                ask=ask,
            )
        ],
        by=by,
    )
    if sent.suppressed:
        raise CannotAsk("No text may go to this patient now: see how they want to be contacted, and ask by telephone.")


def _put(response: Response, item: Item, *, alone: bool) -> str:
    """The words of a question by text, which from now on is the one that is answered. What the record has is offered only
    where nobody else has the phone."""
    known = (
        last_known(response.patient_id, [item.link]).get(item.link)
        if alone and item.kind in ("integer", "decimal")
        else None
    )
    offered = known.value if known is not None and is_valid(item, known.value) else ""
    response.at_item, response.again_at, response.offered = item.link, None, offered
    response.save(update_fields=["at_item", "again_at", "offered"])
    return wording.turn(item, offered, known.month if known is not None else "")


# ---- answering


@dataclass(frozen=True)
class Taken:
    """What an answer came to. `words` are for the patient: after the last answer, or after one that cannot wait."""

    done: bool
    words: str = ""
    urgent: bool = False
    far: bool = False
    """Nothing was kept: the number is far from what the record has, and given once more it is taken."""


def by_text(*, response: Response, intent: str, value: str, by: Actor) -> Acted:
    """One reply to the question that was put last: kept, asked once more, or a person's. In the reply's transaction, with the
    response locked by the caller."""
    definition, answers = definition_of(response.key), answers_of(response)
    if response.state not in OPEN or response.ends_at <= clock.now() or response.at_item in answers:
        return Acted(answer=None, done=False)
    item = definition.item(response.at_item)
    confirmed = value == SAME and item.kind != "string"
    if confirmed:
        value = response.offered
    if intent == "decline":
        value, confirmed = engine.SKIPPED, False
    elif intent != "answer" or not is_valid(item, value):
        return _unclear(response, definition, item, by)
    elif not confirmed and is_alone(response) and _is_far(response, item, value):
        return _once_more(response, definition, item, wording.far(item, value))
    _keep(response, item, value, via="text", confirmed=confirmed, by=by)
    answers[item.link] = value
    after = engine.next_item(definition, answers, frozenset(response.only))
    name = response.patient.given_name
    if after is None or engine.red_flags(definition, answers):
        taken, task = _finish(response, definition, answers, via="text", by=by)
        return Acted(answer=f"{name}: {taken.words}", task=task)
    question = _put(response, after, alone=is_alone(response))
    return Acted(
        answer=f"{name}: {question}",
        ask=NewAsk(definition.context(after), SUBJECT, response.pk, response.ends_at),
    )


def is_alone(response: Response) -> bool:
    """Whether nobody else has the phone, so that a text may say something of the record."""
    reach = patients.reach(response.organisation_id, [response.patient_id]).get(response.patient_id)
    return reach is not None and reach.mobile_holders == 1


def _unclear(response: Response, definition: Definition, item: Item, by: Actor) -> Acted:
    """The question again, once; then a person, with what was answered so far."""
    if response.again_at is None:
        return _once_more(response, definition, item, wording.again(item, response.offered))
    found = outcome(definition, answers_of(response), complete=False)
    _end(response, "handed_over", found, by=by)
    _write(response, found, via="text", by=by)
    messaging.close_asks(subject=SUBJECT, subject_ids=[response.pk], state="withdrawn", by=by)
    title = f"Ask by telephone: an answer by text was not clear ({definition.title})"
    return Acted(answer=None, task=_task(UNCLEAR, response, title, f"Not clear: {item.text}"), done=False)


def _once_more(response: Response, definition: Definition, item: Item, words: str) -> Acted:
    response.again_at = clock.now()
    response.save(update_fields=["again_at"])
    return Acted(
        answer=f"{response.patient.given_name}: {words}",
        ask=NewAsk(definition.context(item), SUBJECT, response.pk, response.ends_at),
    )


def _is_far(response: Response, item: Item, value: str) -> bool:
    """Whether a number is far from what the record has, and was not asked for once more yet. To be told so tells something of
    the record: only where that may be offered."""
    if response.again_at is not None or value == engine.SKIPPED:
        return False
    return far_from(last_known(response.patient_id, [item.link]).get(item.link), item.link, value)


@transaction.atomic
def answer(
    *,
    response_id: int,
    link: str,
    given: Sequence[str],
    via: str,
    by: Actor,
    skip: bool = False,
    same: bool = False,
    offer: bool = False,
) -> Taken:
    """An answer given on a page: `given` is what was chosen or typed, two numbers for a pair; `skip` that they would rather not
    say, `same` that what the record has is still right, `offer` that nobody else sees the page: only then may it say that a
    number is far from the record.

    Raises NotOpen, and ValueError for what the question does not take: nothing is changed then. A red flag ends it at once and
    calls a person; else it ends with `finish`.
    """
    response = _locked(response_id, by)
    definition, answers = definition_of(response.key), answers_of(response)
    item = next((i for i in engine.to_ask(definition, answers, frozenset(response.only)) if i.link == link), None)
    if item is None:
        raise ValueError(link)
    value = engine.SKIPPED if skip else _known(response, item) if same else of_page(item, *given)
    if value is None:
        raise ValueError(link)
    if not same and offer and _is_far(response, item, value):
        response.again_at = clock.now()
        response.save(update_fields=["again_at"])
        return Taken(done=False, far=True)
    _keep(response, item, value, via=via, confirmed=same and not skip, by=by)
    answers[link] = value
    # What waits for a reply by text is answered here: a later "2" must not answer something else.
    messaging.close_asks(subject=SUBJECT, subject_ids=[response.pk], state="withdrawn", by=by)
    if engine.red_flags(definition, answers):
        taken, task = _finish(response, definition, answers, via=via, by=by)
        tasks.ask_for(tasks=[task] if task else [], by=by)
        return taken
    return Taken(done=False)


def _known(response: Response, item: Item) -> str | None:
    known = last_known(response.patient_id, [item.link]).get(item.link)
    return known.value if known is not None and is_valid(item, known.value) else None


@transaction.atomic
def finish(*, response_id: int, via: str, by: Actor) -> Taken:
    """Send what was answered on a page. Raises NotOpen; ValueError while a question is left."""
    response = _locked(response_id, by)
    definition, answers = definition_of(response.key), answers_of(response)
    if engine.next_item(definition, answers, frozenset(response.only)) is not None:
        raise ValueError("a question is left")
    taken, task = _finish(response, definition, answers, via=via, by=by)
    tasks.ask_for(tasks=[task] if task else [], by=by)
    messaging.close_asks(subject=SUBJECT, subject_ids=[response.pk], state="withdrawn", by=by)
    return taken


def _locked(response_id: int, by: Actor) -> Response:
    response = Response.objects.select_for_update(of=("self",)).select_related("patient").get(pk=response_id)
    if not (by.kind == "system" or by.speaks_for(response.patient_id)):
        require_staff(by, response.organisation_id)
    if response.state not in OPEN or response.ends_at <= clock.now():
        raise NotOpen(response.key)
    return response


def _keep(response: Response, item: Item, value: str, *, via: str, confirmed: bool, by: Actor) -> None:
    now = clock.now()
    Given.objects.update_or_create(
        response=response, link=item.link, defaults={"value": value, "confirmed": confirmed, "via": via, "at": now}
    )
    _move(response, "in_progress", by=by, also={"last_at": now})
    Response.objects.filter(pk=response.pk).update(last_at=now, again_at=None)


def answers_of(response: Response) -> dict[str, str]:
    """Answers by link; "" for a question that they would rather not answer."""
    return dict(response.given.values_list("link", "value"))


# ---- ending


def _finish(
    response: Response, definition: Definition, answers: dict[str, str], *, via: str, by: Actor
) -> tuple[Taken, NewTask | None]:
    """End a response with its answers: state, record, event, and the words and the work that follow."""
    left = engine.next_item(definition, answers, frozenset(response.only))
    found = outcome(definition, answers, complete=left is None)
    given = engine.standing(definition, answers, frozenset(response.only))
    to = "handed_over" if left is not None else "completed" if given else "declined"
    _end(response, to, found, by=by)
    _write(response, found, via=via, by=by)
    if to == "completed":
        emit(QuestionnaireCompleted((response.patient_id,), response.key, response.organisation_id))
    audit.record(by=by, line=_line(response, "end_questionnaire", to=to, visit=found.visit, rule=found.rule))
    practice, phone = accounts.sender(response.organisation_id)
    if found.red_flags:
        said = "; ".join(
            f"{definition.item(link).text} {_in_words(definition, link, answers[link])}" for link in found.red_flags
        )
        title = f"Ring now: an answer that cannot wait ({definition.title})"
        return Taken(True, wording.danger(practice, phone, clock.now()), urgent=True), _task(
            RED_FLAG, response, title, said
        )
    words = wording.ended(found.visit, practice, phone, clock.now())
    if found.visit == "none":
        return Taken(True, words), None
    score = f", score {found.score}" if found.score is not None else ""
    see = "See them" if found.visit == "face_to_face" else "Read and get in touch"
    return Taken(True, words), _task(ANSWERS, response, f"{see}: {definition.title}{score}", found.why)


def _in_words(definition: Definition, link: str, value: str) -> str:
    option = definition.item(link).option(value)
    return option.label or option.code if option else value


def _end(response: Response, to: str, found: Outcome | None, *, by: Actor) -> bool:
    also: dict[str, object] = {"ended_at": clock.now(), "at_item": "", "offered": "", "code": ""}
    if found is not None and to != "declined":
        also |= {
            "score": found.score,
            "band": found.band,
            "visit": found.visit,
            "rule": found.rule,
            "why": found.why[:120],
            "rules_version": found.rules_version,
        }
    moved = _move(response, to, by=by, also=also)
    if moved and found is not None and found.red_flags:
        Response.objects.filter(pk=response.pk).update(red_flags=list(found.red_flags))
    return moved


def _move(response: Response, to: str, *, by: Actor, also: dict[str, object]) -> bool:
    return bool(
        transition(
            model=Response, history=ResponseHistory, moves=RESPONSE_MOVES, ids=[response.pk], to=to, by=by, also=also
        )
    )


def _write(response: Response, found: Outcome, *, via: str, by: Actor) -> None:
    """On the record, as said by the patient; each line once, whatever is delivered twice. What a trust asked counts once the
    practice has accepted it (ADR 12)."""
    source = SAID.get(via, "on their page")
    away = any(line.concept for line in found.codes) and accounts.serves_as_trust(response.organisation_id)
    record_entries(
        entries=[
            NewEntry(
                patient_id=response.patient_id,
                organisation_id=response.organisation_id,
                kind="said",
                text=f"Said by the patient {source}: {line.text}",
                intent_key=f"{SUBJECT}:{response.pk}:{n}",
                source=source,
                concept=line.concept,
                value=line.value,
                unit=line.unit,
                elsewhere=away and line.concept is not None,
                subject=SUBJECT,
                subject_id=response.pk,
            )
            for n, line in enumerate(found.codes, 1)
        ],
        by=by,
    )
    if away:
        emit(TrustAnswered((response.patient_id,), response.organisation_id))


@transaction.atomic
def withdraw_response(*, response_id: int, by: Actor) -> bool:
    """Take a questionnaire back; its text is not sent if it has not gone. False when it had ended before."""
    response = Response.objects.select_for_update().get(pk=response_id)
    require_staff(by, response.organisation_id)
    if not _end(response, "withdrawn", None, by=by):
        return False
    messaging.clear(subject=SUBJECT, subject_ids=[response.pk], because="questions withdrawn", by=by)
    messaging.close_asks(subject=SUBJECT, subject_ids=[response.pk], state="withdrawn", by=by)
    audit.record(by=by, line=_line(response, "withdraw_questionnaire"))
    return True


def expire_responses(*, limit: int = SLICE) -> int:
    """End questionnaires whose time is over. What was answered to the end and only not sent is taken; else what stands by
    itself is kept on the record, and it ends with no response. Returns how many."""
    due = Response.objects.filter(state__in=OPEN, ends_at__lte=clock.now()).order_by("id")
    keys = list(due.values_list("pk", flat=True)[:limit])
    return sum(_expire(key) for key in keys)


@transaction.atomic
def _expire(key: int) -> int:
    by = Actor.system("questionnaires not answered")
    response = Response.objects.select_for_update(of=("self",), skip_locked=True).select_related("patient").filter(
        pk=key, state__in=OPEN, ends_at__lte=clock.now()
    ).first()  # fmt: skip
    if response is None:
        return 0
    messaging.close_asks(subject=SUBJECT, subject_ids=[key], state="expired", by=by)
    answers = answers_of(response)
    try:
        definition = definition_of(response.key)
    except NotReady:
        answers = {}
    if answers and engine.next_item(definition, answers, frozenset(response.only)) is None:
        _, task = _finish(response, definition, answers, via=response.via, by=by)
        tasks.ask_for(tasks=[task] if task else [], by=by)
        return 1
    if answers:
        found = outcome(definition, answers, complete=False)
        _write(response, found, via=response.via, by=by)
    _end(response, "expired", None, by=by)
    # Partial results are kept 14 days (clinical.md 4); what stands by itself is on the record now.
    response.given.all().delete()
    return 1


# ---- the link of a text


def token_hash(token: str) -> str:
    """What is kept of a token."""
    return hashlib.sha256(token.encode()).hexdigest()


def link_of(token: str) -> Response:
    """The response of a link, while it may be opened: until its time is over, or a day after its end. Raises LinkClosed."""
    found = Response.objects.select_related("organisation", "patient").filter(
        token_hash=token_hash(token), link_closed_at=None, ends_at__gt=clock.now()
    )
    response = found.exclude(state__in=("withdrawn", "expired")).first()
    if response is None or (response.ended_at and response.ended_at < clock.now() - timedelta(days=1)):
        raise LinkClosed
    return response


def ever_of_link(token: str) -> Response | None:
    """The response of a link, closed or not: whose words these are when what is written there speaks of danger."""
    return Response.objects.select_related("organisation", "patient").filter(token_hash=token_hash(token)).first()


@transaction.atomic
def born_on_is(*, token: str, born_on: date) -> bool:
    """Whether this is the date of birth of the patient who was asked. The third wrong one closes the link. Raises LinkClosed."""
    response = Response.objects.select_for_update(of=("self",)).select_related("patient").get(pk=link_of(token).pk)
    if response.link_closed_at is not None:
        raise LinkClosed
    if response.patient.born_on == born_on:
        return True
    response.wrong_tries += 1
    if response.wrong_tries >= TRIES:
        response.link_closed_at = clock.now()
    response.save(update_fields=["wrong_tries", "link_closed_at"])
    audit.record(
        by=Actor.system("questionnaires: links"),
        line=_line(response, "questionnaire_link_wrong_date"),
    )
    return False


def _task(kind: Kind, response: Response, title: str, detail: str) -> NewTask:
    return NewTask(
        kind=kind.name,
        organisation_id=response.organisation_id,
        key=f"{kind.name}:{SUBJECT}:{response.pk}",
        title=title[:200],
        detail=detail,
        patient_id=response.patient_id,
        subject=SUBJECT,
        subject_id=response.pk,
    )


def _line(response: Response, action: str, **detail: str) -> audit.Line:
    return audit.Line(
        action,
        SUBJECT,
        response.pk,
        patient_id=response.patient_id,
        organisation_id=response.organisation_id,
        detail={"key": response.key, **detail},
    )
