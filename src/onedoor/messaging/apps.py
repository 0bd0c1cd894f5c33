"""Django application of the messaging context."""

from django.apps import AppConfig


class MessagingConfig(AppConfig):
    name = "onedoor.messaging"
    label = "messaging"
    default_auto_field = "django.db.models.BigAutoField"

    def ready(self) -> None:
        """Declare what messaging does by itself."""
        from onedoor.messaging import (  # noqa: F401
            asking_handlers,
            asking_jobs,
            kinds,
            kinds_sending,
            sending_handlers,
            sending_jobs,
        )
