"""Errors meant for the person who runs the program."""

from __future__ import annotations


class OperatorError(Exception):
    """Something the operator must mend; its text is a full sentence to print as it is."""
