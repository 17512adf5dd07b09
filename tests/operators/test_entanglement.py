"""Entanglement measures of states whose value is known in closed form; what they refuse."""

import numpy as np
import pytest

from thermalent.operators.entanglement import (
    concurrence,
    concurrence_populations,
    concurrence_x,
    entanglement_of_formation,
    fidelity,
    formation,
    logarithmic_negativity,
    negativity,
    partial_trace,
    purity,
    trace_distance,
    von_neumann_entropy,
)
from thermalent.operators.states import bell, density, dicke, ket, product

EPS = np.finfo(float).eps


def test_concurrence_x_leaves_out_what_is_within_tolerance_and_refuses_more():
    rho = density(bell("S")) / 2 + np.diag([0.5, 0, 0, 0])
    rho[0, 1] = rho[1, 0] = 1e-6
    assert concurrence_x(rho, tolerance=1e-5) == pytest.approx(0.5, abs=4 * EPS)
    with pytest.raises(
        ValueError, match=r"`rho` must be zero outside of the two diagonals to 1e-09, but is not"
    ):
        concurrence_x(rho)


def test_populations_give_the_concurrence_of_their_mixture():
    rng = np.random.default_rng(24)
    kets = {"00": ket("00"), "S": bell("S"), "T": bell("T"), "11": ket("11")}
    for weights in rng.dirichlet([1, 2, 0.2, 0.05], size=40):
        given = dict(zip(kets, weights, strict=True))
        rho = sum(given[label] * density(psi) for label, psi in kets.items())
        assert concurrence_populations(given) == pytest.approx(concurrence(rho), abs=8 * EPS)


def test_populations_of_the_quasistatic_state():
    """THERMAL, Eqs. (21) and (23): C = 1 - Upsilon; as an array."""
    upsilon = np.array([0.0, 0.25, 1.0])
    values = concurrence_populations({"00": upsilon, "S": 1 - upsilon, "T": 0.0, "11": 0.0})
    np.testing.assert_array_equal(values, 1 - upsilon)
    assert concurrence_populations({"00": 0.5, "S": 0.125, "T": 0.375, "11": 0.0}) == 0.25


@pytest.mark.parametrize(
    ("given", "message"),
    [
        ({"00": 1.0, "S": 0.0, "T": 0.0}, r'a mapping with the keys "00", "S", "T" and "11"'),
        ([1.0, 0.0, 0.0, 0.0], r"a mapping such as a dict"),
        ({"00": 1.1, "S": 0.0, "T": 0.0, "11": -0.1}, r"non-negative to 1e-09, but is -0.1 for 11"),
        ({"00": float("nan"), "S": 0.0, "T": 0.0, "11": 1.0}, r"non-negative .* nan for 00"),
        ({"00": 1.0, "S": 0.1, "T": 0.0, "11": 0.0}, r"of sum 1 to 1e-09, but is off by 0.1"),
    ],
)
def test_populations_that_are_none(given, message):
    with pytest.raises(ValueError, match=f"`populations` must be {message}"):
        concurrence_populations(given)


@pytest.mark.parametrize("p", [0.0, 0.3, 1 / 3, 0.34, 0.8, 1.0])
def test_werner_states(p):
    rho = p * density(bell("S")) + (1 - p) * np.eye(4) / 4
    expected = max(0.0, (3 * p - 1) / 2)
    assert concurrence(rho) == pytest.approx(expected, abs=8 * EPS)
    assert negativity(rho) == pytest.approx(expected / 2, abs=8 * EPS)
    assert purity(rho) == pytest.approx((1 + 3 * p**2) / 4, abs=8 * EPS)
    assert fidelity(rho, bell("S"), squared=True) == pytest.approx((1 + 3 * p) / 4, abs=8 * EPS)
    distance = trace_distance(rho, np.eye(4) / 4)
    assert distance == pytest.approx(3 * p / 4, abs=8 * EPS)


@pytest.mark.parametrize("weights", [(0.7, 0.1, 0.2, 0.0), (0.5, 0.5, 0, 0), (0, 0.1, 0, 0.9)])
def test_bell_diagonal_states(weights):
    kets = [bell(kind) for kind in ("S", "T", "Phi-", "Phi+")]
    rho = sum(p * density(psi) for p, psi in zip(weights, kets, strict=True))
    c = max(0.0, 2 * max(weights) - 1)
    shannon = -sum(p * np.log(p) for p in weights if p)
    assert concurrence(rho) == pytest.approx(c, abs=8 * EPS)
    assert negativity(rho) == pytest.approx(c / 2, abs=8 * EPS)
    assert entanglement_of_formation(rho) == pytest.approx(formation(c), abs=32 * EPS)
    # Rounding noise e in an eigenvalue 0 adds -e log e, 36 e.
    assert von_neumann_entropy(rho, base=np.e) == pytest.approx(shannon, abs=1e-14)
    assert von_neumann_entropy(rho) == pytest.approx(shannon / np.log(2), abs=2e-14)


@pytest.mark.parametrize("d", [2, 3, 4])
@pytest.mark.parametrize("p", [0.1, 0.4, 1.0])
def test_negativity_of_isotropic_states(d, p):
    """Partial transposition has d (d-1)/2 eigenvalues (1-p)/d^2 - p/d."""
    psi = np.eye(d).ravel() / np.sqrt(d)
    rho = p * density(psi) + (1 - p) * np.eye(d * d) / d**2
    expected = d * (d - 1) / 2 * max(0.0, p / d - (1 - p) / d**2)
    assert negativity(rho, (d, d)) == pytest.approx(expected, abs=2 * d * d * EPS)
    assert negativity(rho, (d, d), part=1) == pytest.approx(expected, abs=2 * d * d * EPS)
    value = logarithmic_negativity(rho, (d, d), base=d)
    assert value == pytest.approx(np.log1p(2 * expected) / np.log(d), abs=4 * d * d * EPS)


def test_negativity_of_pure_states_follows_from_schmidt_coefficients():
    rng = np.random.default_rng(25)
    psi = rng.normal(size=24) + 1j * rng.normal(size=24)
    psi /= np.linalg.norm(psi)
    tensor = psi.reshape(2, 4, 3)
    for part, rest in (((0,), (1, 2)), ((1,), (0, 2)), ((2, 0), (1,))):
        sizes = int(np.prod([tensor.shape[axis] for axis in part]))
        matrix = tensor.transpose(*part, *rest).reshape(sizes, -1)
        schmidt = np.linalg.svd(matrix, compute_uv=False)
        expected = (schmidt.sum() ** 2 - 1) / 2
        assert negativity(psi, (2, 4, 3), part) == pytest.approx(expected, abs=1e-14)


def test_dark_mixture_of_a_common_reservoir():
    """(|S><S| + |00><00|)/2 of COOPERATIVE: a 2 x 2 block [[1/2, -1/4], [-1/4, 0]] transposed."""
    rho = (density(bell("S")) + density(ket("00"))) / 2
    assert concurrence(rho) == pytest.approx(0.5, abs=4 * EPS)
    assert negativity(rho) == pytest.approx((np.sqrt(2) - 1) / 4, abs=4 * EPS)
    expected = np.log2(1 + (np.sqrt(2) - 1) / 2)
    assert logarithmic_negativity(rho) == pytest.approx(expected, abs=8 * EPS)
    assert logarithmic_negativity(bell("Phi+")) == pytest.approx(1.0, abs=8 * EPS)
    assert logarithmic_negativity(bell("S"), base=np.e) == pytest.approx(np.log(2), abs=8 * EPS)


@pytest.mark.parametrize("delta", [0.0, 0.4, 1.0, 3.0])
def test_pairs_of_the_dual_rail_state(delta):
    """DUALRAIL, Eq. (10): concurrences of parallel and diagonal pairs, order A1, A2, B1, B2."""
    r = 0.8
    pair = np.diag([np.cosh(r), -np.sinh(r)]) / np.sqrt(np.cosh(2 * r))  # |A, B>
    parallel = np.einsum("ac,bd->abcd", pair, pair)
    diagonal = np.einsum("ad,bc->abcd", pair, pair)
    psi = ((parallel + 1j * delta * diagonal) / np.sqrt(1 + delta**2)).ravel()
    rho = density(psi)
    t, cos2, sin2 = np.tanh(2 * r), 1 / (1 + delta**2), delta**2 / (1 + delta**2)

    def closed(a, b):
        return max(0.0, t * np.sqrt(a * (a + b / np.cosh(2 * r) ** 2)) - t**2 / 2 * b)

    for keep, expected in (
        ((0, 2), closed(cos2, sin2)),
        ((3, 1), closed(cos2, sin2)),
        ((0, 3), closed(sin2, cos2)),
        ((1, 2), closed(sin2, cos2)),
    ):
        assert concurrence(partial_trace(rho, (2,) * 4, keep)) == pytest.approx(expected, abs=1e-14)
    x = np.cosh(r) ** 2 / np.cosh(2 * r)
    entropy = -2 * np.log(x**x * (1 - x) ** (1 - x))
    rail = partial_trace(rho, (2,) * 4, (0, 1))
    assert von_neumann_entropy(rail, base=np.e) == pytest.approx(entropy, abs=1e-14)


def test_pairs_of_dicke_states():
    """Any pair of a W state of n qubits has C = 2/n; of |3D_2> as well, by exchange of 0 and 1."""
    for n in (2, 3, 5):
        pair = partial_trace(density(dicke(n, 1)), (2,) * n, (n - 1, 0))
        assert concurrence(pair) == pytest.approx(2 / n, abs=16 * EPS)
    pair = partial_trace(density(dicke(3, 2)), (2,) * 3, (0, 2))
    assert concurrence(pair) == pytest.approx(2 / 3, abs=16 * EPS)


def test_partial_trace_sums_over_the_traced_basis():
    rng = np.random.default_rng(26)
    dims = (2, 3, 4)
    operator = rng.normal(size=(24, 24)) + 1j * rng.normal(size=(24, 24))
    for keep in ((0,), (1,), (2, 0), (0, 2), (1, 2, 0), ()):
        traced = [axis for axis in range(3) if axis not in keep]
        expected = 0
        for levels in np.ndindex(*[dims[axis] for axis in traced]):
            bra = np.eye(1)
            for axis in range(3):
                one = np.eye(dims[axis])
                bra = np.kron(bra, one if axis in keep else one[[levels[traced.index(axis)]]])
            expected = expected + bra @ operator @ bra.T
        kept = sorted(keep)  # `expected` has the subsystems in their own order
        shape = [dims[axis] for axis in kept]
        order = [kept.index(axis) for axis in keep]
        tensor = np.reshape(expected, shape * 2)
        tensor = tensor.transpose(order + [len(kept) + axis for axis in order])
        result = partial_trace(operator, dims, keep)
        np.testing.assert_allclose(result, tensor.reshape(result.shape), atol=32 * EPS)


def test_fidelity_and_distance_of_kets():
    psi, phi = ket("01"), bell("T")
    assert fidelity(psi, phi, squared=True) == pytest.approx(0.5, abs=4 * EPS)
    assert fidelity(psi, density(phi), squared=False) == pytest.approx(np.sqrt(0.5), abs=4 * EPS)
    assert trace_distance(psi, phi) == pytest.approx(np.sqrt(0.5), abs=4 * EPS)
    with pytest.raises(TypeError, match="squared"):
        fidelity(psi, phi)
    with pytest.raises(ValueError, match=r"`squared` must be True or False, but is 2"):
        fidelity(psi, phi, squared=2)


def test_slightly_nonpositive_states_count_as_the_nearest_state():
    excess = 1e-6
    vectors = np.linalg.qr(np.random.default_rng(29).normal(size=(4, 4)))[0]
    rho = (vectors * [0.75 + excess, 0.25, 0.0, -excess]) @ vectors.T
    nearest = (vectors * [0.75 + excess, 0.25, 0.0, 0.0]) @ vectors.T / (1 + excess)
    measures = [
        concurrence,
        negativity,
        purity,
        von_neumann_entropy,
        lambda state, tolerance: trace_distance(state, np.eye(4) / 4, tolerance=tolerance),
        lambda state, tolerance: fidelity(state, bell("S"), squared=True, tolerance=tolerance),
    ]
    for measure in measures:
        # 1e-13: the rounding of the two routes to the nearest state, and log(eps) of the entropy.
        assert measure(rho, tolerance=1e-5) == pytest.approx(
            measure(nearest, tolerance=1e-9), abs=1e-13
        )
        with pytest.raises(ValueError, match=r"positive semidefinite to 1e-09, .* -1e-06"):
            measure(rho, tolerance=1e-9)


def test_slightly_nonpositive_x_state_counts_as_the_nearest_state():
    rho = np.diag([0.4, 0.3, 0.3, -1e-7]).astype(complex)
    rho[1, 2] = rho[2, 1] = 0.3 + 1e-7
    rho /= np.trace(rho)
    values, vectors = np.linalg.eigh(rho)
    nearest = (vectors * np.maximum(values, 0)) @ vectors.T
    nearest /= np.trace(nearest)
    assert concurrence(rho, tolerance=1e-6) == pytest.approx(2 * nearest[1, 2].real, abs=8 * EPS)
    assert concurrence(bell("T"), tolerance=1e-6) == 1.0


def test_rounding_in_one_block_of_an_x_state_leaves_the_tiny_populations_of_the_other():
    """A dark state from a solver: rho_T = -1e-13 must not blur rho_11 = 1e-14."""
    given = {"00": 0.5, "S": 0.5, "T": -1e-13, "11": 1e-14}
    kets = {"00": ket("00"), "S": bell("S"), "T": bell("T"), "11": ket("11")}
    rho = sum(given[label] * density(psi) for label, psi in kets.items())
    expected = 0.5 - 2 * np.sqrt(0.5 * 1e-14)
    assert concurrence(rho) == pytest.approx(expected, abs=2e-13)
    assert concurrence_populations(given) == pytest.approx(expected, abs=2e-13)


def test_kets_within_tolerance_count_as_normalised():
    psi = bell("S") * (1 + 1e-4)
    assert concurrence(psi, tolerance=1e-3) == pytest.approx(1, abs=4 * EPS)
    half = fidelity(psi, ket("01"), squared=True, tolerance=1e-3)
    assert half == pytest.approx(0.5, abs=4 * EPS)


def test_measures_agree_with_qutip():
    qutip = pytest.importorskip("qutip")
    rng = np.random.default_rng(30)
    roots = rng.normal(size=(2, 4, 4)) + 1j * rng.normal(size=(2, 4, 4))
    first, second = (root @ root.conj().T / np.linalg.norm(root) ** 2 for root in roots)
    a, b = (qutip.Qobj(rho, dims=[[2, 2], [2, 2]]) for rho in (first, second))
    pairs = [
        (concurrence(first), qutip.concurrence(a)),
        (negativity(first), qutip.negativity(a, 0)),
        (von_neumann_entropy(first), qutip.entropy_vn(a, base=2)),
        (fidelity(first, second, squared=False), qutip.fidelity(a, b)),
        (trace_distance(first, second), qutip.tracedist(a, b)),
    ]
    for ours, theirs in pairs:
        assert ours == pytest.approx(theirs, abs=1e-12)  # full rank: no root of rounding in theirs
    reduced = partial_trace(first, (2, 2), 1)
    np.testing.assert_allclose(reduced, a.ptrace(1).full(), atol=4 * EPS)


@pytest.mark.parametrize(
    ("call", "message"),
    [
        (lambda: concurrence(np.eye(3) / 3), r"`rho` must be a 4 x 4 matrix, but is an array of"),
        (
            lambda: concurrence(np.eye(4)),
            r"`rho` must be of unit trace to 1e-09, but is of trace 4",
        ),
        (lambda: concurrence([1, 0, 0]), r"`rho` must be a ket of 4 amplitudes, but is an array"),
        (lambda: concurrence(np.full((4, 4), np.nan)), r"`rho` must be finite in every element"),
        (lambda: concurrence(bell("S") * 2), r"`rho` must be of norm 1 to 1e-09, but is of norm 2"),
        (
            lambda: concurrence(bell("S"), tolerance=-1),
            r"`tolerance` must be finite and non-negative",
        ),
        (lambda: fidelity(bell("S"), ket("0"), squared=True), r"`sigma` must be a ket of 4 ampl"),
        (lambda: trace_distance(bell("S"), np.eye(2) / 2), r"`sigma` must be a 4 x 4 matrix"),
        (lambda: negativity(np.eye(3) / 3), r"`dims` must be given for a state of dimension 3"),
        (lambda: negativity(bell("S"), (2, 3)), r"`dims` must be dimensions whose product is 4"),
        (lambda: negativity(bell("S"), 4), r"`dims` must be a sequence of dimensions, but is 4"),
        (lambda: negativity(bell("S"), part=(0, 1)), r"`part` must be some, not all, of 2 subsys"),
        (lambda: negativity(bell("S"), part=()), r"`part` must be some, not all, of 2 subsystems"),
        (lambda: negativity(bell("S"), part=2), r"`part` must be distinct indices below 2, but"),
        (lambda: logarithmic_negativity(bell("S"), base=1), r"`base` must be above 1, but is 1"),
        (lambda: von_neumann_entropy(bell("S"), base=0.5), r"`base` must be above 1, but is 0.5"),
        (lambda: formation(1.5), r"`concurrence` must be a number in \[0, 1\], but is 1.5"),
        (lambda: partial_trace(np.eye(4), (2, 2), (0, 0)), r"`keep` must be distinct indices bel"),
        (lambda: partial_trace(np.eye(4), (2, 2), "0"), r"`keep` must be an integer of at least 0"),
        (lambda: partial_trace(np.eye(4), (2, 3), 0), r"`dims` must be dimensions whose product"),
        (lambda: partial_trace(np.eye(4)[:2], (2, 2), 0), r"`rho` must be a square matrix, but is"),
    ],
)
def test_arguments_out_of_range(call, message):
    with pytest.raises(ValueError, match=message):
        call()


def test_inputs_are_not_changed():
    rho = np.asarray(product(ket("0"), np.diag([0.5, 0.5])))
    before = rho.copy()
    concurrence(rho)
    negativity(rho)
    partial_trace(rho, (2, 2), 1)
    np.testing.assert_array_equal(rho, before)
