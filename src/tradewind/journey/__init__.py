"""What happens, in order: a message arrives, a reply leaves, time goes by (the sweep)."""
