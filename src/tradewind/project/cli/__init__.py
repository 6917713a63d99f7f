"""The command line: ``tradewind --help`` lists what there is."""

from __future__ import annotations

from tradewind.project.cli.main import main

__all__ = ["main"]
