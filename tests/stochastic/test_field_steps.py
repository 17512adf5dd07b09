"""Steps of the field and of what it drives: the compiled loops against complex formulas."""

from types import SimpleNamespace

import numpy as np
import pytest
from scipy.linalg import expm

import thermalent as te
from tests.support.plain_kernels import plain
from thermalent.stochastic import step_kernels
from thermalent.stochastic.driven import driven_emitters
from thermalent.stochastic.ornstein_uhlenbeck import transition
from thermalent.stochastic.step_kernels import LANES_OF_BLOCK
from thermalent.stochastic.step_operators import drive_norm, padded_rows, step_operators


@pytest.fixture
def steps(monkeypatch):
    return plain(step_kernels, monkeypatch)


def complex_numbers(rng, *shape):
    return rng.normal(size=shape) + 1j * rng.normal(size=shape)


def stacked(numbers):
    """Real parts, then imaginary parts, along the first axis."""
    return np.concatenate([numbers.real, numbers.imag])


def test_one_amplitude(steps):
    """u' = decay u + noise z_1; its integral gets weight u + follow z_1 + own z_2."""
    network = te.Network(
        nodes=(te.Mode(bath_rate=0.1, n_th=9.0, backaction=False), te.Qubit(name="q")),
        exchange=[[0.3, 0.15j], [-0.15j, 0.0]],
        decay=[[0.09, 0.3], [0.3, 1.0]],
    )
    emitters = driven_emitters(network)
    given = {"rate": emitters.rate, "variance": emitters.variance, "detuning": emitters.detuning}
    assert given["detuning"] != 0
    step = transition(0.4, **given)
    rng = np.random.default_rng(2)
    u, integral = complex_numbers(rng, LANES_OF_BLOCK), complex_numbers(rng, LANES_OF_BLOCK)
    z = np.random.default_rng(9).standard_normal((LANES_OF_BLOCK, 4)) * np.sqrt(0.5)
    first, second = z[:, 0] + 1j * z[:, 1], z[:, 2] + 1j * z[:, 3]
    moved, added = np.array([u.real, u.imag]), np.array([integral.real, integral.imag])
    normal, fresh = np.empty((4, LANES_OF_BLOCK)), np.empty((4, LANES_OF_BLOCK))
    operators = step_operators(emitters, 0.4)
    steps.draw(np.random.default_rng(9), moved, added, normal, fresh, operators)
    expected = step.decay * u + step.noise * first
    np.testing.assert_allclose(moved[0] + 1j * moved[1], expected, rtol=1e-13)
    expected = integral + step.weight * u + step.follow * first + step.own * second
    np.testing.assert_allclose(added[0] + 1j * added[1], expected, rtol=1e-13)


@pytest.mark.parametrize(("modes", "outputs"), [(1, 1), (2, 3), (3, 2)])
def test_several_amplitudes(modes, outputs, steps):
    rng = np.random.default_rng([3, modes])
    size = modes + outputs
    propagator, factor = complex_numbers(rng, size, modes), complex_numbers(rng, size, size)

    def real(matrix):
        return np.block([[matrix.real, -matrix.imag], [matrix.imag, matrix.real]])

    operators = SimpleNamespace(propagator=real(propagator), noise_factor=real(factor))
    u = complex_numbers(rng, modes, LANES_OF_BLOCK)
    integral = complex_numbers(rng, outputs, LANES_OF_BLOCK)
    drawn = np.random.default_rng(5).standard_normal((LANES_OF_BLOCK, 2 * size)).T
    moved = propagator @ u + factor @ (drawn[:size] + 1j * drawn[size:])
    found, added = stacked(u), stacked(integral)
    normal, fresh = np.empty((2 * size, LANES_OF_BLOCK)), np.empty((2 * size, LANES_OF_BLOCK))
    steps.draw(np.random.default_rng(5), found, added, normal, fresh, operators)
    np.testing.assert_allclose(found, stacked(moved[:modes]), rtol=1e-12)
    np.testing.assert_allclose(added, stacked(integral + moved[modes:]), rtol=1e-12)


@pytest.mark.parametrize("size", [0.0, 0.1, 2.0])
def test_the_response_of_several_levels_is_the_exponential(size, steps):
    """Whatever the integrals are, in as many parts as they need."""
    rng = np.random.default_rng(4)
    outputs, levels = 2, 5
    drives = [rng.normal(size=(levels, levels)) for _ in range(2 * outputs)]
    drives = [drive - drive.T for drive in drives]  # so that nothing grows
    norms = [
        max(np.linalg.norm(drives[a], 2), 0) + np.linalg.norm(drives[outputs + a], 2)
        for a in range(outputs)
    ]
    rows = tuple(padded_rows(drive) for drive in drives)
    operators = SimpleNamespace(drives=rows, norms=np.array(norms))
    width = max(int(row.column.max(initial=0)) + 1 for row in rows)
    integral = rng.normal(size=(2 * outputs, LANES_OF_BLOCK))
    integral *= size / np.abs(integral).max()
    x = np.zeros((max(width, levels), LANES_OF_BLOCK))
    x[:levels] = rng.normal(size=(levels, LANES_OF_BLOCK))
    expected = np.stack(
        [
            expm(sum(i * drive for i, drive in zip(column, drives, strict=True))) @ start
            for column, start in zip(integral.T, x[:levels].T, strict=True)
        ],
        axis=1,
    )
    y, z, w = (np.zeros_like(x) for _ in range(3))
    steps.taylor(operators, integral, x, y, z, w)
    np.testing.assert_allclose(x[:levels], expected, atol=1e-12)


def test_the_norm_of_a_drive_is_its_largest_over_all_phases():
    """Between the phases that are tried it is larger by 1/cos of half their distance at most."""
    rng = np.random.default_rng(8)
    for factor in (0.0, 0.3, 1.0):
        drive = rng.normal(size=(6, 6))
        drive_imag = factor * rng.normal(size=(6, 6))
        phases = np.linspace(0, np.pi, 2000)
        largest = max(np.linalg.norm(np.cos(p) * drive + np.sin(p) * drive_imag, 2) for p in phases)
        found = drive_norm(drive, drive_imag)
        assert largest <= found <= largest / np.cos(np.pi / 32)
    # Halfway between two of the sixteen it is the largest norm itself.
    halfway = np.exp(1j * np.pi / 32) * np.diag([2.0, 1.0])
    found = drive_norm(halfway.real, halfway.imag)
    assert found == pytest.approx(2.0, rel=1e-14)
