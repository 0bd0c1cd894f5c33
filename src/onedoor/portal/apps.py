"""Django application of the portal pages."""

from django.apps import AppConfig


class PortalConfig(AppConfig):
    name = "onedoor.portal"
    label = "portal"
