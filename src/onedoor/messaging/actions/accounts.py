"""What sending stands on: accounts with a provider, tariffs, and the switch that stops it."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from datetime import date
from decimal import Decimal

from django.db import connection, transaction

from onedoor.accounts.api import require_runs_all
from onedoor.kernel import audit, clock, jobs
from onedoor.kernel.access import require_staff
from onedoor.kernel.actor import Actor
from onedoor.messaging.models import ProviderAccount, RateBucket, Stop, Tariff
from onedoor.messaging.queries.accounts import standing_stop


@transaction.atomic
def set_account(
    *,
    organisation_id: int,
    base_url: str,
    api_key: str,
    callback_token: str,
    reply_number: str,
    templates: Mapping[str, str],
    by: Actor,
    per_minute: int = 3_000,
    per_day: int = 250_000,
) -> ProviderAccount:
    """Set an organisation's GOV.UK Notify account. `templates` maps a purpose, or "*", to its pass-through template.

    Accounts with the same key share one allowance (messaging.md 1.1, limits), whose size is the last one given. Raises
    NotPermitted.
    """
    require_runs_all(by)
    bucket, _ = RateBucket.objects.update_or_create(
        key=f"govuk:{hashlib.sha256(api_key.encode()).hexdigest()[:32]}",
        defaults={"per_minute": per_minute, "per_day": per_day},
    )
    account, _ = ProviderAccount.objects.update_or_create(
        organisation_id=organisation_id,
        defaults={
            "provider": "govuk",
            "base_url": base_url.rstrip("/"),
            "api_key": api_key,
            "callback_token": callback_token,
            "reply_number": reply_number,
            "templates": dict(templates),
            "bucket": bucket,
        },
    )
    audit.record(by=by, line=audit.Line("set_account", "provider_account", account.pk, organisation_id=organisation_id))
    return account


@transaction.atomic
def set_tariff(*, starts_on: date, pence: Decimal, by: Actor, provider: str = "govuk") -> None:
    """Set the pence of a fragment from a day on. What was accepted before the call keeps its price. Raises
    NotPermitted."""
    require_runs_all(by)
    tariff, _ = Tariff.objects.update_or_create(provider=provider, starts_on=starts_on, defaults={"pence": pence})
    audit.record(by=by, line=audit.Line("set_tariff", "tariff", tariff.pk, detail={"pence": str(pence)}))


@transaction.atomic
def stop_sending(*, organisation_id: int | None, by: Actor) -> bool:
    """Stop all sending of an organisation, or of everybody (None); False when it is stopped already.

    What is queued waits. What is on the wire at this moment arrives: a wave of at most a few hundred texts. Raises
    NotPermitted.
    """
    _check(organisation_id, by)
    with connection.cursor() as cursor:
        cursor.execute(
            """INSERT INTO messaging_stop (organisation_id, since, actor_label) VALUES (%s, %s, %s)
               ON CONFLICT (organisation_id) WHERE until IS NULL DO NOTHING RETURNING id""",
            [organisation_id, clock.now(), by.label],
        )
        row = cursor.fetchone()
    if row is None:
        return False
    audit.record(by=by, line=audit.Line("stop_sending", "stop", row[0], organisation_id=organisation_id))
    return True


@transaction.atomic
def resume_sending(*, organisation_id: int | None, by: Actor) -> bool:
    """Lift the stop of an organisation, or that of everybody (None); False when there is none. Raises NotPermitted."""
    _check(organisation_id, by)
    found = standing_stop(organisation_id).select_for_update().first()
    if found is None:
        return False
    Stop.objects.filter(pk=found.pk).update(until=clock.now())
    audit.record(by=by, line=audit.Line("resume_sending", "stop", found.pk, organisation_id=organisation_id))
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_notify(%s, 'messaging.dispatch')", [jobs.WAKE_CHANNEL])
    return True


def _check(organisation_id: int | None, by: Actor) -> None:
    """An organisation's staff stop their own sending; only who runs the whole system stops everybody's."""
    if organisation_id is None:
        require_runs_all(by)
    else:
        require_staff(by, organisation_id)
