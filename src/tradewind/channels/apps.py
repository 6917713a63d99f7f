from django.apps import AppConfig


class ChannelsConfig(AppConfig):
    name = "tradewind.channels"
    label = "channels"
