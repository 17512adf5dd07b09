"""What couples a mode to an emitter, term by term, against the master equation of both."""

from dataclasses import replace

import numpy as np

import thermalent as te
from thermalent.networks.gaussian_source import coupling_weights

LOWER = np.array([[0.0, 1.0], [0.0, 0.0]])


def generator(network, rho, cutoff):
    """The right-hand side of the master equation for a density matrix."""
    equation = te.master_equation(network, cutoff)
    h = equation.hamiltonian.toarray()
    out = -1j * (h @ rho - rho @ h)
    for jump in (jump.toarray() for jump in equation.jumps):
        rate = jump.conj().T @ jump
        out += jump @ rho @ jump.conj().T - 0.5 * (rate @ rho + rho @ rate)
    return out


def test_every_coupling_is_that_of_the_master_equation():
    """Exchange, decay, absorption and pumping, all complex, so that no sign is free."""
    network = te.Network(
        nodes=(te.Mode(name="a", bath_rate=0.4, n_th=0.7), te.Qubit(name="b")),
        exchange=np.array([[0.3, 0.2 - 0.5j], [0.2 + 0.5j, -0.4]]),
        decay=np.array([[1.0, 0.3 + 0.4j], [0.3 - 0.4j, 0.8]]),
        absorption=0.2 * np.array([[0.5, 0.1 - 0.2j], [0.1 + 0.2j, 0.4]]),
        pumping=np.array([[0.0, 0.1 + 0.25j], [0.1 + 0.25j, 0.0]]),
    )
    apart = replace(
        network,
        exchange=np.diag(np.diag(network.exchange)),
        decay=np.diag(np.diag(network.decay)),
        absorption=np.diag(np.diag(network.absorption)),
        pumping=np.zeros((2, 2)),
    )
    cutoff, held = 7, 4  # levels, and those that are occupied, beyond which nothing is cut off
    rng = np.random.default_rng(1)
    root = rng.normal(size=(2 * held, 2 * held)) + 1j * rng.normal(size=(2 * held, 2 * held))
    rho = np.zeros((2 * cutoff, 2 * cutoff), dtype=complex)
    rho[: 2 * held, : 2 * held] = root @ root.conj().T / np.linalg.norm(root) ** 2
    a = np.kron(np.diag(np.sqrt(np.arange(1.0, cutoff)), 1), np.eye(2))
    c = np.kron(np.eye(cutoff), LOWER)
    terms = {"a_rho": a @ rho, "rho_a": rho @ a, "ad_rho": a.T @ rho, "rho_ad": rho @ a.T}
    found = np.zeros_like(rho)
    for term, weight, raised, from_left, from_right in coupling_weights(network, 0, 1):
        operator = c.T if raised else c
        found += weight * (from_left * operator @ terms[term] + from_right * terms[term] @ operator)
    expected = generator(network, rho, cutoff) - generator(apart, rho, cutoff)
    inside = slice(0, 2 * (cutoff - 1))
    np.testing.assert_allclose(found[inside, inside], expected[inside, inside], atol=1e-13)
    assert np.abs(expected).max() > 0.1
