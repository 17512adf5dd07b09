"""Evolutions from strong coherent fields, relative to the Gaussian state that the source is in."""
