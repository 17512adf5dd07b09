r"""The quasistatic limit: the field changes so slowly that the qubits follow a dark state.

$$|\Psi(\alpha)\rangle = \frac{|00\rangle + c\,\alpha\,|S\rangle}{\sqrt{1 + |c\,\alpha|^2}},
  \qquad \rho = \big\langle |\Psi(\alpha)\rangle\langle\Psi(\alpha)| \big\rangle_\alpha
  = \Upsilon(y/8)\,|00\rangle\langle 00| + [1 - \Upsilon(y/8)]\,|S\rangle\langle S|$$

where y is the thermal mean of |c alpha|^2. The geometry and the detunings only enter through c.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from thermalent.analytic.populations import (
    LARGEST_RATIO,
    Populations,
    check_shapes,
    nonnegative_arrays,
    real_arrays,
)
from thermalent.analytic.upsilon import upsilon, upsilon_complement
from thermalent.support import checks
from thermalent.support.closed_form import closed_form


@closed_form
def dark_state(alpha: Any, kappa: Any, gamma: Any = 1.0, *, detuning: Any = 0.0) -> np.ndarray:
    r"""Pure state into which two qubits on a unidirectional waveguide relax in a constant field.

    $$|\Psi(\alpha)\rangle \propto
      |00\rangle + \frac{\sqrt{2\kappa\gamma}}{\gamma/2 + i\delta}\,\alpha\,|S\rangle$$

    For opposite detunings Delta_1 = -Delta_2 = delta; the equation printed is delta = 0. Exact.
    With different decay rates the drive takes the dark combination to |11>, so that there is no
    dark state: a pair of rates must be a pair of equal ones.

    Args:
        alpha: Amplitude of the source mode, complex, dimensionless. Any shape.
        kappa: Decay rate of the source per port, so that its energy decays at 2 kappa; rate
            unit, >= 0.
        gamma: Decay rate of the qubits, or the pair of them, rate unit, > 0.
        detuning: delta, rate unit.

    Returns:
        Normalised ket in the basis |00>, |01>, |10>, |11>; shape (..., 4), complex.

    Raises:
        ValueError: an argument is outside its domain, or the two decay rates differ.

    Source: THERMAL, Eq. (19).
    """
    rate = _common_rate(gamma)
    (kappa,), (detuning,) = nonnegative_arrays(kappa=kappa), real_arrays(detuning=detuning)
    check_shapes(kappa=kappa, detuning=detuning)
    return _ket(_amplitude(alpha) * np.sqrt(2 * kappa * rate) / (rate / 2 + 1j * detuning))


@closed_form
def bidirectional_dark_state(alpha: Any, kappa: Any, detuning: Any, gamma: Any = 1.0) -> np.ndarray:
    r"""Pure state of two qubits at antinodes of a bidirectional waveguide in a constant field.

    $$|\Psi(\alpha)\rangle \propto
      2 i\delta\,|00\rangle + \sqrt{2\kappa\gamma}\,\alpha\,|S\rangle$$

    The opposite detunings Delta_1 = -Delta_2 = delta take the place of the cascaded exchange. The
    factor 2 is missing in the printed equation: the master equation (49) drives the qubits half as
    strongly as the unidirectional one, so that delta = gamma/4, not gamma/2, gives the same state
    as `dark_state`. Exact for a field that the qubits do not act back on.

    Args:
        alpha: Amplitude of the source mode, complex, dimensionless. Any shape.
        kappa: Decay rate of the source per port, so that its energy decays at 2 kappa; rate
            unit, >= 0.
        detuning: delta, rate unit, not zero.
        gamma: Decay rate of the qubits, or the pair of them, rate unit, > 0.

    Returns:
        Normalised ket in the basis |00>, |01>, |10>, |11>; shape (..., 4), complex.

    Raises:
        ValueError: an argument is outside its domain, or the two decay rates differ.

    Source: THERMAL, Eq. (50), corrected.
    """
    rate, detuning = _common_rate(gamma), _nonzero(detuning)
    (kappa,) = nonnegative_arrays(kappa=kappa)
    return _ket(_amplitude(alpha) * np.sqrt(2 * kappa * rate) / (2j * detuning))


@closed_form
def quasistatic_populations(phi: Any, gamma: Any = 1.0, *, detuning: Any = 0.0) -> Populations:
    r"""Thermal average of the dark state on a unidirectional waveguide.

    $$\rho_{00} = \Upsilon(x), \qquad \rho_S = 1 - \Upsilon(x), \qquad
      x = \frac{\Phi\gamma}{\gamma^2 + 4\delta^2}$$

    Valid for kappa -> 0 at fixed flux Phi; its concurrence is the singlet population, Eq. (23).

    Args:
        phi: Photon flux Phi = kappa n_th / 2, rate unit, >= 0. Any shape.
        gamma: Decay rate of the qubits, or the pair of them, rate unit, > 0.
        detuning: Opposite detunings Delta_1 = -Delta_2 = delta, rate unit.

    Returns:
        The populations, broadcast shape of the arguments.

    Raises:
        ValueError: an argument is outside its domain, or the two decay rates differ.

    Source: THERMAL, Eqs. (20), (21) and (23).
    """
    rate = _common_rate(gamma)
    (phi,), (detuning,) = nonnegative_arrays(phi=phi), real_arrays(detuning=detuning)
    check_shapes(phi=phi, detuning=detuning)
    with np.errstate(over="ignore"):
        # A root of the denominator at a time: its square and phi/rate may overflow.
        root = np.minimum(np.hypot(1.0, 2 * detuning / rate), LARGEST_RATIO)
        return _average(np.minimum(phi / root / rate / root, LARGEST_RATIO))


@closed_form
def bidirectional_quasistatic_populations(phi: Any, detuning: Any, gamma: Any = 1.0) -> Populations:
    r"""Thermal average of the dark state on a bidirectional waveguide, qubits at antinodes.

    $$\rho_{00} = \Upsilon(x), \qquad \rho_S = 1 - \Upsilon(x), \qquad
      x = \frac{\Phi\gamma}{16\delta^2}$$

    Valid for kappa -> 0 at fixed flux Phi, without back-action of the qubits on the source.

    Args:
        phi: Photon flux Phi = kappa n_th / 2, rate unit, >= 0. Any shape.
        detuning: Opposite detunings Delta_1 = -Delta_2 = delta, rate unit, not zero.
        gamma: Decay rate of the qubits, or the pair of them, rate unit, > 0.

    Returns:
        The populations, broadcast shape of the arguments.

    Raises:
        ValueError: an argument is outside its domain, or the two decay rates differ.

    Source: THERMAL, Eqs. (20) and (50), the latter corrected as in `bidirectional_dark_state`.
    """
    rate, detuning = _common_rate(gamma), _nonzero(detuning)
    (phi,) = nonnegative_arrays(phi=phi)
    with np.errstate(over="ignore"):
        root = np.sqrt(phi) * np.sqrt(rate) / (4 * np.abs(detuning))
        return _average(np.minimum(root**2, LARGEST_RATIO))


def _average(x: np.ndarray) -> Populations:
    return Populations(ground=upsilon(x), singlet=upsilon_complement(x), triplet=0.0, excited=0.0)


def _ket(ratio: np.ndarray) -> np.ndarray:
    """Normalised |00> + ratio |S>."""
    weight = 1 / np.hypot(1.0, np.abs(ratio))
    ket = np.zeros((*np.shape(ratio), 4), dtype=complex)
    ket[..., 0] = weight
    ket[..., 1] = weight * ratio / np.sqrt(2)
    ket[..., 2] = -ket[..., 1]
    return ket


def _common_rate(gamma: Any) -> float:
    pair = checks.per_item("gamma", gamma, 2, "qubit")
    first, second = (checks.positive("gamma", rate) for rate in pair)
    if first != second:
        checks.fail("gamma", "the same for both qubits (there is no dark state otherwise)", gamma)
    return first


def _amplitude(alpha: Any) -> np.ndarray:
    array = np.asarray(alpha)
    if array.dtype.kind not in "iufc" or not np.all(np.isfinite(array)):
        checks.fail("alpha", "finite", alpha)
    return array


def _nonzero(detuning: Any) -> np.ndarray:
    (array,) = real_arrays(detuning=detuning)
    if np.any(array == 0):
        checks.fail("detuning", "finite and not zero", detuning)
    return array
