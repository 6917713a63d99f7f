"""How well a reader reads: measures, and the report they make for people and programs."""
