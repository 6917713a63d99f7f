from django.apps import AppConfig


class LearningConfig(AppConfig):
    name = "tradewind.learning"
    label = "learning"
