"""A mailbox's faults by way: one of them hides no other."""

from django.db import migrations, models

KNOWN = """
UPDATE exchange_mailbox SET faults = jsonb_build_object(
    CASE WHEN fault LIKE 'The outbox: %' THEN 'out' WHEN fault LIKE 'Asking about%' THEN 'asked' ELSE 'in' END,
    jsonb_build_object(
        'why', regexp_replace(fault, '^(The inbox|The outbox|Asking about what was sent): ', ''),
        'since', to_jsonb(failing_since)))
WHERE failing_since IS NOT NULL
"""


class Migration(migrations.Migration):
    dependencies = [("exchange", "0065_no_free_words")]
    operations = [
        migrations.AddField("mailbox", "faults", models.JSONField(default=dict)),
        migrations.AlterField("mailbox", "fault", models.CharField(blank=True, max_length=500)),
        migrations.RunSQL(KNOWN, migrations.RunSQL.noop),
    ]
