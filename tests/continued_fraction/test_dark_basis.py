"""The basis of the chain holds the dark state, whatever the phases of the couplings are."""

from dataclasses import replace

import numpy as np
import pytest

import thermalent as te
from thermalent.continued_fraction.chain.hierarchy import bright_dark_basis


@pytest.mark.parametrize("phases", [(0.0, 0.0, 0.0), (0.0, 0.4, 1.3), (0.7, -0.2, 2.0)])
def test_the_dark_state_is_one_of_the_basis(phases):
    """Of c_j -> exp(i phi_j) c_j the dark state is the singlet with these phases."""
    factors = np.exp(1j * np.array(phases))
    network = te.thermal_link(10.0, 0.1)
    both = np.outer(factors, factors.conj())
    network = replace(network, exchange=network.exchange * both, decay=network.decay * both.conj())
    dark = np.kron([1, factors[1]], [1, factors[2]]) * te.states.bell("S")
    found = np.abs(bright_dark_basis(network, np.array([0, 1, 1, 2])).conj().T @ dark)
    assert np.sort(found) == pytest.approx([0, 0, 0, 1], abs=1e-12)
