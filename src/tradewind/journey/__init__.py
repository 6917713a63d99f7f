"""What happens, in order: a message arrives (arrival), a reply leaves (reply), a minute passes (sweep)."""
