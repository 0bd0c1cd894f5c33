"""Django application of the messaging context."""

from django.apps import AppConfig


class MessagingConfig(AppConfig):
    name = "onedoor.messaging"
    label = "messaging"
    default_auto_field = "django.db.models.BigAutoField"
