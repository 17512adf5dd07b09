"""The hierarchy of several modes as a lattice of excitation numbers."""
