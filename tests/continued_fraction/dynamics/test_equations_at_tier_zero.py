"""The equation at tier zero of a start on all tiers, by each route, against a dense elimination."""

import numpy as np
import pytest

import thermalent as te
from thermalent.continued_fraction.chain.assembly import assemble, offsets
from thermalent.continued_fraction.chain.chain import hierarchy_chain
from thermalent.continued_fraction.chain.hierarchy import hierarchy
from thermalent.continued_fraction.dynamics import all_tiers

NETWORKS = {
    "two qubits": te.thermal_link(3.0, 0.2, (1.0, 0.7), detuning=(0.3, -0.1)),
    "one qubit": te.thermal_link(0.4, 0.2, qubits=1),
    "back-action": te.phononic_link(0.5, 0.4, wavelengths=(1.0, 2.0), detuning=(0.5, -0.5)),
}


@pytest.mark.parametrize("name", NETWORKS)
@pytest.mark.parametrize("charge", [0, 1])
@pytest.mark.parametrize("route", ["kernel", "LAPACK", "sparse"])
def test_tiers_above_zero_are_eliminated(monkeypatch, name, charge, route):
    h = hierarchy(NETWORKS[name])
    d = len(h.numbers)
    chain = hierarchy_chain(h, start=np.ones((d, d)), charge=charge)
    if route == "LAPACK":
        monkeypatch.setattr(all_tiers, "_SMALL", 0)
    starts = []

    def start(last):
        starts.append(last)
        return np.cos(1.0 + np.arange(offsets(chain, last)[-1]))

    def generator(last):
        return assemble(chain, last)

    if route == "sparse":
        reduced = all_tiers.on_all_tiers_wide(chain, start, generator)
    else:
        reduced = all_tiers.all_tiers_equation(chain, start)
    size = chain.tier0_size
    for depth in (0, 1, 5, 6):
        for z in (0.3 + 1j, 2.1 - 0.4j):
            if route == "sparse" and depth == 0:
                continue  # nothing is there to be eliminated
            matrix = z * np.eye(offsets(chain, depth)[-1]) - generator(depth).toarray()
            b = np.cos(1.0 + np.arange(len(matrix)))
            tail = np.linalg.solve(
                matrix[size:, size:], np.column_stack([matrix[size:, :size], b[size:]])
            )
            expected = matrix[:size, :size] - matrix[:size, size:] @ tail[:, :-1]
            right = b[:size] - matrix[:size, size:] @ tail[:, -1]
            found = reduced(z, depth)
            np.testing.assert_allclose(found[0], expected, rtol=1e-10, atol=1e-11)
            np.testing.assert_allclose(found[1], right, rtol=1e-10, atol=1e-11)
    assert starts == sorted(set(starts))  # made once for a depth
