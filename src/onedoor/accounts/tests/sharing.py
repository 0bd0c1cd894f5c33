"""Agreements for tests."""

from __future__ import annotations

from datetime import date, timedelta

from onedoor.accounts.models import Organisation, RecordSharing
from onedoor.kernel import clock


def shares(
    giver: Organisation,
    reader: Organisation,
    *,
    covers: str = "all",
    starts_on: date | None = None,
    ends_on: date | None = None,
) -> RecordSharing:
    """The reader reads what the giver writes; today, unless other days are given."""
    begins = starts_on or clock.today()
    return RecordSharing.objects.create(
        organisation=giver,
        partner=reader,
        covers=covers,
        purpose="Direct care of patients of both",
        basis="UK GDPR 6(1)(e), 9(2)(h)",
        signed_by="Dr A Thorne and Dr B Vale",
        signed_on=min(begins, clock.today()),
        starts_on=begins,
        ends_on=ends_on or begins + timedelta(days=90),
        made_at=clock.now(),
        made_by="test",
    )
