"""What GENERATION prints, recomputed: a function per claim of reference_ring.json."""

from functools import cache, partial

import numpy as np
import pytest
from scipy.optimize import brentq

import thermalent as te
from tests.claims import ring_delay
from thermalent.analysis.optimise import OptimumError, optimise
from thermalent.analytic.ring_resonators import (
    long_time_concurrence,
    node_amplitudes,
    node_concurrence,
    nonchiral_loss,
)
from thermalent.excitations import average, peak_concurrence, peak_transfer
from thermalent.models.ring_resonators import ring_resonators

ROOT_HALF = np.sqrt(0.5)


def left(chi):
    """gamma_L at gamma_R = 1."""
    return (1 - chi) / (1 + chi)


def slope(value, g):
    """lim (1 - value(g)) / g from two small couplings, free of the next order."""
    at = [(1 - value(h)) / h for h in (g, g / 2)]
    return 2 * at[1] - at[0]


def generated(g1, g2, *, until=60.0, **options):
    """Largest concurrence of one qubit per node from |eg>."""
    return peak_concurrence(ring_resonators((g1, g2), **options), "10", until=until)


@cache
def chiral_optimum():
    found = optimise(
        lambda g1, g2: ring_resonators((g1, g2)),
        {"g1": (0.02, 1.0), "g2": (0.02, 1.0)},
        lambda network: peak_concurrence(network, "10", until=60),
        starts=4,
        widen=3,
    )
    return found.parameters["g1"], found.parameters["g2"], found.value


@cache
def unequal_optimum():
    found = optimise(
        lambda g1, g2, ratio: ring_resonators((g1, g2), (1.0, ratio)),
        {"g1": (0.5, 5.0), "g2": (0.5, 5.0), "ratio": (1.0, 10.0)},
        lambda network: peak_concurrence(network, "10", until=15),
        starts=4,
        widen=2,
    )
    return [*found.parameters.values(), found.value]


def bare(ratio):
    exchange, decay = te.Cascade(rates=(1.0, ratio)).coupling()
    qubits = (te.Qubit(name="q1"), te.Qubit(name="q2"))
    return te.Network(nodes=qubits, exchange=exchange, decay=decay)


@cache
def bare_optimum():
    found = optimise(
        bare,
        {"ratio": (1.2, 12.0)},
        lambda network: peak_concurrence(network, "10", until=10),
        starts=2,
    )
    return found.parameters["ratio"], found.value


def transfer_optimum():
    found = optimise(
        lambda g1, g2: ring_resonators((g1, g2)),
        {"g1": (0.1, 1.0), "g2": (0.1, 1.0)},
        lambda network: peak_transfer(network, "10", "01", until=30),
        starts=3,
    )
    return [*found.parameters.values()]


def towards_bell(kd_over_pi, g1, g2, sign, **options):
    network = ring_resonators((g1, g2), distance=kd_over_pi * np.pi, **options)
    bell = {"10": ROOT_HALF, "01": sign * ROOT_HALF}
    return peak_transfer(network, "10", bell, until=60 if not options else 1200)


def windowed_optimum(until):
    """The best couplings when the search in time ends: not an optimum, and reported as none."""
    with pytest.raises(OptimumError, match="end of the time interval") as error:
        optimise(
            lambda g1, g2: ring_resonators((g1, g2), 1.0, 1.0),
            {"g1": (0.001, 0.02), "g2": (0.001, 0.02)},
            lambda network: peak_concurrence(network, "10", until=until),
            starts=5,  # there is a lower maximum with g1 < g2
        )
    found = error.value.result
    return [*found.parameters.values(), found.value]


def best_distance(chi):
    def concurrence(kd):
        return generated(0.126, 0.277, decay_left=left(chi), distance=kd * np.pi)

    found = optimise(lambda kd: kd, {"kd": (0.85, 1.01)}, concurrence, starts=3, noise=1e-13)
    return [found.parameters["kd"], found.value, concurrence(1.0).value]


@cache
def generation_at_chirality(chi):
    """C with couplings best at k D = pi: without delay, at gamma tau = 1, gamma_L as a leak."""
    g1, g2, _ = chiral_optimum()

    def best(**how):
        found = optimise(
            lambda g1, g2: ring_resonators((g1, g2), 1.0, **how),
            {"g1": (0.4 * g1, 2 * g1), "g2": (0.4 * g2, 2 * g2)},
            lambda network: peak_concurrence(network, "10", until=120),
            starts=2,
        )
        return found.value

    delayed = ring_delay.best(left(chi), 1.0, "generation", (g1, g2))[0]
    return [best(decay_left=left(chi)), delayed, best(cavity_loss=left(chi))]


def generation_slope():
    ratio = np.sqrt(2) - 1

    def value(g):
        until = 1.2 * np.pi / (g * np.sqrt((1 + ratio**2) / 2))
        return generated(g, ratio * g, decay_left=1.0, until=until).value

    return [nonchiral_loss(1.0), slope(value, 4e-4)]


def transferred_at_peak(g1, g2):
    """|c_ge|^2 when the concurrence is largest."""
    return abs(node_amplitudes(generated(g1, g2).time, g1, g2).ge) ** 2


def value_and_time(peak):
    return [peak.value, peak.time]


def late_errors():
    """Relative errors of Eq. (10) at gamma t = 10 and at the peak."""
    g1, g2, _ = chiral_optimum()
    peak = generated(g1, g2).time
    times = np.array([10.0, peak])
    return np.abs(long_time_concurrence(times, g1, g2) / node_concurrence(times, g1, g2) - 1)


def after_the_peak(g1, g2):
    """Largest |C - F(Psi-)| at gamma t up to 60 after the peak: there it is F(Psi+)."""
    times = np.linspace(generated(g1, g2).time, 60, 2001)
    found = node_amplitudes(times, g1, g2, phase=np.pi)
    concurrence = 2 * np.abs(found.eg * found.ge)
    return np.max(np.abs(concurrence - np.abs(found.eg - found.ge) ** 2 / 2))


def one_detuned(name, node, width=0.5):
    """Mean largest concurrence with one frequency uniform in +-width."""

    def value(x):
        detunings = [0.0, 0.0]
        detunings[node] = float(x[0])
        return generated(0.126, 0.277, until=80, **{name: tuple(detunings)}).value

    return average(value, dimension=1, width=width, order=24).mean


def with_decay(rate):
    """Largest concurrence at the couplings that are best without the decay, and at the best."""
    best = best_with_decay(rate, *SLOW_AND_STRONG, starts=10)
    return [generated(0.126, 0.277, qubit_decay=rate).value, best.value, *best.parameters.values()]


# Couplings that hold both maxima, and each alone: nodes that are slow, and nodes that are coupled
# so strongly that the excitation moves on before it decays.
SLOW_AND_STRONG = (0.05, 6.0), (0.05, 6.0)
SLOW = (0.08, 0.4), (0.2, 0.9)
STRONG = (1.0, 3.0), (0.8, 2.5)


@cache
def best_with_decay(rate, first, second, starts=1):
    return optimise(
        lambda g1, g2: ring_resonators((g1, g2), qubit_decay=rate),
        {"g1": first, "g2": second},
        lambda network: peak_concurrence(network, "10", until=60),
        starts=starts,
        widen=2,
    )


def decay_where_strong_couplings_win():
    """The decay rate at which both maxima are equally high."""

    def lead(rate):
        return best_with_decay(rate, *STRONG).value - best_with_decay(rate, *SLOW).value

    return brentq(lead, 0.019, 0.022, xtol=1e-9)


def real_and_imaginary_rates():
    """Largest C with both kappa_i real (g up to 1/4), both imaginary (from 1/4), and of all."""

    def best(low, high):
        found = optimise(
            lambda g1, g2: ring_resonators((g1, g2)),
            {"g1": (low, high), "g2": (low, high)},
            lambda network: peak_concurrence(network, "10", until=60),
            starts=4,
            allow_bounds=True,
        )
        return found.value

    return [best(0.05, 0.25), best(0.25, 6.0), chiral_optimum()[2]]


def generation_against_transport(rate):
    """Largest concurrence of generation, and of the transport of |Psi+>, each at its best."""
    ends = ({f"q{node}{letter}": np.sqrt(0.5) for letter in "ab"} for node in (1, 2))
    start, target = ends
    carried = optimise(
        lambda g: ring_resonators(g, qubits=2, qubit_decay=rate),
        {"g": SLOW_AND_STRONG[0]},
        lambda network: peak_transfer(network, start, target, until=60),
        starts=4,
    )
    return [best_with_decay(rate, *SLOW_AND_STRONG, starts=10).value, carried.value]


def symmetric(wavelengths=0.5, **options):
    """The printed couplings on a symmetric waveguide."""
    return ring_resonators((0.0041, 0.0017), 1.0, 1.0, distance=2 * np.pi * wavelengths, **options)


def after_a_long_delay():
    """C at the printed couplings, chi = 0.8: gamma_L lost; a round trip of twice the peak's time,
    of the peak's time, of half of it."""
    g = (0.126, 0.277)
    leak = peak_concurrence(ring_resonators(g, cavity_loss=left(0.8)), "10", until=60)
    both = ring_resonators(g, decay_left=left(0.8))
    delayed = (
        te.delayed_peak(both, "10", delay=tau, until=60, clock="arrival").value
        for tau in (13.1, 6.55, 3.3)
    )
    return [leak.value, *delayed]


CLAIMS = {
    "generation, long delay": after_a_long_delay,
    "chiral optimum": lambda: chiral_optimum()[2],
    "chiral optimum, g1": lambda: chiral_optimum()[0],
    "chiral optimum, g2": lambda: chiral_optimum()[1],
    "chiral, rounded couplings": lambda: value_and_time(generated(0.126, 0.277)),
    "largest F3": lambda: (
        peak_transfer(ring_resonators(chiral_optimum()[:2]), "10", "01", until=60).value
    ),
    "F3 at the peak": lambda: transferred_at_peak(*chiral_optimum()[:2]),
    "F(Psi+) at kD = 0": lambda: towards_bell(2.0, *chiral_optimum()[:2], 1).value,
    "excitation transfer": transfer_optimum,
    "no cavities, equal": lambda: peak_concurrence(bare(1.0), "10", until=10).value,
    "no cavities, unequal": lambda: bare_optimum()[1],
    "no cavities, best ratio": lambda: bare_optimum()[0],
    "no cavities, printed ratio": lambda: peak_concurrence(bare(3.88), "10", until=10).value,
    "cavities, unequal": lambda: unequal_optimum()[3],
    "cavities, unequal, where": lambda: unequal_optimum()[:3],
    "cavities, unequal, printed point": lambda: value_and_time(
        generated(2.21, 2.11, decay_right=(1.0, 4.82))
    ),
    "nonchiral, printed couplings": lambda: value_and_time(
        generated(0.0041, 0.0017, decay_left=1.0, until=1500)
    ),
    "nonchiral, exchanged": lambda: value_and_time(
        generated(0.0017, 0.0041, decay_left=1.0, until=1500)
    ),
    "nonchiral, slow limit": generation_slope,
    "nonchiral, window": lambda: windowed_optimum(1000.0),
    "nonchiral Bell state, n = 1": lambda: [
        towards_bell(1.0, 0.0041, 0.0017, sign, decay_left=1.0).value for sign in (1, -1)
    ],
    "nonchiral Bell state, n = 2": lambda: [
        towards_bell(2.0, 0.0041, 0.0017, sign, decay_left=1.0).value for sign in (1, -1)
    ],
    "imaginary kappa": lambda: brentq(lambda g: 1 - 16 * g**2, 0.1, 0.9, xtol=1e-15),
    "equal couplings": lambda: generated(0.5, 0.5).value,
    "gain by cavities": lambda: chiral_optimum()[2] / (2 / np.e),
    "best distance, chi = 0.5": lambda: best_distance(0.5),
    "best distance, chi = 0.2": lambda: best_distance(0.2),
    "best distance, chi = 0": lambda: best_distance(0.0),
    "generation, chi = 0.95": lambda: generation_at_chirality(0.95),
    "generation, chi = 0.9": lambda: generation_at_chirality(0.9),
    "generation, chi = 0.8": lambda: generation_at_chirality(0.8),
    "generation, chi = 0.5": lambda: generation_at_chirality(0.5),
    "Eq. (10)": late_errors,
    "C and F(Psi-)": lambda: [after_the_peak(*chiral_optimum()[:2]), after_the_peak(0.2, 0.3)],
    "one detuning": lambda: [
        one_detuned(name, node) for name in ("cavity_detuning", "detuning") for node in (0, 1)
    ],
    "qubit decay": lambda: with_decay(0.1),
    "qubit decay below 0.1": lambda: [
        best_with_decay(rate, *SLOW_AND_STRONG, starts=10).value for rate in (0.01, 0.05, 0.1)
    ],
    "real and imaginary kappa": real_and_imaginary_rates,
    "qubit decay, maxima swap": decay_where_strong_couplings_win,
    **{
        f"qubit decay, against transport, {rate:g}": partial(generation_against_transport, rate)
        for rate in (0.02, 0.05, 0.1, 0.2)
    },
    "nonchiral, largest F3": lambda: peak_transfer(symmetric(), "10", "01", until=1500).value,
    "nonchiral, slower": lambda: (
        peak_concurrence(symmetric(), "10", until=1500).time / generated(*chiral_optimum()[:2]).time
    ),
    "nonchiral, distance": lambda: [
        peak_concurrence(symmetric(wavelengths), "10", until=1500).value
        for wavelengths in (0.5, 0.49, 0.45)
    ],
    "nonchiral, qubit decay": lambda: [
        peak_concurrence(symmetric(qubit_decay=rate), "10", until=1500).value
        for rate in (0.001, 0.01, 0.1)
    ],
}
