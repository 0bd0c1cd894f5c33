"""Replies to invitations: whose they could be, and what each does (messaging finds the reply's one candidate)."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from onedoor.kernel import clock
from onedoor.kernel.actor import Actor
from onedoor.messaging.ports import Context
from onedoor.messaging.types import Acted, Candidate
from onedoor.recall.actions import invitations
from onedoor.recall.models import Invitation

CONTEXT = Context(
    name=invitations.FLU,
    intents={
        "accept": ("yes", "book me in", "changed my mind yes", "ive changed my mind yes"),
        "decline": ("no", "not for me"),
        "already_done": ("done", "already done", "already had it", "ive already had it", "had it already"),
    },
)

CHECKS = Context(name=invitations.CHECKS, intents=CONTEXT.intents)
"""A visit for what is due: the same plain words; freer ones are a person's."""

_MEANS: Mapping[str, tuple[str, ...]] = {
    "accept": ("invited", "accepted", "declined"),
    "decline": ("invited", "accepted", "booked", "declined"),
    "already_done": ("invited", "accepted", "declined"),
    "answer": ("already_done",),
}
"""Which states an intent can be about."""


class Invitations:
    """The owner of "invitation" for messaging."""

    kind = invitations.SUBJECT

    def open_subjects(self, patient_ids: Sequence[int], intent: str) -> list[Candidate]:
        """Invitations of these patients that the intent could be about; "answer" is where and when, not yet said."""
        if intent not in _MEANS:
            return []
        found = Invitation.objects.filter(
            patient_id__in=patient_ids, state__in=_MEANS[intent], where_when="", ends_at__gt=clock.now()
        )
        return [
            Candidate(
                kind=self.kind,
                subject_id=invitation.pk,
                patient_id=invitation.patient_id,
                first_name=invitation.patient.given_name,
                when=invitation.ends_at,
                asked=True,
                organisation_id=invitation.organisation_id,
                timed=False,
            )
            for invitation in found.select_related("patient").order_by("id")
        ]

    def act(self, candidate: Candidate, intent: str, inbound_id: int | None, by: Actor, value: str = "") -> Acted:
        """Note what they want or say; nothing here ever says that a vaccine was given."""
        found = (
            Invitation.objects.select_for_update(of=("self",)).select_related("patient").get(pk=candidate.subject_id)
        )
        via = "text" if inbound_id is not None else "portal"
        if intent == "accept":
            return invitations.accepted(found, via=via, by=by)
        if intent == "decline":
            return invitations.declined(found, via=via, by=by)
        if intent == "already_done":
            return invitations.already_done(found, via=via, by=by)
        return invitations.where_and_when(found, value, via=via, by=by)
