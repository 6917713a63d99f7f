"""Connections that messages come through: parse, verify, render, send. Kept: channels, deliveries.

Words: *channel* (one connection), *delivery* (one raw thing that came in, kept as it was),
*connector* (how a platform speaks). What events mean for buyers and conversations is not
decided here.
"""
