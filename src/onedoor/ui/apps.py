"""Django application of the user interface: base templates, components and static files."""

from django.apps import AppConfig


class UiConfig(AppConfig):
    name = "onedoor.ui"
    label = "ui"
