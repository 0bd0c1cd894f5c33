"""Links in texts to other times for an appointment."""

from __future__ import annotations

from django.db import models

from onedoor.booking.models.diary import Appointment


class ChangeLink(models.Model):
    """A link that was texted for one appointment. Of its token only the hash is kept; the appointment's start ends it."""

    id = models.BigAutoField(primary_key=True)
    appointment = models.ForeignKey(Appointment, on_delete=models.PROTECT, related_name="links")
    token_hash = models.CharField(max_length=64, unique=True)
    made_at = models.DateTimeField()
    wrong_tries = models.SmallIntegerField(default=0)
    """Dates of birth that were not the patient's."""
    closed_at = models.DateTimeField(null=True)
    because = models.CharField(max_length=10, blank=True, default="")
    """Why it is closed: moved, wrong (too many tries), replaced by a newer link."""

    class Meta:
        db_table = "booking_change_link"
