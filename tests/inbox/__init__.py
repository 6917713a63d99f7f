"""The inbox below its screens."""
