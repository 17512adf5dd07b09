"""All slow eigenvalues of a network's master equation, found, counted and refined."""
