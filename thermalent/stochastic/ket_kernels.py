r"""Numba kernels for pure states of many qubits in a sampled field: plain arrays, no validation.

A step rotates every qubit by the exact integral of its field, between two halves of the evolution
without the field. That evolution is a non-Hermitian drift K with jumps at random times, which are
found on the Taylor polynomial of exp(K t), so that the waiting times are exact.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from thermalent.support.machine.compiled import compiled

TERMS = 40
_REACH = 5.0  # of |K| times a step: e^5 of cancellation at most
_TOLERANCE = 1e-7


class KetPlan(NamedTuple):
    """A step of the field and of the qubits; see `kets.DrivenKets.plan`."""

    propagator: np.ndarray  # (m + r, m) complex: to amplitudes and integrals after the step
    noise_factor: np.ndarray  # (m + r, k) complex: what complex normal numbers add to these
    mixing: np.ndarray  # (e, r) complex: from the integrals of the outputs to each qubit's
    pointers: np.ndarray  # K by rows
    columns: np.ndarray
    values: np.ndarray
    norm: float  # of K
    diagonal: np.ndarray  # (D,): the diagonal of K
    up: np.ndarray  # (e,): a of K_jl = a_j b_l for j behind l on a one-way line; else empty
    down: np.ndarray  # (e,): b
    jump_pointers: np.ndarray  # (jumps, D + 1): all jump operators, one after the other
    jump_columns: np.ndarray
    jump_values: np.ndarray
    step: float


@compiled(nogil=True, error_model="numpy", fastmath={"contract"})
def sparse_product(pointers, columns, values, x, y, scale):
    """Multiply by a sparse matrix: y = scale A x."""
    for i in range(len(y)):
        total = 0j
        for p in range(pointers[i], pointers[i + 1]):
            total += values[p] * x[columns[p]]
        y[i] = scale * total


@compiled(nogil=True, error_model="numpy", fastmath={"contract"})
def one_way_product(diagonal, up, down, x, y, passing, scale):
    r"""Multiply by the drift of a one-way line: y = scale K x.

    K is its diagonal plus the sum of a_j b_l c_j^+ c_l over all j behind l.

    The field that reaches qubit j is the sum of what those before it emit, so that all pairs cost
    no more than all qubits. `passing` is work space.
    """
    for i in range(len(x)):
        y[i] = scale * diagonal[i] * x[i]
        passing[i] = 0.0
    stride = len(x)
    for j in range(len(up)):
        stride //= 2
        lifted, emitted = scale * up[j], down[j]
        for base in range(0, len(x), 2 * stride):
            for i in range(base, base + stride):
                y[i + stride] += lifted * passing[i]
                passing[i] += emitted * x[i + stride]


@compiled(nogil=True, error_model="numpy", fastmath={"contract"})
def drift_product(plan, x, y, passing, scale):
    """Multiply by the drift: y = scale K x; `passing` is work space."""
    if len(plan.up) > 0:
        one_way_product(plan.diagonal, plan.up, plan.down, x, y, passing, scale)
    else:
        sparse_product(plan.pointers, plan.columns, plan.values, x, y, scale)


@compiled(nogil=True, error_model="numpy", fastmath={"contract"})
def squared_norm(x):
    """Squared norm of a ket."""
    total = 0.0
    for i in range(len(x)):
        total += x[i].real * x[i].real + x[i].imag * x[i].imag
    return total


@compiled(nogil=True, error_model="numpy", fastmath={"contract"})
def polynomial(terms, count, s, x):
    """Evaluate the Taylor polynomial of a step, x = sum of s^k T_k, at a part s of it.

    Returns the squared norm of x.
    """
    for i in range(len(x)):
        total = terms[count - 1, i]
        for k in range(count - 2, -1, -1):
            total = total * s + terms[k, i]
        x[i] = total
    return squared_norm(x)


@compiled(nogil=True, error_model="numpy")
def decay(rng, plan, psi, goal, span, terms, work, rates):
    """Evolve the qubits without their field for the time `span`, jumps included, in place.

    Args:
        rng: numpy Generator.
        plan: The operators.
        psi: The ket, (D,); its squared norm falls until it passes the goal.
        goal: Squared norm at which the next jump comes.
        span: Time.
        terms: Work space, (TERMS + 1, D).
        work: Work space, (D,).
        rates: Work space, one number per jump operator.

    Returns:
        The goal from now on, and the number of jumps.
    """
    left, count = span, 0
    while left > 1e-15 * span:
        step = min(left, _REACH / plan.norm)
        for i in range(len(psi)):
            terms[0, i] = work[i] = psi[i]
        size, used, small = np.sqrt(squared_norm(psi)), TERMS, 0
        for k in range(1, TERMS):  # of the step: powers of K alone overflow in units of hertz
            drift_product(plan, terms[k - 1], terms[k], terms[TERMS], step / k)
            for i in range(len(psi)):
                work[i] += terms[k, i]
            small = small + 1 if np.sqrt(squared_norm(terms[k])) <= _TOLERANCE * size else 0
            if small == 2:
                used = k + 1
                break
        after = squared_norm(work)
        if after > goal:
            for i in range(len(psi)):
                psi[i] = work[i]
            left -= step
            continue
        low, high = 0.0, 1.0
        above, below, side, s = size * size - goal, after - goal, 0, 1.0
        for _ in range(100):  # regula falsi (Illinois)
            s = (low * below - high * above) / (below - above)
            value = polynomial(terms, used, s, work) - goal
            if abs(value) <= 1e-8 * goal or high - low <= 1e-12:
                break
            if value > 0:
                low, above = s, value
                below = 0.5 * below if side == 1 else below
                side = 1
            else:
                high, below = s, value
                above = 0.5 * above if side == -1 else above
                side = -1
        for i in range(len(psi)):
            psi[i] = work[i]
        left -= s * step
        perform_jump(rng, plan, psi, work, rates)
        goal = rng.random()
        count += 1
    return goal, count


@compiled(nogil=True, error_model="numpy")
def perform_jump(rng, plan, psi, work, rates):
    """Apply one of the jumps, drawn by its rate, and normalise the ket."""
    total = 0.0
    for k in range(len(rates)):
        sparse_product(plan.jump_pointers[k], plan.jump_columns, plan.jump_values, psi, work, 1.0)
        rates[k] = squared_norm(work)
        total += rates[k]
    drawn, chosen = rng.random() * total, 0
    for k in range(len(rates)):
        if rates[k] > 0.0:
            chosen = k
            drawn -= rates[k]
            if drawn < 0.0:
                break
    sparse_product(plan.jump_pointers[chosen], plan.jump_columns, plan.jump_values, psi, work, 1.0)
    scale = 1.0 / np.sqrt(rates[chosen])
    for i in range(len(psi)):
        psi[i] = scale * work[i]


@compiled(nogil=True, error_model="numpy", fastmath={"contract"})
def rotate_qubit(psi, stride, angle):
    """Apply exp(I c^+ - I^* c) to the qubit of this stride; `angle` is I."""
    size = abs(angle)
    if size == 0.0:
        return
    cosine = np.cos(size)
    up = angle / size * np.sin(size)
    down = -np.conj(up)
    for base in range(0, len(psi), 2 * stride):
        for i in range(base, base + stride):
            low, high = psi[i], psi[i + stride]
            psi[i] = cosine * low + down * high
            psi[i + stride] = up * low + cosine * high


@compiled(nogil=True, error_model="numpy")
def advance_ket(rng, plan, z, psi, goal, steps, terms, work, rates):
    """Evolve field and qubits over `steps` steps, in place.

    Returns:
        The squared norm at which the next jump comes, and the number of jumps.
    """
    m, r = len(z), plan.mixing.shape[1]
    normal = np.empty(plan.noise_factor.shape[1], dtype=np.complex128)
    fresh = np.empty(m + r, dtype=np.complex128)
    total = 0
    for step in range(steps):
        span = 0.5 * plan.step if step == 0 else plan.step
        goal, count = decay(rng, plan, psi, goal, span, terms, work, rates)
        total += count
        for i in range(len(normal)):
            normal[i] = (rng.standard_normal() + 1j * rng.standard_normal()) * np.sqrt(0.5)
        for i in range(m + r):
            fresh[i] = 0.0
            for j in range(m):
                fresh[i] += plan.propagator[i, j] * z[j]
            for j in range(len(normal)):
                fresh[i] += plan.noise_factor[i, j] * normal[j]
        for i in range(m):
            z[i] = fresh[i]
        stride = len(psi)
        for e in range(len(plan.mixing)):
            stride //= 2
            angle = 0j
            for a in range(r):
                angle += plan.mixing[e, a] * fresh[m + a]
            rotate_qubit(psi, stride, angle)
    if steps > 0:
        goal, count = decay(rng, plan, psi, goal, 0.5 * plan.step, terms, work, rates)
        total += count
    return goal, total


@compiled(nogil=True, error_model="numpy", fastmath={"contract"})
def read_ket(psi, kept, traced, grid, rho):
    """Add the state of the kept qubits, of the normalised ket, to rho.

    Args:
        psi: The ket, (D,).
        kept: Index of each product state among those of the kept qubits, (D,).
        traced: Index of each product state among those of the other qubits, (D,).
        grid: Work space, (others' states, d).
        rho: (d, d), added to.
    """
    scale = 1.0 / np.sqrt(squared_norm(psi))
    for i in range(len(psi)):
        grid[traced[i], kept[i]] = scale * psi[i]
    for n in range(grid.shape[0]):
        for a in range(grid.shape[1]):
            left = grid[n, a]
            for b in range(grid.shape[1]):
                rho[a, b] += left * np.conj(grid[n, b])


@compiled(nogil=True, error_model="numpy")
def follow_ket(rng, plan, z, psi, steps, average, kept, traced, rho):
    """Follow one trajectory through all its samples; returns the number of jumps.

    Args:
        rng: numpy Generator.
        plan: The operators.
        z: Amplitudes of the source, (m,).
        psi: The normalised ket, (D,).
        steps: Steps before each sample, (r,).
        average: Whether all samples are added up in rho[0].
        kept: See `read_ket`.
        traced: See `read_ket`.
        rho: (r or 1, d, d), added to.
    """
    d = rho.shape[1]
    terms = np.empty((TERMS + 1, len(psi)), dtype=np.complex128)
    work = np.empty(len(psi), dtype=np.complex128)
    rates = np.empty(len(plan.jump_pointers))
    grid = np.zeros((len(psi) // d, d), dtype=np.complex128)
    # Without a jump so far the waiting time starts anew: nothing is carried between calls.
    goal, total = rng.random() * squared_norm(psi), 0
    for i in range(len(steps)):
        goal, count = advance_ket(rng, plan, z, psi, goal, steps[i], terms, work, rates)
        total += count
        read_ket(psi, kept, traced, grid, rho[0 if average else i])
    return total
