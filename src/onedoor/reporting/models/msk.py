"""What the dashboard of a service that triages rests on, as it was last counted."""

from __future__ import annotations

from django.db import models

from onedoor.directory.models import Service


class ServiceCount(models.Model):
    """A service over some months; counts that may be made again at any time."""

    id = models.AutoField(primary_key=True)
    service = models.ForeignKey(Service, on_delete=models.CASCADE, related_name="+")
    first = models.DateField()
    last = models.DateField()
    counted_at = models.DateTimeField()
    content = models.JSONField()
    """As `dashboards.msk_counted` writes it."""

    class Meta:
        db_table = "reporting_service_count"
        constraints = [models.UniqueConstraint(fields=["service", "first", "last"], name="service_count_once")]
