from django.apps import AppConfig


class IdentityConfig(AppConfig):
    name = "tradewind.identity"
    label = "identity"
