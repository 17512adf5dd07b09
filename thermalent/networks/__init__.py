"""The description of a network, and its symmetry, source and jump channels, without solving."""
