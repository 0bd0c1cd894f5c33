"""Why questionnaires send texts."""

from __future__ import annotations

from onedoor.messaging.types import Purpose

PUT = Purpose("put_question", "campaign", 1, True)
"""We begin it, so STOP and every opt-out hold, and quiet hours (clinical.md 6.2)."""
