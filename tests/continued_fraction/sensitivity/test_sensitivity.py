"""Derivatives by the adjoint against differences of the whole solution in extended precision."""

import functools

import numpy as np
import pytest

import thermalent as te
from tests.support.extrapolation import extrapolated
from thermalent.continued_fraction.chain import dense_blocks
from thermalent.continued_fraction.chain.chain import generator, hierarchy_chain
from thermalent.continued_fraction.chain.hierarchy import hierarchy
from thermalent.continued_fraction.sensitivity import adjoint as adjoint_module
from thermalent.continued_fraction.sensitivity import kernels as sensitivity_kernels
from thermalent.continued_fraction.sensitivity.observable import DIFFERENTIABLE
from thermalent.networks.network import Network
from thermalent.networks.nodes import CollectiveSpin, Mode, Qubit
from thermalent.operators.bounds.gradients import concurrence_with_gradient
from thermalent.operators.reading.observables import TABLE

LAST = 40  # tiers of the reference; V is small where it is used


def solve_extended(matrix, right):
    """Gauss and Jordan with partial pivoting in long double; `right` has columns."""
    a = np.concatenate([matrix, right], axis=1).astype(np.longdouble)
    n = len(a)
    for k in range(n):
        pivot = k + int(np.argmax(np.abs(a[k:, k])))
        if pivot != k:
            a[[k, pivot]] = a[[pivot, k]]
        a[k] /= a[k, k]
        factors = a[:, k].copy()
        factors[k] = 0.0
        a -= np.outer(factors, a[k])
    return a[:, n:]


def reference_state(network):
    """The fraction in long double, at a fixed tier, truncated far above what V needs."""
    chain = hierarchy_chain(hierarchy(network))
    tail = None
    for n in range(LAST, 0, -1):
        block = dense_blocks.diagonal_block(chain, 0.0, n).astype(np.longdouble)
        if tail is not None:
            block -= dense_blocks.down_block(chain, n).toarray() @ tail
        tail = solve_extended(block, dense_blocks.up_block(chain, n).toarray())
    tier0_size = chain.tier0_size
    k = dense_blocks.down_block(chain, 0).toarray() @ tail
    matrix = chain.a[0][:tier0_size, :tier0_size] + k[:tier0_size, :tier0_size]
    basis = chain.basis[0][:, :tier0_size]
    d = round(np.sqrt(len(basis)))
    matrix[0] = basis[np.arange(d) * (d + 1)].sum(axis=0).real
    x = solve_extended(matrix, np.eye(tier0_size)[:, :1])[:, 0]
    return (basis.astype(np.clongdouble) @ x).reshape(d, d)


def x_concurrence(rho):
    return 2 * max(
        abs(rho[1, 2]) - np.sqrt(abs(rho[0, 0] * rho[3, 3])),
        abs(rho[0, 3]) - np.sqrt(abs(rho[1, 1] * rho[2, 2])),
    )


@functools.cache
def extended(builder, parameters):
    return reference_state(builder(**dict(parameters)))


def solved_to(rtol):
    """In place of the fraction in long double: the solver itself."""
    method = te.ContinuedFraction(rtol=rtol)
    return lambda builder, parameters: te.steady_state(builder(**dict(parameters)), method)


def numerical(builder, parameters, function, state=extended):
    """All derivatives of a function of the state by differences."""
    found = {}
    for name, value in parameters.items():
        items = list(np.atleast_1d(value))
        rates = []
        for i, item in enumerate(items):

            def at(x, i=i, name=name, items=items, value=value):
                changed = [x if j == i else y for j, y in enumerate(items)]
                given = changed[0] if np.ndim(value) == 0 else tuple(changed)
                return function(state(builder, tuple({**parameters, name: given}.items())))

            rates.append(
                extrapolated(at, item, 0.02 * (min(abs(item), 1) if abs(item) < 100 else item))
            )
        found[name] = rates[0] if np.ndim(value) == 0 else tuple(rates)
    return found


def line(**p):
    return te.thermal_link(**p)


def mirror(z_1, z_2, **p):
    return te.phononic_link(positions=(z_1, z_2), **p)


def three(**p):
    return te.thermal_link(qubits=3, **p)


def general(bath, n_th, coupling, phase, loss, absorbed):
    """Complex exchange with a spin, back-action and absorption."""
    exchange = np.zeros((3, 3), dtype=complex)
    exchange[0, 1], exchange[1, 2] = coupling * np.exp(1j * phase), 0.4 * coupling
    exchange[0, 2] = 0.3j * coupling
    exchange += exchange.conj().T
    return Network(
        nodes=(
            Mode(bath_rate=bath, n_th=n_th),
            Qubit(name="a", dephasing=0.05),
            CollectiveSpin(name="b", qubits=2),
        ),
        exchange=exchange + np.diag([0.1, 0.3, -0.2]),
        decay=np.array([[0.4, 0.1, 0.0], [0.1, loss, 0.05j], [0.0, -0.05j, 0.5]]),
        absorption=np.diag([0.0, absorbed, 0.5 * absorbed]),
    )


LINK = {
    "n_th": 4.0,
    "kappa": 0.05,
    "gamma": (1.0, 0.9),
    "detuning": (0.2, -0.3),
    "dephasing": (0.01, 0.02),
    "loss": 0.03,
    "intrinsic_decay": (0.01, 0.02),
    "waveguide_occupation": 0.002,
}
MIRROR = {"n_th": 3.0, "kappa": 0.1, "detuning": (0.5, -0.45), "z_1": 6.2, "z_2": 12.7}
GENERAL = {"bath": 0.3, "n_th": 1.2, "coupling": 0.5, "phase": 0.7, "loss": 0.6, "absorbed": 0.05}
OBSERVED = np.array([[0.2, 0, 0, 0], [0, 1, 0.3 - 0.2j, 0], [0, 0.3 + 0.2j, -0.4, 0], [0, 0, 0, 2]])


def check(found, expected, tolerance=1e-8, noise=1e-9):
    """Relative to the derivative, and within the stated error and the noise of the differences."""
    largest = max(np.max(np.abs(value)) for value in expected.values())
    for name, value in expected.items():
        assert np.shape(found[name]) == np.shape(value)
        difference = np.abs(np.array(found[name]) - np.array(value))
        assert np.all(difference <= tolerance * np.maximum(np.abs(value), 1e-3 * largest)), name
        allowed = noise * np.maximum(np.abs(value), 1e-3 * largest)
        assert np.all(difference <= np.array(found.errors[name]) + allowed), name


@pytest.mark.parametrize(
    ("builder", "parameters"), [pytest.param(line, LINK, marks=pytest.mark.long), (mirror, MIRROR)]
)
def test_concurrence_against_extended_precision(builder, parameters):
    found = te.sensitivities(builder, parameters)
    assert found.value == pytest.approx(te.steady_state(builder(**parameters)).concurrence())
    assert found.value > 0.05
    check(found, numerical(builder, parameters, x_concurrence))


@pytest.mark.parametrize(("builder", "parameters"), [(line, LINK), (mirror, MIRROR)])
def test_an_operator_against_extended_precision(builder, parameters):
    found = te.sensitivities(builder, parameters, OBSERVED)
    check(
        found,
        numerical(builder, parameters, lambda rho: np.trace(OBSERVED @ rho).real),
    )


def test_purity_and_a_function_with_backaction_and_a_spin(rng):
    root = rng.normal(size=(6, 6)) + 1j * rng.normal(size=(6, 6))
    operator = root + root.conj().T

    def squared(rho):
        value = np.trace(operator @ rho).real
        return value**2, 2 * value * operator

    for observable, function in (
        ("purity", lambda rho: np.sum(np.abs(rho) ** 2)),
        (squared, lambda rho: np.trace(operator @ rho).real ** 2),
    ):
        found = te.sensitivities(general, GENERAL, observable)
        expected = numerical(general, GENERAL, function)
        check(found, expected)


def test_a_pair_of_three_qubits():
    parameters = {"n_th": 2.0, "kappa": 0.05, "detuning": (0.1, -0.1, 0.2), "loss": (0.02, 0.1)}
    found = te.sensitivities(three, parameters, pair=("q1", "q2"))
    assert found.value > 0.01

    def pair(exact):
        return x_concurrence(te.partial_trace(exact.state, (2, 2, 2), [0, 1]))

    check(found, numerical(three, parameters, pair, solved_to(1e-13)), tolerance=1e-7, noise=1e-7)


def test_hot_and_slow_source():
    """Hundreds of tiers; differences of the solver itself give seven digits."""
    parameters = {"n_th": 1220.0, "kappa": 1e-3, "gamma": (1.0, 0.95), "loss": 0.01}
    found = te.sensitivities(line, parameters)

    check(
        found,
        numerical(line, parameters, lambda exact: exact.concurrence(), solved_to(1e-12)),
        tolerance=1e-7,
        noise=1e-7,
    )


def along(rho, direction, h):
    """The derivative of Wootters' concurrence along a direction, by differences."""
    return extrapolated(lambda t: te.concurrence(rho + t * direction), 0.0, h)


def test_gradient_of_a_general_concurrence(rng):
    """States with all elements, against differences of Wootters' formula."""
    checked = 0
    for _ in range(60):
        root = rng.normal(size=(4, 4)) + 1j * rng.normal(size=(4, 4))
        bell = np.zeros((4, 4), dtype=complex)
        bell[np.ix_([1, 2], [1, 2])] = [[0.5, -0.5], [-0.5, 0.5]]
        mixed = root @ root.conj().T
        rho = 0.7 * bell + 0.3 * mixed / np.trace(mixed).real
        found = concurrence_with_gradient(rho)
        if found.value < 0.01:
            continue
        values, vectors = np.linalg.eigh(rho)
        half = vectors * np.sqrt(values)  # keeps rho + t direction positive
        direction = rng.normal(size=(4, 4)) + 1j * rng.normal(size=(4, 4))
        direction = half @ (direction + direction.conj().T) @ half.conj().T
        direction -= rho * np.trace(direction).real
        expected = along(rho, direction, 1e-3)
        slope = np.trace(found.gradient @ direction).real
        assert slope == pytest.approx(expected, rel=1e-7, abs=1e-9)
        checked += 1
    assert checked > 20


def test_gradient_of_the_equal_lower_values(rng):
    """Werner states: the last three singular values are equal, their sum is smooth."""
    bell = np.zeros((4, 4), dtype=complex)
    bell[np.ix_([1, 2], [1, 2])] = [[0.5, -0.5], [-0.5, 0.5]]
    kick = rng.normal(size=(4, 4)) * 1e-9
    rho = 0.8 * bell + 0.2 * np.eye(4) / 4 + kick + kick.T
    rho /= np.trace(rho).real
    direction = rng.normal(size=(4, 4))
    direction = direction + direction.T
    direction -= np.eye(4) * np.trace(direction) / 4
    slope = np.trace(concurrence_with_gradient(rho).gradient @ direction).real
    expected = along(rho, direction, 1e-4)
    assert slope == pytest.approx(expected, rel=1e-5)


@functools.cache
def precise_state(builder, **p):
    return te.steady_state(builder(**p), te.ContinuedFraction(rtol=1e-12))


OF_THREE = ("negativity", "purity")  # of a pair and of all: the others read these states alike


@pytest.mark.parametrize(
    ("builder", "name"),
    [
        *((line, name) for name in DIFFERENTIABLE),
        *(
            pytest.param(three, name, marks=[pytest.mark.long] * (name not in OF_THREE))
            for name in DIFFERENTIABLE
        ),
    ],
)
def test_every_observable_with_a_gradient_against_differences(builder, name):
    """Of two qubits; of two of three where it is one of pairs, else of all three."""
    at, pair = {"n_th": 5.0, "kappa": 0.1}, ("q2", "q1")
    chosen = pair if TABLE[name].pair and builder is three else ()
    found = te.sensitivities(builder, at, name, pair=chosen or None)

    def value(parameter, x):
        return getattr(precise_state(builder, **{**at, parameter: x}), name)(*chosen)

    assert float(found.value) == pytest.approx(float(value("kappa", 0.1)), rel=1e-9)
    assert abs(float(found.value)) > 1e-3  # a coherent information may be negative
    for parameter, x in at.items():
        expected = extrapolated(functools.partial(value, parameter), x, 1e-3)
        # Differences of numbers of order one with errors of about 1e-12.
        assert found[parameter] == pytest.approx(expected, rel=1e-6, abs=1e-8)


@pytest.mark.parametrize("name", ["negativity", "logarithmic_negativity"])
def test_slopes_of_the_negativity_at_the_border_of_separable_states_are_refused(name):
    with pytest.raises(te.SolveError, match=r"at the border of separable states.*'concurrence'"):
        te.sensitivities(te.thermal_link, {"n_th": 0.0, "kappa": 0.1}, name)


def test_the_entanglement_of_formation_has_no_kink_at_the_border():
    found = te.sensitivities(
        te.thermal_link, {"n_th": 0.0, "kappa": 0.1}, "entanglement_of_formation"
    )
    assert (found["n_th"], found["kappa"]) == (0.0, 0.0)


def test_the_entropy_of_a_pure_state_has_no_derivative():
    with pytest.raises(te.SolveError, match="The entropy has no derivative at this state"):
        te.sensitivities(te.thermal_link, {"n_th": 0.0, "kappa": 0.1}, "entropy")


@pytest.mark.parametrize(
    ("builder", "at"),
    [
        (line, {"n_th": 2.0, "kappa": 0.2, "detuning": (0.1, -0.2)}),
        (three, {"n_th": 1.0, "kappa": 0.4}),
    ],
    ids=["two qubits", "three qubits"],
)
def test_blocks_too_large_for_the_kernels_give_the_same_derivatives(builder, at, monkeypatch):
    """The tiers by LAPACK, which blocks above 96 take, against the kernels of smaller ones."""
    by_kernels = te.sensitivities(builder, at, "purity")
    monkeypatch.setattr(adjoint_module, "SMALL", 0)

    def unexpected(*arguments):
        raise AssertionError("a kernel was called")

    for name in ("inverses", "climb", "climb_adjoint"):
        monkeypatch.setattr(sensitivity_kernels, name, unexpected)
    by_lapack = te.sensitivities(builder, at, "purity")
    for name in at:
        # Both are within their stated errors, and differ by rounding alone.
        difference = np.abs(np.subtract(by_lapack[name], by_kernels[name]))
        assert np.all(difference <= np.asarray(by_kernels.errors[name]))
        assert np.all(difference <= 1e-10 * (1 + np.abs(by_kernels[name])))


def test_the_sums_over_the_tiers_take_all_of_them(rng):
    """Of any vectors, not only of those that fall off: y L x, block by block."""
    h = hierarchy(te.thermal_link(0.7, 0.4, detuning=(0.3, -0.1)))
    chain, last = hierarchy_chain(h), 5
    widths = [len(chain.a[n % 2]) for n in range(last + 1)]
    used = np.array([np.arange(max(widths)) < width for width in widths])
    used[0, chain.tier0_size :] = False
    x, y = rng.normal(size=(2, *used.shape)) * used
    expected = 0.0
    for n in range(last + 1):
        rows = slice(0, widths[n])
        change = chain.a[n % 2] @ x[n, rows] - n * chain.rate * x[n, rows]
        if n > 0:
            change += adjoint_module._up(chain, n) @ x[n - 1, : widths[n - 1]]
        if n < last:
            change += adjoint_module._down(chain, n) @ x[n + 1, : widths[n + 1]]
        expected += y[n, rows] @ change
    differences = adjoint_module.differences_of(chain, h.numbers)
    sums = adjoint_module.moments(chain, differences, x, y)
    total, size = adjoint_module.contracted(chain, sums, generator(h))
    assert -total == pytest.approx(expected, abs=1e-13 * size)


def test_refusals():
    with pytest.raises(ValueError, match="`parameters` must be values of one parameter or more"):
        te.sensitivities(line, {})
    with pytest.raises(ValueError, match="`observable` must be"):
        te.sensitivities(line, {"n_th": 1.0, "kappa": 0.1}, "populations")
    with pytest.raises(ValueError, match="`pair` must be two different emitters"):
        te.sensitivities(three, {"n_th": 1.0, "kappa": 0.1})
    with pytest.raises(ValueError, match="`builder` must be"):
        te.sensitivities(lambda x: x, {"x": 1.0})
    with pytest.raises(
        te.MethodError, match="the network has 2 boson modes, and beyond its steady state"
    ):
        te.sensitivities(
            lambda kappa: te.ring_resonators(coupling=(0.3, 0.3), distance=kappa), {"kappa": 3.0}
        )


def test_what_a_builder_complains_about_is_passed_on():
    """A builder that takes one value only: its own words say why there is no slope."""

    def choosy(n_th):
        if n_th != 1.0:
            raise ValueError("the table knows n_th = 1 alone")
        return te.thermal_link(n_th, 0.1)

    with pytest.raises(ValueError, match=r"'n_th' may change, .*the table knows n_th = 1 alone"):
        te.sensitivities(choosy, {"n_th": 1.0}, "purity")


def test_refuses_integers_and_unknown_names():
    with pytest.raises(ValueError, match=r"functools.partial\(builder, qubits=3\).*qubits = 3"):
        te.sensitivities(te.thermal_link, {"n_th": 2, "kappa": 0.1, "qubits": 3}, "purity")
    bound = functools.partial(te.thermal_link, qubits=3)
    assert te.sensitivities(bound, {"n_th": 2, "kappa": 0.1}, "purity")["n_th"] < 0
    with pytest.raises(ValueError, match=r"`parameters` must be .*nearest: 'kappa'.*'kapa'"):
        te.sensitivities(te.thermal_link, {"n_th": 1.0, "kapa": 1})
    with pytest.raises(ValueError, match="`kappa` must be given if there is no"):
        te.sensitivities(te.thermal_link, {"n_th": 1.0})
    for objective in ("purity", lambda network: network.modes[0].n_th):
        with pytest.raises(ValueError, match=r"`ranges` must be .*nearest: 'n_th'.*'n_thh'"):
            te.optimise(te.thermal_link, {"n_thh": (1, 2), "kappa": (0.1, 0.2)}, objective)


def test_an_observable_that_returns_no_gradient_is_refused():
    with pytest.raises(te.ThermalentError, match=r"`observable` must be .* a pair.* returns 3"):
        te.sensitivities(te.thermal_link, {"n_th": 2.0, "kappa": 0.1}, lambda rho: 3)


@pytest.mark.parametrize("name", ["concurrence", "purity"])
def test_the_value_beside_the_derivatives_has_the_error_of_the_steady_state(name):
    def builder(n_th):
        return te.thermal_link(n_th, 0.1, detuning=(0.2, -0.2))

    found = te.sensitivities(builder, {"n_th": 5.0}, name)
    alone = getattr(te.steady_state(builder(5.0)), name)()
    assert float(found.value) == pytest.approx(float(alone), abs=alone.error)
    assert found.value.error == pytest.approx(alone.error, rel=1e-3, abs=0.0)


def test_an_odd_number_of_levels_has_tiers_of_two_sizes():
    """Two qubits at one place, three levels: five even unknowns, four odd ones."""

    def spin(n_th, coupling):
        exchange = 0.5j * coupling * np.array([[0, 1], [-1, 0]])
        return te.Network(
            nodes=(Mode(bath_rate=0.2, n_th=n_th), CollectiveSpin(name="s", qubits=2)),
            exchange=exchange,
            decay=np.array([[0.3, coupling], [coupling, 1.0]]),
        )

    at = {"n_th": 2.0, "coupling": 0.5}
    found = te.sensitivities(spin, at, "purity")
    h = 1e-4
    for name in at:
        ends = [
            te.steady_state(
                spin(**(at | {name: at[name] + side})), te.ContinuedFraction(rtol=1e-12)
            )
            for side in (h, -h)
        ]
        difference = (ends[0].purity() - ends[1].purity()) / (2 * h)
        assert found[name] == pytest.approx(difference, rel=1e-6)


def test_an_observable_that_takes_no_state_is_refused_by_name():
    with pytest.raises(te.ThermalentError, match="must be a function of one argument"):
        te.sensitivities(te.thermal_link, {"n_th": 0.3, "kappa": 1.0}, lambda: None)


def test_errors_of_a_huge_operator_are_in_proportion():
    """Squares of what rounding changes would leave the range of doubles."""
    at = {"n_th": 0.3, "kappa": 1.0}
    operator = np.diag([1.0, 2.0, 3.0, 4.0])
    one = te.sensitivities(te.thermal_link, at, operator)
    # The state's error in all four populations, as for any operator that is asked for.
    state = te.steady_state(te.thermal_link(**at))
    assert one.value.error >= 0.9 * state.expectation(operator).error > 0
    huge = te.sensitivities(te.thermal_link, at, operator * 2.0**700)
    assert huge["n_th"] == one["n_th"] * 2.0**700
    assert huge["n_th"].error == pytest.approx(one["n_th"].error * 2.0**700, rel=1e-12)
