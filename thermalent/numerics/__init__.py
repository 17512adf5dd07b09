"""Numerical tools that know nothing of physics: inverse Laplace transforms, finite differences."""
