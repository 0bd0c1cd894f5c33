"""Django application of the tasks context."""

from django.apps import AppConfig


class TasksConfig(AppConfig):
    name = "onedoor.tasks"
    label = "tasks"
    default_auto_field = "django.db.models.BigAutoField"

    def ready(self) -> None:
        """Declare the work that a record opened by break-glass makes."""
        from onedoor.tasks import break_glass  # noqa: F401
