"""Exponentials of sparse generators: closed forms, another algorithm, and their stated rounding."""

import numpy as np
import pytest
from scipy import sparse
from scipy.sparse.linalg import expm_multiply

from thermalent.numerics import exponential
from thermalent.numerics.exponential import exponential_path

TIMES = np.array([0.0, 1e-3, 0.4, 0.4, 3.0, 40.0])


def turning(rates, frequencies):
    """Independent pairs that turn while they decay, and their exponential on the pairs (1, 0)."""
    blocks = [
        [[-rate, -turn], [turn, -rate]] for rate, turn in zip(rates, frequencies, strict=True)
    ]

    def exact(time):
        decayed = np.exp(-np.array(rates) * time)
        phase = np.array(frequencies) * time
        return np.ravel(np.column_stack([decayed * np.cos(phase), decayed * np.sin(phase)]))

    start = np.tile([1.0, 0.0], len(rates)) / np.sqrt(len(rates))
    return sparse.csr_array(sparse.block_diag(blocks)), start, exact


def thermal_oscillator(levels, n_th, *, detuning=0.0):
    """Populations of a truncated oscillator; with a detuning, the coherences between neighbours."""
    n = np.arange(levels)
    down = (n_th + 1) * np.sqrt(n[1:] * (n[1:] + (detuning != 0)))
    up = n_th * np.sqrt(n[1:] * (n[1:] + (detuning != 0)))
    leave = (n_th + 1) * n + n_th * (n + 1) * (n < levels - 1)
    if detuning:
        leave = (n_th + 1) * (n + 0.5) + n_th * (n + 1.5) - 1j * detuning
    return sparse.csr_array(sparse.diags_array([up, -leave, down], offsets=[-1, 0, 1]))


@pytest.mark.parametrize(
    ("rates", "frequencies"),
    [
        ([0.1, 1.0, 30.0], [0.0, 0.0, 0.0]),
        ([0.1, 1.0, 30.0], [0.2, 3.0, 1.0]),
        ([0.1, 0.1, 2.0], [30.0, 80.0, 5.0]),  # the ellipse stands upright
    ],
)
def test_pairs_that_turn_and_decay_have_their_closed_form_within_the_stated_rounding(
    rates, frequencies
):
    matrix, start, exact = turning(rates, frequencies)
    for time, (vector, error) in zip(TIMES, exponential_path(matrix, start, TIMES), strict=True):
        wrong = np.linalg.norm(vector - exact(time) * start[0])
        # What the closed form itself loses: the rounding of its phase.
        assert wrong <= error + 1e-16 * time * max(frequencies)
        assert error <= 1e-13 * (10 + 4 * time * (max(rates) + max(frequencies)))


@pytest.mark.parametrize("detuning", [0.0, 7.0])
@pytest.mark.parametrize("n_th", [0.05, 4.0])
def test_an_oscillator_agrees_with_scaling_and_taylor(n_th, detuning):
    matrix = thermal_oscillator(60, n_th, detuning=detuning)
    start = np.ones(60) / 60 + 0j * detuning
    for time, (vector, error) in zip(TIMES, exponential_path(matrix, start, TIMES), strict=True):
        assert np.linalg.norm(vector - expm_multiply(time * matrix, start)) <= 2 * error


def test_a_flat_ellipse_takes_a_fraction_of_the_products(monkeypatch):
    """The norm times the time is 4300; a circle would take as many products."""
    matrix, taken = thermal_oscillator(120, 4.0), []
    coefficients = exponential._coefficients

    def counting(*ellipse):
        found = coefficients(*ellipse)
        taken.append(found.shape[1])
        return found

    monkeypatch.setattr(exponential, "_coefficients", counting)
    rate = float(abs(matrix).sum(axis=0).max())
    list(exponential_path(matrix, np.ones(120) / 120, np.linspace(0.0, 4300 / rate, 20)))
    assert len(taken) <= 2
    assert sum(taken) < 0.4 * 4300


def test_the_terms_that_are_left_out_are_below_rounding():
    """Of a flat, a round, a very flat and an upright ellipse, against many more coefficients."""
    for time, along, across in (
        (3.0, 20.0, 4.0),
        (0.5, 8.0, 8.0),
        (7.0, 50.0, 0.5),
        (2.0, 9.0, 18.0),
    ):
        terms = exponential._terms(time, along, across)
        angle = 2 * np.pi * np.arange(4096) / 4096
        values = np.exp(time * (along * (np.cos(angle) - 1) + 1j * across * np.sin(angle)))
        found = np.abs(np.fft.fft(values)[:2048].real) / 4096
        assert found[terms : 2 * terms].sum() < 1e-16 * terms
        assert found[: terms // 2].max() > 1e-9  # and no more of them than there are


def test_many_times_are_the_same_as_one_by_one(monkeypatch):
    matrix = thermal_oscillator(40, 1.0)
    start, times = np.eye(40)[3], np.linspace(0.0, 2.0, 70)
    together = [vector for vector, _ in exponential_path(matrix, start, times)]
    for time, vector in zip(times[::9], together[::9], strict=True):
        ((alone, error),) = exponential_path(matrix, start, np.array([time]))
        assert np.linalg.norm(vector - alone) <= 70 * error
    reached = []
    monkeypatch.setattr(exponential, "_REACH", 20.0)
    ((late, error),) = exponential_path(matrix, start, np.array([2.0]), reached.append)
    assert len(reached) > 5
    assert reached[-1] == 2.0
    assert np.linalg.norm(late - together[-1]) <= 2 * error


def test_nothing_changes_without_rates():
    start = np.array([0.2, 0.8])
    for vector, error in exponential_path(sparse.csr_array((2, 2)), start, np.array([0.0, 5.0])):
        np.testing.assert_array_equal(vector, start)
        assert error == 0.0


@pytest.mark.parametrize("element", [np.inf, np.nan])
def test_what_is_not_finite_is_refused(element):
    wrong = sparse.csr_array(np.array([[-1.0, element], [1.0, -1.0]]))
    with pytest.raises(FloatingPointError, match=r"largest rate is (inf|nan)"):
        list(exponential_path(wrong, np.array([1.0, 0.0]), np.array([1.0])))


def test_vectors_that_grow_in_the_shortest_series_are_refused(monkeypatch):
    monkeypatch.setattr(exponential, "_series", lambda *given: None)
    with pytest.raises(FloatingPointError, match="no series is short enough"):
        list(exponential_path(thermal_oscillator(5, 1.0), np.ones(5) / 5, np.array([1.0])))
