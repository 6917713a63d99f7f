"""Speeds, measured on a desk of their own: its database, its web process, its worker, its client.

Every figure is one run on one machine, load client included; compare ratios, not machines.
"""
