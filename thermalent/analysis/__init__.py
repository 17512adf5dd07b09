"""Analyses of networks: comparisons, spectra, relaxation, optima, designs."""
