"""Writing a plan: initiatives, their milestones and what is said of them, and what the forum decides."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date
from uuid import UUID

from django.db import IntegrityError, transaction

from onedoor.kernel import audit, clock
from onedoor.kernel.access import Access, NotPermitted, Permission
from onedoor.kernel.transitions import record_first, transition
from onedoor.reporting.improvement import rules
from onedoor.reporting.improvement.forms import InitiativeRead, read
from onedoor.reporting.improvement.menu import menu
from onedoor.reporting.improvement.queries import standing_of
from onedoor.reporting.levels import level_of, reach
from onedoor.reporting.models import (
    ForumAction,
    ForumMeeting,
    Initiative,
    InitiativeHistory,
    Milestone,
    ProgressNote,
)


class Refused(Exception):
    """What was asked cannot be; the text says why, for whoever asked."""


class Overtaken(Exception):
    """Somebody saved it since it was read; `by` and the version say who."""

    def __init__(self, by: str) -> None:
        super().__init__(f"{by} has saved it meanwhile")
        self.by = by


@transaction.atomic
def propose(
    *, access: Access, organisation_id: int, typed: Mapping[str, str], measures: Mapping[str, str]
) -> InitiativeRead:
    """Put an initiative into a plan; what was read, with its problems where it was not taken, and its `ref` where it was.

    Raises NotPermitted outside of the access.
    """
    _may(access, organisation_id)
    found = read(typed, measures)
    if not found.problems:
        made = _make(access, organisation_id, found.values)
        found.values["ref"] = made.ref
    return found


@transaction.atomic
def take_from_menu(*, access: Access, organisation_id: int, key: str) -> Initiative:
    """Put an entry of the menu into a plan, to be worked out there; one that stands in it and is open already is that one.

    Raises NotPermitted, KeyError for no such entry.
    """
    _may(access, organisation_id)
    entry = next((one for one in menu() if one.key == key), None)
    if entry is None:
        raise KeyError(key)
    there = Initiative.objects.filter(organisation_id=organisation_id, menu_key=key, state__in=rules.OPEN).first()
    if there is not None:
        return there
    values = {name: getattr(entry, name) for name in ("title", "text", "area", "window", "ease", "impact")}
    level = level_of([organisation_id])[organisation_id].value
    return _make(access, organisation_id, {**values, "level": level, "menu_key": key})


def _make(access: Access, organisation_id: int, values: Mapping[str, object]) -> Initiative:
    now, by = clock.now(), access.actor
    made = Initiative.objects.create(
        organisation_id=organisation_id,
        state="proposed",
        made_at=now,
        made_by=by.label,
        changed_at=now,
        changed_by=by.label,
        **values,
    )
    record_first(history=InitiativeHistory, ids=[made.pk], state="proposed", by=by)
    _audit(access, made, "propose_initiative")
    return made


@transaction.atomic
def change(
    *, access: Access, ref: UUID, version: int, typed: Mapping[str, str], measures: Mapping[str, str]
) -> InitiativeRead:
    """Save an initiative that is open; what was read, with its problems where it was not taken.

    Raises Overtaken, Refused for one that has ended, NotPermitted, Initiative.DoesNotExist.
    """
    initiative = _locked(access, ref)
    if initiative.state not in rules.OPEN:
        raise Refused(f"It is {rules.STATES[initiative.state].lower()}: what it was stays as it is.")
    if initiative.version != version:
        raise Overtaken(initiative.changed_by)
    found = read(typed, measures)
    if found.problems:
        return found
    for name, value in found.values.items():
        setattr(initiative, name, value)
    initiative.version += 1
    initiative.changed_at, initiative.changed_by = clock.now(), access.actor.label
    initiative.save()
    _audit(access, initiative, "change_initiative")
    return found


@transaction.atomic
def move(*, access: Access, ref: UUID, to: str, why: str = "") -> None:
    """Bring an initiative to another state. Raises Refused, NotPermitted, Initiative.DoesNotExist."""
    initiative = _locked(access, ref)
    refused = rules.cannot_move(to, standing_of(initiative), why)
    if refused:
        raise Refused(refused)
    transition(
        model=Initiative, history=InitiativeHistory, moves=rules.MOVES, ids=[initiative.pk], to=to, by=access.actor,
        reason=why.strip()[:80],
    )  # fmt: skip
    if why.strip():
        _note(access, initiative, f"{rules.STATES[to]}: {why.strip()}")
    _audit(access, initiative, "move_initiative", to=to)


@transaction.atomic
def note(*, access: Access, ref: UUID, text: str) -> None:
    """Say something of an initiative. Raises Refused for nothing, NotPermitted, Initiative.DoesNotExist."""
    initiative = _locked(access, ref)
    if not text.strip():
        raise Refused("Write what there is to say.")
    _note(access, initiative, text.strip()[:4_000])
    _audit(access, initiative, "note_initiative")


@transaction.atomic
def add_milestone(*, access: Access, ref: UUID, title: str, due_on: date) -> None:
    """Say what is to be there by a day. Raises Refused, NotPermitted, Initiative.DoesNotExist."""
    initiative = _locked(access, ref)
    if initiative.state not in rules.OPEN:
        raise Refused(f"It is {rules.STATES[initiative.state].lower()}.")
    if not title.strip():
        raise Refused("Write what is to be there.")
    Milestone.objects.create(initiative=initiative, title=title.strip()[:160], due_on=due_on)
    _audit(access, initiative, "add_milestone")


@transaction.atomic
def end_milestone(*, access: Access, ref: UUID, milestone: UUID, dropped_because: str = "") -> bool:
    """A milestone is there, or is dropped for a reason; False where it had ended already.

    Raises NotPermitted, Initiative.DoesNotExist, Milestone.DoesNotExist.
    """
    initiative = _locked(access, ref)
    one = Milestone.objects.select_for_update().get(ref=milestone, initiative=initiative)
    if one.done_on is not None or one.dropped_because:
        return False
    if dropped_because.strip():
        one.dropped_because = dropped_because.strip()[:200]
    else:
        one.done_on = clock.today()
    one.done_by = access.actor.label
    one.save()
    _audit(access, initiative, "end_milestone")
    return True


@transaction.atomic
def plan_meeting(*, access: Access, organisation_id: int, on: date) -> ForumMeeting:
    """Call the forum of an organisation together for a day; called twice it is one meeting. Raises NotPermitted."""
    _may(access, organisation_id)
    try:
        with transaction.atomic():
            made = ForumMeeting.objects.create(
                organisation_id=organisation_id, on=on, made_at=clock.now(), made_by=access.actor.label
            )
    except IntegrityError:
        return ForumMeeting.objects.get(organisation_id=organisation_id, on=on)
    audit.record(
        by=access.actor, line=audit.Line("plan_meeting", "forum_meeting", made.pk, organisation_id=organisation_id)
    )
    return made


@transaction.atomic
def decide(
    *, access: Access, meeting: UUID, text: str, owner: str, due_on: date, initiative: UUID | None = None
) -> None:
    """Write down what a meeting decided: who does what by when.

    Raises Refused, NotPermitted, ForumMeeting.DoesNotExist, Initiative.DoesNotExist.
    """
    held = _meeting(access, meeting)
    if held.held_at is not None:
        raise Refused("The minutes of this meeting are finished.")
    if not (text.strip() and owner.strip()):
        raise Refused("Write what is to be done, and who does it.")
    about = _locked(access, initiative) if initiative else None
    made = ForumAction.objects.create(
        meeting=held, initiative=about, text=text.strip()[:400], owner=owner.strip()[:120], due_on=due_on
    )
    audit.record(
        by=access.actor,
        line=audit.Line("forum_action", "forum_action", made.pk, organisation_id=held.organisation_id),
    )


@transaction.atomic
def finish_action(*, access: Access, action: UUID) -> bool:
    """What the forum decided is done; False where it was already. Raises NotPermitted, ForumAction.DoesNotExist."""
    one = ForumAction.objects.select_for_update().select_related("meeting").get(ref=action)
    _may(access, one.meeting.organisation_id)
    if one.done_on is not None:
        return False
    one.done_on, one.done_by = clock.today(), access.actor.label
    one.save(update_fields=["done_on", "done_by"])
    audit.record(
        by=access.actor,
        line=audit.Line("finish_forum_action", "forum_action", one.pk, organisation_id=one.meeting.organisation_id),
    )
    return True


@transaction.atomic
def finish_minutes(*, access: Access, meeting: UUID) -> bool:
    """Nothing is added to a meeting any more; False where that was so already. Raises NotPermitted, ForumMeeting.DoesNotExist."""
    held = _meeting(access, meeting)
    if held.held_at is not None:
        return False
    held.held_at = clock.now()
    held.save(update_fields=["held_at"])
    audit.record(
        by=access.actor,
        line=audit.Line("finish_minutes", "forum_meeting", held.pk, organisation_id=held.organisation_id),
    )
    return True


def _may(access: Access, organisation_id: int) -> None:
    """Whoever writes plans (Permission.PLAN) writes that of an organisation whose figures they see: their own, or one below."""
    access.require(Permission.PLAN)
    if organisation_id not in reach(access):
        raise NotPermitted(Permission.PLAN)


def _locked(access: Access, ref: UUID) -> Initiative:
    initiative = Initiative.objects.select_for_update().get(ref=ref)
    _may(access, initiative.organisation_id)
    return initiative


def _meeting(access: Access, ref: UUID) -> ForumMeeting:
    meeting = ForumMeeting.objects.select_for_update().get(ref=ref)
    _may(access, meeting.organisation_id)
    return meeting


def _note(access: Access, initiative: Initiative, text: str) -> None:
    ProgressNote.objects.create(initiative=initiative, at=clock.now(), by_label=access.actor.label, text=text)


def _audit(access: Access, initiative: Initiative, action: str, **detail: object) -> None:
    audit.record(
        by=access.actor,
        line=audit.Line(
            action, "initiative", initiative.pk, organisation_id=initiative.organisation_id, detail=dict(detail)
        ),
    )
