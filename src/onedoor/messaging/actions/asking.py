"""Questions and numbers: answers that come otherwise than by text, questions that close, numbers that opt out."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Literal

from django.db import connection, transaction

from onedoor.kernel import audit, clock
from onedoor.kernel.access import Access, NotPermitted, Permission
from onedoor.kernel.actor import Actor
from onedoor.messaging import ports
from onedoor.messaging.models import Answer, Ask, OptOut
from onedoor.messaging.types import Acted, Candidate
from onedoor.patients import api as patients
from onedoor.tasks import api as tasks

Via = Literal["text", "portal", "staff"]

LONGEST_VALUE = 60
"""What an Answer keeps of a value; the owner keeps all of it."""
STAYS_OPEN = frozenset({"earlier", "rebook", "late"})
"""An answer after which the visit itself may still be kept or cancelled."""


class NotOpen(Exception):
    """There is nothing (any more) that this answer could be about; nothing was changed."""


@transaction.atomic
def answer(
    *, access: Access, patient_id: int, kind: str, subject_id: int, intent: str, via: Via, value: str = ""
) -> Acted:
    """An answer given in the portal, or to staff on the telephone: it does what the same text would have done.

    Raises Patient.DoesNotExist outside the access, NotPermitted of a proxy who may only look, and NotOpen when the subject cannot
    be answered so. No text goes back: `Acted.answer` is for the page.
    """
    if access.patient_id is None:
        access.require(Permission.MESSAGES)
    patient = patients.by_id(access, patient_id)
    if access.parts is not None and not access.actor.speaks_for(patient.pk):
        raise NotPermitted("this proxy may look, and not answer for the patient")
    owner = ports.owner(kind)
    found = [
        c
        for c in owner.open_subjects([patient.pk], intent)
        if (c.kind, c.subject_id) == (kind, subject_id) and _within(access, c)
    ]
    if not found:
        raise NotOpen(kind)
    by = access.actor
    acted = owner.act(found[0], intent, None, by, value)
    asks = list(Ask.objects.filter(subject=kind, subject_id=subject_id, state="open").order_by("id"))
    record_answers(asks=asks, intent=intent, value=value, via=via, by=by, close=acted.done and intent not in STAYS_OPEN)
    if acted.task is not None:
        tasks.ask_for(tasks=[acted.task], by=by)
    audit.record(
        by=by,
        line=audit.Line(
            "answer",
            kind,
            subject_id,
            patient_id=patient.pk,
            organisation_id=found[0].organisation_id,
            detail={"intent": intent, "via": via, "done": acted.done},
        ),
    )
    return acted


def _within(access: Access, candidate: Candidate) -> bool:
    """A patient may have visits at several practices: their staff answer for their own."""
    return (
        access.everything
        or access.patient_id is not None
        or candidate.organisation_id is None
        or candidate.organisation_id in access.organisation_ids
    )


def record_answers(
    *,
    asks: Sequence[Ask],
    intent: str,
    via: str,
    by: Actor,
    close: bool,
    inbound_id: int | None = None,
    value: str = "",
) -> None:
    """Keep an answer to each of the questions, and close them, in the caller's transaction."""
    if not asks:
        return
    Answer.objects.bulk_create(
        [
            Answer(
                ask_id=ask.pk,
                via=via,
                inbound_id=inbound_id,
                intent=intent,
                value=value[:LONGEST_VALUE],
                at=clock.now(),
                actor_kind=by.kind,
                actor_id=by.id,
                actor_label=by.label,
            )
            for ask in asks
        ]
    )
    if close:
        # The owner may have withdrawn its questions already, because it cleared what they were about: they were answered.
        with connection.cursor() as cursor:
            cursor.execute(
                """UPDATE messaging_ask k SET state = 'answered' FROM (
                       SELECT id FROM messaging_ask WHERE id = ANY(%s) ORDER BY id FOR NO KEY UPDATE) l
                   WHERE k.id = l.id AND k.state IN ('open', 'withdrawn')""",
                [[ask.pk for ask in asks]],
            )


def close_asks(
    *,
    subject: str,
    subject_ids: Sequence[int],
    by: Actor,
    state: Literal["answered", "withdrawn", "expired"] = "answered",
    intent: str = "",
) -> int:
    """Close the open questions about these subjects in the caller's transaction; returns how many.

    "answered" keeps an Answer for each, given by `by`.
    """
    asks = list(
        Ask.objects.select_for_update()
        .filter(subject=subject, subject_id__in=list(subject_ids), state="open")
        .order_by("id")
    )
    if state == "answered":
        via = {"user": "staff", "patient": "portal", "system": "system"}[by.kind]
        record_answers(asks=asks, intent=intent, via=via, by=by, close=True)
    else:
        Ask.objects.filter(pk__in=[ask.pk for ask in asks]).update(state=state)
    return len(asks)


def opt_out(
    *, organisation_id: int, number: str, by: Actor, because: str = "stop", since: datetime | None = None
) -> bool:
    """No more texts that we begin go to this number, in the caller's transaction; returns whether this is new.

    `since`: from when there was reason, now unless given. A STOP outlives the rest of a wrong number: it is the wish of
    whoever has the phone.
    """
    with connection.cursor() as cursor:
        cursor.execute(
            """INSERT INTO messaging_opt_out (organisation_id, number, because, since) VALUES (%s, %s, %s, %s)
               ON CONFLICT (organisation_id, number) WHERE until IS NULL DO UPDATE SET because = EXCLUDED.because
               WHERE messaging_opt_out.because <> EXCLUDED.because
                 AND (EXCLUDED.because = 'stop' OR messaging_opt_out.because = 'undecided'
                      OR (EXCLUDED.because = 'bereaved' AND messaging_opt_out.because = 'unreachable'))
               RETURNING id""",
            [organisation_id, number, because, since or clock.now()],
        )
        row = cursor.fetchone()
    if row is None:
        return False
    audit.record(
        by=by,
        line=audit.Line("opt_out", "opt_out", row[0], organisation_id=organisation_id, detail={"because": because}),
    )
    return True


def opt_in(*, organisation_id: int, number: str, by: Actor, because: str = "stop") -> bool:
    """End the opt-out of this kind, in the caller's transaction; returns whether there was one."""
    found = list(
        OptOut.objects.select_for_update().filter(
            organisation_id=organisation_id, number=number, until=None, because=because
        )
    )
    OptOut.objects.filter(pk__in=[row.pk for row in found]).update(until=clock.now())
    audit.record_many(
        by=by,
        lines=[
            audit.Line("opt_in", "opt_out", row.pk, organisation_id=organisation_id, detail={"because": because})
            for row in found
        ],
    )
    return bool(found)


def resting(*, organisation_id: int, number: str) -> str:
    """Why this number gets no texts that we begin: "stop", "wrong_number", or empty when it does get them."""
    found = OptOut.objects.filter(organisation_id=organisation_id, number=number, until=None)
    return found.values_list("because", flat=True).first() or ""


__all__ = ["NotOpen", "answer", "close_asks", "opt_in", "opt_out", "record_answers", "resting"]
