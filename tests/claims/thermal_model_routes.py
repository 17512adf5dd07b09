"""The numbers of THERMAL's Secs. I to III by hand, see `thermal_routes`."""

import numpy as np
import thermal_by_hand as hand
from scipy import sparse
from scipy.linalg import expm
from scipy.sparse.linalg import expm_multiply

HIERARCHY = "the hierarchy (B3), (B4) written out"
MASTER = "master equation written out"
FORMULA = "the printed formula"
MATRICES = "the matrices written out"
RECURRENCE = "the printed recurrence solved as it stands"
RADIUS = "a birth-and-death process of the amplitude"


def concurrence(n_th, kappa, **how):
    return hand.concurrence(hand.steady(n_th, kappa, **how))


def peak_near(value, guess, width=0.15):
    """[argmax, maximum] of a function of a positive number: a quartic through five points."""
    x = np.linspace(-width, width, 5)
    fit = np.polynomial.Polynomial.fit(x, [value(guess * np.exp(s)) for s in x], 4)
    slopes = fit.deriv().roots()
    inside = slopes[np.abs(slopes.imag) < 1e-9].real
    best = max(inside[np.abs(inside) <= width], key=fit)
    return [guess * np.exp(best), fit(best)]


def white(n_th):
    """Eq. (17)."""
    generator, drive = hand.link()
    noise = hand.dissipator(drive) + hand.dissipator(drive.conj().T)
    return generator + n_th * noise


def markov_transient():
    found = []
    for n_th in (0.1, 1.0, 10.0):
        times = np.geomspace(0.01, 30, 60) / (1 + 2 * n_th)
        states = [(expm(white(n_th) * t)[:, 0]).reshape(4, 4) for t in times]
        found.append(max(hand.concurrence(rho) for rho in states))
    return found


def filtered_light():
    """Eq. (2) in number states up to 70, its correlations by the regression theorem."""
    n_th, kappa, delay, size = 3.0, 0.4, 1.75, 70
    a = sparse.diags_array(np.sqrt(np.arange(1.0, size)), offsets=1)
    one = sparse.eye_array(size)

    def dissipator(x):
        square = x.T @ x
        return sparse.kron(x, x) - (sparse.kron(square, one) + sparse.kron(one, square)) / 2

    generator = kappa * (n_th + 2) * dissipator(a) + kappa * n_th * dissipator(a.T)
    weights = (n_th / (n_th + 2)) ** np.arange(size)  # of the occupation n_th/2
    rho = np.diag(weights / weights.sum())
    assert np.max(np.abs(generator @ rho.ravel())) < 1e-12
    occupation = np.trace(a.T @ a @ rho)
    later = [
        expm_multiply(generator * delay, start.ravel()).reshape(size, size)
        for start in (a @ rho, a @ rho @ a.T)
    ]
    first, second = np.trace(a.T @ later[0]), np.trace(a.T @ a @ later[1])
    return [kappa * occupation / (kappa * n_th), first / occupation, second / occupation**2]


def triplet_form():
    one_by_one, _ = hand.link(detuning=(0.4, -0.7))
    s1, s2 = hand.S1, hand.S2
    h = 0.5j * (s1.T @ s2 - s1 @ s2.T) + 0.4 * s1.T @ s1 - 0.7 * s2.T @ s2
    return np.max(np.abs(one_by_one + 1j * hand.commutator(h) - hand.dissipator(hand.COLLECTIVE)))


def singlet_decays():
    start = np.outer(hand.SINGLET, hand.SINGLET).ravel()
    states = [(expm(hand.link()[0] * t) @ start).reshape(4, 4) for t in (1.0, 3.0, 10.0)]
    return [hand.populations(rho)[1] for rho in states]


def best_bandwidth(n_th, guess):
    return peak_near(lambda kappa: concurrence(n_th, kappa), guess)


def printed_18(n):
    return np.array([(n + 1) ** 2, n * (n + 1), n * (n + 1), n**2]) / (1 + 2 * n) ** 2


def markov_limit():
    right = hand.null_state(white(0.5))
    return [k * np.max(np.abs(hand.steady(0.5, k) - right)) for k in (1e2, 1e3, 1e4)]


def markov_product():
    state, qubit = hand.null_state(white(2.0)), np.diag([3.0, 2.0]) / 5
    return [np.max(np.abs(state - np.kron(qubit, qubit))), hand.concurrence(state)]


def dark_residual():
    alpha, kappa = 3 - 2j, 0.05
    ket = np.eye(4)[0] + 2 * np.sqrt(2 * kappa) * alpha * hand.SINGLET
    ket = ket / np.sqrt(1 + 8 * kappa * abs(alpha) ** 2)
    s1, s2 = hand.S1, hand.S2
    casc = 0.5j * (s1.T @ s2 - s1 @ s2.T)
    total = s1 + s2
    drive = -1j * np.sqrt(kappa) * (alpha * total.T - np.conj(alpha) * total)
    return [np.linalg.norm(total @ ket), np.linalg.norm((casc + drive) @ ket)]


def formula_22():
    """Against the concurrence of any state, from the spin-flipped one."""
    flip = np.fliplr(np.diag([-1.0, 1.0, 1.0, -1.0]))
    worst = 0.0
    for point in ((1.0, 0.1), (100.0, 0.01), (1e4, 1e-3), (1e5, 0.01)):
        rho = hand.steady(*point)
        values = np.linalg.eigvals(rho @ flip @ rho.conj() @ flip).real
        roots = np.sqrt(np.sort(np.maximum(values, 0))[::-1])
        general = max(0.0, roots[0] - roots[1:].sum())
        worst = max(worst, abs(general - max(0.0, hand.margin(rho))))
    return worst


def weak_and_strong_flux():
    weak = (1 - hand.upsilon(1e-5)) / 8e-5
    return [weak, *(8 * x * hand.upsilon(x) for x in (10.0, 100.0, 1000.0))]


def rabi_turns():
    lower = np.array([[0.0, 1.0], [0.0, 0.0]])
    h = -100j * (lower.T - lower)
    generator = hand.dissipator(lower) - 1j * hand.commutator(h)
    return [(expm(generator * np.pi / 100 * t)[3, 0]).real for t in (0.5, 1.0)]


def one_qubit_overshoot():
    generator, drive = hand.link(gamma=(1.0, 0.0))
    parts = generator + hand.dissipator(hand.S2), drive  # else nothing empties the other qubit
    states = [*hand.evolved(2000.0, 0.01, [0.5], parts), hand.steady_of(2000.0, 0.01, parts)]
    return [(rho[2, 2] + rho[3, 3]).real for rho in states]
