"""A link to the page of one referral: texted, opened with the date of birth, the same way as links to other times.

Phones are shared: the link alone shows nothing, and three wrong dates of birth close it.
"""

from __future__ import annotations

import secrets
from collections.abc import Sequence
from datetime import date

from django.conf import settings
from django.db import transaction
from django.db.models import Max

from onedoor.kernel import audit, clock
from onedoor.kernel.actor import Actor
from onedoor.referrals.models import Referral, TrackLink
from onedoor.referrals.queries.track_links import token_hash, track_link_of

TRIES = 3
"""Wrong dates of birth before the link closes; what may be known of it then, is known by telephone."""


def new_links(*, referral_ids: Sequence[int], by: Actor) -> dict[int, str]:
    """Addresses of new links, by referral, in the caller's transaction; earlier links of them end.

    Whoever guessed at a date of birth gets no more tries by a new link: wrong tries are carried over, all of them used up
    included. Sets, however many.
    """
    if not referral_ids:
        return {}
    # Two texts at once make one link, in the order of everybody.
    list(Referral.objects.select_for_update(of=("self",)).filter(pk__in=referral_ids).order_by("pk").values_list("pk"))
    earlier = TrackLink.objects.filter(referral_id__in=referral_ids)
    tried = dict(earlier.values_list("referral_id").annotate(most=Max("wrong_tries")))
    now = clock.now()
    earlier.filter(closed_at=None).update(closed_at=now)
    tokens = {key: secrets.token_urlsafe(16) for key in referral_ids}
    TrackLink.objects.bulk_create(
        [
            TrackLink(
                referral_id=key,
                token_hash=token_hash(token),
                made_at=now,
                wrong_tries=tried.get(key, 0),
                closed_at=now if tried.get(key, 0) >= TRIES else None,
            )
            for key, token in tokens.items()
        ],
        batch_size=1_000,
    )
    audit.record_many(by=by, lines=[audit.Line("track_link_made", "referral", key) for key in referral_ids])
    return {key: f"{settings.PUBLIC_ADDRESS}/r/{token}" for key, token in tokens.items()}


@transaction.atomic
def born_on_is(*, token: str, born_on: date) -> bool:
    """Whether this is the date of birth of the patient whose referral it is. A wrong one counts; the third closes the link.

    Raises LinkClosed.
    """
    list(TrackLink.objects.select_for_update(of=("self",)).filter(token_hash=token_hash(token)))
    link = track_link_of(token)
    patient = link.referral.patient
    if patient is not None and patient.born_on == born_on:
        return True
    link.wrong_tries += 1
    if link.wrong_tries >= TRIES:
        link.closed_at = clock.now()
    link.save(update_fields=["wrong_tries", "closed_at"])
    audit.record(
        by=Actor.system("referrals: links to where a referral is"),
        line=audit.Line(
            "track_link_wrong_date",
            "referral",
            link.referral_id,
            patient_id=patient.pk if patient else None,
            organisation_id=link.referral.service.organisation_id,
        ),
    )
    return False
