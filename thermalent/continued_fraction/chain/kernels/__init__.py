"""Numba kernels of the chain of tiers: plain arrays, no validation."""
