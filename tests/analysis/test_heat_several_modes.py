"""Heat over time behind several modes: a master equation, the first law, and the steady state."""

from importlib import import_module

import numpy as np
import pytest
from scipy import sparse
from scipy.integrate import simpson
from scipy.sparse.linalg import expm_multiply

import thermalent as te
from tests.support.several_poles_sources import behind

START = np.array([0.6, 0.8j])


def ports(n_th, detuning=0.1):
    """Two joined and detuned modes with a port each, one of which is lossy, that leak together."""
    modes = (
        te.Mode(name="a", bath_rate=0.4, n_th=n_th[0]),
        te.Mode(name="b", bath_rate=0.2, n_th=n_th[1]),
    )
    joined = np.array([[0.3, 0.25 - 0.1j], [0.25 + 0.1j, -0.2]])
    one_way = behind(modes, joined, (0.0, 0.1), (0.3j, 0.7), (1.0,), (detuning,))
    exchange = one_way.exchange.copy()
    exchange[1, 2] += 0.4j  # by which the qubit acts back
    exchange[2, 1] -= 0.4j
    return te.Network(nodes=one_way.nodes, exchange=exchange, decay=one_way.decay)


def by_hand(networks, durations, cutoff=3):
    """Hot, output, elsewhere and stored quanta where pieces end, from empty modes, (t, 4)."""
    rho, found = None, []
    for network, duration in zip(networks, durations, strict=True):
        equation = te.master_equation(network, cutoff)
        a, b, q = (c.toarray() for c in equation.lowering.values())
        size, h, one = len(a), equation.hamiltonian.toarray(), np.eye(len(a))
        generator = -1j * (sparse.kron(h, one) - sparse.kron(one, h.T))
        for jump in (jump.toarray() for jump in equation.jumps):
            rate = jump.conj().T @ jump
            generator += sparse.kron(jump, jump.conj())
            generator -= 0.5 * (sparse.kron(rate, one) + sparse.kron(one, rate.T))
        if rho is None:
            vacuum = np.zeros((size // 2, size // 2))
            vacuum[0, 0] = 1.0
            rho = np.kron(vacuum, np.outer(START, START.conj())).ravel()
        rho = expm_multiply(sparse.csr_array(generator * duration), rho)
        state = rho.reshape(size, size)

        def mean(operator, state=state):
            return np.trace(operator.conj().T @ operator @ state).real

        first, second = network.modes
        hot = first.bath_rate * (first.n_th - mean(a)) + second.bath_rate * (second.n_th - mean(b))
        out = mean(0.3j * a + 0.7 * b + q)
        found.append([hot, out, 0.1 * mean(b), mean(a) + mean(b) + mean(q)])
    return np.array(found)


def test_currents_are_those_of_a_master_equation():
    networks, durations = [ports((0.02, 0.01)), ports((0.0, 0.03), 0.4)], [1.5, 2.0]
    pieces = te.Schedule(list(zip(networks, durations, strict=True)))
    found = te.heat_over_time(pieces, [1.5, 3.5], START, source="empty", rtol=1e-5)
    expected = by_hand(networks, durations)
    for i, values in enumerate((found.hot, found.output, found.elsewhere, found.quanta)):
        # What lies beyond the cutoff of 0.01 quanta, to the third power.
        assert np.all(np.abs(values - expected[:, i]) <= values.error + 1e-5)
        assert np.max(values.error) < 1e-4
    # A source that stays as it was gives other currents.
    same = te.heat_over_time(networks[0], [3.5], START, source="empty", rtol=1e-5)
    assert abs(same.hot[0] - expected[1, 0]) > 3e-4


def test_what_comes_in_behind_two_filters_is_stored_or_goes_out():
    """The first law, across a switch of the source, by Simpson's rule."""
    link, dark = (te.thermal_link(n, 0.3, filters=2, qubits=1) for n in (5.0, 0.0))
    before, after = np.linspace(0.0, 1.0, 21), np.linspace(1.0, 3.0, 41)
    after[0] = np.nextafter(1.0, 2.0)
    times = np.concatenate([before, after])
    found = te.heat_over_time(te.Schedule([(link, 1.0), (dark, np.inf)]), times, "1", rtol=1e-4)
    net = np.asarray(found.hot - found.output - found.elsewhere)
    for part, own in ((slice(0, 21), before), (slice(21, None), after)):
        quanta = np.asarray(found.quanta)[part]
        assert abs(quanta[-1] - quanta[0] - simpson(net[part], x=own)) < 1e-4
    assert found.hot[20] > 0.1
    assert found.hot[21] < -0.1


def equal_ports():
    """Two modes of which the qubit feels the sum alone: the difference is a further amplitude."""
    modes = tuple(te.Mode(name=name, bath_rate=0.3, n_th=n) for name, n in (("a", 1.0), ("b", 0.2)))
    return behind(modes, np.zeros((2, 2)), (0.0, 0.0), (0.4, 0.4), (1.0,), (0.0,))


@pytest.mark.parametrize(
    ("hot", "lost"),
    [
        (te.thermal_link(1.0, 0.3, filters=2, intrinsic_decay=0.1, qubits=1), 0.1),
        (equal_ports(), 0),
    ],
)
def test_late_currents_behind_two_modes_are_those_of_the_steady_state(hot, lost):
    late = te.heat_over_time(hot, [300.0], "1", rtol=1e-5, intrinsic_decay=lost)
    steady = te.heat_currents(hot, intrinsic_decay=lost)
    for name in ("hot", "output", "elsewhere"):
        one, other = getattr(late, name), getattr(steady, name)
        assert abs(one[0] - other) <= one.error[0] + other.error
    assert late.hot.error[0] < 1e-4


def test_starts_and_sources_that_have_no_heat_behind_several_modes():
    two = te.thermal_link(0.5, 0.3, filters=2)
    with pytest.raises(te.MethodError, match="stationary or empty"):
        te.heat_over_time(two, [1.0], "00", source=(0.1, 0.2))
    with pytest.raises(te.MethodError, match="several amplitudes"):
        te.heat_over_time(te.ring_resonators(coupling=(0.3, 0.4)), [1.0], "00")


@pytest.mark.parametrize("rtol", [1e-3, 1e-5, 1e-8])
def test_heat_behind_poles_at_any_accuracy(rtol):
    """Stated errors hold the true ones, against a run of nine digits."""
    hot, dark = (te.thermal_link(n, 0.3, filters=2) for n in (2.0, 0.0))
    pieces, times = te.Schedule([(hot, 2.0), (dark, np.inf)]), [1.0, 2.0, 4.0]
    found = te.heat_over_time(pieces, times, "00", source="empty", rtol=rtol)
    exact = te.heat_over_time(pieces, times, "00", source="empty", rtol=1e-9)
    for name in ("hot", "output", "elsewhere", "quanta"):
        one, other = getattr(found, name), getattr(exact, name)
        away = np.abs(np.asarray(one) - np.asarray(other))
        assert np.all(away <= one.error + other.error)
        assert np.all(one.error <= 100 * rtol)
    assert np.all(np.asarray(found.quanta) > 0)


def test_every_field_that_leaves_is_asked_for_once(monkeypatch):
    """One from the hot port, one out of the line, one reflected: the rest is rounding."""
    module = import_module("thermalent.analysis.heat.currents")
    asked, flux = [], module.flux_behind_poles

    def counting(network, field, *others):
        asked.append(np.abs(list(field.values())))
        return flux(network, field, *others)

    monkeypatch.setattr(module, "flux_behind_poles", counting)
    for unit in (1.0, 1e9):
        asked.clear()
        link = te.thermal_link(0.3, 0.5 * unit, gamma=(unit, 0.7 * unit), filters=2)
        te.heat_currents(link, rtol=1e-3)
        root = np.sqrt(unit)
        assert asked[0] == pytest.approx([1, 0, 0, 0])
        assert asked[1] == pytest.approx([0, root * 0.5**0.5, root, root * 0.7**0.5])
        assert asked[2] == pytest.approx([root * 0.5**0.5, root * 0.5**0.5, 0, 0])
        assert len(asked) == 3
