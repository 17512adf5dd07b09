"""Times so late, or rates so fast, that neither memory nor time would do: refused beforehand."""

import re

import numpy as np
import pytest

import thermalent as te
from thermalent.excitations.propagate import propagate
from thermalent.support import memory_limit

RING = te.ring_resonators(coupling=0.3, nodes=2)


def named(message, pattern):
    """The number that a message recommends."""
    return float(re.search(pattern, message).group(1))


def test_a_search_that_is_too_long_names_what_would_fit(monkeypatch):
    with pytest.raises(te.MethodError, match=r"up to t = 1e\+12 has too many points") as refused:
        te.peak_transfer(RING, "10", "01", until=1e12)
    fitting = named(str(refused.value), r"until <= ([\d.e+]+), which would fit")
    assert 1e4 < fitting < 1e10
    monkeypatch.setattr(memory_limit, "_ALWAYS_FITS", 0)
    monkeypatch.setattr(memory_limit, "available", lambda: 10**6)
    with pytest.raises(te.MethodError) as refused:
        te.peak_concurrence(RING, "10", until=1e6)
    fitting = named(str(refused.value), r"until <= ([\d.e+]+), which would fit")
    assert te.peak_concurrence(RING, "10", until=0.95 * fitting).interior
    with pytest.raises(te.MethodError, match="would fit"):
        te.peak_concurrence(RING, "10", until=1.1 * fitting)


def test_maps_are_refused_likewise():
    def build(coupling):
        return te.ring_resonators(coupling=coupling, nodes=2)

    with pytest.raises(te.MethodError, match="too many points"):
        te.excitations.peak_concurrence_map(build, {"coupling": [0.2, 0.3]}, "10", until=1e12)


def test_rates_too_far_apart_are_refused_by_each_method_with_times_that_do():
    network = te.cooperative(2, 1.0, 1e12)
    with pytest.raises(te.MethodError, match="Taylor steps") as refused:
        te.evolve(network, [0.0, 1.0], "11", te.FewExcitations())
    last = named(str(refused.value), r"times up to ([\d.e+-]*\d)")
    assert last == 1e-5
    early = te.evolve(network, [0.0, 1e-10], "11", te.FewExcitations())
    assert early.states[-1][0, 0].real == pytest.approx(1.0, abs=1e-6)  # all has decayed
    with pytest.raises(te.MethodError, match=r"products with the generator.*times up to"):
        te.evolve(network, [0.0, 1.0], "11", te.Fock())
    with pytest.raises(te.MethodError, match=r"FewExcitations: .*times up to"):
        te.evolve(network, [0.0, 1.0], "11")
    with pytest.raises(te.MethodError, match=r"Taylor steps.*times up to"):
        te.transfer(RING, [0.0, 1e12], "10", "01")


def test_many_states_of_a_transfer_are_refused(monkeypatch):
    monkeypatch.setattr(memory_limit, "_ALWAYS_FITS", 0)
    monkeypatch.setattr(memory_limit, "available", lambda: 10**5)
    with pytest.raises(te.MethodError, match=r"at 10000 times does not fit.*Use fewer times"):
        te.transfer(RING, np.linspace(0, 1, 10**4), "10", "01")


def test_times_within_and_between_steps_are_those_asked_for():
    """Several times in one step, none in another, and the last one."""
    from scipy import sparse

    times = np.array([0.0, 0.3, 0.4, 9.0, 10.0])
    generator = sparse.csr_array(np.diag([-1.0, -2.0 + 1j, 3j]))
    states = propagate(generator, np.ones(3), times)
    exact = np.exp(generator.diagonal() * times[:, None])
    assert np.max(np.abs(states - exact)) < 1e-14
