"""Which spectrum of a hot source entangles best: passive filters of any shape, and their slopes."""
