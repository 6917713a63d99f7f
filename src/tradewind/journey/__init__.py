"""What happens, in order: a message arrives (arrival), a reply leaves (reply), time passes (sweep)."""
