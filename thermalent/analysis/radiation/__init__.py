"""The fields that a network radiates, their spectra and coherence functions."""
