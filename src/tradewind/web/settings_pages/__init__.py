"""The settings: one module a screen, each with its forms and views."""
