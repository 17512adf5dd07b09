"""What is computed from solved networks: comparisons, spectra, relaxation, optima, designs."""
