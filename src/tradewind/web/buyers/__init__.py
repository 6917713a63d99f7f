"""Buyers: the list of them, and one with everything known."""
