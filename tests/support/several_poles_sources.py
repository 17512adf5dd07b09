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


def nearly_equal_cavities(rng, poles, n_th):
    """Cavities in a row whose rates differ by a part of 1e-1 to 1e-12: close to a Jordan block."""
    rate, apart = 10 ** rng.uniform(-2.5, -0.3), 10 ** rng.uniform(-12, -1)
    rates = rate * (1 + apart * rng.normal(size=poles))
    detunings = rate * apart * rng.normal(size=poles) * rng.choice([0.0, 1.0])
    row = te.Filter.cavities(tuple(np.abs(rates)), detunings=tuple(detunings))
    return te.thermal_link(n_th, filter=row, detuning=tuple(rate * rng.normal(size=2)))


def unequal_cavities(rng, poles, n_th):
    """Cavities in a row with unequal rates, detuned against each other and from the qubits."""
    rates = 10 ** rng.uniform(-2.5, -0.3) * 10 ** rng.uniform(-0.5, 0.5, size=poles)
    detunings = rates * rng.normal(0, 0.7, size=poles)
    row = te.Filter.cavities(tuple(rates), detunings=tuple(detunings))
    return te.thermal_link(
        n_th, filter=row, gamma=tuple(rng.uniform(0.5, 1.5, 2)), loss=rng.choice([0.0, 0.1])
    )


def designed_filter(rng, poles, n_th):
    """A prototype of filter theory, or random poles with a zero of the transfer."""
    width, kind = 10 ** rng.uniform(-2.5, -0.3), int(rng.integers(3))
    if kind == 0:
        shape = te.Filter.butterworth(poles, width)
    elif kind == 1:
        shape = te.Filter.chebyshev(poles, width, float(rng.uniform(0.05, 3.0)))
    else:
        at = width * (-rng.uniform(0.2, 1.0, poles) + 0.5j * rng.normal(size=poles))
        shape = te.Filter.poles_and_zeros(tuple(at), (1j * width * float(rng.normal()),))
    return te.thermal_link(n_th, filter=shape, dephasing=float(rng.choice([0.0, 0.02])))


def acting_back(rng, poles, n_th):
    """Modes in a row, one of them exchanging excitations with both qubits in both directions."""
    scale, size = 10 ** rng.uniform(-1.5, -0.3), poles + 2
    exchange = np.zeros((size, size), dtype=complex)
    for i in range(poles - 1):
        exchange[i, i + 1] = scale * rng.uniform(0.3, 1.0)
    for qubit in (poles, poles + 1):
        phase = np.exp(2j * np.pi * rng.random())
        exchange[poles - 1, qubit] = 0.3 * scale * rng.uniform(0.3, 1.0) * phase
    exchange = exchange + exchange.conj().T + scale * np.diag(rng.normal(0, 0.5, size))
    modes = tuple(
        te.Mode(name=f"m{i}", bath_rate=scale * rng.uniform(0.3, 1.5), n_th=n_th * (i == 0))
        for i in range(poles)
    )
    decay = np.diag([mode.bath_rate for mode in modes] + [1.0, rng.uniform(0.5, 1.5)])
    qubits = (te.Qubit(name="q1"), te.Qubit(name="q2"))
    return te.Network(nodes=(*modes, *qubits), exchange=exchange, decay=decay.astype(complex))


def coupled_modes(rng, poles, n_th):
    """Modes with random couplings, losses, hot ports and outputs: zeros of the transfer."""
    return random_source(rng, poles, hottest=max(n_th, 0.2))


KINDS = (nearly_equal_cavities, unequal_cavities, designed_filter, acting_back, coupled_modes)
