"""``{% load parts %}``: every tag and filter of the design system."""

from tradewind.web.parts.tags import register

__all__ = ["register"]
