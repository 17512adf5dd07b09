"""What pairs are worth, by second routes: all rotations, simulated protocols, closed forms."""

from itertools import permutations, product

import numpy as np
import pytest
from scipy.linalg import expm
from scipy.optimize import minimize

import thermalent as te
from thermalent.operators.bounds import distillation_bounds
from thermalent.operators.distillation import bell_weights, recurrence
from thermalent.operators.reading.observables import TABLE

PAULI = [
    np.eye(2), np.array([[0, 1], [1, 0]]), np.array([[0, -1j], [1j, 0]]), np.diag([1.0, -1]),
]  # fmt: skip
BELL = [te.states.bell(name) for name in ("Phi+", "Phi-", "Psi+", "Psi-")]


def mixed_of_bells(weights):
    return sum(w * np.outer(ket, ket.conj()) for w, ket in zip(weights, BELL, strict=True))


def random_state(rng, rank=4):
    root = rng.normal(size=(4, rank)) + 1j * rng.normal(size=(4, rank))
    rho = root @ root.conj().T
    return rho / np.trace(rho).real


def rotation(angles):
    return expm(1j * sum(a * sigma for a, sigma in zip(angles, PAULI[1:], strict=True)))


@pytest.mark.parametrize("rank", [1, 2, 4])
def test_the_fraction_is_the_largest_over_all_local_rotations(rng, rank):
    rho = random_state(rng, rank)

    def weight(angles):
        # One rotation is enough: (U x V)|S> = (U V^+ x 1)|S> up to a phase.
        ket = np.kron(rotation(angles), np.eye(2)) @ te.states.bell("S")
        return -float((ket.conj() @ rho @ ket).real)

    starts = rng.uniform(-np.pi / 2, np.pi / 2, (8, 3))
    best = -min(minimize(weight, start, tol=1e-12).fun for start in starts)
    assert te.fully_entangled_fraction(rho) == pytest.approx(best, abs=1e-9)


def test_rotations_of_both_qubits_change_nothing(rng):
    rho = random_state(rng)
    local = np.kron(rotation(rng.normal(size=3)), rotation(rng.normal(size=3)))
    np.testing.assert_allclose(
        bell_weights(local @ rho @ local.conj().T), bell_weights(rho), atol=1e-14
    )
    assert np.sum(bell_weights(rho)) == pytest.approx(1, abs=1e-14)


def test_mixtures_of_bell_states_have_their_weights(rng):
    w = rng.dirichlet(np.ones(4))
    np.testing.assert_allclose(bell_weights(mixed_of_bells(w)), np.sort(w)[::-1], atol=1e-15)
    entropy = -float(np.sum(w * np.log2(w)))
    assert te.coherent_information(mixed_of_bells(w)) == pytest.approx(1 - entropy, abs=1e-13)


@pytest.mark.parametrize("fraction", [0.25, 0.5, 0.8, 1.0])
def test_werner_states_have_their_closed_forms(fraction):
    rest = (1 - fraction) / 3
    rho = mixed_of_bells([rest, rest, rest, fraction])
    assert te.fully_entangled_fraction(rho) == pytest.approx(fraction, abs=1e-15)
    assert te.teleportation_fidelity(rho) == pytest.approx((2 * fraction + 1) / 3, abs=1e-15)
    assert te.concurrence(rho) == pytest.approx(max(0.0, 2 * fraction - 1), abs=1e-13)
    # One round as in the first proposal, by its formula.
    kept = fraction**2 + 2 * fraction * rest + 5 * rest**2
    step = recurrence(bell_weights(rho), twirl=True)[1]
    assert step.probability == pytest.approx(kept, abs=1e-14)
    assert (fraction**2 + rest**2) / kept == pytest.approx(step.fidelity, abs=1e-14)


def teleported(rho, ket):
    """The mean state of the receiver after the standard protocol through rho, made for Phi+."""
    whole = np.kron(np.outer(ket, ket.conj()), rho).reshape([2] * 6)
    found = np.zeros((2, 2), dtype=complex)
    for sigma in PAULI:
        # Outcome (sigma x 1)|Phi+> of the first two qubits, and the correction by sigma.
        outcome = (np.kron(sigma, np.eye(2)) @ BELL[0]).reshape(2, 2).conj()
        part = np.einsum("ab,abcdef,de->cf", outcome, whole, outcome.conj())
        found += sigma @ part @ sigma
    return found


def test_a_simulated_teleportation_has_the_fidelity():
    rho = te.steady_state(te.thermal_link(n_th=1220, kappa=1e-3)).state
    turned = np.kron(np.eye(2), PAULI[2])  # the singlet becomes Phi+
    rho = turned @ rho @ turned.conj().T
    kets = [np.array(k, complex) for k in ([1, 0], [0, 1])]
    kets += [np.array([1, phase]) / np.sqrt(2) for phase in (1, -1, 1j, -1j)]
    fidelities = [float((ket.conj() @ teleported(rho, ket) @ ket).real) for ket in kets]
    # Six states whose mean is that over all states.
    assert te.teleportation_fidelity(rho) == pytest.approx(np.mean(fidelities), abs=1e-12)
    assert np.mean(fidelities) > 2 / 3


def one_round(weights):
    """Two pairs, a controlled-not on each side, equal results on the second pair: 16 levels."""
    rho = mixed_of_bells(weights)
    # Order of the qubits: A1, B1, A2, B2.
    pairs = np.kron(rho, rho)
    cnot = np.zeros((16, 16))
    for a, b, c, d in product((0, 1), repeat=4):
        cnot[8 * a + 4 * b + 2 * (c ^ a) + (d ^ b), 8 * a + 4 * b + 2 * c + d] = 1
    after = (cnot @ pairs @ cnot.T).reshape(4, 4, 4, 4)
    kept = after[:, 0, :, 0] + after[:, 3, :, 3]
    probability = float(np.trace(kept).real)
    return probability, [float((k.conj() @ kept @ k).real) / probability for k in BELL]


def test_a_simulated_round_of_recurrence(rng):
    for _ in range(5):
        w = np.sort(rng.dirichlet(np.ones(4)))[::-1]
        a, c, d, b = w
        probability, expected = one_round([a, b, c, d])
        step = recurrence(w)[1]
        assert step.probability == pytest.approx(probability, abs=1e-14)
        assert step.pairs == pytest.approx(probability / 2, abs=1e-14)
        np.testing.assert_allclose(step.weights, np.sort(expected)[::-1], atol=1e-14)
        # No other order of the undetected weights has a larger fidelity.
        orders = [one_round([a, *rest])[1][0] for rest in permutations((b, c, d))]
        if a > 0.5:
            assert step.fidelity == pytest.approx(max(orders), abs=1e-14)


def test_more_than_a_half_is_distilled_and_no_more_than_the_bounds_allow(rng):
    for _ in range(40):
        rho = random_state(rng, int(rng.integers(1, 5)))
        reached = te.distillation_yield(rho, rounds=40)
        assert reached >= max(0.0, te.coherent_information(rho))
        assert reached <= te.logarithmic_negativity(rho) + 1e-12
        assert reached <= te.entanglement_of_formation(rho) + 1e-12
        if te.fully_entangled_fraction(rho) > 0.51:
            assert reached > 0
    rest = 0.48 / 3
    assert te.distillation_yield(mixed_of_bells([0.52, rest, rest, rest]), rounds=40) > 0
    assert te.distillation_yield(mixed_of_bells([0.5, 0.3, 0.1, 0.1]), rounds=40) == 0


def test_the_coherent_information_of_a_qubit_and_a_qutrit():
    ket = np.zeros(6)
    ket[[0, 4]] = np.sqrt([0.7, 0.3])
    entropy = -0.7 * np.log2(0.7) - 0.3 * np.log2(0.3)
    assert te.coherent_information(ket, (2, 3)) == pytest.approx(entropy, abs=1e-13)
    # A mixture of everything: minus the entropy of the first system.
    assert te.coherent_information(np.eye(6) / 6, (2, 3)) == pytest.approx(-1.0, abs=1e-13)
    assert te.coherent_information(np.eye(6) / 6, (3, 2)) == pytest.approx(-np.log2(3), abs=1e-13)


def test_steady_states_and_evolutions_have_them_with_errors():
    network = te.thermal_link(n_th=0.5, kappa=0.3)
    state, fock = te.steady_state(network), te.steady_state(network, te.Fock())
    over_time = te.evolve(network, [0.0, 200.0], "00")
    for name in ("fully_entangled_fraction", "teleportation_fidelity", "coherent_information"):
        one, other = getattr(state, name)(), getattr(fock, name)()
        assert abs(one - other) <= one.error + other.error
        assert 0 < one.error < 1e-5
        last = getattr(over_time, name)()[-1]
        assert abs(last - one) <= one.error + last.error + 1e-9
    assert TABLE["coherent_information"].unit == "bit"


def test_kinks_have_no_derivative():
    equal = mixed_of_bells([0.4, 0.4, 0.1, 0.1])
    found = distillation_bounds.fraction_with_gradient(equal, (2, 2))
    assert "equally good" in found.note
    assert np.all(np.isnan(found.gradient))
    pure = np.diag([1.0, 0, 0, 0]).astype(complex)
    found = distillation_bounds.coherent_information_with_gradient(pure, (2, 2))
    assert "full rank" in found.note


def test_wrong_weights_and_dimensions_are_named():
    with pytest.raises(ValueError, match=r"^Argument `weights` must be four numbers"):
        recurrence([1.0])
    with pytest.raises(ValueError, match=r"^Argument `weights` must be non-negative and of sum 1"):
        recurrence([0.5, 0.2, 0.2, 0.2])
    with pytest.raises(ValueError, match=r"^Argument `rounds` must be"):
        recurrence([1.0, 0, 0, 0], -1)
    with pytest.raises(ValueError, match=r"^Argument `dims` must be the dimensions of two"):
        te.coherent_information(np.eye(8) / 8, (2, 2, 2))
    with pytest.raises(ValueError, match=r"^Argument `rho`"):
        te.fully_entangled_fraction(np.eye(3) / 3)


@pytest.mark.parametrize(
    ("bound", "value", "farthest"),
    [
        (distillation_bounds.fraction_bound, 0.9, 0.65),  # from 1/4 to 1
        (distillation_bounds.fraction_bound, 0.4, 0.6),
        (distillation_bounds.coherent_information_bound, 0.5, 1.5),  # from -1 to 1
        (distillation_bounds.coherent_information_bound, -0.5, 1.5),
    ],
)
def test_a_bound_reaches_to_the_end_of_the_range_and_not_beyond(bound, value, farthest):
    rho = mixed_of_bells([0.4, 0.3, 0.2, 0.1])[None]
    found = bound(rho, np.array([10.0]), np.array([value]))
    assert found.item() == pytest.approx(farthest, abs=1e-12)


@pytest.mark.parametrize("eps", [1e-3, 1e-2])
def test_the_bound_of_a_pure_state_is_the_one_of_winter_and_no_larger(eps):
    """Its eigenvalues of zero leave only that by the trace distance, up to d^1.5 eps."""
    distance = 0.5 * 8 * eps
    share = distance / (1 + distance)
    entropy = -share * np.log2(share) - (1 - share) * np.log2(1 - share)
    found = distillation_bounds.coherent_information_bound(
        mixed_of_bells([1.0, 0.0, 0.0, 0.0])[None], np.array([eps]), np.array([1.0])
    )
    expected = 2 * distance + (1 + distance) * entropy
    assert found.item() == pytest.approx(expected, rel=1e-9)
