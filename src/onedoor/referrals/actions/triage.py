"""What triage does: decide and take back, park, ask a colleague, take what was asked for.

Whoever acts locks the referral first and its other rows after it, so that of two who decide one decides (hazard H10).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from uuid import UUID

from django.db import transaction

from onedoor.accounts.api import colleagues
from onedoor.directory.api import Stream
from onedoor.kernel import audit, clock, jobs
from onedoor.kernel.access import Access, NotPermitted, Permission
from onedoor.kernel.actor import Actor
from onedoor.kernel.transitions import transition
from onedoor.referrals.actions.attaching import NewFile, attach
from onedoor.referrals.errors import AlreadyDecided, Incomplete, NewerCame, NotDone, TooLate
from onedoor.referrals.models import Decision, History, Information, Parking, Referral
from onedoor.referrals.queries.referral import mark
from onedoor.referrals.queries.visible import by_ref
from onedoor.referrals.rules import (
    AWAITING_TRIAGE,
    HOLD,
    MOVES,
    OUTCOMES,
    PARK_DAYS,
    REJECT_REASONS,
    TRIAGE_RESPONSE,
    WHO_BOOKS,
    missing,
)


@dataclass(frozen=True)
class Verdict:
    """What a triage clinician decides: an outcome, and what that outcome needs (`rules.Outcome.needs`)."""

    outcome: str
    stream_id: int | None = None
    onward_service: str = ""
    who_books: str = ""
    options: str = ""
    reason: str = ""
    advice: str = ""


@transaction.atomic
def decide(*, access: Access, ref: UUID, verdict: Verdict, seen: str = "") -> Decision:
    """Decide a referral that awaits triage. The triage clock stops now; it takes effect after `rules.HOLD`.

    `seen` is the mark of the page that was decided on (`queries.referral.mark`). Raises AlreadyDecided, NewerCame, Incomplete,
    NotPermitted, Referral.DoesNotExist.
    """
    referral = lock(access, ref)
    _undecided(referral, seen)
    outcome = OUTCOMES.get(verdict.outcome)
    if outcome is None:
        raise Incomplete("There is no such outcome.")
    stream = Stream.objects.filter(pk=verdict.stream_id or 0, service_id=referral.service_id, active=True).first()
    who_books = verdict.who_books if verdict.who_books in WHO_BOOKS else outcome.who_books
    lacks = missing(
        outcome,
        {
            "stream": stream.name if stream else "",
            "onward_service": verdict.onward_service,
            "who_books": who_books,
            "reason": verdict.reason if verdict.reason in REJECT_REASONS else "",
            "advice": verdict.advice,
        },
    )
    if lacks:
        raise Incomplete("Still needed: " + ", ".join(_NEEDED[need] for need in lacks) + ".")
    by, now = access.actor, clock.now()
    _end_parking(referral, by)
    decision = Decision.objects.create(
        referral=referral,
        outcome=outcome.key,
        stream=stream if "stream" in outcome.needs else None,
        onward_service=verdict.onward_service.strip()[:120],
        who_books=who_books,
        options=verdict.options.strip()[:1000],
        reason=verdict.reason if "reason" in outcome.needs else "",
        advice=verdict.advice.strip()[:4000],
        decided_at=now,
        takes_effect_at=now + HOLD,
        in_time=(referral.triaged_at or now) <= referral.triage_due_at,
        decided_by_id=_person(by),
        decided_by_label=by.label,
    )
    _note(referral, "decide_referral", by, {"outcome": outcome.key, "decision": decision.pk})
    return decision


_NEEDED = {
    "stream": "which stream",
    "onward_service": "the service or specialty it goes on to",
    "who_books": "who books",
    "reason": "why it is inappropriate",
    "advice": "what you write to whoever referred",
}


@transaction.atomic
def take_back(*, access: Access, decision_ref: UUID) -> UUID:
    """Take a decision back before it takes effect: its referral, returned, is in the queue again with its first clock.

    Anybody who triages for the service may. Raises TooLate, NotPermitted, Decision.DoesNotExist.
    """
    found = Decision.objects.select_related("referral").get(ref=decision_ref)
    try:
        referral = lock(access, found.referral.ref)
    except Referral.DoesNotExist as error:
        raise Decision.DoesNotExist from error
    undone = Decision.objects.filter(pk=found.pk, state="held", takes_effect_at__gt=clock.now())
    if not undone.update(state="taken_back"):
        raise TooLate("It has taken effect: it can no longer be taken back.")
    _note(referral, "take_back_decision", access.actor, {"decision": found.pk})
    return referral.ref


@transaction.atomic
def park(*, access: Access, ref: UUID, reason: str, until: date, seen: str = "") -> None:
    """Put a referral aside until a day, for a reason; its clock runs on. Raises as `decide`."""
    referral = lock(access, ref)
    _undecided(referral, seen)
    _set_aside(referral, access.actor, "parked", reason, until, None)


@transaction.atomic
def ask_colleague(*, access: Access, ref: UUID, user_id: int, question: str, seen: str = "") -> None:
    """Ask a colleague of the same organisation; until they answer, or until tomorrow's next day, it is with them.

    Raises as `decide`.
    """
    referral = lock(access, ref)
    _undecided(referral, seen)
    if user_id not in {user.pk for user in colleagues(access)}:
        raise Incomplete("Choose a colleague.")
    _set_aside(referral, access.actor, "asked", question, clock.today() + _ASKED_FOR, user_id)


_ASKED_FOR = timedelta(days=2)
"""A colleague who does not answer does not keep a referral longer out of the queue: the clock has 48 hours."""


def _set_aside(referral: Referral, by: Actor, kind: str, reason: str, until: date, asked_of: int | None) -> None:
    today = clock.today()
    if not reason.strip():
        raise Incomplete("Say why." if kind == "parked" else "Say what you ask.")
    if not today < until <= today + timedelta(days=PARK_DAYS):
        raise Incomplete(f"Choose a day from tomorrow to {PARK_DAYS} days from now.")
    _end_parking(referral, by)
    Parking.objects.create(
        referral=referral,
        kind=kind,
        reason=reason.strip()[:400],
        asked_of_id=asked_of,
        since=clock.now(),
        until=until,
        by_label=by.label,
    )
    _note(referral, "park_referral" if kind == "parked" else "ask_colleague", by, {"until": until.isoformat()})


@transaction.atomic
def answer(*, access: Access, ref: UUID, text: str) -> None:
    """Answer what a colleague asked, or end a parking with a word: it is in the queue again. Raises NotDone, NotPermitted."""
    referral = lock(access, ref)
    if not text.strip():
        raise Incomplete("Write an answer.")
    parking = Parking.objects.filter(referral=referral, ended_at=None).first()
    if parking is None:
        raise NotDone("It is no longer set aside; nothing was changed.")
    parking.answer = text.strip()[:1000]
    parking.save(update_fields=["answer"])
    _end_parking(referral, access.actor)
    _note(referral, "answer_colleague", access.actor, {})


@transaction.atomic
def bring_back(*, access: Access, ref: UUID) -> None:
    """End a parking before its day. Raises NotPermitted, Referral.DoesNotExist."""
    referral = lock(access, ref)
    if _end_parking(referral, access.actor):
        _note(referral, "bring_back_referral", access.actor, {})


@transaction.atomic
def give_information(*, access: Access, ref: UUID, text: str, files: Sequence[NewFile] = ()) -> None:
    """What was asked for has come, from the service or from the practice that referred: it awaits triage again.

    While it awaits triage already it is more to read. Raises NotDone where it is neither, Incomplete, NotPermitted.
    """
    if not (access.may(Permission.REFERRALS) or access.may(Permission.REFER)):
        raise NotPermitted(Permission.REFER)
    referral = Referral.objects.select_for_update(of=("self",)).get(pk=by_ref(access, ref).pk)
    if referral.closed_at is not None or referral.state not in (TRIAGE_RESPONSE, AWAITING_TRIAGE):
        raise NotDone("It has been decided: send a new referral, or ring the service.")
    if not text.strip() and not files:
        raise Incomplete("Write something, or add a file.")
    by = access.actor
    Information.objects.create(referral=referral, text=text.strip()[:4000], came_at=clock.now(), by_label=by.label)
    attach(referral=referral, files=files, by=by)
    if referral.state == TRIAGE_RESPONSE:
        transition(
            model=Referral,
            history=History,
            moves=MOVES,
            ids=[referral.pk],
            to=AWAITING_TRIAGE,
            by=by,
            reason="information came",
            noted={"closes": False, "recorded_at": clock.now()},
            at=max(clock.now(), referral.history.latest("pk").at),
        )
    _end_parking(referral, by)
    _note(referral, "give_information", by, {"files": len(files)})


def lock(access: Access, ref: UUID) -> Referral:
    """The referral, locked, for somebody who decides for its service; raises NotPermitted, Referral.DoesNotExist."""
    access.require(Permission.REFERRALS)
    found = by_ref(access, ref)
    if not (access.everything or found.service.organisation_id in access.organisation_ids):
        raise NotPermitted(Permission.REFERRALS)
    return Referral.objects.select_related("service").select_for_update(of=("self",)).get(pk=found.pk)


def _undecided(referral: Referral, seen: str) -> None:
    held = Decision.objects.filter(referral=referral, state="held").first()
    if held is not None:
        raise AlreadyDecided(
            f"{held.decided_by_label} has decided it meanwhile ({OUTCOMES[held.outcome].said.lower()}). Nothing was changed."
        )
    if referral.closed_at is not None or referral.state != AWAITING_TRIAGE:
        raise AlreadyDecided("It no longer awaits triage. Nothing was changed.")
    if seen and seen != mark(referral.pk):
        raise NewerCame("Something came meanwhile that was not on your page: read it first. Nothing was changed.")


def _end_parking(referral: Referral, by: Actor) -> int:
    return Parking.objects.filter(referral=referral, ended_at=None).update(
        ended_at=clock.now(), ended_by_label=by.label
    )


def _person(by: Actor) -> int:
    if by.kind != "user" or by.id is None:
        raise NotPermitted(Permission.REFERRALS)
    return by.id


def _note(referral: Referral, action: str, by: Actor, detail: dict[str, str | int]) -> None:
    organisation_id = referral.service.organisation_id
    audit.record(
        by=by,
        line=audit.Line(
            action,
            "referral",
            referral.pk,
            patient_id=referral.patient_id,
            organisation_id=organisation_id,
            detail=dict(detail),
        ),
    )
    jobs.notify_live("referrals", organisation_id)
