"""The arbitrary-precision reference against Fock-truncated master equations and known numbers."""

import numpy as np
import pytest
from scipy import sparse
from scipy.linalg import eigvals
from scipy.sparse.linalg import splu

import thermalent as te
from benchmarks import thermal_formulation
from benchmarks.thermal_formulation import Link
from tests.support.lindbladian import FockLindbladian
from tests.support.reference import Reference, numbers
from tests.support.reference.dynamics import Dynamics
from tests.support.reference.rates import slowest
from tests.support.reference.slopes import element, slope
from tests.support.reference.system import NotUnique, State, exact_rows

# A mode that holds n quanta leaves (n/(n + 1))^cutoff outside: below 1e-15 for all of these.
CUTOFF = 12
TRUNCATION = 1e-12

COLD = {
    "cascade": te.thermal_link(
        0.08, 0.4, gamma=(1.0, 0.7), detuning=(0.3, -0.2), dephasing=(0.1, 0.0), loss=0.2
    ),
    "mirror": te.phononic_link(
        0.08, 0.4, positions=(0.7, 1.9), detuning=(0.2, -0.4), intrinsic_decay=(0.1, 0.2)
    ),
    "warm waveguide": te.phononic_link(
        0.03, 0.5, positions=(0.7, 1.9), waveguide_occupation=0.02, detuning=(0.2, -0.4)
    ),
    "both directions": te.Network(
        nodes=(te.Mode(bath_rate=0.6, n_th=0.1), te.Qubit(name="a"), te.Qubit(name="b")),
        **te.ChiralWaveguide(
            right=(0.5, 1.0, 0.4), left=(0.3, 0.2, 0.8), positions=(0.0, 0.6, 1.7)
        ).coupling()._asdict(),
    ),
}  # fmt: skip
COLD["one qubit, one detuned mode"] = te.Network(
    nodes=(te.Mode(bath_rate=0.5, n_th=0.1), te.Qubit(name="a", dephasing=0.2)),
    exchange=[[0.4, 0.3 - 0.2j], [0.3 + 0.2j, -0.3]],
    decay=[[0.2, 0.1j], [-0.1j, 0.3]],
)


def start(network, cutoff):
    """The stationary mode and a pure state of the emitters with every coherence."""
    d = int(np.prod(network.dims))
    ket = np.exp(1j * np.arange(d) ** 2) / np.sqrt(d)
    relaxation, gain = network.mode_rates(0)
    ratio = gain / (gain + relaxation)
    weights = (1 - ratio) * ratio ** np.arange(cutoff)
    return np.outer(ket, ket.conj()), np.kron(np.diag(weights), np.outer(ket, ket.conj()))


@pytest.mark.parametrize("name", COLD)
def test_steady_state_is_that_of_the_master_equation(name):
    fock = FockLindbladian(COLD[name], CUTOFF)
    reference = Reference(COLD[name])
    assert reference.steady_state().distance(fock.emitters(fock.steady_state())) < TRUNCATION


def test_evolution_is_that_of_the_master_equation():
    network = COLD["one qubit, one detuned mode"]  # with back-action, and complex
    fock = FockLindbladian(network, cutoff=CUTOFF)
    rho, full = start(network, cutoff=CUTOFF)
    (state,) = Dynamics(network).evolve([1.3], rho)
    assert state.distance(fock.emitters(fock.evolved(full, 1.3))) < TRUNCATION


def test_fast_and_weakly_damped_turns_are_not_missed():
    """A contour that passes by a pole misses it with any number of nodes alike."""
    network = te.thermal_link(0.01, 0.4, gamma=0.3, detuning=4.0, qubits=1)
    rho, full = start(network, cutoff=6)  # 0.005^6 = 2e-14
    fock = FockLindbladian(network, cutoff=6)
    (state,) = Dynamics(network).evolve([8.0], rho)
    expected = fock.emitters(fock.evolved(full, 8.0))
    coherence = np.max(np.abs(expected - np.diag(np.diag(expected))))
    assert coherence > 1e-4
    assert state.distance(expected) < TRUNCATION


def test_spectrum_and_coherence_are_those_of_the_master_equation():
    network = COLD["one qubit, one detuned mode"]
    fock, dynamics = FockLindbladian(network, CUTOFF), Dynamics(network)
    weights = [1.0, 2.0 * np.exp(0.3j)]
    field = sum(w * c for w, c in zip(weights, fock.lowering, strict=True))
    steady = fock.steady_state()
    for omega in (0.0, -0.7):
        matrix = sparse.csc_array(1j * omega * sparse.eye_array(fock.size**2) - fock.generator)
        y = splu(matrix).solve((field @ steady).ravel()).reshape(fock.size, fock.size)
        expected = np.trace(field.conj().T @ y).real / np.pi
        (value,) = dynamics.spectrum([omega], weights)
        assert float(value.mid()) == pytest.approx(expected, rel=TRUNCATION)
    delay = 0.8
    first = fock.evolved(field @ steady, delay)
    both = fock.evolved(field @ steady @ field.conj().T, delay)
    flux = np.trace(field.conj().T @ field @ steady).real
    for order, moved in ((1, field.conj().T @ first), (2, field.conj().T @ field @ both)):
        (value,) = dynamics.coherence([delay], weights, order)
        expected = np.trace(moved) / flux**order
        assert complex(value.mid()) == pytest.approx(expected, rel=10 * TRUNCATION)


def test_rates_are_eigenvalues_of_the_master_equation():
    network = te.thermal_link(0.01, 0.5, qubits=1, detuning=0.7)
    fock = FockLindbladian(network, 7)
    # Only the sector of the populations: elements that differ in the excitation number are not in.
    quanta = (np.arange(7)[:, None] + np.arange(2)[None, :]).ravel()
    same = (quanta[:, None] == quanta[None, :]).ravel()
    exact = -eigvals(fock.generator.toarray()[np.ix_(same, same)])
    exact = exact[np.abs(exact) > 1e-9]
    found = slowest(network, 3, 10)
    assert len(found) >= 3
    for value, error in found:
        assert error < 1e-12
        nearest = np.min(np.abs(exact - complex(value.mid())))
        assert nearest < 1e-7  # (n/(n + 1))^7 = 1e-16, amplified by eigenvectors far from normal
    slow = np.sort(exact.real)[:3]
    assert [float(z.real.mid()) for z, _ in found[:3]] == pytest.approx(slow, abs=1e-7)


def test_slopes_are_those_of_the_master_equation():
    network = COLD["cascade"]
    step = 1e-4

    def shifted(by):
        exchange = network.exchange + by * np.diag([0.0, 1.0, 0.0])
        moved = te.Network(nodes=network.nodes, exchange=exchange, decay=network.decay)
        fock = FockLindbladian(moved, CUTOFF)
        return fock.emitters(fock.steady_state())[1, 2].imag

    expected = (shifted(step) - shifted(-step)) / (2 * step)
    found = slope(network, element(1, 2, "imag"), exchange=[[0, 0, 0], [0, 1, 0], [0, 0, 0]])
    assert float(found) == pytest.approx(expected, rel=1e-6)  # the square of the step, and rounding


@pytest.mark.long
def test_a_link_at_room_temperature():
    """The concurrence that is known."""
    hot = Reference(te.thermal_link(1220.0, 1e-3)).steady_state()
    assert float(numbers.concurrence(hot)) == pytest.approx(0.67108, abs=5e-6)


def test_hot_and_nearly_dark_links():
    """THERMAL's own formulation of a hot link; a dark rate of 1e-13 keeps its digits."""
    hot = Reference(te.thermal_link(20.0, 0.05)).steady_state()
    theirs = thermal_formulation.steady_state(Link(n_th=20.0, kappa=0.05), n_max=60)
    assert hot.distance(theirs) < 1e-10
    dark = [
        Reference(te.thermal_link(3.0, 0.1, gamma=(1.0, gamma))).steady_state()
        for gamma in (1e-13, 2e-13)
    ]
    # The qubit with the vanishing rate still reaches a state that does not depend on it.
    assert dark[0].distance(dark[1]) < 1e-6
    assert dark[0].distance(dark[1]) > 1e-16


def werner(p):
    bell = np.array([0, 1, -1, 0]) / np.sqrt(2)
    return State(exact_rows(p * np.outer(bell, bell) + (1 - p) * np.eye(4) / 4))


@pytest.mark.parametrize("p", [0.25, 0.5, 0.875])
def test_measures_of_werner_states(p):
    state = werner(p)
    expected = max(0.0, (3 * p - 1) / 2)
    assert float(numbers.concurrence(state)) == pytest.approx(expected, abs=1e-15)
    assert float(numbers.negativity(state)) == pytest.approx(expected / 2, abs=1e-15)
    assert float(numbers.logarithmic_negativity(state)) == pytest.approx(np.log2(1 + expected))
    assert float(numbers.purity(state)) == pytest.approx((1 + 3 * p**2) / 4)
    shares = np.array([(1 + 3 * p) / 4, *3 * [(1 - p) / 4]])
    assert float(numbers.entropy(state)) == pytest.approx(-np.sum(shares * np.log2(shares)))
    formation = te.entanglement_of_formation(state.array)
    assert float(numbers.entanglement_of_formation(state)) == pytest.approx(formation, abs=1e-13)
    assert float(numbers.populations(state)["S"]) == pytest.approx(shares[0])


def test_a_common_reservoir_has_no_unique_state():
    qubits = (te.Qubit(name="a"), te.Qubit(name="b"))
    network = te.Network(
        nodes=(te.Mode(bath_rate=0.5, n_th=0.5), *qubits),
        **te.CommonReservoir(rates=(0.5, 1.0, 1.0)).coupling()._asdict(),
    )
    with pytest.raises(NotUnique, match="not unique"):
        Reference(network).steady_state()
