"""The slowest eigenvalues of a network's master equation: searched, counted and refined."""
