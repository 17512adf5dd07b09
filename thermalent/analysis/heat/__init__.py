"""Heat currents of networks: of steady states and over time, and the entropy that they produce."""
