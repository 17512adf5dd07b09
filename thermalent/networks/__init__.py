"""What a network is, and what follows from it without solving: symmetry, source, jump channels."""
