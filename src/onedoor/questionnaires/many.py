"""One questionnaire put to many patients by text, each asked only what is wanted of them, in as many statements as for one.

The same as `answering.start` for each of them, but for what the record has, which is not offered to confirm: these are asked
since it is missing.
"""

from __future__ import annotations

import uuid
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from django.db import transaction

from onedoor.accounts import api as accounts
from onedoor.kernel import audit, clock
from onedoor.kernel.access import require_staff
from onedoor.kernel.actor import Actor
from onedoor.kernel.transitions import record_first, transition
from onedoor.messaging import api as messaging
from onedoor.messaging.types import NewAsk, NewMessage
from onedoor.patients import api as patients
from onedoor.patients.types import Reach
from onedoor.questionnaires import engine, wording
from onedoor.questionnaires.answering import SUBJECT, may_start
from onedoor.questionnaires.definitions import Definition, Item
from onedoor.questionnaires.models import OPEN, PutQuestion, Response, ResponseHistory
from onedoor.questionnaires.purposes import PUT
from onedoor.questionnaires.rules import KEPT, RESPONSE_MOVES

NOT_HERE = "they are not registered here"
OPEN_ALREADY = "they have a question open already"
SHARED = "others have their phone too, and the questions are private"
NO_TEXT = "no text may go to them"


@dataclass(frozen=True)
class StartedMany:
    """How many were asked, and how many not, by the reason in plain words."""

    asked: int
    not_asked: Mapping[str, int]


@transaction.atomic
def start_many(
    *, organisation_id: int, key: str, only: Mapping[int, Sequence[str]], reason: str = "", by: Actor
) -> StartedMany:
    """Put the questionnaire by text to the patients of `only`, each the questions that it names; whoever has one open gets none.

    Raises NotPermitted for anybody but staff of the organisation and the system, and CannotAsk for a questionnaire that cannot be
    asked so at all.
    """
    require_staff(by, organisation_id)
    definition = may_start(key, "text", sorted({link for links in only.values() for link in links}))
    reach = patients.reach(organisation_id, sorted(only))
    busy = _busy(list(only))
    refused: Counter[str] = Counter()
    chosen = []
    for patient_id in sorted(only):
        one = reach.get(patient_id)
        if one is None or not one.registered or one.deceased:
            refused[NOT_HERE] += 1
        elif patient_id in busy:
            refused[OPEN_ALREADY] += 1
        elif definition.is_private(only[patient_id]) and one.mobile_holders > 1:
            refused[SHARED] += 1
        else:
            chosen.append(patient_id)
    made = _make(organisation_id, definition, {patient_id: only[patient_id] for patient_id in chosen}, reason)
    refused[OPEN_ALREADY] += len(chosen) - len(made)
    if made:
        record_first(history=ResponseHistory, ids=[one.pk for one in made], state="asked", by=by)
        _send(made, definition, reach, by)
        unsent = _take_back_unsent(made, by)
        refused[NO_TEXT] += len(unsent)
        made = [one for one in made if one.pk not in unsent]
    audit.record_many(by=by, lines=[_line(one) for one in made])
    return StartedMany(len(made), {why: number for why, number in refused.items() if number})


def _busy(keys: Sequence[int]) -> set[int]:
    questions = PutQuestion.objects.filter(patient_id__in=keys, state="asked").values_list("patient_id", flat=True)
    open_ones = Response.objects.filter(patient_id__in=keys, state__in=OPEN).values_list("patient_id", flat=True)
    return {*questions, *open_ones}


def _make(
    organisation_id: int, definition: Definition, only: Mapping[int, Sequence[str]], reason: str
) -> list[Response]:
    """The responses that nobody else began in this moment; the index on open ones says so."""
    now = clock.now()
    refs = {patient_id: uuid.uuid4() for patient_id in only}
    Response.objects.bulk_create(
        [
            Response(
                ref=refs[patient_id],
                organisation_id=organisation_id,
                patient_id=patient_id,
                key=definition.key,
                version=definition.version,
                only=sorted(links),
                via="text",
                reason=reason[:80],
                asked_at=now,
                ends_at=now + KEPT,
                at_item=_first(definition, links).link,
            )
            for patient_id, links in only.items()
        ],
        ignore_conflicts=True,
    )
    return list(Response.objects.filter(ref__in=list(refs.values())).order_by("id"))


def _first(definition: Definition, links: Sequence[str]) -> Item:
    item = engine.next_item(definition, {}, frozenset(links))
    assert item is not None
    return item


def _send(made: Sequence[Response], definition: Definition, reach: Mapping[int, Reach], by: Actor) -> None:
    practice, _ = accounts.sender(made[0].organisation_id)
    messages = []
    for one in made:
        item = _first(definition, one.only)
        name = reach[one.patient_id].given_name
        messages.append(
            NewMessage(
                intent_key=f"{SUBJECT}:{one.pk}",
                organisation_id=one.organisation_id,
                purpose=PUT.name,
                body=wording.first_turn(definition, item, wording.turn(item, "", ""), name, practice),
                not_after=one.ends_at,
                patient_id=one.patient_id,
                subject=SUBJECT,
                subject_id=one.pk,
                ask=NewAsk(definition.context(item), SUBJECT, one.pk, one.ends_at),
            )
        )
    messaging.queue(messages=messages, by=by)


def _take_back_unsent(made: Sequence[Response], by: Actor) -> set[int]:
    """Those whose text may not go: they are not asked, and nothing of theirs stays open."""
    unsent = messaging.never_sent(subject=SUBJECT, subject_ids=[one.pk for one in made], purpose=PUT.name)
    if unsent:
        transition(
            model=Response, history=ResponseHistory, moves=RESPONSE_MOVES, ids=sorted(unsent), to="withdrawn", by=by,
            reason="no text may go", also={"ended_at": clock.now()},
        )  # fmt: skip
        messaging.close_asks(subject=SUBJECT, subject_ids=sorted(unsent), state="withdrawn", by=by)
    return unsent


def _line(one: Response) -> audit.Line:
    return audit.Line(
        "start_questionnaire",
        SUBJECT,
        one.pk,
        patient_id=one.patient_id,
        organisation_id=one.organisation_id,
        detail={"key": one.key, "via": "text"},
    )


def with_open(patient_ids: Sequence[int]) -> set[int]:
    """Of these patients, those with a question or a questionnaire open. Whoever asks says why it may know."""
    return _busy(patient_ids)
