"""Reads messages: language, intent, mood, complaint, threats, urgency and numbers, with spans.

Pure functions on text: no tables, no network, no settings. Which intents a workspace shows, who
corrects a reading and where it is kept is decided above, in ``triage``.
"""
