"""Standard errors of numbers read off means over trajectories, against their spread over seeds.

`how` says what they are: at least the standard error. So the root of the mean square of
(number - exact number) / error over many seeds is at most one.
"""

import numpy as np
import pytest

import thermalent as te

SEEDS = 40
MEASURES = (
    "concurrence",
    "negativity",
    "logarithmic_negativity",
    "entanglement_of_formation",
    "purity",
    "entropy",
)
NETWORKS = {
    "entangled": te.thermal_link(40.0, 0.01),
    "separable": te.thermal_link(0.6, 2.0, dephasing=0.3),
}


def most(count):
    """Three standard deviations above one, of the root of a mean of so many squares."""
    return 1 + 3 / np.sqrt(2 * count)


def root_mean_square(deviations, errors):
    deviations, errors = np.abs(deviations), np.asarray(errors)
    # Zero with the error zero is exact: a state whose noise is far from entanglement.
    return float(np.sqrt(np.mean(np.where(deviations > 0, deviations / errors, 0.0) ** 2)))


@pytest.mark.long
@pytest.mark.filterwarnings("ignore:divide by zero", "ignore:invalid value")
@pytest.mark.parametrize("name", NETWORKS)
def test_stated_standard_errors_are_at_least_the_spread(name):
    network = NETWORKS[name]
    exact = te.steady_state(network)
    states = [
        te.steady_state(network, te.FieldTrajectories(n=300, seed=seed)) for seed in range(SEEDS)
    ]
    for measure in MEASURES:
        found = [getattr(state, measure)() for state in states]
        truth = float(getattr(exact, measure)())
        errors = [number.error for number in found]
        assert root_mean_square(np.array(found) - truth, errors) <= most(SEEDS), measure
        assert all(number.how.startswith("at least the standard error") for number in found)
    for label, truth in exact.populations().items():
        found = [state.populations()[label] for state in states]
        errors = [number.error for number in found]
        assert root_mean_square(np.array(found) - float(truth), errors) <= most(SEEDS), label
    # The error of the state itself is no more than that: halved, it would be too small.
    off = [np.max(np.abs(state.state - exact.state)) for state in states]
    of_states = root_mean_square(off, [float(state.error) for state in states])
    assert 0.4 < of_states <= most(SEEDS)


@pytest.mark.long
def test_errors_of_a_sweep_over_trajectories_are_at_least_the_spread():
    points = np.linspace(0.3, 1.5, 16)
    study = te.sweep(
        te.thermal_link,
        {"n_th": points},
        ["purity", "concurrence"],
        fixed={"kappa": 1.0},
        method=te.FieldTrajectories(n=300, seed=5),
        executor=1,
        progress=False,
    )
    for measure in ("purity", "concurrence"):
        exact = [getattr(te.steady_state(te.thermal_link(n, 1.0)), measure)() for n in points]
        off = np.asarray(study[measure]) - np.array(exact, dtype=float)
        errors = np.asarray(study[f"{measure}_error"])
        assert np.all(np.isfinite(errors))
        with np.errstate(invalid="ignore", divide="ignore"):
            assert root_mean_square(off, errors) <= most(len(points)), measure
