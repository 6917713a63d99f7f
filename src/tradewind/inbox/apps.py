from django.apps import AppConfig


class InboxConfig(AppConfig):
    name = "tradewind.inbox"
    label = "inbox"
