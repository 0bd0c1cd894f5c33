"""Who stands below whom, and what became of whom: read-only relations by which figures are added up in sets.

`accounts_above`: an organisation, one above it by any number of steps, that one's level (the kind of the last step), and the days
on which every step holds (the last exclusive). `accounts_heirs`: an organisation, what it became by its mergers, from which day on,
and after how many mergers.
"""

from django.db import migrations

ABOVE = """
CREATE VIEW accounts_above AS
WITH RECURSIVE step AS (
    SELECT organisation_id, other_id, kind, starts_on, ends_on
    FROM accounts_organisation_relation
    WHERE kind IN ('part_of_pcn', 'in_place', 'in_ics', 'in_region')
), up AS (
    SELECT organisation_id, other_id AS above_id, kind AS level, starts_on, ends_on FROM step
    UNION
    SELECT up.organisation_id, step.other_id, step.kind,
           greatest(up.starts_on, step.starts_on), least(up.ends_on, step.ends_on)
    FROM up JOIN step ON step.organisation_id = up.above_id
    WHERE greatest(up.starts_on, step.starts_on) < coalesce(least(up.ends_on, step.ends_on), 'infinity'::date)
      AND step.other_id <> up.organisation_id
)
SELECT organisation_id, above_id, level, starts_on, ends_on FROM up
"""

HEIRS = """
CREATE VIEW accounts_heirs AS
WITH RECURSIVE merged AS (
    SELECT organisation_id, other_id AS heir_id, starts_on AS since, 1 AS mergers
    FROM accounts_organisation_relation WHERE kind = 'succeeded_by'
    UNION
    SELECT merged.organisation_id, next.other_id, greatest(merged.since, next.starts_on), merged.mergers + 1
    FROM merged JOIN accounts_organisation_relation next
      ON next.organisation_id = merged.heir_id AND next.kind = 'succeeded_by'
    WHERE merged.mergers < 20 AND next.other_id <> merged.organisation_id
)
SELECT organisation_id, heir_id, since, mergers FROM merged
"""


class Migration(migrations.Migration):
    dependencies = [("accounts", "0009_region")]

    operations = [
        migrations.RunSQL(ABOVE, "DROP VIEW accounts_above"),
        migrations.RunSQL(HEIRS, "DROP VIEW accounts_heirs"),
    ]
