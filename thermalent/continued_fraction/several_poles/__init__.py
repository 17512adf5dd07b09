"""Sources of several poles as a chain of amplitudes, the first of which drives the emitters."""
