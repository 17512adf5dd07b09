"""Hot sources of several poles: trajectories of the field against the chain of tiers."""

import numpy as np
import pytest

import thermalent as te


def random_filter(rng):
    """Two or three poles within a factor of four: cavities, prototypes, detuned, with a zero."""
    width = float(np.exp(rng.uniform(np.log(0.005), np.log(0.05))))
    kind = rng.integers(4)
    if kind == 0:
        rates = width * rng.uniform(0.5, 2.0, int(rng.integers(2, 4)))
        return te.Filter.cavities(
            tuple(rates), detunings=tuple(width * rng.normal(0, 0.3, len(rates)))
        )
    if kind == 1:
        return te.Filter.butterworth(int(rng.integers(2, 4)), width)
    if kind == 2:
        return te.Filter.chebyshev(2, width, float(rng.uniform(0.05, 1.0)))
    poles = width * (-rng.uniform(0.3, 1.0, 3) + 0.4j * rng.normal(size=3))
    return te.Filter.poles_and_zeros(tuple(poles), (2j * width * float(rng.uniform(1, 2)),))


def random_network(seed):
    rng = np.random.default_rng([7, seed])
    return te.thermal_link(
        float(np.exp(rng.uniform(np.log(20), np.log(1220)))),
        filter=random_filter(rng),
        gamma=tuple(rng.uniform(0.7, 1.4, 2)),
        detuning=tuple(rng.normal(0, 0.05, 2)),
        dephasing=float(rng.choice([0.0, 0.01])),
        loss=float(rng.choice([0.0, 0.05])),
    )


@pytest.mark.parametrize(
    "seed", [pytest.param(seed, marks=pytest.mark.long if seed > 3 else ()) for seed in range(20)]
)
def test_trajectories_agree_with_the_chain(seed):
    network = random_network(seed)
    exact = te.steady_state(network, te.ContinuedFraction(rtol=2e-3))
    found = te.steady_state(network, te.FieldTrajectories(n=1024, seed=seed))
    # The chain's own error, the bias of the step and what the start contributes, as stated.
    beside = float(exact.error) + float(found.error) - found.stats["standard_error"]
    scale = found.stats["standard_errors"] + beside / 4
    assert np.max(np.abs(found.state - exact.state) / scale) < 4
    assert float(found.error) < 0.03
    assert float(exact.error) < 0.01
