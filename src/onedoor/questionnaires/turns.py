"""Questionnaires by text: each question of each definition as messaging reads it, and what a reply does.

Messaging finds the reply's one candidate, and sees to danger, STOP and a visit that is given up before any answer is looked for.
"""

from __future__ import annotations

from collections.abc import Sequence
from functools import partial

from onedoor.kernel import clock
from onedoor.kernel.actor import Actor
from onedoor.messaging.ports import Context, Question, declare_question
from onedoor.messaging.types import Acted, Candidate
from onedoor.questionnaires import answering, readers
from onedoor.questionnaires.definitions import shipped
from onedoor.questionnaires.models import OPEN, Response
from onedoor.questionnaires.subjects import RATHER_NOT

CONTEXTS: list[Context] = []
for _definition in shipped().values():
    for _item in _definition.items:
        _name = _definition.context(_item)
        CONTEXTS.append(Context(name=_name, intents={"decline": RATHER_NOT}))
        declare_question(
            Question(
                name=_name,
                intents=("answer", "question", "unclear"),
                value=partial(readers.read, _item),
                sure={"stop": 0.95, "thanks": 0.8, "wrong_person": 0.95, "deceased": 0.95},
            )
        )


class Responses:
    """The owner of "questionnaire" for messaging."""

    kind = answering.SUBJECT

    def open_subjects(self, patient_ids: Sequence[int], intent: str) -> list[Candidate]:
        """Questionnaires of these patients that wait for a reply: an answer, a refusal, or words that are neither."""
        if intent not in ("answer", "unclear", "decline"):
            return []
        found = Response.objects.filter(
            patient_id__in=patient_ids, via="text", state__in=OPEN, ends_at__gt=clock.now()
        ).exclude(at_item="")
        return [
            Candidate(
                kind=self.kind,
                subject_id=response.pk,
                patient_id=response.patient_id,
                first_name=response.patient.given_name,
                when=response.ends_at,
                asked=True,
                organisation_id=response.organisation_id,
                timed=False,
            )
            for response in found.select_related("patient").order_by("id")
        ]

    def act(self, candidate: Candidate, intent: str, inbound_id: int | None, by: Actor, value: str = "") -> Acted:
        """Keep the answer and put the next question, ask once more, or hand it to a person."""
        found = Response.objects.select_for_update(of=("self",)).select_related("patient").get(pk=candidate.subject_id)
        return answering.by_text(response=found, intent=intent, value=value, by=by)
