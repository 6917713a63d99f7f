"""A sample seller for a fresh installation: a living desk to look at and to try things on."""
