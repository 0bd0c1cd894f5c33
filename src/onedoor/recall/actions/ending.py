"""What an invitation leaves behind when it ends or was answered: nothing that would still ask somebody."""

from __future__ import annotations

from collections.abc import Sequence

from onedoor.documents import api as documents
from onedoor.kernel import audit, clock
from onedoor.kernel.actor import Actor
from onedoor.kernel.transitions import transition
from onedoor.messaging import api as messaging
from onedoor.recall import rules
from onedoor.recall.actions import claiming
from onedoor.recall.kinds import BOOK, CAME, NOT_WANTED, RING, SAID_DONE
from onedoor.recall.models import Invitation, InvitationHistory, InvitationProgramme, Wave
from onedoor.tasks import api as tasks
from onedoor.tasks.types import Kind

SUBJECT = "invitation"
_WORK = (BOOK, CAME, NOT_WANTED, SAID_DONE)


def key_of(kind: Kind, invitation_id: int) -> str:
    """The key of the work of a kind about an invitation."""
    return f"{kind.name}:{invitation_id}"


def close(invitation_ids: Sequence[int], *, to: str, because: str, by: Actor) -> list[int]:
    """End these invitations, where they may: what was not sent is cleared, questions are closed, work is withdrawn, all in the
    caller's transaction. Returns those that ended."""
    ended = transition(
        model=Invitation, history=InvitationHistory, moves=rules.MOVES, ids=list(invitation_ids), to=to, by=by,
        reason=because[:80],
        also={"changed_at": clock.now(), "next_at": None, "because": because[:40] if to == "withdrawn" else ""},
    )  # fmt: skip
    if not ended:
        return []
    unsent = _nothing_went(ended) if to == "withdrawn" else _nobody_tried(ended) if to == "expired" else []
    stop_waves(ended, because=because, by=by)
    messaging.close_asks(subject=SUBJECT, subject_ids=ended, state="expired" if to == "expired" else "withdrawn", by=by)
    no_more_work(ended, because=because, by=by)
    if to in ("withdrawn", "expired"):
        # The same winter may bring another.
        InvitationProgramme.objects.filter(invitation_id__in=ended).update(stands=False)
    if unsent:
        claiming.give_back(unsent)
        InvitationProgramme.objects.filter(invitation_id__in=unsent).update(again_on=clock.today())
    return ended


def no_more_work(invitation_ids: Sequence[int], *, because: str, by: Actor) -> None:
    """Nobody need book or check these invitations, nor ask who came or keeps a visit, in the caller's transaction."""
    tasks.withdraw(keys=[key_of(kind, key) for key in invitation_ids for kind in _WORK], because=because, by=by)


def _nothing_went(invitation_ids: Sequence[int]) -> list[int]:
    """Those of which no text was taken by the provider or may be on its way, no letter was printed and nobody was reached."""
    waves = list(
        Wave.objects.filter(invitation_id__in=list(invitation_ids)).values_list("invitation_id", "number", "state")
    )
    fates = messaging.fates([f"invitation:{key}:{number}" for key, number, _ in waves])
    went = {key for key, number, state in waves if state == "sent"}
    went |= {
        key for key, number, _ in waves
        if (fate := fates.get(f"invitation:{key}:{number}")) is not None and fate.stands in ("sent", "on_its_way")
    }  # fmt: skip
    return [key for key in invitation_ids if key not in went]


def _nobody_tried(invitation_ids: Sequence[int]) -> list[int]:
    """Those of which nothing went and nobody rang either, though not to be reached: who was never asked has not left it
    unanswered, and is not kept waiting for a year."""
    rung = Wave.objects.filter(invitation_id__in=list(invitation_ids), channel="telephone", state="failed")
    tried = set(rung.values_list("invitation_id", flat=True))
    return [key for key in _nothing_went(invitation_ids) if key not in tried]


def stop_waves(invitation_ids: Sequence[int], *, because: str, by: Actor, texts: bool = True) -> None:
    """Nobody is asked any more by these invitations, in the caller's transaction; the questions that were put stay open."""
    ids = list(invitation_ids)
    Invitation.objects.filter(pk__in=ids).update(next_at=None)
    waiting = Wave.objects.filter(invitation_id__in=ids, state="waiting")
    channels = set(waiting.values_list("channel", flat=True))
    if texts and "text" in channels:
        # Only texts of the outbox: what has gone keeps its wave until it is told what it cost.
        messaging.clear(subject=SUBJECT, subject_ids=ids, because=because, by=by)
    if "letter" in channels:
        documents.mark_delivered(delivery_ids=documents.not_posted(SUBJECT, ids), by=by, stopped_because=because[:40])
    if "telephone" in channels:
        tasks.withdraw(keys=[key_of(RING, key) for key in ids], because=because, by=by)
    waiting.exclude(channel="text").update(state="stopped")


def line_of(invitation: Invitation, action: str) -> audit.Line:
    """An audit line about an invitation."""
    return audit.Line(
        action,
        SUBJECT,
        invitation.pk,
        patient_id=invitation.patient_id,
        organisation_id=invitation.organisation_id,
        detail={"programme": invitation.programme, "season": invitation.season},
    )
