"""Django application of the directory context."""

from django.apps import AppConfig


class DirectoryConfig(AppConfig):
    name = "onedoor.directory"
    label = "directory"
    default_auto_field = "django.db.models.BigAutoField"

    def ready(self) -> None:
        """Declare sweeps and kinds of work."""
        from onedoor.directory import jobs  # noqa: F401
