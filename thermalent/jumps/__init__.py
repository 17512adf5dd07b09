"""Quantum jumps: pure states that decay between jumps and jump at random times."""

from thermalent.jumps.method import QuantumJumps as QuantumJumps
