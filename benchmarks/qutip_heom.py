r"""A peer: QuTiP's hierarchical equations of motion, driven by the same Gaussian field.

The filter's field is classical noise for the qubits. With \(\alpha = x + iy\) the driving
Hamiltonian is \(\sqrt\kappa\, (x Q_x + y Q_y)\),

$$Q_x = -i (S^+ - S^-), \quad Q_y = S^+ + S^-, \qquad
  \kappa \langle x(t) x(0) \rangle = \tfrac12 \langle|\epsilon|^2\rangle\, e^{-\kappa |t|}$$

and the same for y: two real exponential baths. \(\langle|\epsilon|^2\rangle = \kappa n_{th}/2\)
is the strength of the field.

Source: THERMAL, Eqs. (14) to (16); solved by `qutip.solver.heom.HEOMSolver.steady_state` with its
default arguments.
"""

from __future__ import annotations

import numpy as np
import qutip
from qutip.solver.heom import BosonicBath, HEOMSolver

from benchmarks.qutip_fock import cascade

_SIGMA = qutip.Qobj(np.array([[0.0, 1.0], [0.0, 0.0]]))


def steady_state(strength: float, kappa: float, depth: int) -> np.ndarray:
    """The qubits' steady state, (4, 4), at a depth of the hierarchy; gamma = 1, all resonant."""
    first, second = qutip.tensor(_SIGMA, qutip.qeye(2)), qutip.tensor(qutip.qeye(2), _SIGMA)
    hamiltonian, lower = cascade([first, second])
    baths = [
        BosonicBath(quadrature, [strength / 2], [kappa], [], [])
        for quadrature in (-1j * (lower.dag() - lower), lower.dag() + lower)
    ]
    system = qutip.liouvillian(hamiltonian, [lower])
    rho, _ = HEOMSolver(system, baths, max_depth=depth).steady_state()
    return rho.full()
