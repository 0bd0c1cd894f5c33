"""Reading a plan: its initiatives with what stands against them, and what comes before the forum."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from uuid import UUID

from django.db.models import Max, Prefetch, QuerySet

from onedoor.kernel import clock
from onedoor.kernel.access import Access
from onedoor.reporting.improvement import rules
from onedoor.reporting.improvement.rules import Standing
from onedoor.reporting.levels import reach
from onedoor.reporting.models import (
    ForumAction,
    ForumMeeting,
    Initiative,
    InitiativeHistory,
    Milestone,
    ProgressNote,
)

NOTES = 50
"""As many words about an initiative are shown."""


@dataclass(frozen=True)
class InitiativeView:
    """An initiative with its milestones by day, and for what it comes before the forum."""

    initiative: Initiative
    organisation: str
    milestones: Sequence[Milestone]
    exceptions: tuple[str, ...]

    @property
    def next_milestone(self) -> Milestone | None:
        """The one that is to be there first, of those that are not."""
        return next((one for one in self.milestones if one.done_on is None and not one.dropped_because), None)


@dataclass(frozen=True)
class Agenda:
    """What a meeting goes through, in this order: what was decided and is not done, what is not as planned, the rest."""

    meeting: ForumMeeting | None
    organisation: str
    overdue: Sequence[ForumAction]
    waiting: Sequence[ForumAction]
    exceptions: Sequence[InitiativeView]
    others: Sequence[InitiativeView]
    decided: Sequence[ForumAction]


def plan(access: Access, organisation_id: int | None = None, *, ended: bool = False) -> list[InitiativeView]:
    """Initiatives of an organisation, or of all that the access reaches; those that ended only with `ended`.

    What needs a word comes first, then by state and start. Raises NotPermitted.
    """
    units = reach(access)
    keys = [organisation_id] if organisation_id is not None else list(units)
    found = _with_milestones(
        Initiative.objects.filter(organisation_id__in=[key for key in keys if key in units]).filter(
            state__in=list(rules.STATES) if ended else rules.OPEN
        )
    )
    return in_order([_view(one, units[one.organisation_id].name) for one in found])


def in_order(views: Sequence[InitiativeView]) -> list[InitiativeView]:
    """What needs a word first, then by state, the furthest first, and start."""
    order = list(rules.STATES)
    return sorted(
        views,
        key=lambda one: (
            not one.exceptions,
            -order.index(one.initiative.state) if one.initiative.state in rules.OPEN else 9,
            one.initiative.starts_on or date.max,
            one.initiative.pk,
        ),
    )


def initiative(access: Access, ref: UUID) -> tuple[InitiativeView, list[ProgressNote]]:
    """One initiative and what was said of it, the latest first.

    Raises NotPermitted, Initiative.DoesNotExist outside the access.
    """
    units = reach(access)
    one = _with_milestones(Initiative.objects.filter(organisation_id__in=list(units))).get(ref=ref)
    notes = list(ProgressNote.objects.filter(initiative=one).order_by("-at", "-pk")[:NOTES])
    return _view(one, units[one.organisation_id].name), notes


def agenda(access: Access, organisation_id: int, meeting: UUID | None = None) -> Agenda:
    """What the forum of an organisation goes through.

    Raises NotPermitted, ForumMeeting.DoesNotExist, KeyError outside the access.
    """
    name = reach(access)[organisation_id].name
    held = ForumMeeting.objects.get(ref=meeting, organisation_id=organisation_id) if meeting else None
    actions = ForumAction.objects.filter(meeting__organisation_id=organisation_id).select_related(
        "initiative", "meeting"
    )
    before = actions.filter(done_on=None).exclude(meeting=held) if held else actions.filter(done_on=None)
    open_actions = list(before.order_by("due_on", "pk"))
    today = clock.today()
    views = plan(access, organisation_id)
    return Agenda(
        meeting=held,
        organisation=name,
        overdue=[one for one in open_actions if one.due_on < today],
        waiting=[one for one in open_actions if one.due_on >= today],
        exceptions=[one for one in views if one.exceptions],
        others=[one for one in views if not one.exceptions],
        decided=list(actions.filter(meeting=held).order_by("due_on", "pk")) if held else (),
    )


def meetings(access: Access, organisation_id: int) -> list[ForumMeeting]:
    """Meetings of a forum, the latest first. Raises NotPermitted; nothing outside the access."""
    if organisation_id not in reach(access):
        return []
    return list(ForumMeeting.objects.filter(organisation_id=organisation_id).order_by("-on"))


def meeting(access: Access, ref: UUID) -> ForumMeeting:
    """One meeting. Raises NotPermitted, ForumMeeting.DoesNotExist outside the access."""
    return ForumMeeting.objects.get(ref=ref, organisation_id__in=list(reach(access)))


def moves_of(access: Access, ref: UUID) -> list[InitiativeHistory]:
    """Each state that an initiative came to, the latest first. Raises NotPermitted; nothing outside the access."""
    found = InitiativeHistory.objects.filter(parent__ref=ref, parent__organisation_id__in=list(reach(access)))
    return list(found.order_by("-at", "-pk"))


def moves_since(access: Access, keys: Sequence[int], since: date) -> list[InitiativeHistory]:
    """Moves of initiatives by their keys, from the start of a London day on, the latest first."""
    found = InitiativeHistory.objects.filter(
        parent_id__in=keys, parent__organisation_id__in=list(reach(access)), at__gte=clock.london_day(since)[0]
    )
    return list(found.order_by("-at", "-pk"))


def standing_of(one: Initiative) -> Standing:
    """What the rules look at, of an initiative that was read with or without its milestones."""
    last = one.said_at if hasattr(one, "said_at") else one.notes.aggregate(at=Max("at"))["at"]
    today = clock.today()
    overdue = [each for each in one.milestones.all() if _overdue(each, today)]
    return Standing(
        state=one.state,
        owner=one.owner,
        starts_on=one.starts_on,
        ends_on=one.ends_on,
        said_on=(max(last, one.changed_at) if last else one.changed_at).astimezone(clock.LONDON).date(),
        overdue_milestones=len(overdue),
    )


def _with_milestones(found: QuerySet[Initiative]) -> QuerySet[Initiative]:
    ordered = Prefetch("milestones", Milestone.objects.order_by("due_on", "pk"))
    return found.annotate(said_at=Max("notes__at")).prefetch_related(ordered)


def _view(one: Initiative, organisation: str) -> InitiativeView:
    return InitiativeView(
        one, organisation, list(one.milestones.all()), rules.exceptions(standing_of(one), clock.today())
    )


def _overdue(one: Milestone, today: date) -> bool:
    return one.done_on is None and not one.dropped_because and one.due_on < today
