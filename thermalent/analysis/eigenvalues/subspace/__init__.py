"""Invariant subspaces of the hierarchy by inverse iteration, in three arithmetics."""
