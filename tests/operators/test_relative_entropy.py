"""The Rains bound by closed forms, by states made from their closest separable one, and bounds."""

import numpy as np
import pytest
from scipy.linalg import logm

import thermalent as te
from tests.operators.test_distillation import mixed_of_bells, random_state, rotation


def entropy(x):
    """Of a coin, in bits."""
    return -sum(p * np.log2(p) for p in (x, 1 - x) if p > 0)


def agrees(found, exact):
    """The number is not below the exact one, and above it by its error at most."""
    assert -1e-12 <= found - exact <= found.error <= 1e-6


def transposed(matrix):
    return matrix.reshape(2, 2, 2, 2).transpose(0, 3, 2, 1).reshape(4, 4)


@pytest.mark.parametrize("weight", [0.02, 0.3, 0.7, 0.99])
def test_singlet_and_ground_state(weight):
    """The quasistatic state of a thermal link; Vedral and Plenio's closed form."""
    singlet = te.states.bell("S")
    rho = weight * np.outer(singlet, singlet) + (1 - weight) * np.diag([1.0, 0, 0, 0])
    exact = (weight - 2) * np.log2(1 - weight / 2) + (1 - weight) * np.log2(1 - weight)
    agrees(te.rains_bound(rho), exact)


@pytest.mark.parametrize("weights", [(0.7, 0.1, 0.1, 0.1), (0.52, 0.48, 0.0, 0.0)])
def test_mixtures_of_bell_states(weights):
    agrees(te.rains_bound(mixed_of_bells(weights)), 1 - entropy(weights[0]))


def test_pure_states_have_the_entropy_of_a_qubit(rng):
    rho = random_state(rng, 1)
    agrees(te.rains_bound(rho), te.von_neumann_entropy(te.partial_trace(rho, (2, 2), 0)))


def test_states_made_from_their_closest_separable_state(rng):
    """The inverse problem has a closed form: Miranowicz and Ishizaka, Eq. (6)."""
    for _ in range(3):
        # A separable state at the border: the null vector phi of its partial transpose.
        mixed = random_state(rng)
        shift = np.linalg.eigvalsh(transposed(mixed))[0]
        part = 1 / (1 - 4 * shift)
        sigma = part * mixed + (1 - part) * np.eye(4) / 4
        values, vectors = np.linalg.eigh(transposed(sigma))
        assert abs(values[0]) < 1e-14
        phi = transposed(np.outer(vectors[:, 0], vectors[:, 0].conj()))
        p, own = np.linalg.eigh(sigma)
        slopes = np.array([[1 / a if a == b else np.log(a / b) / (a - b) for b in p] for a in p])
        change = own @ ((own.conj().T @ phi @ own) / slopes) @ own.conj().T
        # Halfway to where rho = sigma - x change is no state any more.
        root = np.linalg.inv(np.linalg.cholesky(sigma))
        most = 1 / np.linalg.eigvalsh(root @ change @ root.conj().T)[-1]
        rho = sigma - most / 2 * change
        exact = np.trace(rho @ (logm(rho) - logm(sigma))).real / np.log(2)
        assert exact > 1e-4
        agrees(te.rains_bound(rho), exact)


@pytest.mark.parametrize("weight", [4e-7, 5e-6, 2e-4, 2e-3])
def test_nearly_products_have_a_gap_that_holds(weight, rng):
    """The closest state has tiny eigenvalues, and the gap is made of what is divided by them."""
    ket = np.array([np.sqrt(1 - weight), 0, 0, np.sqrt(weight)])
    for _ in range(3):
        local = np.kron(rotation(rng.normal(size=3)), rotation(rng.normal(size=3)))
        found = te.rains_bound(local @ np.outer(ket, ket) @ local.conj().T)
        agrees(found, entropy(weight))
    product = np.zeros((4, 4), dtype=complex)
    product[0, 0] = 1.0
    mixed = (1 - weight) * product + weight * random_state(rng, 1)
    found = te.rains_bound(mixed)
    assert 0 <= found.error <= 1e-6
    assert found - found.error <= min(
        te.logarithmic_negativity(mixed), te.entanglement_of_formation(mixed)
    )


def test_between_what_is_distilled_and_what_a_pair_costs(rng):
    for rank in (2, 3):
        rho = random_state(rng, rank)
        found = te.rains_bound(rho)
        assert te.distillation_yield(rho) <= found
        assert found - found.error < te.logarithmic_negativity(rho)
        assert found - found.error < te.entanglement_of_formation(rho)
        local = np.kron(rotation(rng.normal(size=3)), rotation(rng.normal(size=3)))
        turned = te.rains_bound(local @ rho @ local.conj().T)
        assert turned == pytest.approx(found, abs=found.error + turned.error)


def test_separable_states_have_none(rng):
    product = np.kron(*(te.partial_trace(random_state(rng), (2, 2), k) for k in (0, 1)))
    assert te.rains_bound(product) == 0
    assert te.rains_bound(np.eye(4) / 4).error == 0


def test_what_is_no_state_of_two_qubits_is_refused():
    with pytest.raises(ValueError, match=r"rho"):
        te.rains_bound(np.eye(8) / 8)
