"""How a practice has its write-back: switched by whoever runs the practice, from the moment of the switch on."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta

from django.db import IntegrityError, transaction

from onedoor.booking import api as booking
from onedoor.exchange.mesh.actions import mailbox_of
from onedoor.exchange.models import FeedItem, FeedSetting
from onedoor.kernel import audit, clock
from onedoor.kernel.access import Access, NotPermitted, Permission

OFF, TYPED, MESH = "off", "typed", "mesh"
ROUTES: Mapping[str, tuple[str, str]] = {
    OFF: ("Off", "Nothing is written back, and nothing is shown to be typed."),
    TYPED: (
        "Somebody types it",
        "What is coded stands on a list until it was typed, or comes back in your next file of entries.",
    ),
    MESH: (
        "A document a day for each patient by MESH",
        "After midnight the texts, replies and coded answers of the day go to your own mailbox, with a list of the codes.",
    ),
}
BACK = timedelta(days=7)
"""How far back is looked for what was not collected: an outage of a week loses nothing. Ours."""
_SYSTEMS = {"emis": "EMIS", "systmone": "SystmOne"}


class NoMailbox(ValueError):
    """Documents are chosen where there is no MESH mailbox from which they could go."""


@dataclass(frozen=True)
class FeedView:
    """How it is set; `since` and `by` are empty while nobody has chosen, `mailbox` says whether a document could go."""

    route: str
    since: datetime | None
    by: str
    system: str
    mailbox: bool


def feed_setting(access: Access) -> FeedView:
    """The setting of the organisation where this person works. Raises NotPermitted without Permission.SETTINGS."""
    access.require(Permission.SETTINGS)
    here = _here(access)
    row = FeedSetting.objects.filter(organisation_id=here).first()
    mailbox = mailbox_of(here) is not None
    return FeedView(
        row.route if row else TYPED,
        row.chosen_at if row else None,
        row.by_label if row else "",
        system_of(here),
        mailbox,
    )


def set_feed(*, access: Access, route: str) -> bool:
    """Choose the route (`ROUTES`) for the organisation where this person works; False when it was so already.

    What waits and the new route does not carry is left. Raises NotPermitted without Permission.SETTINGS, ValueError for a route
    that there is not, NoMailbox for documents without a mailbox that is in use.
    """
    access.require(Permission.SETTINGS)
    here = _here(access)
    if route not in ROUTES:
        raise ValueError(route)
    if route == MESH and mailbox_of(here) is None:
        raise NoMailbox("Your practice has no MESH mailbox. Whoever runs Onedoor sets it up first.")
    with transaction.atomic():
        setting = _locked(here)
        if setting.by_label and setting.route == route:
            return False
        before = setting.route if setting.by_label else ""
        setting.route, setting.chosen_at, setting.by_label = route, clock.now(), access.actor.label[:80]
        # What is not collected yet is not lost by a switch from one route to the other.
        if before in ("", OFF):
            setting.since = clock.now() if before else clock.now() - BACK
        setting.save()
        waiting = FeedItem.objects.filter(organisation_id=here, state="waiting")
        if route != OFF:
            waiting = waiting.exclude(kind="answer") if route == TYPED else waiting.none()
        left = waiting.update(state="left", settled_at=clock.now(), settled_by=f"switched to: {ROUTES[route][0]}"[:80])
        audit.record(
            by=access.actor,
            line=audit.Line(
                "set_feed",
                "feed_setting",
                setting.pk,
                organisation_id=here,
                detail={"before": before, "route": route, "left": left},
            ),
        )
    return True


def route_of(organisation_id: int) -> str:
    """The route of an organisation: until somebody chooses, what is coded is shown to be typed."""
    return FeedSetting.objects.filter(organisation_id=organisation_id).values_list("route", flat=True).first() or TYPED


def system_of(organisation_id: int) -> str:
    """What the practice's own system is called: that of its diary, which it was read from last."""
    read = booking.diary_readings([organisation_id], limit=1)
    if not read:
        return "your own system"
    _, source, _ = max(read, key=lambda one: one[2])
    return _SYSTEMS.get(source, "your own system")


def _here(access: Access) -> int:
    here = access.actor.organisation_id
    if here is None:
        raise NotPermitted(Permission.SETTINGS)
    return here


def _locked(organisation_id: int) -> FeedSetting:
    """Its row, to be written to; one that nobody has chosen has no name yet."""
    try:
        with transaction.atomic():
            FeedSetting.objects.get_or_create(
                organisation_id=organisation_id, defaults={"since": clock.now(), "by_label": ""}
            )
    except IntegrityError:
        pass  # another made it a moment ago
    return FeedSetting.objects.select_for_update().get(organisation_id=organisation_id)
