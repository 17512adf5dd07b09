"""Sources of several poles as a chain of amplitudes of which the emitters feel the first."""
