"""Domain time as the database reads it, for what a trigger dates (clock.py; it must give what `clock.now` gives)."""

from django.db import migrations

NOW = """
CREATE FUNCTION kernel_now() RETURNS timestamptz LANGUAGE sql VOLATILE AS $$
    SELECT CASE WHEN c.rate > 1 AND h.hurried > c.slow_at THEN c.slow_at + (h.hurried - c.slow_at) / c.rate ELSE h.hurried END
    FROM (SELECT 1) one LEFT JOIN kernel_clock c ON c.id = 1
    CROSS JOIN LATERAL (SELECT coalesce(
        c.anchor_domain + (clock_timestamp() - c.anchor_real) * c.rate, clock_timestamp())) h (hurried)
$$
"""


class Migration(migrations.Migration):
    dependencies = [("kernel", "0003_clock_slows")]
    operations = [migrations.RunSQL(NOW, "DROP FUNCTION kernel_now()")]
