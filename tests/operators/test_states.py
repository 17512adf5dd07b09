"""Kets, named states and the check of a density matrix."""

import numpy as np
import pytest

from thermalent.operators.states import (
    basis_labels,
    bell,
    check_dims,
    check_state,
    density,
    dicke,
    initial_state,
    ket,
    lowest_eigenvalue,
    populations,
    product,
    w_state,
)
from thermalent.support.errors import ArgumentError

EPS = np.finfo(float).eps
LOWERING = np.array([[0.0, 1.0], [0.0, 0.0]])  # |0><1|


def collective(operator, n):
    """Sum of a one-qubit operator over n qubits."""
    return sum(np.kron(np.kron(np.eye(2**i), operator), np.eye(2 ** (n - 1 - i))) for i in range(n))


def test_the_ground_state_is_the_first_basis_state():
    np.testing.assert_array_equal(ket("0"), [1, 0])
    np.testing.assert_array_equal(LOWERING @ ket("0"), [0, 0])
    np.testing.assert_array_equal(LOWERING @ ket("1"), ket("0"))


def test_kets_are_products_with_the_first_subsystem_leftmost():
    np.testing.assert_array_equal(ket("01"), [0, 1, 0, 0])
    np.testing.assert_array_equal(ket("10"), [0, 0, 1, 0])
    np.testing.assert_array_equal(ket("011"), product(ket("0"), ket("1"), ket("1")))
    np.testing.assert_array_equal(ket("13", dims=(2, 4)), np.eye(8)[7])
    np.testing.assert_array_equal(ket("1,12", dims=(2, 20)), np.eye(40)[32])


def test_labels_and_kets_agree():
    for dims in ((2, 2, 2), (2, 4), (2, 11)):
        columns = [ket(label, dims) for label in basis_labels(dims)]
        np.testing.assert_array_equal(np.array(columns), np.eye(len(columns)))


def test_bell_states_are_what_collective_decay_makes_of_them():
    """Collective lowering annihilates |S> and takes |T> to sqrt2 |00>; |S> is odd on exchange."""
    lowering = collective(LOWERING, 2)
    np.testing.assert_array_equal(lowering @ bell("S"), np.zeros(4))
    np.testing.assert_allclose(lowering @ bell("T"), np.sqrt(2) * ket("00"), atol=2 * EPS)
    exchange = np.eye(4)[[0, 2, 1, 3]]
    np.testing.assert_array_equal(exchange @ bell("S"), -bell("S"))
    assert bell("S")[1] > 0
    np.testing.assert_array_equal(bell("S"), bell("Psi-"))
    np.testing.assert_array_equal(bell("T"), bell("Psi+"))


def test_bell_states_are_an_orthonormal_basis_of_maximally_entangled_states():
    basis = np.array([bell(kind) for kind in ("Psi-", "Psi+", "Phi-", "Phi+")])
    np.testing.assert_allclose(basis @ basis.conj().T, np.eye(4), atol=2 * EPS)
    for psi in basis:
        reduced = psi.reshape(2, 2) @ psi.reshape(2, 2).conj().T
        np.testing.assert_allclose(reduced, np.eye(2) / 2, atol=2 * EPS)
    assert bell("Phi-")[3] < 0 < bell("Phi+")[3]


@pytest.mark.parametrize(("n", "k"), [(1, 0), (1, 1), (3, 1), (3, 2), (4, 2), (5, 5)])
def test_dicke_states_follow_from_collective_raising(n, k):
    raised = ket("0" * n)
    for _ in range(k):
        raised = collective(LOWERING.T, n) @ raised
    raised = raised / np.linalg.norm(raised)
    np.testing.assert_allclose(dicke(n, k), raised, atol=4 * EPS)


def test_w_state_shares_one_excitation():
    expected = (ket("001") + ket("010") + ket("100")) / np.sqrt(3)
    np.testing.assert_allclose(w_state(3), expected, atol=2 * EPS)


def test_density_of_a_ket_and_of_a_matrix():
    psi = np.array([0.6, 0.8j])
    np.testing.assert_allclose(density(psi), [[0.36, -0.48j], [0.48j, 0.64]], atol=2 * EPS)
    np.testing.assert_array_equal(density(density(psi)), density(psi))


def test_product_of_kets_is_a_ket_and_of_mixtures_a_matrix():
    mixed = np.diag([0.75, 0.25])
    np.testing.assert_array_equal(product(ket("1"), bell("S")), [0, 0, 0, 0, *bell("S")])
    result = product(ket("1"), mixed)
    np.testing.assert_allclose(result, np.diag([0, 0, 0.75, 0.25]), atol=EPS)
    with pytest.raises(ValueError, match=r"`states` must be one state or more"):
        product()
    with pytest.raises(ValueError, match=r"`states\[1\]` must be of norm 1 to 1e-09, but is of no"):
        product(ket("0"), 2 * ket("1"))


@pytest.mark.parametrize(
    ("spec", "dims", "expected"),
    [
        ("01", (2, 2), np.diag([0, 1, 0, 0])),
        ("S", (2, 2), np.outer(bell("S"), bell("S"))),
        ("13", (2, 4), np.diag([0, 0, 0, 0, 0, 0, 0, 1])),
        (np.array([0.6, 0.8j]), (2,), [[0.36, -0.48j], [0.48j, 0.64]]),
        ([[0.5, 0.0], [0.0, 0.5]], (2,), np.eye(2) / 2),
    ],
)
def test_initial_states(spec, dims, expected):
    result = initial_state(spec, dims)
    assert result.dtype == complex
    np.testing.assert_allclose(result, expected, atol=2 * EPS)


@pytest.mark.parametrize(
    ("spec", "dims", "message"),
    [
        ("0", (2, 2), r"`initial` must be one level for each of 2 subsystems, but is '0'"),
        ("02", (2, 2), r"`initial` must be made of levels below the dimensions \(2, 2\), but is '"),
        ("S", (2, 2, 2), r'`initial` must be a basis label such as "01", but is \'S\''),
        ("", (2, 2), r'`initial` must be a basis label such as "01", but is \'\''),
        ([1, 0], (2, 2), r"`initial` must be a ket of 4 amplitudes, but is an array of shape \(2,"),
        ([1, 0, 0, 1], (2, 2), r"`initial` must be of norm 1 to 1e-09, but is of norm 1.41421356"),
        ([1, 0, 0, np.inf], (2, 2), r"`initial` must be finite in every element, but is not"),
        (["a", "b"], (2,), r"`initial` must be a ket of numbers, but is"),
        (np.eye(2) / 2, (2, 2), r"`initial` must be a 4 x 4 matrix, but is an array of shape"),
        (np.eye(4), (2, 2), r"`initial` must be of unit trace to 1e-09, but is of trace 4"),
        ([[1, 0], [0]], (2,), r"`initial` must be a square matrix of numbers, but is"),
        (3, (2,), r"`initial` must be a square matrix, but is 3\."),
    ],
)
def test_initial_states_that_are_none(spec, dims, message):
    with pytest.raises(ValueError, match=message):
        initial_state(spec, dims, name="initial")


@pytest.mark.parametrize(
    ("rho", "message"),
    [
        ([[0.5, 0.1], [0.2, 0.5]], r"Hermitian to 1e-09, but is not: its largest .* is 0\.1\."),
        ([[0.5, 0.1j], [0.1j, 0.5]], r"Hermitian to 1e-09, but is not: its largest .* is 0\.2\."),
        (np.diag([0.5, 0.4]), r"of unit trace to 1e-09, but is of trace 0\.9\."),
        (np.diag([1.5, -0.5]), r"positive semidefinite to 1e-09, but .* eigenvalue is -0\.5\."),
        ([[0.5, 0.6], [0.6, 0.5]], r"positive semidefinite to 1e-09, but .* eigenvalue is -0\.1\."),
        (np.zeros((0, 0)), r"a state of dimension one or more, but is empty"),
        ([[1, np.nan], [np.nan, 0]], r"finite in every element, but is not"),
        (np.zeros((2, 3)), r"a square matrix, but is an array of shape \(2, 3\)"),
    ],
)
def test_check_state_names_the_property_that_fails(rho, message):
    with pytest.raises(ValueError, match=f"Argument `rho` must be {message}"):
        check_state(rho)


def test_check_state_tolerates_what_it_is_told_to():
    rho = np.array([[0.5, 0.5 + 4e-6], [0.5, 0.5 - 3e-6]])
    result = check_state(rho, 1e-5)
    np.testing.assert_allclose(result, [[0.5, 0.5 + 2e-6], [0.5 + 2e-6, 0.5 - 3e-6]], atol=EPS)
    for tolerance, property_ in ((3.5e-6, "Hermitian"), (2e-6, "Hermitian")):
        with pytest.raises(ValueError, match=property_):
            check_state(rho, tolerance)
    with pytest.raises(ValueError, match="unit trace"):
        check_state(result, 2.9e-6)
    # Smallest eigenvalue: -1.5e-6 from the diagonal, -2e-6 from the coherence.
    with pytest.raises(ValueError, match=r"positive semidefinite .* is -3\.5"):
        check_state(result, 3.4e-6)
    with pytest.raises(ValueError, match=r"`tolerance` must be finite and non-negative, but is -1"):
        check_state(result, -1)


def test_populations_of_two_qubits():
    weights = {"00": 0.4, "S": 0.3, "T": 0.2, "11": 0.1}
    kets = {"00": ket("00"), "S": bell("S"), "T": bell("T"), "11": ket("11")}
    rho = sum(weights[label] * density(psi) for label, psi in kets.items())
    assert populations(rho) == pytest.approx(weights, abs=4 * EPS)
    assert list(populations(rho)) == ["00", "S", "T", "11"]
    for label, psi in kets.items():
        direct = (psi.conj() @ rho @ psi).real
        assert populations(rho)[label] == pytest.approx(direct, abs=4 * EPS)
        assert populations(psi)[label] == pytest.approx(1.0, abs=4 * EPS)


def test_populations_of_other_systems_carry_basis_labels():
    assert populations(np.diag([0.75, 0.25])) == {"0": 0.75, "1": 0.25}
    third = pytest.approx(1 / 3, abs=2 * EPS)
    given = populations(w_state(3))
    assert {label for label, value in given.items() if value} == {"001", "010", "100"}
    assert given["001"] == third
    assert populations(np.diag([0.5, 0, 0, 0.5, 0, 0, 0, 0]), (2, 4))["03"] == 0.5
    assert populations(ket("1,12", (2, 20)), (2, 20))["1,12"] == 1.0
    assert populations(np.eye(4) / 4, (4,)) == dict.fromkeys("0123", 0.25)
    with pytest.raises(ValueError, match=r"`dims` must be dimensions whose product is 4, but is"):
        populations(np.eye(4) / 4, (2, 3))


@pytest.mark.parametrize(
    ("call", "message"),
    [
        (lambda: bell("X"), r"`kind` must be one of S, T, Psi-, Psi\+, Phi-, Phi\+, but is 'X'"),
        (lambda: bell(["S"]), r"`kind` must be one of S, T, Psi-, .* but is \['S'\]"),
        (lambda: dicke(0, 0), r"`n` must be an integer of at least 1, but is 0"),
        (lambda: dicke(2, 3), r"`k` must be an integer from 0 to 2, but is 3"),
        (lambda: w_state(1.5), r"`n` must be an integer of at least 1, but is 1.5"),
        (lambda: ket(1), r'`label` must be a basis label such as "01", but is 1'),
        (lambda: ket("2"), r"`label` must be made of levels below the dimensions \(2,\), but is"),
        (lambda: ket("1,,2"), r'`label` must be a basis label such as "01", but is \'1,,2\''),
        (lambda: ket("0", 2), r"`dims` must be a sequence of dimensions, but is 2"),
        (lambda: ket("0", (0,)), r"`dims` must be an integer of at least 1, but is 0"),
        (lambda: initial_state("0", "2"), r"`dims` must be a sequence of dimensions, but is '2'"),
    ],
)
def test_arguments_out_of_range(call, message):
    with pytest.raises(ValueError, match=message):
        call()


def test_named_states_are_fresh_arrays():
    bell("S")[0] = 1
    assert bell("S")[0] == 0


def test_the_lowest_eigenvalue_is_found_block_by_block():
    rng = np.random.default_rng(0)
    sizes = (60, 1, 40, 30)
    whole = np.zeros((sum(sizes),) * 2, dtype=complex)
    start = 0
    for size in sizes:
        block = rng.normal(size=(size, size)) + 1j * rng.normal(size=(size, size))
        whole[start : start + size, start : start + size] = block + block.conj().T
        start += size
    order = rng.permutation(len(whole))
    mixed = whole[np.ix_(order, order)]
    expected = np.linalg.eigvalsh(mixed)[0]
    assert lowest_eigenvalue(mixed) == pytest.approx(expected, rel=1e-13)
    assert lowest_eigenvalue(np.diag([3.0, -1.0])) == -1.0


@pytest.mark.parametrize("dims", [[[2], [2, 2]], np.eye(2), [[2, 2]]])
def test_dimensions_are_one_row_of_integers(dims):
    with pytest.raises(ValueError, match="`dims` must be a sequence of dimensions"):
        check_dims(dims, 4)


def test_the_size_of_a_state_is_a_number():
    with pytest.raises(ArgumentError, match="`size` must be"):
        check_dims((2, 2), "4" * 10_000)
