"""Did you send me this? Whether a text that claims to be from a practice came from here.

Anybody may ask whose a sending number is: it stands on every text. What was sent to a number is for staff only, for it would
tell a stranger whose patient has that phone (messaging.md 3.3: a public check page; product-map.md A5).
"""

from __future__ import annotations

import re
from datetime import date

from django.db.models import F, Q

from onedoor.kernel.access import Access, Permission
from onedoor.kernel.clock import london_day
from onedoor.messaging.models import Message, ProviderAccount, State
from onedoor.messaging.queries.threads import Said, shown_of_ours
from onedoor.messaging.receiving import e164

_BETWEEN = str.maketrans("", "", " ()-./\u00a0\u2010\u2011\u2013")
"""What people write between digits."""
_DIGITS = re.compile(r"\+?\d{5,15}")


def _dialled(number: str) -> str:
    """E.164 of a number as somebody writes it: (07700) 900-123, +44 (0)7700 900123. Of what is no number, nothing in use."""
    plain = e164(number.translate(_BETWEEN))
    return "+44" + plain.removeprefix("+440") if plain.startswith("+440") else plain


def is_number(typed: str) -> bool:
    """Whether what somebody typed can be a telephone number or a short code: digits, and nothing between that is not usual."""
    return _DIGITS.fullmatch(typed.strip().translate(_BETWEEN)) is not None


def texts_from(number: str) -> list[int]:
    """The organisations that text from this number, in whichever way it is written; none when it is no number of ours."""
    plain = _dialled(number)
    found = ProviderAccount.objects.filter(reply_number=plain) if plain else ProviderAccount.objects.none()
    return sorted(found.values_list("organisation_id", flat=True))


def sent_to(access: Access, number: str, day: date) -> list[Said]:
    """Texts to this number that the provider took on a London day, and those of then of which we do not know whether it did;
    the latest first. NotPermitted without the right to read messages."""
    access.require(Permission.MESSAGES)
    start, end = london_day(day)
    took = Q(accepted_at__gte=start, accepted_at__lt=end)
    # To say of one of these that it is not ours could be wrong.
    may_have = Q(state__in=(State.SENDING, State.UNKNOWN), not_before__lt=end, not_after__gte=start)
    found = Message.objects.filter(took | may_have, number=_dialled(number))
    if not access.everything:
        found = found.filter(organisation_id__in=access.organisations)
    return [
        shown_of_ours(message, {}) for message in found.order_by(F("accepted_at").desc(nulls_last=True), "-id")[:100]
    ]
