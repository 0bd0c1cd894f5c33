"""The link that a text had, to the page of one referral."""

from __future__ import annotations

import hashlib
from datetime import timedelta

from django.db.models import Q

from onedoor.kernel import clock
from onedoor.referrals.models import TrackLink

KEPT_AFTER = timedelta(days=90)
"""How long the page of a closed referral can still be opened: as long as letters about it are on their way."""


class LinkClosed(Exception):
    """The link was closed by wrong tries, is over, or was never made."""


def track_link_of(token: str) -> TrackLink:
    """The open link of a token, with its referral and service. Raises LinkClosed."""
    since = clock.now() - KEPT_AFTER
    link = (
        TrackLink.objects.select_related("referral__service__organisation", "referral__patient")
        .filter(
            Q(referral__closed_at=None) | Q(referral__closed_at__gt=since), token_hash=token_hash(token), closed_at=None
        )
        .exclude(referral__patient=None)
        .first()
    )
    if link is None:
        raise LinkClosed
    return link


def token_hash(token: str) -> str:
    """What is kept of a token."""
    return hashlib.sha256(token.encode()).hexdigest()
