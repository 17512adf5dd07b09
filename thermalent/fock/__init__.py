"""The Fock-truncated master equation: every boson mode kept up to a highest number state."""

from thermalent.fock.method import Fock as Fock
