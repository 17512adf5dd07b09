r"""Coordinates in which a transfer function is a passive network of modes.

A stable transfer function with \(|S_{21}| \le 1\) is passive: there is a positive matrix P with

$$\begin{pmatrix} a^\dagger P + P a + c^\dagger c & P b + c^\dagger d \\
    \cdot & |d|^2 - 1 \end{pmatrix} \le 0$$

(the bounded-real lemma). In the coordinates \(P^{1/2} z\) the amplitudes are modes: what they lose,
\(-(a + a^\dagger)\), covers the output port and the hot port, and the rest goes into ports that
reflect or absorb.
"""

from __future__ import annotations

import numpy as np

from thermalent.filters.response import StateSpace
from thermalent.support.errors import ArgumentError

# A filter that transmits everything at its peak is at the edge of the lemma, where its Riccati
# equation has no stabilising solution. It is solved for a bound of |S21|^2 so little above one:
# this changes where the modes lose what they do not transmit, and leaves S21 itself untouched.
_MARGINS = (1e-10, 1e-9, 1e-8, 1e-7)
_ACCURACY = 1e-9


def from_poles_and_zeros(poles: np.ndarray, zeros: np.ndarray, gain: complex) -> StateSpace:
    r"""The cascade of first-order sections with these poles and zeros.

    $$S_{21}(s) = g\, \frac{\prod_i (s - z_i)}{\prod_i (s - p_i)}$$

    Repeated poles are no special case: a is triangular and need not be diagonalisable.
    """
    m = len(poles)
    a, b = np.zeros((m, m), dtype=complex), np.zeros(m, dtype=complex)
    # Output of the sections so far: `row` times the amplitudes plus `direct` times the input.
    row, direct = np.zeros(m, dtype=complex), 1.0 + 0j
    scale = float(np.max(np.abs(poles)))
    order = np.argsort(np.abs(poles), kind="stable")
    left = list(zeros)
    for i, pole in enumerate(poles[order]):
        a[i] = scale * row
        a[i, i] = pole
        b[i] = scale * direct
        new = np.zeros(m, dtype=complex)
        if left:  # (s - z)/(s - p) = 1 + (p - z)/(s - p)
            zero = left.pop(int(np.argmin(np.abs(np.array(left) - pole))))
            new[i] = (pole - zero) / scale
            row = row + new
        else:
            new[i] = 1.0 / scale
            row, direct = new, 0j
    return StateSpace(a, b, gain * row, complex(gain * direct))


def passive(system: StateSpace) -> StateSpace:
    """The same transfer function in passive coordinates.

    The function is stable, its modulus at most one (both are the caller's to check).

    Raises:
        ValueError: no such coordinates were found to working accuracy.
    """
    balanced = _balanced(system)
    for margin in _MARGINS:
        passive_system = _bounded_real(balanced, 1.0 + margin)
        if passive_system is not None:
            return passive_system
    raise ArgumentError(
        "No passive network of modes was found for this filter to a relative accuracy of "
        f"{_ACCURACY:g}: its poles lie too far apart or too close to each other. Use fewer poles."
    )


def excess_loss(system: StateSpace) -> np.ndarray:
    """What the modes lose beyond their output port, -(a + a^+) - c^+ c, (m, m)."""
    c = system.c[None, :]
    return -(system.a + system.a.conj().T) - c.conj().T @ c


def hessenberg(system: StateSpace) -> StateSpace:
    """A system in which the modes form a row, and only the last one feeds the output.

    A unitary change of coordinates, so that a passive system stays one. A lossless filter without
    zeros becomes a row of coupled cavities whose first holds the hot port.
    """
    from scipy import linalg

    # Orthonormalise c^+, a^+ c^+, a^+^2 c^+, ...; Householder reflections do it stably.
    start = system.c.conj()
    size = float(np.linalg.norm(start))
    reflect = _reflection(start)  # first column proportional to c^+
    rotated = reflect.conj().T @ system.a.conj().T @ reflect
    _, q = linalg.hessenberg(rotated, calc_q=True)
    basis = (reflect @ q)[:, ::-1]
    a = basis.conj().T @ system.a @ basis
    b, c = basis.conj().T @ system.b, system.c @ basis
    scale = float(np.max(np.abs(a)))
    m = len(b)
    # These are zero by construction: steps that skip a mode towards the output, and other outputs.
    exact = a.copy()
    exact[np.tril_indices(m, -2)] = 0.0
    exact[np.abs(exact) < 1e-14 * scale] = 0.0
    lossless = np.abs(np.diag(exact).real) < 1e-13 * scale
    exact[lossless, lossless] = 1j * np.diag(exact)[lossless].imag
    out = np.zeros(m, dtype=complex)
    out[-1] = c[-1]
    assert abs(abs(c[-1]) - size) <= 1e-9 * size
    b[np.abs(b) < 1e-13 * float(np.linalg.norm(b))] = 0.0
    return _real_where_possible(StateSpace(exact, b, out, system.d))


def _real_where_possible(system: StateSpace) -> StateSpace:
    """A system with phases such that the output and every step towards it are real and positive."""
    m = len(system.b)
    phases = np.ones(m, dtype=complex)
    follow = system.c[-1]
    for i in range(m - 1, -1, -1):
        if i < m - 1:
            follow = phases[i + 1].conj() * system.a[i + 1, i]
        phases[i] = abs(follow) / follow if follow != 0 else 1.0
    a = phases.conj()[:, None] * system.a * phases[None, :]
    return StateSpace(a, phases.conj() * system.b, system.c * phases, system.d)


def _reflection(vector: np.ndarray) -> np.ndarray:
    """A unitary whose first column is the vector over its norm, up to a phase."""
    q, _ = np.linalg.qr(np.column_stack([vector, np.eye(len(vector))]))
    return q[:, : len(vector)]


def _balanced(system: StateSpace) -> StateSpace:
    """A system with equal, diagonal Gramians, for which the Riccati equation is well scaled."""
    from scipy import linalg

    controllable = linalg.solve_continuous_lyapunov(system.a, -np.outer(system.b, system.b.conj()))
    observable = linalg.solve_continuous_lyapunov(
        system.a.conj().T, -np.outer(system.c.conj(), system.c)
    )
    try:
        root = np.linalg.cholesky((controllable + controllable.conj().T) / 2)
    except np.linalg.LinAlgError:
        return system  # some poles hardly couple; the result is checked later
    values, vectors = np.linalg.eigh(root.conj().T @ (observable + observable.conj().T) @ root / 2)
    if not values[0] > 0:
        return system
    to = root @ vectors * values**-0.25
    inverse = np.linalg.inv(to)
    return StateSpace(inverse @ system.a @ to, inverse @ system.b, system.c @ to, system.d)


def _bounded_real(system: StateSpace, bound: float) -> StateSpace | None:
    """Coordinates in which the lemma holds with P = 1 and |S21|^2 <= bound; None if not found."""
    from scipy import linalg

    a, b, c, d = system.a, system.b[:, None], system.c[None, :], system.d
    try:
        p = linalg.solve_continuous_are(
            a, b, c.conj().T @ c, np.array([[abs(d) ** 2 - bound]]), s=c.conj().T * d
        )
        root = np.linalg.cholesky((p + p.conj().T) / 2).conj().T  # P = root^+ root
    except (np.linalg.LinAlgError, ValueError):
        return None
    inverse = np.linalg.inv(root)
    coordinates = StateSpace(root @ a @ inverse, root @ system.b, system.c @ inverse, d)
    return coordinates if _violation(coordinates, bound) <= _ACCURACY else None


def _violation(system: StateSpace, bound: float) -> float:
    """Largest eigenvalue of the lemma's matrix for P = 1, without units: rates over the largest."""
    rate = float(np.max(np.abs(system.a)))
    a, c = system.a / rate, system.c[None, :] / np.sqrt(rate)
    side = system.b[:, None] / np.sqrt(rate) + c.conj().T * system.d
    corner = np.array([[abs(system.d) ** 2 - bound]])
    matrix = np.block([[a + a.conj().T + c.conj().T @ c, side], [side.conj().T, corner]])
    return float(np.linalg.eigvalsh(matrix)[-1])
