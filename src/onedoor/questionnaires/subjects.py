"""Replies to questions: whose they could be, and what each does (messaging finds the reply's one candidate)."""

from __future__ import annotations

from collections.abc import Sequence

from onedoor.kernel import clock
from onedoor.kernel.actor import Actor
from onedoor.messaging.ports import Context
from onedoor.messaging.types import Acted, Candidate
from onedoor.questionnaires import actions, rules
from onedoor.questionnaires.models import PutQuestion

RATHER_NOT = (
    "skip",
    "rather not say",
    "id rather not say",
    "i would rather not say",
    "id rather not",
    "i would rather not",
    "prefer not to say",
    "i prefer not to say",
    "id prefer not to say",
    "dont want to say",
    "i dont want to say",
    "not saying",
    "none of your business",
)
CONTEXTS = [Context(name=form, intents={"decline": RATHER_NOT}) for form in rules.FORMS]


class Questions:
    """The owner of "question" for messaging."""

    kind = actions.SUBJECT

    def open_subjects(self, patient_ids: Sequence[int], intent: str) -> list[Candidate]:
        """Open questions to these patients, for an answer, a refusal, or words that are neither."""
        if intent not in ("answer", "unclear", "decline"):
            return []
        found = PutQuestion.objects.filter(patient_id__in=patient_ids, state="asked", ends_at__gt=clock.now())
        return [
            Candidate(
                kind=self.kind,
                subject_id=question.pk,
                patient_id=question.patient_id,
                first_name=question.patient.given_name,
                when=question.ends_at,
                asked=True,
                organisation_id=question.organisation_id,
                timed=False,
            )
            for question in found.select_related("patient").order_by("id")
        ]

    def act(self, candidate: Candidate, intent: str, inbound_id: int | None, by: Actor, value: str = "") -> Acted:
        """Keep the answer, ask once more, or hand it to a person."""
        found = (
            PutQuestion.objects.select_for_update(of=("self",)).select_related("patient").get(pk=candidate.subject_id)
        )
        via = "text" if inbound_id is not None else "portal"
        if found.state != "asked" or found.ends_at <= clock.now():
            return Acted(answer=None, done=False)
        if intent == "answer":
            return actions.answered(found, value, via=via, by=by)
        if intent == "decline":
            return actions.declined(found, via=via, by=by)
        return actions.unclear(found, via=via, by=by)
