"""Visits that somebody left open: what is saved goes to the practice in time, marked as not finished."""

from __future__ import annotations

from onedoor.accounts import api as accounts
from onedoor.exchange.models import SentDocument
from onedoor.exchange.sending import making, moving, rules
from onedoor.kernel import clock
from onedoor.kernel.access import Access
from onedoor.recall import api as recall


def send_unfinished(access: Access) -> int:
    """Documents of visits at trusts without a change for `rules.UNFINISHED_AFTER`; returns how many are new."""
    trusts = accounts.trusts()
    if not trusts:
        return 0
    left = recall.left_open(trusts, unchanged_since=clock.now() - rules.UNFINISHED_AFTER)
    told = dict(
        SentDocument.objects.filter(subject=making.CHECK_VISIT, subject_id__in=[visit for visit, _ in left])
        .order_by("version")
        .values_list("subject_id", "composed_at")
    )
    due = [visit for visit, saved_at in left if visit not in told or told[visit] < saved_at]
    return sum(_send(visit, access) for visit in due)


def _send(visit: int, access: Access) -> int:
    try:
        return len(making.make_of_visits(visit_ids=[visit], access=access))
    except Exception as error:
        moving.failed("a visit left open cannot be told of", visit, error)
        return 0
