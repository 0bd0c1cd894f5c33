"""Taking a line's log: each call once, however often it is read."""

from __future__ import annotations

from collections.abc import Iterable
from itertools import islice

from django.db import transaction

from onedoor.calls.models import Call
from onedoor.calls.types import CallRow, Taken
from onedoor.kernel import audit
from onedoor.kernel.access import NotPermitted, Permission
from onedoor.kernel.actor import Actor

_AT_ONCE = 5_000


@transaction.atomic
def take_calls(*, rows: Iterable[CallRow], by: Actor) -> Taken:
    """Keep calls of a log; some thousands are held at a time. Of one known already, a call-back made later is learned.

    Raises NotPermitted for anybody but the system.
    """
    if by.kind != "system":
        raise NotPermitted(Permission.IMPORT)
    new = more = same = 0
    source = iter(rows)
    while batch := {(row.organisation_id, row.source_ref): row for row in islice(source, _AT_ONCE)}:
        made, learned = _take(list(batch.values()))
        new, more, same = new + made, more + learned, same + len(batch) - made - learned
    audit.record(by=by, line=audit.Line("take_calls", "call", detail={"new": new, "more": more, "same": same}))
    return Taken(new, more, same)


def _take(rows: list[CallRow]) -> tuple[int, int]:
    known = {
        (call.organisation_id, call.source_ref): call
        for call in Call.objects.select_for_update()
        .filter(
            organisation_id__in={row.organisation_id for row in rows}, source_ref__in=[row.source_ref for row in rows]
        )
        .order_by("pk")
    }
    fresh, learned = [], []
    for row in rows:
        call = known.get((row.organisation_id, row.source_ref))
        if call is None:
            fresh.append(Call(**vars(row)))
        elif call.call_back_made_at is None and row.call_back_made_at is not None:
            call.call_back_made_at = row.call_back_made_at
            learned.append(call)
    Call.objects.bulk_create(fresh)
    Call.objects.bulk_update(learned, ["call_back_made_at"])
    return len(fresh), len(learned)
