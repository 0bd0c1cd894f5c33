"""A link to the page of one referral: texted, opened with the date of birth, the same way as links to other times.

Phones are shared: the link alone shows nothing, and three wrong dates of birth close all links of the referral.
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
    """Addresses of new links, by referral, in the caller's transaction. Earlier ones stay: a text is read when it is read.

    Whoever guessed at a date of birth gets no more tries by a new link: wrong tries are counted for the referral. Sets,
    however many.
    """
    if not referral_ids:
        return {}
    # In the order of everybody: the referral before its links. A third wrong try meanwhile is seen.
    list(Referral.objects.select_for_update(of=("self",)).filter(pk__in=referral_ids).order_by("pk").values_list("pk"))
    tried = dict(
        TrackLink.objects.filter(referral_id__in=referral_ids)
        .values_list("referral_id")
        .annotate(most=Max("wrong_tries"))
    )
    now = clock.now()
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
    """Whether this is the date of birth of the patient whose referral it is. A wrong one counts for all of the referral's
    links; the third closes them.

    Raises LinkClosed.
    """
    referral = track_link_of(token).referral
    list(Referral.objects.select_for_update(of=("self",)).filter(pk=referral.pk).values_list("pk"))
    link = track_link_of(token)
    patient = link.referral.patient
    if patient is not None and patient.born_on == born_on:
        return True
    tries = link.wrong_tries + 1
    TrackLink.objects.filter(referral=referral, closed_at=None).update(
        wrong_tries=tries, closed_at=clock.now() if tries >= TRIES else None
    )
    audit.record(
        by=Actor.system("referrals: links to where a referral is"),
        line=audit.Line(
            "track_link_wrong_date",
            "referral",
            referral.pk,
            patient_id=patient.pk if patient else None,
            organisation_id=referral.service.organisation_id,
        ),
    )
    return False
