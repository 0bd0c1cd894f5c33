"""Django application of the tasks context."""

from django.apps import AppConfig


class TasksConfig(AppConfig):
    name = "onedoor.tasks"
    label = "tasks"
    default_auto_field = "django.db.models.BigAutoField"
