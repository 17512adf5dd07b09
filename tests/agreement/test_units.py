"""Rates a million, or 1e60, times larger or smaller are another unit: every number follows it.

The factors are powers of two, which change no digit. A product that should be a quotient, a number
without its unit and a threshold that is not relative to anything all show here.
"""

import numpy as np
import pytest

import thermalent as te

FACTORS = [2.0**-200, 2.0**-20, 2.0**200]
TIMES = np.array([0.5, 2.0])
# Error over error: some are drawn from roundings, and no two draws are alike.
ALIKE = 1.5


def link(u):
    return te.thermal_link(
        2.0, 0.3 * u, gamma=(u, 0.8 * u), detuning=(0.4 * u, -0.2 * u), dephasing=0.05 * u
    )


def single(u):
    return te.thermal_link(0.5, 0.3 * u, gamma=u, detuning=0.4 * u, qubits=1)


def behind_poles(u):
    two_poles = te.Filter.butterworth(2, 0.5 * u)
    return te.thermal_link(0.5, filter=two_poles, gamma=u, detuning=0.4 * u, qubits=1)


def squeezed(u):
    return te.dual_rail(pairs=1, squeezing=0.2, bandwidth=8.0 * u, gamma=u, detuning=0.1 * u)


def dark(u):
    exchange = np.zeros((4, 4))
    exchange[0, 1] = exchange[1, 2] = exchange[1, 3] = 0.3 * u
    return te.Network(
        nodes=(
            te.Mode(name="a", bath_rate=0.5 * u, n_th=0.02),
            te.Mode(name="b", bath_rate=0.4 * u, n_th=0.02),
            te.Qubit(name="q1"),
            te.Qubit(name="q2"),
        ),
        exchange=exchange + exchange.T,
        decay=np.diag([0.1, 0.2, 0.0, 0.0]) * u,
    )


def slow(u):
    return te.thermal_link(20.0, 0.01 * u, gamma=u)


def rings(u):
    return te.ring_resonators(
        coupling=(0.3 * u, 0.4 * u), decay_right=u, decay_left=0.1 * u, distance=1.0, qubits=1,
        qubit_decay=0.01 * u,
    )  # fmt: skip


def pair(u):
    plain = te.dual_rail(1, 1.0)
    arrays = (plain.exchange, plain.decay, plain.absorption, plain.anomalous)
    names = ("exchange", "decay", "absorption", "anomalous")
    return te.Network(
        nodes=plain.nodes, **{name: u * a for name, a in zip(names, arrays, strict=True)}
    )


def numbers(*estimates, unit=1.0):
    return [float(e) / unit for e in estimates], [e.error / unit for e in estimates]


def steady(network, method=None):
    found = te.steady_state(network, method)
    return found.state, float(found.error)


def evolved(network, u, start, method=None, **source):
    found = te.evolve(network, TIMES / u, start, method, **source)
    return found.states, found.error


def rates(network, u, count):
    found = te.relaxation_rates(network, count)
    return found.values / u, found.error / u


def spectrum(network, u):
    found = te.spectrum(network, np.array([0.0, 0.3]) * u)
    values, errors = numbers(found.flux, unit=u)
    return [*found.values, *values], [*found.error, *errors]


def coherence(network, u, order):
    found = te.coherence(network, TIMES / u, order=order)
    return found.values, found.error


def peak(u):
    found = te.peak_concurrence(rings(u), "10", until=20 / u)
    values, errors = numbers(found.time, unit=1 / u)
    return [found.value, *values], [found.value.error, *errors]


def heat(network, u):
    found = te.heat_currents(network)
    return numbers(found.hot, found.output, unit=u)


def slope(u):
    found = te.sensitivities(lambda kappa: te.thermal_link(2.0, kappa, gamma=u), {"kappa": 0.3 * u})
    return float(found["kappa"]) * u, found.errors["kappa"] * u


def slope_behind_poles(u):
    found = te.sensitivities(
        lambda kappa: te.thermal_link(0.5, kappa, gamma=u, filters=2), {"kappa": 0.3 * u}
    )
    return float(found["kappa"]) * u, found.errors["kappa"] * u


def schedule(u):
    pieces = te.Schedule([(link(u), 1 / u), (te.thermal_link(1.0, 0.5 * u, gamma=u), 1 / u)])
    return evolved(pieces, u, "11")


CASES = {
    "fraction": lambda u: steady(link(u)),
    "Fock": lambda u: steady(single(u), te.Fock()),
    "Fock, iterative": lambda u: steady(single(u), te.Fock(solver="iterative")),
    "Bourret": lambda u: steady(link(u), te.Bourret()),
    "Markov": lambda u: steady(link(u), te.Markov()),
    "quasistatic": lambda u: steady(slow(u), te.Quasistatic()),
    "strong driving": lambda u: steady(slow(u), te.StrongDriving()),
    "phase diffusion": lambda u: steady(slow(u), te.PhaseDiffusion(r0=2.0)),
    "quantum jumps": lambda u: steady(single(u), te.QuantumJumps(n=8)),
    "a hot source": lambda u: steady(te.thermal_link(1e6, 0.01 * u, gamma=u)),
    "two poles": lambda u: steady(behind_poles(u)),
    "thirty digits": lambda u: steady(link(u), te.ContinuedFraction(digits=30)),
    "squeezed modes": lambda u: steady(squeezed(u)),
    "a state that is reached": lambda u: steady_from(te.cooperative(2, u)),
    "the same behind two poles": lambda u: steady_from(dark(u), te.ContinuedFraction(rtol=1e-3)),
    "evolution": lambda u: evolved(link(u), u, "11"),
    "evolution, empty": lambda u: evolved(link(u), u, "11", source="empty"),
    "evolution, coherent": lambda u: evolved(single(u), u, "1", source=1.0),
    "evolution, Fock": lambda u: evolved(single(u), u, "1", te.Fock(), source=0.5),
    "evolution, two poles": lambda u: evolved(behind_poles(u), u, "1"),
    "evolution, jumps": lambda u: evolved(link(u), u, "11", te.QuantumJumps(n=16)),
    "evolution, fields": lambda u: evolved(link(u), u, "11", te.FieldTrajectories(n=64)),
    "evolution, fields of two": lambda u: evolved(
        behind_poles(u), u, "1", te.FieldTrajectories(n=64)
    ),
    "evolution, kets": lambda u: evolved(link(u), u, "11", te.FieldJumps(n=16)),
    "evolution, rings": lambda u: evolved(rings(u), u, "10"),
    "schedule": schedule,
    "spectrum": lambda u: spectrum(single(u), u),
    "spectrum, two poles": lambda u: spectrum(behind_poles(u), u),
    "coherence": lambda u: coherence(single(u), u, 1),
    "intensities": lambda u: coherence(single(u), u, 2),
    "intensities, two poles": lambda u: coherence(behind_poles(u), u, 2),
    "rates, two poles": lambda u: rates(behind_poles(u), u, 2),
    "rates of emitters": lambda u: rates(te.cooperative(3, u, 0.02 * u, dephasing=0.1 * u), u, 3),
    "preparation": lambda u: numbers(te.preparation_time(single(u), "0"), unit=1 / u),
    "purity": lambda u: numbers(te.purity_time(pair(u)), unit=1 / u),
    "peak": peak,
    "heat": lambda u: heat(single(u), u),
    "heat, two poles": lambda u: heat(behind_poles(u), u),
    "conditional": lambda u: numbers(te.conditional_states(single(u)).average("purity")),
    "slope": slope,
    "slope, two poles": slope_behind_poles,
}


def steady_from(network, method=None):
    found = te.steady_state(network, method, initial="10")
    return found.state, float(found.error)


@pytest.mark.parametrize("case", CASES)
def test_the_unit_of_the_rates_changes_no_number_and_no_error(case):
    value, error = map(np.asarray, CASES[case](1.0))
    for factor in FACTORS:
        found, stated = map(np.asarray, CASES[case](factor))
        np.testing.assert_allclose(found, value, rtol=0, atol=1e-8 * np.max(np.abs(value)))
        np.testing.assert_array_less(stated, ALIKE * error + 1e-300)
        np.testing.assert_array_less(error, ALIKE * stated + 1e-300)
