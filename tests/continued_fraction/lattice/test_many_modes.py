"""The hierarchy of several modes: against one mode, against Fock, against the broadband limit."""

from itertools import pairwise

import numpy as np
import pytest

import thermalent as te
from thermalent.continued_fraction.lattice import solve
from thermalent.continued_fraction.lattice.elimination import assemble_lattice, eliminate
from thermalent.continued_fraction.lattice.krylov import Ground, LatticeGenerator, steady_vector
from thermalent.continued_fraction.lattice.lattice import (
    hierarchy_operators,
    lattice,
    sectors_of,
    unknowns,
)
from thermalent.continued_fraction.method import ContinuedFraction
from thermalent.continued_fraction.several_poles.chain.coordinates import source_of
from thermalent.continued_fraction.several_poles.converge import converge
from thermalent.networks.symmetry import element_charges


def silent(_text):
    pass


@pytest.mark.parametrize(
    "network",
    [
        te.thermal_link(4.0, 0.3),
        te.thermal_link(1.0, 0.7, gamma=(1.0, 0.6), detuning=(0.3, -0.8), dephasing=0.1, loss=0.2),
        te.phononic_link(n_th=1.0, kappa=1.3, positions=(1.0, 2.2), detuning=(0.3, -0.4)),
        te.phononic_link(n_th=0.4, kappa=0.5, positions=(0.3, 1.9, 2.0), detuning=(0.0, 0.1, 0.3)),
    ],
    ids=["cascade", "imperfect", "back-action", "three emitters"],
)
def test_one_mode_is_the_case_of_the_continued_fraction(network):
    """Another basis, another solver: only the source's description is shared."""
    expected = te.steady_state(network, ContinuedFraction(rtol=1e-11)).state
    found = solve.lattice_steady_state(network, 1e-9)
    assert found.outcome == "converged"
    scale = np.max(np.abs(expected))
    assert np.max(np.abs(found.state - expected)) < 1e-9 * scale


@pytest.mark.parametrize(
    ("poles", "n_th"),
    [
        ([-1, -2, -3], 0.5),
        ([-0.35 - 0.9j, -0.35 + 0.9j, -0.5, -0.4 - 1j], 0.05),
        ([-1.75 - 0.13j, -1.75 + 0.13j, -2.1 - 0.3j], 0.7),
    ],
    ids=["real", "four poles", "detuned"],
)
def test_modes_without_a_loss_of_their_own(poles, n_th):
    """The cavities within a row lose nothing but to each other; the chain of tiers has none."""
    network = te.thermal_link(n_th, filter=te.Filter.poles_and_zeros(poles), qubits=2)
    assert abs(network.decay[1, 1]) < 1e-12
    found = solve.lattice_steady_state(network, 1e-6)
    expected = converge(source_of(network).chain, 1e-4)
    assert found.outcome == "converged"
    off = np.max(np.abs(found.state - expected.stationary.matrix(expected.fraction.x)))
    assert off < found.error + expected.fraction.error


@pytest.mark.parametrize(
    ("arguments", "cutoff"),
    [
        ({"pairs": 1, "squeezing": 0.3, "bandwidth": 3.0}, 6),
        ({"pairs": 1, "squeezing": 0.3, "bandwidth": 2.0, "detuning": 0.7, "dephasing": 0.1}, 6),
        ({"pairs": 1, "squeezing": 0.3, "bandwidths": (2.0, 5.0), "detuning_b": 0.4}, 6),
    ],
    ids=["resonant", "detuned and dephased", "unequal modes"],
)
def test_one_pair_agrees_with_the_master_equation(arguments, cutoff):
    """DUALRAIL, Eq. (11), with the amplifier's modes cut off, against the hierarchy."""
    network = te.dual_rail(**arguments)
    hierarchy = te.steady_state(network, ContinuedFraction(rtol=1e-11))
    fock = te.steady_state(network, te.Fock(cutoff=cutoff))
    assert np.max(np.abs(hierarchy.state - fock.state)) < 1e-8
    # The hierarchy is the closer one, and both know how far they are.
    assert hierarchy.error < 1e-10
    assert np.max(np.abs(hierarchy.state - fock.state)) < hierarchy.error + fock.error


@pytest.mark.long
def test_two_pairs_agree_with_the_master_equation():
    network = te.dual_rail(2, 0.4, bandwidth=4.0, detuning=(0.0, 0.6), permutation=(1, 0))
    hierarchy = te.steady_state(network, ContinuedFraction(rtol=1e-10))
    fock = te.steady_state(network, te.Fock(cutoff=9))
    difference = np.max(np.abs(hierarchy.state - fock.state))
    assert difference < 1e-8
    assert difference < hierarchy.error + fock.error


def test_exact_elimination_and_krylov_agree_on_one_lattice():
    of = hierarchy_operators(te.dual_rail(1, 1.0, bandwidth=5.0, detuning=0.3))
    tier0_size = Ground(LatticeGenerator(of))
    at = lattice(of, 6)
    exact = eliminate(tier0_size, at)
    solved = steady_vector(tier0_size, at, np.zeros(at.size), 1e-13, silent)
    assert np.max(np.abs(exact - solved.vector)) < 1e-12
    # Stationary, and of trace one.
    assert np.max(np.abs(tier0_size.generator.apply(exact, at))) < 1e-12
    assert np.sum(exact[tier0_size.populations]) == pytest.approx(1, abs=1e-14)


@pytest.mark.parametrize("last", [2, 4, 5])
def test_the_choice_of_amplitudes_changes_nothing(monkeypatch, last):
    """Normal amplitudes or the modes' own: a linear change within each tier of the lattice."""
    network = te.dual_rail(1, 0.7, bandwidths=(3.0, 2.0), detuning=0.3)
    states = []
    for worst in (10.0, 0.0):
        monkeypatch.setattr("thermalent.continued_fraction.lattice.lattice._WORST_CONDITION", worst)
        of = hierarchy_operators(network)
        assert (len(of.pairs) == 0) == (worst > 0)
        at = lattice(of, last)
        states.append(eliminate(Ground(LatticeGenerator(of)), at)[: at.offset[1]])
    assert np.max(np.abs(states[0] - states[1])) < 1e-13


def test_two_filters_agree_with_the_master_equation():
    """Equal filters in a row: a drift without eigenbasis, and modes that are correlated."""
    network = te.thermal_link(0.2, 0.5, filters=2, qubits=1)
    hierarchy = te.steady_state(network, ContinuedFraction(rtol=1e-11))
    fock = te.steady_state(network, te.Fock(cutoff=9))
    assert np.max(np.abs(hierarchy.state - fock.state)) < hierarchy.error + fock.error
    assert fock.error < 1e-7


def test_a_hot_source_is_eliminated():
    """Beyond the reach of the iteration; the single filter has the fraction to compare with."""
    network = te.thermal_link(20.0, 0.1)
    expected = te.steady_state(network).state
    found = solve.lattice_steady_state(network, 1e-7)
    assert np.max(np.abs(found.state - expected)) < 1e-7


@pytest.mark.parametrize(
    "network",
    [
        te.dual_rail(2, 1.0, bandwidth=5.0, detuning=(0.0, 0.4), dephasing=0.1),
        te.thermal_link(1.0, 0.5, filters=3),
        te.phononic_link(n_th=1.0, kappa=1.3, positions=(1.0, 2.2), detuning=(0.3, -0.4)),
    ],
    ids=["two rails", "three filters", "back-action"],
)
def test_the_kernel_and_the_assembled_matrix_are_one_generator(network):
    generator = LatticeGenerator(hierarchy_operators(network))
    at = lattice(generator.operators, 5)
    x = np.random.default_rng(3).normal(size=at.size).astype(generator.dtype)
    matrix = assemble_lattice(generator, at)
    assert np.max(np.abs(matrix @ x - generator.apply(x, at))) < 1e-13 * np.max(np.abs(matrix))


def test_errors_hold_and_fall_with_the_tier():
    """One pair, r = 1, kappa/gamma = 5: the error estimate covers the distance to the answer."""
    network = te.dual_rail(1, 1.0, bandwidth=5.0)
    exact = solve.lattice_steady_state(network, 1e-12).state
    distances = []
    for last in (4, 8, 12, 16):
        found = solve.lattice_steady_state(network, 1e-12, last)
        distances.append(np.max(np.abs(found.state - exact)))
        assert distances[-1] <= found.error + 1e-12
    # At least two digits in four tiers.
    assert all(b < a / 100 for a, b in pairwise(distances))


def test_later_pairs_leave_the_earlier_alone():
    """In any truncation: the cascade is one-way inside the hierarchy too."""
    one, two, three = (
        solve.lattice_steady_state(
            te.dual_rail(n, 1.0, bandwidth=8.0, detuning=0.2), 1e-12, 3
        ).state
        for n in (1, 2, 3)
    )
    first_of_two = te.partial_trace(two, [2] * 4, [0, 1])
    first_two_of_three = te.partial_trace(three, [2] * 6, [0, 1, 2, 3])
    # The Krylov method's own tolerance is the rest.
    assert np.max(np.abs(first_of_two - one)) < 1e-11
    assert np.max(np.abs(first_two_of_three - two)) < 1e-11


def test_the_broadband_limit_is_reached_with_first_order():
    """1 - F with DUALRAIL's pure state falls like gamma/kappa: 0.00038, 3.68e-5, 3.67e-6."""
    pure = te.steady_state(te.dual_rail(1, 1.0), te.Fock())
    infidelities = [
        1 - te.fidelity(pure.state, te.steady_state(network).state, squared=True)
        for network in (te.dual_rail(1, 1.0, bandwidth=k) for k in (1e3, 1e4, 1e5))
    ]
    assert infidelities == pytest.approx([3.8e-4, 3.68e-5, 3.67e-6], rel=1e-2)


def test_the_number_of_unknowns_is_known_before():
    for network in (te.dual_rail(2, 1.0, bandwidth=5.0), te.thermal_link(2.0, 0.5)):
        of = hierarchy_operators(network)
        for last in (0, 1, 4, 7):
            assert unknowns(of.sectors, last) == lattice(of, last).size


@pytest.mark.parametrize("signs", [[1], [1, -1], [1, 1], [0], [0, 0]])
def test_unknowns_are_all_elements_of_fitting_charges_at_all_boson_numbers(signs):
    """Without charges all elements belong to each of the boson numbers up to a tier."""
    carried = np.array([0, 1, 1, 2]) * any(signs)
    of = sectors_of(carried, np.array(signs))
    element = np.subtract.outer(carried, carried).ravel()
    for last in (0, 1, 4):
        numbers = np.array(
            [n for n in np.ndindex(*[last + 1] * (2 * len(signs))) if sum(n) <= last]
        )
        raised = numbers @ np.outer(signs, (1, -1)).ravel()
        assert unknowns(of, last) == np.sum(raised[:, None] == -element[None, :])


def test_without_a_symmetry_the_whole_space_is_solved():
    """A pumped mode alone squeezes itself: nothing is conserved. Against Fock."""
    network = te.Network(
        nodes=(te.Mode(name="a"), te.Qubit(name="q")),
        exchange=np.array([[0, -0.5j], [0.5j, 0.2]]),
        decay=np.ones((2, 2)),
        pumping=np.diag([0.15, 0.0]),
    )
    found = solve.lattice_steady_state(network, 1e-11)
    fock = te.steady_state(network, te.Fock(cutoff=24))
    assert np.max(np.abs(found.state - fock.state)) < 1e-9


def test_refusals_say_what_to_do():
    with pytest.raises(
        te.MethodError, match=r"so hot that the hierarchy of its 2 modes .* up to 60"
    ):
        te.steady_state(te.dual_rail(1, 12.0, bandwidth=5.0), ContinuedFraction())
    with pytest.raises(
        te.MethodError, match=r"several that drive the emitters through one amplitude"
    ):
        te.evolve(te.dual_rail(1, 1.0, bandwidth=5.0), [1.0], "00", ContinuedFraction())


def test_an_idle_pair_has_no_unique_steady_state():
    network = te.dual_rail(2, 1.0, bandwidth=5.0)
    exchange, decay = network.exchange.copy(), network.decay.copy()
    for matrix in (exchange, decay):
        matrix[4:, :] = 0
        matrix[:, 4:] = 0
    idle = te.Network(nodes=network.nodes, exchange=exchange, decay=decay, pumping=network.pumping)
    with pytest.raises(te.SolveError, match="not unique") as caught:
        te.steady_state(idle, ContinuedFraction())
    partial = caught.value.result.state
    assert partial.shape == (16, 16)
    assert np.all(np.isnan(partial))


def test_a_wrong_variance_would_be_noticed():
    """The negative control: V_- with the other sign is another state."""
    of = hierarchy_operators(te.dual_rail(1, 1.0, bandwidth=5.0))
    wrong = type(of)(**{**of.__dict__, "covariance": np.abs(of.covariance)})
    states = []
    for one in (of, wrong):
        tier0_size = Ground(LatticeGenerator(one))
        at = lattice(one, 6)
        states.append(eliminate(tier0_size, at)[: at.offset[1]])
    assert np.max(np.abs(states[0] - states[1])) > 0.05


def test_what_needs_one_mode_says_so():
    network = te.dual_rail(1, 1.0, bandwidth=5.0)
    for ask, words in (
        (
            lambda: te.spectrum(network, [0.0]),
            "the network has 2 boson modes, and beyond its steady state",
        ),
        (lambda: te.coherence(network, [0.0], order=2), "the network has 2 boson modes"),
        (lambda: te.relaxation_rates(network), "through one amplitude"),
        (lambda: te.preparation_time(network, "00"), "through one amplitude"),
    ):
        with pytest.raises(te.MethodError, match=words):
            ask()


def test_pairs_are_not_mistaken_for_decay():
    """What only loses excitations, or is driven from outside, refuses what is pumped."""
    behind_modes = te.dual_rail(1, 0.3, bandwidth=5.0)
    assert te.evolve(behind_modes, [1.0], "00").method.name == "Fock"
    one_mode = te.Network(
        nodes=(te.Mode(name="a", bath_rate=0.1, n_th=1.0), te.Qubit(name="q")),
        exchange=te.Cascade(rates=(0.5, 1.0)).coupling().exchange,
        decay=te.Cascade(rates=(0.5, 1.0)).coupling().decay,
        pumping=np.diag([0.1, 0.0]),
    )
    for method in (
        te.SingleExcitation(),
        te.FewExcitations(),
        te.FieldTrajectories(),
        te.Bourret(),
    ):
        for network in (behind_modes, one_mode):
            assert method.refusal(network) is not None, (method, network.label)
    assert te.steady_state(one_mode).method.name == "Fock"


def test_one_mode_and_a_squeezed_channel():
    """A thermal mode in front of qubits that see a squeezed channel too: fraction against Fock."""
    cascade = te.Cascade(rates=(0.4, 1.0)).coupling()
    squeezed = 0.3
    exchange, decay = np.zeros((3, 3), dtype=complex), np.zeros((3, 3), dtype=complex)
    exchange[:2, :2], decay[:2, :2] = cascade
    swap = np.zeros((3, 3))
    swap[1, 2] = swap[2, 1] = -np.sinh(squeezed) * np.cosh(squeezed)
    network = te.Network(
        nodes=(
            te.Mode(name="a", bath_rate=0.4, n_th=1.0),
            te.Qubit(name="q1"),
            te.Qubit(name="q2"),
        ),
        exchange=exchange,
        decay=decay + np.diag([0, np.cosh(squeezed) ** 2, np.cosh(squeezed) ** 2]),
        absorption=np.diag([0, np.sinh(squeezed) ** 2, np.sinh(squeezed) ** 2]),
        anomalous=swap,
    )
    fraction = te.steady_state(network, ContinuedFraction(rtol=1e-10))
    fock = te.steady_state(network, te.Fock(cutoff=24))
    assert np.max(np.abs(fraction.state - fock.state)) < fraction.error + fock.error
    assert fock.error < 1e-7


@pytest.mark.parametrize("apart", [0.0, 5e-3, 0.3])
def test_rates_that_are_nearly_equal(apart):
    """The eigenvectors of the drift are nearly parallel then; against Fock."""
    cascade = te.Cascade(rates=(1, 1 + apart, 1, 1)).coupling()
    network = te.Network(
        nodes=(
            te.Mode(name="a", bath_rate=1, n_th=0.1),
            te.Mode(name="b", bath_rate=1 + apart),
            te.Qubit(name="q1"),
            te.Qubit(name="q2"),
        ),
        exchange=cascade.exchange + np.diag([0, 0, 0, 0.3]),
        decay=cascade.decay,
    )
    hierarchy = te.steady_state(network, ContinuedFraction(rtol=1e-10))
    fock = te.steady_state(network, te.Fock(cutoff=6))
    assert hierarchy.error < 1e-9
    assert np.max(np.abs(hierarchy.state - fock.state)) < hierarchy.error + fock.error
    assert fock.error < 1e-4


def test_neighbours_on_the_lattice_are_those_of_its_numbers():
    """Positions found by bisection against the numbers themselves, also where there is none."""
    operators = hierarchy_operators(te.thermal_link(0.3, 0.5, filters=2))
    grown = lattice(operators, 4)
    rows = [tuple(row) for row in grown.numbers.tolist()]
    unit = np.eye(len(rows[0]), dtype=int)
    pairs = operators.pairs
    for found, shifts in (
        (grown.more, unit),
        (grown.fewer, -unit),
        (grown.moved, unit[pairs[:, 1]] - unit[pairs[:, 0]]),
    ):
        for row, places in zip(rows, found.tolist(), strict=True):
            for shift, place in zip(shifts, places, strict=True):
                wanted = tuple((np.array(row) + shift).tolist())
                assert place == (rows.index(wanted) if wanted in rows else -1)


@pytest.mark.parametrize("numbers", [[0, 1, 1, 2], [3, 5, 5, 9, 4], [0], [2, -1, 0, 0]])
def test_sectors_start_where_the_sorted_charges_change(numbers):
    """Their sizes are counted without a list of all elements."""
    of = sectors_of(np.array(numbers), np.array([1, -1]))
    charges = element_charges(numbers)[of.order]
    assert of.starts[-1] == len(charges)
    for charge in range(-12, 13):
        assert np.all(charges[of.sector(charge)] == charge)
        size = of.sector(charge).stop - of.sector(charge).start
        assert size == np.count_nonzero(charges == charge)
