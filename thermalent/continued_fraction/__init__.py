"""Continued fractions: scalar ones, and the matrix fraction of the phase-space hierarchy."""

from thermalent.continued_fraction.batch.side_by_side import (
    solve_side_by_side as solve_side_by_side,
)
from thermalent.continued_fraction.chain.hierarchy import Hierarchy as Hierarchy
from thermalent.continued_fraction.chain.hierarchy import hierarchy as hierarchy
from thermalent.continued_fraction.method import ContinuedFraction as ContinuedFraction
from thermalent.continued_fraction.scalar import evaluate as evaluate
from thermalent.continued_fraction.scalar import evaluate_continuants as evaluate_continuants
from thermalent.continued_fraction.scalar import evaluate_mp as evaluate_mp
