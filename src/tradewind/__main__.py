"""``python -m tradewind``."""

from tradewind.project.cli import main

main()
