"""Wigner functions: known ones, the marginals, and QuTiP's."""

import matplotlib
import numpy as np
import pytest
from numpy.polynomial.hermite import hermval
from scipy.special import eval_laguerre, gammaln

import thermalent as te
from thermalent.operators import wigner as module

matplotlib.use("Agg")
X = np.linspace(-4, 4, 33)
RNG = np.random.default_rng(5)


def mixed(d):
    a = RNG.normal(size=(d, d)) + 1j * RNG.normal(size=(d, d))
    return a @ a.conj().T / np.trace(a @ a.conj().T).real


def number_states(d, x):
    """Wave functions psi_n(x), (d, len(x)), from Hermite polynomials."""
    n = np.arange(d)
    norm = np.exp(-(gammaln(n + 1) + n * np.log(2) + np.log(np.pi) / 2) / 2)
    return norm[:, None] * hermval(x, np.eye(d)) * np.exp(-(x**2) / 2)


def test_the_integral_over_the_definition_gives_the_same_function():
    rho, y = mixed(6), np.linspace(-9, 9, 1201)
    found = te.wigner(rho, X[::4], X[::5])
    for i, p in enumerate(found.p):
        for j, x in enumerate(found.x):
            before, after = number_states(6, x - y), number_states(6, x + y)
            kernel = np.einsum("mn,my,ny->y", rho, before, after)
            value = np.trapezoid(np.exp(2j * p * y) * kernel, y).real / np.pi
            assert found.values[i, j] == pytest.approx(value, abs=1e-12)


@pytest.mark.parametrize("d", [60, 150, 200])
@pytest.mark.parametrize("reach", [4.0, 12.0, 20.0])
def test_coherences_of_many_levels_keep_their_digits(d, reach):
    """The integral over the definition again, with wave functions by their own recurrence."""
    rho, y = mixed(d), np.linspace(-60, 60, 6001)

    def waves(x):
        found = [np.pi**-0.25 * np.exp(-(x**2) / 2)]
        found.append(np.sqrt(2) * x * found[0])
        for n in range(2, d):
            found.append(np.sqrt(2 / n) * x * found[-1] - np.sqrt((n - 1) / n) * found[-2])
        return np.array(found)

    along = reach * RNG.uniform(-1, 1, size=2)
    found = te.wigner(rho, along)
    for i, p in enumerate(along):
        for j, x in enumerate(along):
            kernel = np.sum((rho.T @ waves(x - y)) * waves(x + y), axis=0)
            value = np.trapezoid(np.exp(2j * p * y) * kernel, y).real / np.pi
            assert found.values[i, j] == pytest.approx(value, abs=1e-12)


def test_far_away_there_is_nothing():
    found = te.wigner(mixed(200), [-1e308, 0.0, 1e200])
    assert np.count_nonzero(found.values) == 1
    assert abs(found.values[1, 1]) <= 1 / np.pi


@pytest.mark.parametrize("n", [0, 1, 7, 199])
def test_number_states_are_laguerre_functions(n):
    reach = np.linspace(-22, 22, 23)
    square = reach[:, None] ** 2 + reach**2
    exact = (-1) ** n / np.pi * np.exp(-square) * eval_laguerre(n, 2 * square)
    found = te.wigner(np.eye(200)[n], reach)
    assert np.max(np.abs(found.values - exact)) < 1e-10


def test_thermal_states_are_gaussians():
    n_th, d = 3.0, 150
    ratio = n_th / (n_th + 1)
    weights = (1 - ratio) * ratio ** np.arange(d)
    found = te.wigner(np.diag(weights / weights.sum()), X)
    width = 2 * n_th + 1
    exact = np.exp(-(X[:, None] ** 2 + X**2) / width) / (np.pi * width)
    assert np.max(np.abs(found.values - exact)) < 1e-10


def test_a_coherent_state_is_where_it_should_be():
    alpha = 1.5 - 1.0j
    n = np.arange(60)
    ket = np.exp(-(abs(alpha) ** 2) / 2 - gammaln(n + 1) / 2) * alpha**n
    found = te.wigner(ket, X)
    row, column = np.unravel_index(np.argmax(found.values), found.values.shape)
    assert X[column] == pytest.approx(np.sqrt(2) * 1.5, abs=0.13)  # half a step
    assert X[row] == pytest.approx(-np.sqrt(2), abs=0.13)
    exact = np.exp(
        -((X[None, :] - np.sqrt(2) * alpha.real) ** 2) - (X[:, None] - np.sqrt(2) * alpha.imag) ** 2
    )
    assert np.max(np.abs(found.values - exact / np.pi)) < 1e-10


def test_the_function_is_that_of_qutip():
    qutip = pytest.importorskip("qutip")
    rho = qutip.Qobj(mixed(12))
    theirs = qutip.wigner(rho, X, X[:9], method="clenshaw")
    assert np.max(np.abs(te.wigner(rho, X, X[:9]).values - theirs)) < 1e-10


def test_the_mode_of_a_network_is_thermal_where_nothing_acts_back():
    qutip = pytest.importorskip("qutip")
    network = te.thermal_link(n_th=0.4, kappa=0.5)
    hamiltonian, jumps = te.master_equation(network, cutoff=14).to_qutip()
    mode = qutip.steadystate(hamiltonian, jumps).ptrace(0)
    found = te.wigner(mode, X)
    quanta = qutip.expect(qutip.num(14), mode)
    width = 2 * quanta + 1
    exact = np.exp(-(X[:, None] ** 2 + X**2) / width) / (np.pi * width)
    assert np.max(np.abs(found.values - exact)) < 1e-4  # what 14 levels leave out


def test_the_map_shows_negative_values_in_another_colour():
    found = te.wigner([0, 1.0], X)
    assert "33 x 33" in repr(found)
    axes = found.plot()
    drawn = axes.collections[0]
    assert drawn.norm.vmin == -drawn.norm.vmax == pytest.approx(-1 / np.pi)
    assert axes.get_xlabel() == "$x$"


def test_wrong_states_and_grids_are_named():
    with pytest.raises(te.ThermalentError, match=r"`state` must be one of at most 200 levels"):
        te.wigner(np.eye(module._MOST_LEVELS + 1)[0], X)
    with pytest.raises(te.ThermalentError, match=r"`state` must be of unit trace"):
        te.wigner(np.eye(2), X)
    with pytest.raises(te.ThermalentError, match=r"`p` must be finite"):
        te.wigner([1.0, 0.0], X, [np.inf])
