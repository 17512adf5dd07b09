"""Charges, signs and forbidden elements of networks, by hand."""

import numpy as np
import pytest

import thermalent as te
from thermalent.networks import symmetry
from thermalent.networks.gaussian_source import _correlated, _interleaved, coupling_weights
from thermalent.networks.jump_channels import channels
from thermalent.networks.network import Couplings
from thermalent.networks.symmetry import SymmetryError


def pumped(pumping=(), exchange=(), anomalous=(), n=4):
    """Qubits with some couplings, each of size 0.1."""
    matrices = {
        "exchange": np.zeros((n, n), dtype=complex), "decay": np.eye(n),
        "pumping": np.zeros((n, n)), "anomalous": np.zeros((n, n)),
    }  # fmt: skip
    for name, pairs in (("pumping", pumping), ("exchange", exchange), ("anomalous", anomalous)):
        for i, j in pairs:
            matrices[name][i, j] = matrices[name][j, i] = 0.1
    matrices["absorption"] = np.eye(n) * bool(anomalous)
    return te.Network(nodes=tuple(te.Qubit(name=f"q{i}") for i in range(n)), **matrices)


def test_pairs_are_made_at_nodes_of_opposite_signs():
    signs = symmetry.node_signs(pumped(pumping=[(0, 2)], exchange=[(2, 3), (0, 1)]))
    assert signs.tolist() == [1, 1, -1, -1]
    signs = symmetry.node_signs(pumped(pumping=[(1, 2)], anomalous=[(2, 3)]))
    assert signs.tolist() == [1, 1, -1, 1]
    assert symmetry.node_signs(pumped(exchange=[(0, 1)])).tolist() == [1, 1, 1, 1]
    with pytest.raises(SymmetryError, match="pairs made at q0 and q1"):
        symmetry.node_signs(pumped(pumping=[(0, 1)], exchange=[(0, 1)], n=2))


def test_excitations_of_negative_nodes_count_against_the_others():
    numbers = symmetry.excitation_numbers(pumped(pumping=[(0, 1)], n=2))
    assert numbers.tolist() == [1, 0, 2, 1]  # of 00, 01, 10, 11; the lowest is zero
    forbidden, one = symmetry.forbidden_elements(pumped(pumping=[(0, 1)], n=2), ("q1",))
    np.testing.assert_array_equal(forbidden, numbers[:, None] != numbers)
    np.testing.assert_array_equal(one, [[False, True], [True, False]])
    assert symmetry.forbidden_elements(pumped(pumping=[(0, 0)], n=2)) is None


def test_forbidden_elements_of_kept_emitters_are_in_their_order():
    dims = (2, 3, 2)
    whole, part = symmetry.forbidden_elements_of_ladders(dims, (2, 1))
    totals = np.array([i + j + k for i in range(2) for j in range(3) for k in range(2)])
    np.testing.assert_array_equal(whole, totals[:, None] != totals)
    kept = np.array([k + j for k in range(2) for j in range(3)])
    np.testing.assert_array_equal(part, kept[:, None] != kept)


def qudit(lowering, hamiltonian=None, jumps=()):
    n = len(lowering)
    own = np.zeros((n, n)) if hamiltonian is None else hamiltonian
    return te.Qudit(
        name="d", lower=np.array(lowering, float), local_hamiltonian=own, local_jumps=jumps
    )


def entries(n, *places):
    matrix = np.zeros((n, n))
    for i, j in places:
        matrix[i, j] = 1.0
    return matrix


def test_levels_are_counted_along_the_lowering_operator():
    assert symmetry.level_charges(qudit(entries(4, (1, 0), (0, 3)))).tolist() == [1, 0, 0, 2]
    assert symmetry.level_charges(qudit(entries(3, (2, 0), (2, 1)))).tolist() == [1, 1, 0]
    held = np.zeros((4, 4))
    held[0, 3] = held[3, 0] = 0.5
    assert symmetry.level_charges(qudit(entries(4, (0, 1), (2, 3)), held)).tolist() == [1, 2, 0, 1]
    with pytest.raises(SymmetryError, match="lowering operator of d"):
        symmetry.level_charges(qudit(entries(3, (0, 1), (1, 2), (0, 2))))
    held = np.zeros((2, 2))
    held[0, 1] = held[1, 0] = 0.5
    with pytest.raises(SymmetryError, match="Hamiltonian of d"):
        symmetry.level_charges(qudit(entries(2, (0, 1)), held))


@pytest.mark.parametrize(("part", "refused"), [(0.9e-14, False), (1.1e-14, True)])
def test_jumps_that_change_the_number_by_several_amounts_are_refused(part, refused):
    """A superposition of lowering by one and by two."""
    jump = entries(3, (0, 1)) + 0 * entries(3, (0, 2))
    jump[0, 2] = part
    emitter = qudit(entries(3, (0, 1), (1, 2)), jumps=(jump,))
    # The cross terms are as large as the small part, and the largest element is one.
    if refused:
        with pytest.raises(SymmetryError, match="jumps of d"):
            symmetry.excitation_numbers_of((emitter,))
    else:
        assert symmetry.excitation_numbers_of((emitter,)).tolist() == [0, 1, 2]


def test_an_initial_state_may_not_mix_numbers():
    numbers = np.array([0, 1, 1, 2])
    symmetry.require_no_coherences(np.diag([1, 0, 0, 0]) + 0j, numbers)
    same = np.zeros((4, 4))
    same[1, 2] = same[2, 1] = 0.3
    symmetry.require_no_coherences(same, numbers)
    same[0, 3] = 1e-300
    with pytest.raises(ValueError, match="coherences between different excitation numbers"):
        symmetry.require_no_coherences(same, numbers)


def test_blocks_over_amplitudes_and_conjugates_are_interleaved():
    blocks = [np.arange(4).reshape(2, 2) + 10 * k for k in range(4)]
    found = _interleaved(*blocks)
    for i in range(2):
        for j in range(2):
            own = found[2 * i : 2 * i + 2, 2 * j : 2 * j + 2]
            np.testing.assert_array_equal(own.ravel(), [block[i, j] for block in blocks])


def test_amplitudes_are_correlated_through_others_or_by_common_noise():
    drift = np.eye(5, dtype=complex)
    drift[0, 1] = drift[1, 2] = 0.1  # 0, 1, 2 are joined, 3 and 4 alone
    noise = np.diag([1.0, 0, 0, 1.0, 0])
    expected = np.zeros((5, 5), dtype=bool)
    expected[:3, :3] = expected[3, 3] = True
    np.testing.assert_array_equal(_correlated(drift, noise), expected)
    noise[2, 4] = noise[4, 2] = 0.2
    expected[:3, 4] = expected[4, :3] = True
    np.testing.assert_array_equal(_correlated(drift, noise), expected)


def test_covariances_solve_their_equation():
    network = te.Network(
        nodes=(
            te.Mode(name="a", bath_rate=0.3, n_th=2.0), te.Mode(name="b", bath_rate=0.2, n_th=0.5),
            te.Qubit(name="q"),
        ),
        exchange=[[0.1, 0.2 - 0.1j, 0], [0.2 + 0.1j, -0.3, 0.1], [0, 0.1, 0]],
        decay=np.diag([0.1, 0.2, 1.0]),
        absorption=np.diag([0.05, 0.0, 0.0]),
        pumping=[[0.02, 0.03j, 0], [0.03j, 0, 0], [0, 0, 0]],
    )  # fmt: skip
    from thermalent.networks.gaussian_source import _linear, gaussian_source

    source = gaussian_source(network)
    drift, noise = _linear(network)
    left = source.drift @ source.covariance + source.covariance @ source.drift.T
    np.testing.assert_allclose(left, noise, atol=1e-14)
    np.testing.assert_array_equal(source.covariance, source.covariance.T)
    # alpha' = -[i J + (G^T - U)/2 + bath/2] alpha - i P alpha^*
    own = 1j * (0.2 - 0.1j)
    assert drift[0, 2] == own
    assert drift[1, 3] == np.conj(own)
    assert drift[0, 0] == pytest.approx(1j * 0.1 + 0.5 * (0.1 - 0.05 + 0.3))
    assert drift[0, 1] == pytest.approx(1j * 0.02)
    assert drift[1, 0] == pytest.approx(-1j * 0.02)
    assert drift[0, 3] == pytest.approx(1j * 0.03j)
    assert noise[0, 1] == pytest.approx(0.05 + 0.3 * 2.0)
    assert noise[0, 0] == pytest.approx(-1j * 0.02)
    assert noise[0, 2] == pytest.approx(-1j * 0.03j)


def test_channels_are_the_eigenvectors_of_each_group_of_couplers():
    rng = np.random.default_rng(1)
    root = rng.normal(size=(3, 2)) + 1j * rng.normal(size=(3, 2))
    decay = np.zeros((4, 4), dtype=complex)
    decay[:3, :3] = root @ root.conj().T
    decay[3, 3] = 2.0
    absorption = np.diag([0, 0, 0, 0.5]).astype(complex)
    anomalous = np.zeros((4, 4), dtype=complex)
    anomalous[3, 3] = 0.3j
    none = np.zeros((4, 4))
    found = channels(Couplings(none, decay, absorption, none, anomalous))
    gamma = np.block([[decay, anomalous.conj()], [anomalous, absorption]])
    total = sum(one.rate * np.outer(one.weights, one.weights.conj()) for one in found)
    np.testing.assert_allclose(total, gamma, atol=1e-13)
    assert len(found) == 4  # two of rank two, and the squeezed pair of the fourth node
    for one in found:
        first = set(np.flatnonzero(np.abs(one.weights) > 0))
        assert first <= {0, 1, 2} or first <= {3, 7}
        largest = one.weights[np.argmax(np.abs(one.weights))]
        assert largest.imag == pytest.approx(0.0, abs=1e-15)
        assert largest.real > 0


@pytest.mark.parametrize(("rate", "count"), [(0.9e-14, 1), (1.1e-14, 2)])
def test_channels_whose_rate_is_rounding_are_none(rate, count):
    none = np.zeros((2, 2))
    decay = 5.0 * np.diag([1.0, rate])
    assert len(channels(Couplings(none, decay, none, none, none))) == count


def test_weights_of_zero_are_left_out():
    network = te.thermal_link(1.0, 0.2)
    rows = coupling_weights(network, 0, 1)
    assert {row[0] for row in rows} == {"a_rho", "rho_a", "rho_ad", "ad_rho"}
    assert all(row[1] != 0 for row in rows)
    assert len(rows) == 8  # of decay and exchange
