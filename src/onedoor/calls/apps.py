"""Django application of the calls context."""

from django.apps import AppConfig


class CallsConfig(AppConfig):
    name = "onedoor.calls"
    label = "calls"
    default_auto_field = "django.db.models.BigAutoField"

    def ready(self) -> None:
        """Declare the work that a contact makes, its texts, and what follows when such work is done."""
        from onedoor.calls import handlers, kinds  # noqa: F401
