"""Why something was not done to a referral, each in words for whoever asked."""

from __future__ import annotations


class NotDone(Exception):
    """Nothing was changed; the text says why."""


class AlreadyDecided(NotDone):
    """Somebody else decided it first, or it is no longer open."""


class NewerCame(NotDone):
    """Something came or was said about it after the page was made."""


class Incomplete(NotDone):
    """What was asked needs something that was not given."""


class TooLate(NotDone):
    """The decision has taken effect already."""
