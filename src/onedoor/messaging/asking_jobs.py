"""Sweeps of the asking half: texts that wait to be understood, and questions that nobody answered."""

from __future__ import annotations

from onedoor.kernel.jobs import sweep
from onedoor.messaging.actions.understanding import unanswered_which, understand_slice

sweep("messaging.understand", every=1.0)(understand_slice)
sweep("messaging.unanswered_which", every=5.0)(unanswered_which)
