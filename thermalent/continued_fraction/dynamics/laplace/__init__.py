"""Resolvents at complex frequencies, and the transform back to times."""
