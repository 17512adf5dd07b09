r"""Errors and gradients of what an entangled pair of qubits is worth.

As in `error_bounds`, every bound holds for all states sigma = rho + Delta with
\(|\Delta_{ij}| \le \epsilon\), in stacks: states (t, 4, 4), eps (t,) or (t, 4, 4), values (t,).
Gradients are those of `gradients`.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from thermalent.operators import distillation
from thermalent.operators.bounds import error_bounds
from thermalent.operators.bounds.error_bounds import ROUNDING
from thermalent.operators.bounds.gradients import Valued
from thermalent.operators.entanglement import partial_trace

_LN2 = float(np.log(2))
_NEARLY = 1e-6  # how far the solver's state may be from one
# Two weights closer than this are equal as far as a derivative is concerned.
_NO_DIGITS = 1e-13
_OUTER, _INNER = [0, 3], [1, 2]  # |00>, |11> and |01>, |10>


def fraction_bound(
    rho: np.ndarray, eps: np.ndarray, value: np.ndarray, zero: np.ndarray | None = None
) -> np.ndarray:
    r"""Bound on the change of the fully entangled fraction, at most 4 eps.

    A maximum over states phi changes by no more than the largest of
    \(\langle\phi|\Delta|\phi\rangle \le |\phi|^T \epsilon |\phi|\). A maximally
    entangled phi has the moduli (c, s, s, c)/sqrt(2) with c^2 + s^2 = 1, so that this is the
    largest eigenvalue of a matrix of two rows.
    """
    rho, eps = error_bounds.nearest(rho, eps)
    each = np.broadcast_to(error_bounds._of_elements(eps), rho.shape)
    each = each if zero is None else np.where(zero, 0.0, each)
    blocks = [
        [np.sum(each[:, rows][:, :, columns], axis=(-2, -1)) for columns in (_OUTER, _INNER)]
        for rows in (_OUTER, _INNER)
    ]
    form = np.moveaxis(np.array(blocks), -1, 0) / 2  # (t, 2, 2)
    change = np.linalg.eigvalsh((form + np.swapaxes(form, -1, -2)) / 2)[:, -1]
    return np.minimum(change, np.maximum(value - 0.25, 1 - value)) + ROUNDING


def teleportation_bound(
    rho: np.ndarray, eps: np.ndarray, value: np.ndarray, zero: np.ndarray | None = None
) -> np.ndarray:
    """Bound on the change of the fidelity of teleportation, (2 F + 1)/3."""
    return 2 / 3 * fraction_bound(rho, eps, (3 * value - 1) / 2, zero) + ROUNDING


def coherent_information_bound(
    rho: np.ndarray, eps: np.ndarray, value: np.ndarray, zero: np.ndarray | None = None
) -> np.ndarray:
    r"""Bound on the change of the coherent information of two qubits: the smaller of two.

    At trace distance T, with Winter's bound for conditional entropies,

    $$|\Delta I| \le 2T + (1 + T)\, h\!\left(\frac{T}{1 + T}\right)$$

    and where all eigenvalues of rho are well above eps, with the gradient G,

    $$\Delta I = \mathrm{Tr}\,G\Delta + D(\sigma\|\rho) - D(\sigma_B\|\rho_B)$$

    whose last two terms are together between 0 and \(D(\sigma\|\rho)\), because the relative
    entropy does not grow under a partial trace; see `error_bounds.entropy_bound`.

    Source: Winter, Commun. Math. Phys. 347, 291 (2016), Lemma 2.
    """
    rho, eps = error_bounds.nearest(rho, eps)
    each, eps = error_bounds._of_elements(eps), error_bounds._largest(eps)
    distance = np.minimum(0.5 * error_bounds._trace_norm(4, zero) * eps, 1.0)
    share = distance / (1 + distance)
    with np.errstate(divide="ignore", invalid="ignore"):
        mixing = -np.where(share > 0, share * np.log2(share), 0.0) - (1 - share) * np.log2(
            1 - share
        )
        p = np.maximum(np.linalg.eigvalsh(rho), 1e-300)
        slopes = np.array([_slope_of_information(state) for state in rho])
        smooth = error_bounds._by_relative_entropy(p, slopes, each, eps)
    general = 2 * distance + (1 + distance) * mixing
    largest = np.maximum(value + 1, 1 - value)
    return np.minimum(np.minimum(general, smooth), largest) + ROUNDING * (4 + np.abs(value))


def fraction_with_gradient(rho: np.ndarray, dims: Sequence[int]) -> Valued:
    r"""Fully entangled fraction and its gradient, the projector on the best state.

    Where two are equally good the fraction has a kink.
    """
    magic = distillation._MAGIC
    values, vectors = np.linalg.eigh((magic.conj().T @ rho @ magic).real)
    value = distillation.fully_entangled_fraction(rho, tolerance=_NEARLY)
    if values[-1] - values[-2] <= _NO_DIGITS:
        note = "one for which two maximally entangled states are equally good: no derivative"
        return Valued(value, np.full((4, 4), np.nan + 0j), note)
    ket = magic @ vectors[:, -1]
    return Valued(value, np.outer(ket, ket.conj()))


def teleportation_with_gradient(rho: np.ndarray, dims: Sequence[int]) -> Valued:
    """Fidelity of teleportation and its gradient, two thirds of that of the fraction."""
    fraction = fraction_with_gradient(rho, dims)
    return fraction._replace(value=(2 * fraction.value + 1) / 3, gradient=2 / 3 * fraction.gradient)


def coherent_information_with_gradient(rho: np.ndarray, dims: Sequence[int]) -> Valued:
    r"""Coherent information and its gradient, \(\log_2\rho - 1 \otimes \log_2\rho_B\).

    Of full rank only.
    """
    value = distillation.coherent_information(rho, dims, tolerance=_NEARLY)
    p = np.linalg.eigvalsh(rho)
    if p[0] <= _NO_DIGITS * p[-1]:
        return Valued(value, np.full((4, 4), np.nan + 0j), "not of full rank: no derivative")
    return Valued(value, _slope_of_information(rho))


def _slope_of_information(rho: np.ndarray) -> np.ndarray:
    """Gradient of the coherent information of two qubits, (4, 4)."""
    local = np.kron(np.eye(2), _log2(partial_trace(rho, (2, 2), 1)))
    return np.asarray(_log2(rho) - local)


def _log2(rho: np.ndarray) -> np.ndarray:
    p, vectors = np.linalg.eigh(rho)
    p = np.maximum(p, 1e-300)
    return np.asarray((vectors * np.log2(p)) @ vectors.conj().T)
