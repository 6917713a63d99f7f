"""Tradewind: the after-sales desk for cross-border sellers. The folders here are the product."""

__version__ = "0.1.0"
