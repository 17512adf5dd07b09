"""The Markov limit: a source so broad that the qubits are driven by white thermal noise."""

from __future__ import annotations

from typing import Any

from thermalent.analytic.populations import Populations, nonnegative_arrays
from thermalent.support.closed_form import closed_form


@closed_form
def markov_populations(n_th: Any) -> Populations:
    r"""Steady state in a thermal environment: two independent thermal qubits.

    $$\rho_{00} = \frac{(n+1)^2}{(1+2n)^2}, \qquad
      \rho_S = \rho_T = \frac{n(n+1)}{(1+2n)^2}, \qquad
      \rho_{11} = \frac{n^2}{(1+2n)^2}$$

    It is the product of two thermal states with excitation n/(1+2n) each, so it has neither
    entanglement nor classical correlations at any temperature, and its concurrence is zero. Valid
    for a source much broader than the thermally enhanced decay, kappa >> gamma (1 + 2 n_th), with
    corrections of that order; the unidirectional exchange between the qubits does not matter.

    Args:
        n_th: Thermal occupation n of the hot reservoir, dimensionless, >= 0. Any shape.

    Returns:
        The populations, shape of `n_th`; exact to rounding in this limit.

    Raises:
        ValueError: `n_th` is negative or not finite.

    Source: THERMAL, Eq. (18).
    """
    (n_th,) = nonnegative_arrays(n_th=n_th)
    excited = n_th / 2 / (0.5 + n_th)  # halved, so that no finite occupation overflows
    ground = (n_th / 2 + 0.5) / (0.5 + n_th)
    return Populations(
        ground=ground**2,
        singlet=excited * ground,
        triplet=excited * ground,
        excited=excited**2,
    )
