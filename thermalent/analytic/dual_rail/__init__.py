"""Closed forms of two rails of qubits fed by a broadband two-mode squeezed source (DUALRAIL)."""
