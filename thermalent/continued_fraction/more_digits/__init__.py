"""Steady states of one mode in any number of digits, by ball arithmetic."""
