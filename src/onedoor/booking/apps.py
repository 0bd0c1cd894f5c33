"""Django application of the booking context."""

from django.apps import AppConfig


class BookingConfig(AppConfig):
    name = "onedoor.booking"
    label = "booking"
    default_auto_field = "django.db.models.BigAutoField"
