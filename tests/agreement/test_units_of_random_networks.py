"""Random networks in a unit of rates up to 2^200 away, by each method.

States and errors depend on ratios of rates only. Methods that follow random numbers are left to
`test_units`: one digit less or more of a rounded step draws other numbers.
"""

import dataclasses

import numpy as np
import pytest

import thermalent as te
from tests.support.long_ones import ordinary_and_long
from thermalent.solution.record import Claim
from thermalent.solving import registry
from thermalent.solving.solve import method_named

RATES = {"bath_rate", "dephasing"}
MATRICES = ("exchange", "decay", "absorption", "pumping", "anomalous")
DRAWS = 12 * len(te.testing.KINDS)
QUICK = (2, 3, 5)
FEWEST = 2  # of the methods that solve or evolve each of these networks
ALIKE = 2.0  # error over error, which are drawn from roundings where nothing else is left
ROUNDING = 1e-14
MOST_LEVELS = 60
FASTEST = 1e4  # rate of a network that is stepped in Fock space: steps resolve it


def in_unit(network, unit):
    """The network with all of its rates times a number."""
    nodes = [
        dataclasses.replace(
            node,
            **{
                field.name: getattr(node, field.name) * unit
                for field in dataclasses.fields(node)
                if field.name in RATES
            },
        )
        for node in network.nodes
    ]
    return te.Network(nodes=nodes, **{name: getattr(network, name) * unit for name in MATRICES})


def answers(network, unit, name):
    """State and error, states and errors over time; the kind of refusal where there is one."""
    scaled, method = in_unit(network, unit), method_named(name)
    start = "1" + "0" * (len(network.emitters) - 1)
    found = []
    for ask in (
        lambda: te.steady_state(scaled, method),
        lambda: te.evolve(scaled, np.array([0.3, 3.0]) / unit, start, method),
    ):
        try:
            result = ask()
        except (te.MethodError, te.SolveError) as refusal:
            found.append(type(refusal))
        else:
            states = result.states if isinstance(result, te.Evolution) else result.state
            found.append((states, np.atleast_1d(result.error).astype(float)))
    return found


def quick_in_fock_space(network):
    """Whether a Fock basis takes no minutes."""
    levels = np.prod(network.dims) * np.prod([1 + 20 * mode.n_th for mode in network.modes])
    rates = [np.max(np.abs(getattr(network, name)), initial=0.0) for name in MATRICES]
    return levels <= MOST_LEVELS and max(rates) <= FASTEST


@pytest.mark.filterwarnings("ignore:.*:UserWarning")
@pytest.mark.parametrize("seed", ordinary_and_long(range(DRAWS), set(range(DRAWS)) - set(QUICK)))
def test_a_random_unit_changes_no_state_and_no_error(seed):
    rng = np.random.default_rng(seed)
    network = te.testing.random_network(te.testing.KINDS[seed % len(te.testing.KINDS)], rng)
    unit, solved = 2.0 ** int(rng.integers(-200, 201)), 0
    names = [
        entry.name
        for entry in registry.METHODS
        if method_named(entry.name).claim is not Claim.STATISTICAL
        and (entry.name != "Fock" or quick_in_fock_space(network))
    ]
    for name in names:
        for before, after in zip(
            answers(network, 1.0, name), answers(network, unit, name), strict=True
        ):
            if isinstance(before, type) or isinstance(after, type):
                assert before is after
                continue
            solved += 1
            np.testing.assert_allclose(after[0], before[0], rtol=0, atol=1e-9)
            if not np.isnan(before[1]).any():
                assert np.all(after[1] <= ALIKE * before[1] + ROUNDING)
                assert np.all(before[1] <= ALIKE * after[1] + ROUNDING)
    assert solved >= FEWEST
