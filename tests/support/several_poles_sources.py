"""Random linear sources of several poles, and hand-made ones, for the tests of the chain."""

import numpy as np

import thermalent as te


def behind(modes, exchange, losses, output, gamma=(1.0, 1.0), detuning=(0.0, 0.0)):
    """Qubits on a one-way waveguide behind modes that are coupled to each other.

    Args:
        modes: The modes; their bath rates are hot or cold ports of their own.
        exchange: J between the modes, (m, m) Hermitian.
        losses: Decay of each mode into a cold channel of its own, (m,).
        output: Amplitudes with which the modes leak into the waveguide, (m,) complex.
        gamma: Decay rates of the qubits into the waveguide.
        detuning: Of the qubits.
    """
    m, n = len(modes), len(modes) + len(gamma)
    amplitudes = np.concatenate([np.asarray(output, dtype=complex), np.sqrt(gamma)])
    decay = np.outer(amplitudes, amplitudes.conj())
    j = np.zeros((n, n), dtype=complex)
    # The modes leak together; what is downstream of them, one after the other.
    position = np.array([0] * m + list(range(1, len(gamma) + 1)))
    later = position[:, None] > position[None, :]
    j[later] = -0.5j * decay[later].conj()
    j = j + j.conj().T
    j[:m, :m] += exchange
    j[m:, m:] += np.diag(detuning)
    decay[:m, :m] += np.diag(losses)
    qubits = tuple(te.Qubit(name=f"q{i + 1}") for i in range(len(gamma)))
    return te.Network(nodes=(*modes, *qubits), exchange=j, decay=decay)


def random_source(rng, poles, hottest=300.0, gamma=(1.0, 1.0)):
    """Modes with random couplings, detunings, losses, hot ports and outputs, and two qubits."""
    scale = 10 ** rng.uniform(-2.0, -0.5)
    modes = tuple(
        te.Mode(
            name=f"m{i}",
            bath_rate=scale * rng.uniform(0.3, 2.0),
            n_th=float(rng.choice([0.0, 1.0])) * 10 ** rng.uniform(-1, np.log10(hottest)),
        )
        for i in range(poles)
    )
    hot = te.Mode(name="m0", bath_rate=scale, n_th=10 ** rng.uniform(-1, np.log10(hottest)))
    exchange = rng.normal(size=(poles, poles)) + 1j * rng.normal(size=(poles, poles))
    exchange = scale * 0.7 * (exchange + exchange.conj().T)
    output = np.zeros(poles, dtype=complex)
    output[-1] = np.sqrt(scale)
    if rng.random() < 0.5:  # several modes at the port: zeros of the transfer
        output = np.sqrt(scale / 2) * (rng.normal(size=poles) + 1j * rng.normal(size=poles))
    return behind(
        (hot, *modes[1:]),
        exchange,
        scale * rng.uniform(0.01, 0.5, size=poles),
        output,
        gamma,
        scale * rng.normal(size=len(gamma)),
    )
