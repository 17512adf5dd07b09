"""What the error of quantum jumps is summed from: each term is there, in cases that have it."""

from types import SimpleNamespace

import numpy as np
import pytest

import thermalent as te
from thermalent.jumps import burn_in
from thermalent.jumps.method import _left_out
from thermalent.networks.mode_moments import bare_modes

NETWORK = te.thermal_link(1.0, 0.5)


def test_the_error_of_a_steady_state():
    """Noise, what the start still contributes, what so few have not seen, what is cut off."""
    method = te.QuantumJumps(n=64, seed=4, burn_in=2.0, window=1.0, samples=4, cutoff=4)
    found = te.steady_state(NETWORK, method)
    stats = found.stats
    terms = [stats["standard_error"], stats["distance"] / 2, 1 / 64, stats["truncation"]]
    assert min(terms) > 1e-3
    assert float(found.error) == pytest.approx(sum(terms), rel=1e-12)
    assert stats["standard_error"] == stats["standard_errors"].max()
    assert stats["burn_in"] == 2.0
    assert stats["window"] == 1.0


def test_the_error_of_an_evolution():
    found = te.evolve(NETWORK, [0.5, 2.0], "10", te.QuantumJumps(n=64, seed=4, cutoff=4))
    standard = found.stats["standard_errors"].max(axis=(1, 2))
    rest = found.error - standard - 1 / 64
    # What is cut off is read from the populations of the last level at every time.
    assert rest == pytest.approx(np.clip(rest, 0.0, None), abs=1e-15)
    assert rest.max() == pytest.approx(found.stats["truncation"], rel=1e-9)
    assert found.stats["truncation"] > 0.01
    assert np.all(standard > 0.01)


def test_what_is_cut_off_follows_from_the_last_levels():
    """Of a thermal mode the last level holds q^(N-1) of the first, and the rest q/(1-q) of it."""
    modes = bare_modes(NETWORK)
    ratio = 1.0 / 3.0  # gain over loss: kappa n_th over kappa (n_th + 2)
    last = np.array([[0.01], [0.02]])
    alone = _left_out(modes, (4,), last, pairs=False)
    assert alone == pytest.approx(5 * last[:, 0] * ratio / (1 - ratio))
    paired = _left_out(modes, (4,), last / 1e3, pairs=True)
    assert paired == pytest.approx(300 * last[:, 0] / 1e3 / (1 - ratio))
    assert _left_out(modes, (4,), np.array([[0.9]]), pairs=False) == pytest.approx([1.0])
    assert np.array_equal(_left_out(modes, (), last, pairs=False), [0.0, 0.0])


def test_what_is_cut_off_of_pairs_is_in_the_error():
    """With five levels the state behind an amplifier is off by three standard errors."""
    network = te.dual_rail(pairs=1, squeezing=1.0, bandwidth=20.0)
    exact = te.steady_state(network, te.ContinuedFraction(rtol=1e-4))
    found = te.steady_state(network, te.QuantumJumps(n=400, cutoff=5, seed=3))
    off = np.max(np.abs(found.state - exact.state))
    assert off > 2 * found.stats["standard_error"]
    assert off < found.stats["truncation"] < float(found.error) < 20 * off


@pytest.mark.parametrize("decay", [1.0, 1e-6])
def test_a_burn_in_ends_where_two_starts_have_become_one(monkeypatch, decay):
    """They differ by exp(-decay t): a goal is reached at -log(goal)/decay, or too late."""

    class Parts:
        def __init__(self, batches):
            self.parts = ()

    def measured(both, times, **rest):
        shape, noise = (len(times), 1, 1), np.full((len(times), 1, 1), 0.01)
        distances = np.exp(-decay * times).reshape(shape), np.zeros(shape)
        both.parts = tuple(SimpleNamespace(mean=d, standard_errors=noise) for d in distances)
        return SimpleNamespace(interrupted=False)

    monkeypatch.setattr(burn_in, "TwoStarts", Parts)
    monkeypatch.setattr(burn_in, "blocks", lambda pair, *rest: pair[0])
    monkeypatch.setattr(burn_in, "run", measured)
    found = burn_in.jump_burn_in(lambda times, *rest: times, 1.0, 1e-3, 1, lambda text: None)
    assert found.converged == (decay == 1.0)
    if found.converged:
        samples_apart = 1000 ** (1 / 23)
        assert 1.0 <= found.length / -np.log(1e-3) <= samples_apart
    else:
        assert found.remaining == pytest.approx(np.exp(-decay * found.length), rel=1e-12)
