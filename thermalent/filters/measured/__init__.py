"""Filters from measurements: data, a function fitted to them, and what they leave open."""
