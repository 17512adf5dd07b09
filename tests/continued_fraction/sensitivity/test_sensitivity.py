"""Derivatives of the steady state against extended precision and differences."""

import functools

import numpy as np
import pytest

import thermalent as te
from tests.support.extrapolation import extrapolated
from tests.support.sensitive_networks import line, three
from thermalent.continued_fraction import memory
from thermalent.continued_fraction.chain import dense_blocks
from thermalent.continued_fraction.chain.chain import generator, hierarchy_chain
from thermalent.continued_fraction.chain.hierarchy import hierarchy
from thermalent.continued_fraction.sensitivity import adjoint as adjoint_module
from thermalent.continued_fraction.sensitivity import kernels as sensitivity_kernels
from thermalent.continued_fraction.sensitivity.observable import DIFFERENTIABLE
from thermalent.networks.network import Network
from thermalent.networks.nodes import CollectiveSpin, Mode, Qubit
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


def mirror(z_1, z_2, **p):
    return te.phononic_link(positions=(z_1, z_2), **p)


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


def test_the_memory_of_derivatives_is_that_of_a_block_per_tier():
    """Of emitters without a symmetry, whose blocks have all unknowns of a charge's parity."""
    h = hierarchy(te.thermal_link(1.0, 0.5, (1.0, 0.7, 0.3), qubits=3, detuning=(0.1, 0.2, 0.3)))
    block = max(block.nbytes for block in hierarchy_chain(h).a)
    few, many = (memory.derivatives_bytes(h.numbers, tiers) for tiers in (10, 110))
    assert many - few == 100 * block
