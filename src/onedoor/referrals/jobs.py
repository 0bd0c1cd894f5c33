"""What referrals do by themselves."""

from __future__ import annotations

from onedoor.kernel.jobs import sweep
from onedoor.referrals import joining


@sweep("referrals.join_people", every=60.0)
def join_people() -> int:
    """Join a slice of the referrals of whose NHS numbers patient lists have brought the people."""
    return joining.join_people()
