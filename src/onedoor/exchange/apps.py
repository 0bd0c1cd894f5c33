"""Django application of the exchange context."""

from django.apps import AppConfig


class ExchangeConfig(AppConfig):
    name = "onedoor.exchange"
    label = "exchange"
    default_auto_field = "django.db.models.BigAutoField"

    def ready(self) -> None:
        """Declare the sweeps, the work that is asked of people, and the moves between states."""
        from onedoor.exchange import jobs  # noqa: F401
        from onedoor.exchange.extracts import jobs as extracts_jobs  # noqa: F401
        from onedoor.exchange.feed import jobs as feed_jobs  # noqa: F401
        from onedoor.exchange.mesh import kinds, rules  # noqa: F401
        from onedoor.exchange.receiving import handlers as receiving_handlers  # noqa: F401
        from onedoor.exchange.sending import handlers as sending_handlers  # noqa: F401
        from onedoor.exchange.sending import jobs as sending_jobs  # noqa: F401
        from onedoor.kernel.transitions import declare_moves

        declare_moves("MeshMessage", rules.MOVES)
