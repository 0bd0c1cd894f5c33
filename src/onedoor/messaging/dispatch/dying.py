"""Where a test of crashes may have this process killed: ONEDOOR_DIE_AT=<step> or <step>:<n>, at the n-th passage."""

from __future__ import annotations

import os
import signal
from typing import Literal

Step = Literal["before_attempt", "after_attempt", "mid_call", "after_201"]

_at, _, _times = os.environ.get("ONEDOOR_DIE_AT", "").partition(":")
_left = int(_times or 1)


def die_at(step: Step) -> None:
    """Be killed here, without any farewell, when the environment says so."""
    global _left
    if step != _at:
        return
    _left -= 1
    if _left <= 0:
        os.kill(os.getpid(), signal.SIGKILL)
