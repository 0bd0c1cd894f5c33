"""Django application of the accounts context."""

from django.apps import AppConfig


class AccountsConfig(AppConfig):
    name = "onedoor.accounts"
    label = "accounts"
    default_auto_field = "django.db.models.BigAutoField"
