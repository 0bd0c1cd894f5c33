"""Sweeps of the write-back feed."""

from __future__ import annotations

from onedoor.exchange.feed import collecting, days
from onedoor.exchange.feed.setting import MESH
from onedoor.exchange.models import FeedItem, FeedSetting
from onedoor.kernel import clock
from onedoor.kernel.actor import Actor
from onedoor.kernel.jobs import sweep


@sweep("exchange.feed_answers", every=60.0)
def feed_answers() -> int:
    """Notes which coded answers the practices' own systems should have."""
    return collecting.collect_answers()


@sweep("exchange.feed_said", every=900.0)
def feed_said() -> int:
    """Notes which texts and replies they should have, where documents carry them, and leaves what is of people who have left."""
    return collecting.leave_those_who_left() + collecting.collect_said()


@sweep("exchange.feed_days", every=60.0)
def feed_days() -> int:
    """Makes the documents of days that are over, and settles what their systems acknowledged."""
    by_mesh = FeedSetting.objects.filter(route=MESH).values("organisation")
    if FeedItem.objects.filter(state="waiting", day__lt=clock.today(), organisation__in=by_mesh).exists():
        # The last texts of the day stand in its document.
        collecting.collect_said()
    return days.make_documents(by=Actor.system("write-back feed")) + days.settle()
