"""Heat along an evolution: a dense master equation, the first law, and the steady state."""

import numpy as np
import pytest
from scipy import sparse
from scipy.integrate import simpson
from scipy.sparse.linalg import expm_multiply

import thermalent as te
from thermalent.analysis.heat import over_time as heat_over_time

NETWORK = te.thermal_link(0.15, 0.4, qubits=1, intrinsic_decay=0.3, detuning=0.2)
CUTOFF = 7
START = np.array([0.6, 0.8j])


def by_hand(network, times, amplitude):
    """Hot, output, elsewhere and stored quanta from a dense master equation, (t, 4).

    The channel of the waveguide has the jump operator sqrt(kappa) a + sqrt(gamma) sigma.
    """
    equation = te.master_equation(network, CUTOFF)
    a, lowering = (c.toarray() for c in equation.lowering.values())
    size, h = len(a), equation.hamiltonian.toarray()
    one = np.eye(size)
    generator = -1j * (np.kron(h, one) - np.kron(one, h.T))
    for jump in (jump.toarray() for jump in equation.jumps):
        rate = jump.conj().T @ jump
        generator += np.kron(jump, jump.conj())
        generator -= 0.5 * (np.kron(rate, one) + np.kron(one, rate.T))
    levels = size // 2
    if amplitude is None:
        ratio = 0.075 / 1.075  # n_th / 2 quanta in the bare mode
        field = np.diag(ratio ** np.arange(levels) * (1 - ratio))
    else:
        ket = np.array([amplitude**n for n in range(levels)], dtype=complex)
        ket /= np.sqrt([float(np.prod(np.arange(1, n + 1))) for n in range(levels)])
        field = np.outer(ket, ket.conj()) * np.exp(-(abs(amplitude) ** 2))
    rho = np.kron(field, np.outer(START, START.conj())).ravel()
    (mode,) = network.modes
    # Of the qubit's decay 1.3 a part of 1 is into the waveguide.
    out = network.decay[0, 1] * a + lowering
    excited, quanta = lowering.conj().T @ lowering, a.conj().T @ a
    found = []
    for time in times:
        state = expm_multiply(sparse.csr_array(generator * time), rho).reshape(size, size)
        found.append(
            [
                mode.bath_rate * (mode.n_th - np.trace(quanta @ state).real),
                np.trace(out.conj().T @ out @ state).real,
                0.3 * np.trace(excited @ state).real,
                np.trace((quanta + excited) @ state).real,
            ]
        )
    return np.array(found)


@pytest.mark.parametrize("source", ["stationary", "empty", 0.3 - 0.2j])
def test_currents_are_those_of_a_dense_master_equation(source):
    times = np.array([0.0, 0.7, 3.0])
    amplitude = {"stationary": None, "empty": 0.0}.get(source, source)
    expected = by_hand(NETWORK, times, amplitude)
    found = te.heat_over_time(NETWORK, times, START, source=source, intrinsic_decay=0.3)
    for i, values in enumerate((found.hot, found.output, found.elsewhere, found.quanta)):
        # What the last level would hold, of a mode with at most 0.3 quanta.
        assert np.all(np.abs(values - expected[:, i]) <= values.error + 1e-6)
        assert np.max(values.error) < 1e-9


def test_what_comes_in_and_does_not_go_out_is_stored():
    """The first law, across a switch of the source, by Simpson's rule."""
    link, dark = te.thermal_link(20, 0.05), te.thermal_link(0.0, 0.05, intrinsic_decay=0.1)
    switched = te.Schedule([(link, 3.0), (dark, np.inf)])
    before, after = np.linspace(0.0, 3.0, 121), np.linspace(3.0, 9.0, 241)
    after[0] = np.nextafter(3.0, 4.0)  # at 3 the first network still acts
    found = te.heat_over_time(switched, np.concatenate([before, after]), "10")
    net = np.asarray(found.hot - found.output - found.elsewhere)
    for part, times in ((slice(0, 121), before), (slice(121, None), after)):
        quanta = np.asarray(found.quanta)[part]
        # Simpson's error: a step of 0.025 to the fourth power, times rates of a few.
        assert abs(quanta[-1] - quanta[0] - simpson(net[part], x=times)) < 1e-5
    assert found.hot[120] > 0.4
    assert found.hot[121] < -0.4
    assert found.elsewhere[120] == pytest.approx(0.0, abs=1e-9)
    assert found.elsewhere[121] > 1e-3


def test_late_currents_are_those_of_the_steady_state():
    hot = te.thermal_link(300, 1e-2, intrinsic_decay=0.02)
    late, steady = te.heat_over_time(hot, [1e4], "00"), te.heat_currents(hot)
    for name in ("hot", "output", "elsewhere"):
        one, other = getattr(late, name), getattr(steady, name)
        assert abs(one[0] - other) <= one.error[0] + other.error
    assert late.quanta[0] > 150


def test_what_heat_over_time_does_not_take():
    with pytest.raises(te.MethodError, match="changes smoothly"):
        te.heat_over_time(te.Schedule([(lambda t: NETWORK, 1.0)]), [1.0], "0")
    with pytest.raises(te.ThermalentError, match="at most 3, the duration"):
        te.heat_over_time(te.Schedule([(NETWORK, 3.0)]), [4.0], "0")
    with pytest.raises(te.ThermalentError, match="`rtol`"):
        te.heat_over_time(NETWORK, [1.0], "0", rtol=1.0)
    classical = te.phononic_link(0.1, 0.4, positions=(1.0, 2.0), backaction=False)
    with pytest.raises(te.MethodError, match="backaction=True"):
        te.heat_over_time(classical, [1.0], "00")


def test_errors_are_relative_to_the_quanta_times_the_fastest_rates():
    """Three thermal quanta and two excited qubits, of which the faster one decays with two."""
    network = te.thermal_link(n_th=3.0, kappa=0.1, gamma=(2.0, 1.0))
    for source, quanta in (("stationary", 5.0), (2.0, 9.0)):
        task = heat_over_time._task(network, np.array([1.0]), "00", source)
        expected = quanta * np.array([0.1, 2.0, 2.0, 1.0])
        assert heat_over_time._scales(task) == pytest.approx(expected, rel=1e-12)


@pytest.mark.parametrize("kappa", [1e30, 1e90])
def test_rates_that_no_steps_can_follow_are_refused_at_once(kappa):
    with pytest.raises(
        te.MethodError, match=r"Steps to t = 10 would take 1e\+\d\d multiplications"
    ):
        te.heat_over_time(te.thermal_link(2.0, kappa), [1.0, 10.0], "00")
