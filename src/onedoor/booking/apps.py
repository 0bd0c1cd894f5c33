"""Django application of the booking context."""

from django.apps import AppConfig


class BookingConfig(AppConfig):
    name = "onedoor.booking"
    label = "booking"
    default_auto_field = "django.db.models.BigAutoField"

    def ready(self) -> None:
        """Declare handlers, the owners of subjects, the way to outside diaries and sweeps."""
        from onedoor.booking import handlers, jobs  # noqa: F401
