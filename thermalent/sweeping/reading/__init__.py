"""What a sweep reads from a state, and its error."""
