"""Fractions and searches of chains with given numbers."""

import numpy as np

import thermalent as te
from thermalent.continued_fraction.chain.fraction import Fraction

EPS = np.finfo(float).eps


LINK = te.thermal_link(2.0, 0.5, filters=2, qubits=1)


def fraction(error=1.0, scale=0.5, tiers=20, outcome=""):
    return Fraction(
        k=np.zeros((1, 1)), x=np.zeros(1), tiers=tiers, error=error, scale=scale, residual=0.0,
        uncertainty=0.0, outcome=outcome,
    )  # fmt: skip
