"""Calls of every public name with arguments of every kind, good and bad."""
