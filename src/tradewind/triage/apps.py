from django.apps import AppConfig


class TriageConfig(AppConfig):
    name = "tradewind.triage"
    label = "triage"
