"""Django application of the calls context."""

from django.apps import AppConfig


class CallsConfig(AppConfig):
    name = "onedoor.calls"
    label = "calls"
    default_auto_field = "django.db.models.BigAutoField"

    def ready(self) -> None:
        """Declare the work that a contact makes."""
        from onedoor.calls import kinds  # noqa: F401
