"""Django application of the exchange context."""

from django.apps import AppConfig


class ExchangeConfig(AppConfig):
    name = "onedoor.exchange"
    label = "exchange"
    default_auto_field = "django.db.models.BigAutoField"

    def ready(self) -> None:
        """Declare the sweep."""
        from onedoor.exchange import jobs  # noqa: F401
