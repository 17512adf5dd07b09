"""Errors and slopes of quantities, from those of the states they are read from."""
