"""Seeing small counts as they are: somebody whose role it is says why, and for an hour sees figures that nobody else does.

Suppression is the default and stays so for everybody else (clinical.md 5.3: "role-based override logged"). It is one person's,
at the organisation where they chose it, in the sign-in where they did: it ends with its time, with their word, with signing out
and with the role. Each page and each file is kept, and can be read by those whose figures they were.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from uuid import UUID

from django.db import connection, transaction
from django.db.models import QuerySet

from onedoor.accounts.models import SmallCounts, SmallCountsLook, User
from onedoor.accounts.queries import may_at
from onedoor.kernel import audit, clock
from onedoor.kernel.access import Access, NotPermitted, Permission
from onedoor.kernel.actor import Actor

REASONS: Mapping[str, str] = {
    "wrong": "A figure looks wrong and has to be checked",
    "harm": "Somebody may come to harm",
    "service": "Care for few people is being planned",
    "practice": "The practice asked about its own figures",
    "telling": "It is being decided what may be told",
}
"""Why somebody may look. Ours."""
LASTS = timedelta(hours=1)
"""How long it holds, by real time. Ours: long enough to check a page, and nobody forgets over lunch that it holds."""
SHORTEST = 10
"""Letters of a reason in words. Ours: more than "ok" or a full stop."""
SHOWS = "small_counts"
"""Where the session keeps by which choice its person sees small counts."""
KEPT_LOOKS = 200
"""Looks of one choice that a reviewer is shown; how many there were is always said."""


class NotShown(ValueError):
    """Why not, and what to do, in words."""


@dataclass(frozen=True)
class LookView:
    """A page or, with its name, a file."""

    at: datetime
    page: str
    file: str


@dataclass(frozen=True)
class SmallCountsView:
    """One choice as reviewers read it."""

    who: str
    organisation: str
    reason: str
    """In plain words."""
    words: str
    opened_at: datetime
    ended_at: datetime | None
    holds: bool
    looks: Sequence[LookView]
    """The latest first."""
    pages: int
    files: int


@transaction.atomic
def show_small_counts(*, access: Access, reason: str, words: str, page: str) -> SmallCounts:
    """See small counts as they are from now on; a choice that holds already gives way to this one.

    Raises NotPermitted for whoever does not hold Permission.SMALL_COUNTS where they work now, NotShown without a reason.
    """
    access.require(Permission.SMALL_COUNTS)
    by = access.actor
    if by.kind != "user" or by.id is None or by.organisation_id not in access.organisation_ids:
        raise NotPermitted(Permission.SMALL_COUNTS)
    if not may_at(by.id, by.organisation_id, Permission.SMALL_COUNTS):
        raise NotPermitted(Permission.SMALL_COUNTS)
    said = " ".join(words.split())[:300]
    if reason not in REASONS or len(said) < SHORTEST:
        raise NotShown("Choose a reason, and say why in a sentence. Whoever reviews it reads that.")
    User.objects.select_for_update(of=("self",)).get(pk=by.id)
    _end(by.id)
    made = SmallCounts.objects.create(
        user_id=by.id,
        user_label=by.label[:80],
        organisation_id=by.organisation_id,
        reason=reason,
        words=said,
        page=page[:300],
        opened_at=clock.now(),
        until_real=clock.real_now() + LASTS,
    )
    _audit(access, "show_small_counts", made.pk, reason=reason, page=_path(page))
    return made


@transaction.atomic
def hide_small_counts(*, access: Access) -> None:
    """See them hidden again, as everybody does. Raises NotPermitted for whoever does not see them now."""
    key = _seeing(access)
    assert access.actor.id is not None
    _end(access.actor.id)
    _audit(access, "hide_small_counts", key)


@transaction.atomic
def note_small_counts(*, access: Access, page: str, file: str = "") -> None:
    """Keep that a page was shown with small counts, or that a file of it was taken. Raises NotPermitted for whoever does not see
    them now."""
    key = _seeing(access)
    SmallCountsLook.objects.create(opening_id=key, at=clock.now(), page=page[:300], file=file[:160])
    if file:
        _audit(access, "take_small_counts", key, page=_path(page), file=file)
    else:
        _audit(access, "see_small_counts", key, page=_path(page))


@transaction.atomic
def print_small_counts(*, by: Actor, reason: str, page: str) -> None:
    """Keep that whoever runs the system printed small counts (`page` names the command), for a reason by its key. They are at the
    machine and name themselves nowhere: it stands in the audit alone. Raises NotPermitted for all but the system, NotShown."""
    if by.kind != "system":
        raise NotPermitted(Permission.SMALL_COUNTS)
    if reason not in REASONS:
        raise NotShown(f"No reason is called {reason!r}; there are: {', '.join(REASONS)}.")
    audit.record(by=by, line=audit.Line("print_small_counts", "small_counts", detail={"reason": reason, "page": page}))


def seeing_small_counts(access: Access, ref: object) -> Access:
    """The access of this request, by the choice that its session names (`SHOWS`): one that is over, of another person or place,
    or of a role that is no longer held changes nothing."""
    by = access.actor
    if not ref or by.kind != "user" or by.id is None or by.organisation_id is None:
        return access
    try:
        row = _current(by.id).get(ref=UUID(str(ref)), organisation_id=by.organisation_id)
    except (ValueError, SmallCounts.DoesNotExist):
        return access
    if not may_at(row.user_id, row.organisation_id, Permission.SMALL_COUNTS):
        return access
    return replace(access, small_counts=row.pk)


def small_counts_left(access: Access) -> timedelta | None:
    """How much longer this access sees small counts; None where it does not."""
    if not access.sees_small_counts:
        return None
    return SmallCounts.objects.get(pk=_seeing(access)).until_real - clock.real_now()


def small_counts_to_review(access: Access, *, limit: int = 100) -> list[SmallCountsView]:
    """Who saw small counts, the latest first: for whoever runs the system all, for whoever answers for an organisation
    (Permission.SHARING) those of whom its figures are within reach. Raises NotPermitted."""
    if access.may(Permission.AUDIT):
        rows = SmallCounts.objects.all()
    else:
        access.require(Permission.SHARING)
        rows = SmallCounts.objects.filter(pk__in=_reaching(access.organisations))
    found = list(rows.select_related("organisation").order_by("-pk")[:limit])
    looks: dict[int, list[LookView]] = {one.pk: [] for one in found}
    for look in SmallCountsLook.objects.filter(opening__in=found).order_by("-pk"):
        looks[look.opening_id].append(LookView(look.at, look.page, look.file))
    now = clock.real_now()
    return [
        SmallCountsView(
            one.user_label, one.organisation.name, REASONS.get(one.reason, one.reason), one.words, one.opened_at, one.ended_at,
            one.ended_at is None and one.until_real > now, looks[one.pk][:KEPT_LOOKS],
            sum(not look.file for look in looks[one.pk]), sum(bool(look.file) for look in looks[one.pk]),
        )
        for one in found
    ]  # fmt: skip


def _reaching(organisation_ids: Sequence[int]) -> list[int]:
    """Choices at these organisations, or at one above them on the day."""
    with connection.cursor() as cursor:
        cursor.execute(
            """
            SELECT s.id FROM accounts_small_counts s
            WHERE s.organisation_id = ANY(%(own)s) OR EXISTS (
                SELECT FROM accounts_above a
                WHERE a.above_id = s.organisation_id AND a.organisation_id = ANY(%(own)s)
                  AND a.starts_on <= (s.opened_at AT TIME ZONE 'Europe/London')::date
                  AND (a.ends_on IS NULL OR a.ends_on > (s.opened_at AT TIME ZONE 'Europe/London')::date))
            """,
            {"own": list(organisation_ids)},
        )
        return [key for (key,) in cursor.fetchall()]


def _seeing(access: Access) -> int:
    if not access.sees_small_counts or access.small_counts is None:
        raise NotPermitted(Permission.SMALL_COUNTS)
    return access.small_counts


def _current(user_id: int) -> QuerySet[SmallCounts]:
    return SmallCounts.objects.filter(user_id=user_id, ended_at=None, until_real__gt=clock.real_now())


def _end(user_id: int) -> None:
    _current(user_id).update(ended_at=clock.now())


def _path(page: str) -> str:
    """An address without what was asked of it: the audit holds no typed text."""
    return page.split("?")[0][:300]


def _audit(access: Access, action: str, key: int, **detail: str) -> None:
    audit.record(by=access.actor, line=audit.Line(action, "small_counts", key, detail=dict(detail)))
