"""Functions of bare arrays: states, superoperators, entanglement, distances."""
