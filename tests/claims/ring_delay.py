r"""Two rings with a delay between them: the left-moving wave comes back after a round trip.

With the second node's clock set back by tau, as in a cascade, the right-moving wave arrives at
once and the left-moving one after 2 tau:

$$\dot\psi(t) = A\, \psi(t) + B\, \psi(t - 2\tau), \qquad
  \psi(t) = \sum_{n \le t/2\tau} \Big[ e^{M (t - 2 n \tau)} \Big]_{n0} \psi(0)$$

with M = A on the diagonal and B below it: each block holds what has gone round n times. So far as
nothing has come back the left-moving decay is a leak. No code of the package.
"""

from functools import cache

import numpy as np
from scipy.linalg import expm
from scipy.optimize import minimize

# The step of the grid on which the largest value is bracketed; a parabola through three points
# leaves 1e-8 of it.
STEP = 0.04
UNTIL = {"generation": 60.0, "transport": 60.0}


def matrices(g, left, system):
    """A and B at k D = pi; g of both nodes, or one g for two qubits per node."""
    nodes = (0, 1) if system == "generation" else (0, 0, 1, 1)
    a = np.zeros((2 + len(nodes),) * 2, dtype=complex)
    a[0, 0] = a[1, 1] = -(1 + left) / 2
    a[1, 0] = 1.0  # -exp(i pi)
    for k, node in enumerate(nodes):
        a[2 + k, node] = a[node, 2 + k] = -1j * g[node if system == "generation" else 0]
    b = np.zeros_like(a)
    b[0, 1] = left
    return a, b


def value(psi, system):
    """The concurrence, or the fidelity of |Psi+>, of amplitudes (..., size)."""
    if system == "generation":
        return 2 * np.abs(psi[..., 2] * psi[..., 3])
    return np.abs(psi[..., 4] + psi[..., 5]) ** 2 / 2


def start(system):
    psi = np.zeros(4 if system == "generation" else 6, dtype=complex)
    psi[2 : 3 if system == "generation" else 4] = 1.0
    return psi / np.linalg.norm(psi)


def over_time(g, left, tau, system):
    """Values at multiples of a step that divides 2 tau."""
    a, b = matrices(g, left, system)
    size, until = len(a), UNTIL[system]
    hops = max(1, round(2 * tau / STEP))
    step, terms = 2 * tau / hops, int(until / (2 * tau)) + 1
    whole = np.kron(np.eye(terms), a) + np.kron(np.eye(terms, k=-1), b)
    power, psi = expm(whole * step), np.zeros(terms * size, dtype=complex)
    psi[:size] = start(system)
    count = int(until / step)
    summed = np.zeros((count + 1, size), dtype=complex)
    for k in range(count + 1):
        for n in range(min(terms, 1 + (count - k) // hops)):
            summed[k + n * hops] += psi[n * size : (n + 1) * size]
        psi = power @ psi
    return value(summed, system), step


def largest(values):
    """The top of a parabola through the largest of equidistant values and its neighbours."""
    k = int(np.argmax(values))
    before, top, after = values[k - 1 : k + 2]
    return top + (before - after) ** 2 / (8 * (2 * top - before - after))


@cache
def best(left, tau, system, guess):
    """[the largest value over the couplings, the couplings]."""
    found = minimize(
        lambda x: -largest(over_time(np.exp(x), left, tau, system)[0]),
        np.log(guess),
        method="Nelder-Mead",
        options={"xatol": 1e-4, "fatol": 1e-11},
    )
    return [-found.fun, *np.exp(found.x)]


def by_steps(g, left, tau, system):
    """The largest value by Runge and Kutta's method, with what was sent in the interval before."""
    a, b = matrices(g, left, system)
    hops = max(1, round(2 * tau / STEP))
    step = 2 * tau / hops
    psi = [start(system)]
    slopes = []

    def sent(k):
        """psi and its slope at a time k steps after zero, nothing before."""
        return (psi[k], slopes[k]) if k >= 0 else (np.zeros(len(a)), np.zeros(len(a)))

    def middle(k):
        """Half-way to the next step, by the cubic through both values and slopes."""
        if k < 0:
            return np.zeros(len(a))
        (one, left_slope), (two, right_slope) = sent(k), sent(k + 1)
        return (one + two) / 2 + step / 8 * (left_slope - right_slope)

    for k in range(int(UNTIL[system] / step)):
        came, half, last = sent(k - hops)[0], middle(k - hops), sent(k - hops + 1)[0]
        first = a @ psi[k] + b @ came
        slopes.append(first)
        second = a @ (psi[k] + step / 2 * first) + b @ half
        third = a @ (psi[k] + step / 2 * second) + b @ half
        fourth = a @ (psi[k] + step * third) + b @ last
        psi.append(psi[k] + step / 6 * (first + 2 * second + 2 * third + fourth))
    return largest(value(np.array(psi), system))
