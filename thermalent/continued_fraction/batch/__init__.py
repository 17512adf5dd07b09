"""Steady states of many networks at once, by the continued fraction."""
