r"""One trajectory between two times: decay of the norm, exact jump times, jumps.

Between jumps \(\psi(t + sh) = e^{Khs}\psi(t) = \sum_k s^k T_k\), \(T_k = (Kh)^k\psi/k!\), with
steps of \(\|K\|_1 h \le 6\) and terms down to the tolerance; powers of K alone would overflow where
rates are given in hertz. The norm falls monotonically; where its square passes a number drawn from
[0, 1], the state jumps. That time is found on the same polynomial.
"""

from __future__ import annotations

import numpy as np

from thermalent.support.machine.compiled import compiled

# Beyond the last term (6^40/40! = 1.6e-17) nothing is left; the terms reach e^6 times the state.
REACH = 6.0
SERIES_TERMS = 40


@compiled(nogil=True, error_model="numpy")
def multiply_rows(indptr, indices, data, x, y, low, high, scale):
    """Multiply by a sparse matrix on the rows low to high: y = scale A x."""
    for i in range(low, high):
        total = 0j
        for p in range(indptr[i], indptr[i + 1]):
            total += data[p] * x[indices[p]]
        y[i] = scale * total


@compiled(nogil=True, error_model="numpy")
def square(x, low, high):
    """Squared norm of a slice."""
    total = 0.0
    for i in range(low, high):
        total += x[i].real * x[i].real + x[i].imag * x[i].imag
    return total


@compiled(nogil=True, error_model="numpy")
def evaluate_series(terms, count, s, x, low, high):
    """Evaluate the series x = sum of s^k T_k (Horner) at a part s of the step; its squared norm."""
    for i in range(low, high):
        total = terms[count - 1, i]
        for k in range(count - 2, -1, -1):
            total = total * s + terms[k, i]
        x[i] = total
    return square(x, low, high)


@compiled(nogil=True, error_model="numpy")
def expand(drift, terms, psi, low, high, step, tolerance):
    """Fill T_0, T_1, ... of a step until they no longer count; returns how many."""
    indptr, indices, data = drift
    for i in range(low, high):
        terms[0, i] = psi[i]
    size = np.sqrt(square(psi, low, high))
    small = 0
    for k in range(1, SERIES_TERMS):
        multiply_rows(indptr, indices, data, terms[k - 1], terms[k], low, high, step / k)
        # Two in a row: one alone may be small by accident.
        left = np.sqrt(square(terms[k], low, high))
        small = small + 1 if left <= tolerance * size else 0
        if small == 2:
            return k + 1
    return SERIES_TERMS


@compiled(nogil=True, error_model="numpy")
def passing(terms, count, goal, x, low, high, after, tolerance):
    """The part s of the step at which the squared norm is the goal, by regula falsi (Illinois).

    `after` is the squared norm at the end of the step, below the goal. x becomes the state at s.
    """
    a, b = 0.0, 1.0
    above = evaluate_series(terms, count, 0.0, x, low, high) - goal
    below, side, s = after - goal, 0, 1.0
    for _ in range(200):
        s = (a * below - b * above) / (below - above)
        if not a < s < b:
            s = 0.5 * (a + b)
        value = evaluate_series(terms, count, s, x, low, high) - goal
        if abs(value) <= tolerance * goal or b - a <= 1e-15:
            break
        if value > 0:
            a, above = s, value
            below = 0.5 * below if side == 1 else below
            side = 1
        else:
            b, below = s, value
            above = 0.5 * above if side == -1 else above
            side = -1
    return s


@compiled(nogil=True, error_model="numpy")
def jump_ket(rng, jumps, targets, starts, psi, work, best, low, high, group):
    """Apply one of the jump operators, drawn by its rate, and normalise the ket.

    Returns:
        The slice (first, last) and the group that hold the ket.
    """
    indptr, indices, data = jumps
    total = 0.0
    for k in range(len(targets)):
        first, last = _range_after(targets, starts, k, group, low, high)
        if last > first:
            multiply_rows(indptr[k], indices, data, psi, work, first, last, 1.0)
            best[k] = square(work, first, last)
            total += best[k]
        else:
            best[k] = 0.0
    drawn, chosen = rng.random() * total, -1
    for k in range(len(targets)):
        if best[k] > 0.0:
            chosen = k
            drawn -= best[k]
            if drawn < 0.0:
                break
    first, last = _range_after(targets, starts, chosen, group, low, high)
    multiply_rows(
        indptr[chosen], indices, data, psi, work, first, last, 1.0 / np.sqrt(best[chosen])
    )
    psi[low:high] = 0.0
    for i in range(first, last):
        psi[i] = work[i]
    return first, last, (targets[chosen, group] if group >= 0 else -1)


@compiled(nogil=True, error_model="numpy")
def _range_after(targets, starts, k, group, low, high):
    """The slice to which jump k takes a ket."""
    if group < 0:
        return low, high
    target = targets[k, group]
    if target < 0:
        return 0, 0
    return starts[target], starts[target + 1]


@compiled(nogil=True, error_model="numpy")
def propagate_ket(
    rng, drift, jumps, targets, starts, norms, psi, where, goal, span, tolerance, buffer, stop
):  # fmt: skip
    """Move a ket by the time `span`.

    Args:
        rng: numpy Generator.
        drift: K as (indptr, indices, data).
        jumps: The O_k as (indptr of each (k, D + 1), indices, data), one after the other.
        targets: Group after each jump, (k, g).
        starts: First state of each group, (g + 1,).
        norms: 1-norm of K on each group, (g,).
        psi: The ket, (D,), its squared norm in (goal, 1]; changed.
        where: Its group, or -1 for all of them.
        goal: Squared norm at which it jumps next.
        span: The time.
        tolerance: Relative error of a step, and of the norm at a jump.
        buffer: Work space, (TERMS + 2, D).
        stop: (1,); nonzero once another thread asks to stop; the ket is not valid then.

    Returns:
        (group, goal, number of jumps) at the end.
    """
    group, count = where, 0
    terms, work, x = buffer[:SERIES_TERMS], buffer[SERIES_TERMS], buffer[SERIES_TERMS + 1]
    best = np.empty(len(targets))
    low, high = (0, len(psi)) if group < 0 else (starts[group], starts[group + 1])
    left = span
    while left > 0.0 and stop[0] == 0:
        rate = norms.max() if group < 0 else norms[group]
        step = left if rate * left <= REACH else REACH / rate
        used = expand(drift, terms, psi, low, high, step, tolerance)
        # The way left is at most |K psi| times the time, as e^{Ks} shortens: a dark state stays.
        if np.sqrt(square(terms[1], low, high)) * (left / step) <= tolerance * np.sqrt(goal):
            break
        after = evaluate_series(terms, used, 1.0, x, low, high)
        if after > goal:
            for i in range(low, high):
                psi[i] = x[i]
            left -= step
            continue
        step *= passing(terms, used, goal, x, low, high, after, tolerance)
        for i in range(low, high):
            psi[i] = x[i]
        left -= step
        low, high, group = jump_ket(rng, jumps, targets, starts, psi, work, best, low, high, group)
        goal = rng.random()
        count += 1
    return group, goal, count


@compiled(nogil=True, error_model="numpy")
def read(psi, mode_of, emitter_of, low, high, grid, rho, top, levels):
    """Add the emitters' state of the normalised ket to rho, and the last levels' weight to `top`.

    Args:
        psi: The ket, (D,).
        mode_of: Index of the modes' product state of each sorted state, (D,).
        emitter_of: Index of the emitters' product state of each sorted state, (D,).
        low: First state of the slice that holds the ket.
        high: One behind its last state.
        grid: Work space, (modes' states, d), zero; left zero.
        rho: (d, d), added to.
        top: Weight in the last level of each mode, (m,), added to.
        levels: Whether a modes' product state is in the last level of each mode, (m, states).
    """
    scale = 1.0 / np.sqrt(square(psi, low, high))
    for i in range(low, high):
        grid[mode_of[i], emitter_of[i]] = psi[i] * scale
    for n in range(grid.shape[0]):
        weight = 0.0
        for a in range(grid.shape[1]):
            left = grid[n, a]
            if left == 0.0:
                continue
            weight += left.real * left.real + left.imag * left.imag
            for b in range(grid.shape[1]):
                rho[a, b] += left * np.conj(grid[n, b])
        for m in range(len(top)):
            if levels[m, n]:
                top[m] += weight
    for i in range(low, high):
        grid[mode_of[i], emitter_of[i]] = 0.0


@compiled(nogil=True, error_model="numpy")
def follow_jumps(
    rng, drift, jumps, targets, starts, norms, psi, where, spans, tolerance, buffer,
    mode_of, emitter_of, grid, own, top, levels, stop,
):  # fmt: skip
    """Follow one trajectory through its r samples; returns the number of jumps.

    The arguments are those of `propagate_ket` and `read`. `own` is (r, d, d) and `top` (r, m); if
    they have one row, all samples are added up in it.
    """
    goal, total, average = rng.random(), 0, len(own) < len(spans)
    for i in range(len(spans)):
        where, goal, count = propagate_ket(
            rng, drift, jumps, targets, starts, norms, psi, where, goal, spans[i], tolerance,
            buffer, stop,
        )  # fmt: skip
        if stop[0] != 0:
            break
        total += count
        low, high = (0, len(psi)) if where < 0 else (starts[where], starts[where + 1])
        record = 0 if average else i
        read(psi, mode_of, emitter_of, low, high, grid, own[record], top[record], levels)
    return total
