"""When a text may go: 8am to 6pm on working days (clinical.md 6.2, quiet hours). An answer goes at any hour."""

from __future__ import annotations

from datetime import datetime
from datetime import time as Time

from onedoor.kernel import calendar

FROM = Time(8, 0)
UNTIL = Time(18, 0)


def may_go(moment: datetime) -> bool:
    """Whether a text that keeps quiet hours may go at `moment`."""
    return calendar.is_open(moment, FROM, UNTIL)


def earliest(moment: datetime) -> datetime:
    """`moment` itself within the hours, else when the next ones begin."""
    return calendar.next_open(moment, FROM, UNTIL)
