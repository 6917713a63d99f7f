"""The small parts of the screens: marks, times, names and underlined evidence, without tables."""
