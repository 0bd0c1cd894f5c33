"""Each referral keeps when the clock of its triage ends, so that what waits is read in that order."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from django.db import migrations, models

from onedoor.referrals.rules import triage_due_at

_SLICE = 10_000


def fill(apps: Any, schema_editor: Any) -> None:
    """From the contract as it stands: there was no other before."""
    service_model, referral_model = apps.get_model("directory", "Service"), apps.get_model("referrals", "Referral")
    contracts = dict((key, (hours, basis)) for key, hours, basis in service_model.objects.values_list("pk", "triage_hours", "triage_basis"))
    last = 0
    while rows := list(
        referral_model.objects.filter(pk__gt=last)
        .order_by("pk")
        .values_list("pk", "service_id", "received_at", "priority")[:_SLICE]
    ):
        due: list[datetime] = [
            triage_due_at(at, priority=priority, hours=contracts[service][0], basis=contracts[service][1])
            for _, service, at, priority in rows
        ]
        with schema_editor.connection.cursor() as cursor:
            cursor.execute(
                """UPDATE referrals_referral r SET triage_due_at = w.due
                   FROM unnest(%s::bigint[], %s::timestamptz[]) AS w(id, due) WHERE r.id = w.id""",
                [[row[0] for row in rows], due],
            )
        last = rows[-1][0]


class Migration(migrations.Migration):
    """The moment is filled in before it is asked for of every row."""

    dependencies = [("referrals", "0006_visits")]

    operations = [
        migrations.AddField("referral", "triage_due_at", models.DateTimeField(null=True)),
        migrations.RunPython(fill, migrations.RunPython.noop),
        migrations.AlterField("referral", "triage_due_at", models.DateTimeField()),
        migrations.RemoveIndex("referral", "referral_to_triage"),
        migrations.AddIndex(
            "referral",
            models.Index(
                fields=["service", "triage_due_at", "id"],
                include=["priority"],
                condition=models.Q(state="AWAITING_TRIAGE", closed_at=None),
                name="referral_triage_due",
            ),
        ),
        migrations.RemoveIndex("referral", "referral_came"),
        migrations.AddIndex(
            "referral",
            models.Index(
                fields=["service", "came_on"], include=["triaged_at", "triage_due_at", "source"], name="referral_came_on"
            ),
        ),
    ]
