"""The operators of a network: QuTiP's steady state of them is that of Fock at the same cutoff."""

import numpy as np
import pytest
from scipy import sparse

import thermalent as te
from thermalent.fock.master_equation import _jump_operator

NETWORKS = {
    "thermal link": te.thermal_link(
        0.6, 0.4, (1.0, 0.7), detuning=(0.3, -0.5), dephasing=(0.08, 0.02), loss=0.1
    ),
    "phononic link": te.phononic_link(0.5, 0.3, wavelengths=(1, 2), detuning=(0.5, -0.5)),
    "two rails": te.dual_rail(1, 0.4, bandwidth=2.0),
    "warm waveguide": te.thermal_link(0.3, 0.5, waveguide_occupation=0.2),
    "qudit": te.clockwork(),
}


@pytest.mark.parametrize("network", NETWORKS.values(), ids=NETWORKS)
def test_qutip_finds_the_same_state(network):
    qutip = pytest.importorskip("qutip")
    cutoff = 7 if len(network.modes) == 1 else 4
    equation = te.master_equation(network, cutoff)
    hamiltonian, jumps = equation.to_qutip()
    whole = qutip.steadystate(hamiltonian, jumps)
    first = len(network.modes)
    emitters = whole.ptrace(list(range(first, len(equation.dims)))).full()
    # Both are exact solutions of one finite linear system; QuTiP's is good to 1e-11 or so. The
    # error of the truncation is not compared, which both have in common.
    found = te.steady_state(network, te.Fock(cutoff=cutoff) if first else te.Fock())
    np.testing.assert_allclose(found.state, emitters, rtol=0, atol=1e-10)


def test_the_equation_keeps_the_trace_and_the_form():
    equation = te.master_equation(NETWORKS["thermal link"], 5)
    rng = np.random.default_rng(1)
    size = int(np.prod(equation.dims))
    rho = rng.normal(size=(size, size)) + 1j * rng.normal(size=(size, size))
    rho = rho @ rho.conj().T
    change = -1j * (equation.hamiltonian @ rho - rho @ equation.hamiltonian)
    for jump in equation.jumps:
        product = jump.conj().T @ jump
        change += jump @ rho @ jump.conj().T - 0.5 * (product @ rho + rho @ product)
    assert abs(np.trace(change)) < 1e-12 * np.abs(rho).max() * size
    assert abs(equation.hamiltonian - equation.hamiltonian.conj().T).max() < 1e-15


def test_the_lowering_operators_give_the_occupation_of_the_source():
    """A cold waveguide takes half of the n_th quanta: n_th / 2 in the mode, thermal."""
    qutip = pytest.importorskip("qutip")
    network = te.thermal_link(0.2, 0.4)
    equation = te.master_equation(network, 14)
    whole = qutip.steadystate(*equation.to_qutip())
    lower = equation.lowering["source"]
    occupation = np.trace((lower.conj().T @ lower) @ whole.full()).real
    # (0.1/1.1)^14 = 3e-15 of the population lies beyond the cutoff.
    assert occupation == pytest.approx(0.1, abs=1e-10)


def test_one_cutoff_per_mode_and_one_dimension_per_node():
    network = te.dual_rail(1, 0.4, bandwidth=2.0)
    equation = te.master_equation(network, [3, 4])
    assert equation.dims == (3, 4, 2, 2)
    assert list(equation.lowering) == [node.name for node in network.nodes]
    assert "3" in repr(equation)
    assert len(repr(equation)) < 400


@pytest.mark.parametrize(
    ("network", "cutoff", "message"),
    [
        (te.thermal_link(1, 0.1), 1, "`cutoff`"),
        (te.thermal_link(1, 0.1), [3, 3], "`cutoff`"),
        (te.thermal_link, 3, "`network`"),
        (te.phononic_link(1, 0.1, wavelengths=(1, 2), backaction=False), 3, "backaction=True"),
    ],
)
def test_what_has_no_operators_is_refused(network, cutoff, message):
    with pytest.raises(te.ThermalentError, match=message):
        te.master_equation(network, cutoff)


@pytest.mark.parametrize("unit", [2.0**-40, 1.0, 2.0**40])
def test_a_channel_with_a_negative_rate_by_rounding_has_no_jump_operator(unit):
    """A rho B^+ of a positive multiple A of B is O rho O^+; of anything else it is no jump."""
    b = sparse.csr_array(np.array([[0.0, 1.0], [0.0, 2.0j]]))
    rounded, other = (sparse.csr_array([[0.0, 9 + off], [0.0, 18j]]) for off in (4e-15, 1e-3))
    for a in (9 * b, rounded):
        np.testing.assert_allclose(
            _jump_operator(unit * a, b).toarray(), 3 * unit**0.5 * b.toarray()
        )
    for a in (-9 * b, other, 9 * b.conj()):
        with pytest.raises(te.ThermalentError, match="negative rate within rounding"):
            _jump_operator(unit * a, b)


@pytest.mark.parametrize("n_th", [0.0, 0.5, 40.0])
def test_levels_that_are_not_given_leave_out_a_millionth(n_th):
    network = te.thermal_link(n_th=n_th, kappa=0.2)
    cutoff = te.master_equation(network).dims[0]
    ratio = n_th / (n_th + 2)  # n_th/2 quanta
    assert ratio**cutoff <= 1.01e-6
    assert cutoff <= 4 or ratio ** (cutoff - 2) > 1e-6


def test_levels_of_very_hot_modes_have_to_be_given():
    hot = te.thermal_link(n_th=1e6, kappa=0.2)
    with pytest.raises(te.ThermalentError, match="`cutoff` must be given, as the modes are too ho"):
        te.master_equation(hot)
    assert te.master_equation(hot, 3).dims == (3, 2, 2)
