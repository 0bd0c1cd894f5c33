"""Django application of the documents context."""

from django.apps import AppConfig


class DocumentsConfig(AppConfig):
    name = "onedoor.documents"
    label = "documents"
    default_auto_field = "django.db.models.BigAutoField"
