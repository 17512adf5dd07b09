"""The matrix of the hierarchy of one charge: its elements, and blocks of its tiers."""
