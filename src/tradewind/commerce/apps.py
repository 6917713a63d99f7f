from django.apps import AppConfig


class CommerceConfig(AppConfig):
    name = "tradewind.commerce"
    label = "commerce"
