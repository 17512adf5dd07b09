"""Chains of tiers eliminated one after the other, and sparse equations solved many times."""
