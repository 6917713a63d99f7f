"""The promised interface for programs: one file per resource, and the native intake beside it."""
