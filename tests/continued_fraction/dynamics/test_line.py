"""Functions of time from samples of their transforms on a line, and their errors."""

import numpy as np
import pytest

import thermalent as te
from thermalent.continued_fraction.dynamics import relaxation
from thermalent.continued_fraction.dynamics.laplace import line
from thermalent.continued_fraction.dynamics.laplace.inversion import Response
from thermalent.continued_fraction.dynamics.laplace.line import along_a_line
from thermalent.numerics.rational_fit import fractions_through, mirrored, with_residues

TIMES = np.geomspace(1e-3, 1e3, 40)


def decaying(rng, turning, *, real):
    """Poles of rates from 1e-3 to 30 that turn so many times as fast; residues, (p, 2)."""
    poles = -np.geomspace(1e-3, 30.0, 25) * (1 + 1j * turning * rng.normal(size=25))
    residues = rng.normal(size=(25, 2)) / 25
    if real:
        return np.concatenate([poles, poles.conj(), [0.0]]), np.concatenate(
            [residues, residues, [[0.5, -0.2]]]
        )
    return poles, residues * np.exp(1j * np.arange(25))[:, None]


def by_line(poles, residues, tolerance, *, real, off=0.0, work=0.0):
    def transform(z, depth):
        return (1 + off / depth) / (z - poles) @ residues

    return along_a_line(
        Response(transform=transform, work=work),
        TIMES[-1],
        residues.sum(axis=0),
        rate=30.0,
        depth=10,
        deeper=10**9,
        tolerance=tolerance,
        real=real,
        report=lambda text: None,
    )


@pytest.mark.parametrize("work", [0.0, 1e7])
@pytest.mark.parametrize("real", [True, False])
@pytest.mark.parametrize(("turning", "tolerance"), [(0.0, 1e-3), (0.5, 1e-8), (3.0, 1e-5)])
def test_the_error_of_a_line_holds_and_is_not_absurd(real, turning, tolerance, work):
    poles, residues = decaying(np.random.default_rng(3), turning, real=real)
    exact = np.exp(np.multiply.outer(TIMES, poles)) @ residues
    found = by_line(poles, residues, tolerance, real=real, work=work)
    off = np.max(np.abs(found.sum.at(TIMES) - (exact.real if real else exact)))
    assert off <= found.error <= tolerance
    # The bound adds up absolute values along the line, some ten natural scales.
    assert found.error <= 1e3 * max(off, 1e-3 * tolerance)
    # More are taken at a time where they cost less than a fraction, and some of them in vain.
    assert found.samples <= (75 if real else 100) * (1.0 if work else 1.6)


def test_where_samples_are_cheap_fewer_sums_are_fitted(monkeypatch):
    poles, residues = decaying(np.random.default_rng(3), 0.5, real=True)
    fits, fitted = [], line.fractions_through
    monkeypatch.setattr(
        line, "fractions_through", lambda *given, **more: fits.append(0) or fitted(*given, **more)
    )
    counts = []
    for work in (1e7, 0.0):
        fits.clear()
        by_line(poles, residues, 1e-8, real=True, work=work)
        counts.append(len(fits))
    assert counts[1] <= counts[0] / 2


def test_what_tiers_leave_out_is_part_of_the_error():
    """Fewer tiers are off by a part of 1e-5, which all samples but the last ones do not see."""
    poles, residues = decaying(np.random.default_rng(3), 0.5, real=True)
    found = by_line(poles, residues, 1e-8, real=True, off=1e-4)
    assert found.error >= 1e-6


def test_a_rational_function_is_found_from_few_samples():
    poles = np.array([-0.1, -0.3 + 2j, -0.3 - 2j])
    residues = np.array([[1.0], [0.5 - 0.1j], [0.5 + 0.1j]])
    points = 0.05 + 1j * np.geomspace(0.01, 10.0, 6)
    values = (1 / np.subtract.outer(points, poles)) @ residues
    found = fractions_through(points, values, 1e-10, mirrored=True)
    both = mirrored(points, values)
    sums = with_residues(found.longer.poles(), *both, residues.sum(axis=0))
    away = np.abs(np.subtract.outer(sums.poles, poles))
    assert np.max(np.min(away, axis=0)) < 1e-9
    assert len(found.shorter.support) < len(found.longer.support)


def test_a_line_and_steps_give_the_same_coherence(monkeypatch):
    """The source's poles turn as fast as they decay: contours around the origin pass them by."""
    network = te.thermal_link(2.0, filter=te.Filter.butterworth(order=2, fwhm=0.2), qubits=1)
    delays = [0.5, 30.0, 60.0]

    def found(worth_a_line, stepped):
        monkeypatch.setattr(relaxation, "_DEAR_TRANSFORM", worth_a_line)
        monkeypatch.setattr(relaxation, "_STEPPED", stepped)
        monkeypatch.setattr(relaxation, "_LIKE_A_CONTOUR", stepped)
        return [te.coherence(network, delays, order=order, rtol=1e-5) for order in (1, 2)]

    for sampled, steps in zip(found(0.0, 0.0), found(np.inf, np.inf), strict=True):
        assert np.any(sampled.values[1:] != steps.values[1:])
        assert np.all(np.abs(sampled.values - steps.values) <= sampled.error + steps.error)
        assert np.max(sampled.error) < 1e-4


@pytest.mark.parametrize("real", [True, False])
def test_where_rounding_forbids_the_tolerance_no_sample_is_taken_twice(real, monkeypatch):
    """A repeated sample makes the fraction zero over zero; it ends when there are too many.

    The noise of samples is a thousand times what the tolerance allows.
    """
    monkeypatch.setattr(line, "_MOST_CHEAP", 90)  # else the last fits take a second
    poles, residues = decaying(np.random.default_rng(3), 0.5, real=real)
    noise, asked = np.random.default_rng(8), []

    def transform(z, depth):
        asked.append((complex(z), depth))
        return (1 + 1e-9 * noise.normal()) / (z - poles) @ residues

    with np.errstate(divide="raise", invalid="raise"):
        found = along_a_line(
            Response(transform=transform),
            TIMES[-1],
            residues.sum(axis=0),
            rate=30.0,
            depth=10,
            deeper=20,
            tolerance=1e-12,
            real=real,
            report=lambda text: None,
        )
    samples = [z for z, depth in asked if depth == 20]
    assert len(set(samples)) == len(samples)
    assert not found.foretold
    exact = np.exp(np.multiply.outer(TIMES, poles)) @ residues
    off = np.max(np.abs(found.sum.at(TIMES) - (exact.real if real else exact)))
    assert 1e-12 < off <= found.error
