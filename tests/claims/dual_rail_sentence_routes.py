"""The rows of `dual_rail_sentences` by another route."""

import numpy as np
from dual_rail_routes import (
    DARK,
    FOCK,
    LEVELS,
    MASTER,
    concurrence,
    dark_ket,
    entropy,
    two_qubits,
)

import thermalent as te
from tests.support.dual_rail_by_hand import ByHand

CLOSED = "a closed form"
THREE = np.array([0.3, -0.4, 0.6])
FAR = 200.0
POINTS = ((0.0, 0.01), (1.0, 0.01), (0.0, 0.0), (0.25, 0.0))


def last_pair():
    found = []
    for pairs in (1, 2, 3):
        ket = dark_ket(0.8, THREE[:pairs], -THREE[:pairs])[0]
        ends = ((2 * k, 2 * k + 1) for k in (pairs - 1, 0))
        found += [concurrence(two_qubits(ket, *end)) for end in ends]
    return found


def mixed():
    rho = ByHand(1.0, [0.5, -0.3], [0.4, 0.8]).steady_state()
    return np.sum(np.abs(rho) ** 2)


def product_of_exchanges():
    """The dark ket against exchanges of neighbours, one after the other, from Bell pairs."""
    order = THREE[[1, 2, 0]]
    dark = dark_ket(0.8, THREE, -order)[0]
    pair = np.diag([np.cosh(0.8), np.sinh(0.8)]) / np.sqrt(np.cosh(1.6))
    ket = np.einsum("ab,cd,ef->abcdef", pair, pair, pair).astype(complex)
    delta = -THREE.copy()  # of rail B, qubits on the axes 1, 3, 5
    for i in (0, 1):  # (0, 1, 2) to (1, 0, 2) to (1, 2, 0)
        theta = -np.arctan(delta[i] - delta[i + 1])  # the sign that (8) needs
        swapped = ket.swapaxes(2 * i + 1, 2 * i + 3)
        ket = np.cos(theta) * ket + 1j * np.sin(theta) * swapped
        delta[[i, i + 1]] = delta[[i + 1, i]]
    assert np.allclose(delta, -order)
    return 1 - abs(np.vdot(ket.ravel(), dark)) ** 2


def first_block():
    found = []
    for delta, order in ((0.5, (0, 1, 2)), (0.5, (2, 1, 0)), (0.5, (1, 0, 2)), (2.0, (2, 1, 0))):
        own = delta * np.arange(3)
        found.append(entropy(dark_ket(1.0, own, -own[list(order)])[0], (0, 1)))
    return found


def distant_blocks():
    own = np.array([0.0, FAR, 0.5, FAR + 0.5])
    ket = dark_ket(1.0, own, -own[[2, 1, 0, 3]])[0]
    return [entropy(ket, part) for part in ((0, 1, 4, 5), (0, 1), (2, 3))]


def against_in_turn():
    alone = ByHand(1.0, np.zeros(1), np.zeros(1)).preparation_time(1e-3, 80)
    found = []
    for n in (2, 3):
        own = 0.2 * np.arange(n)
        found.append(ByHand(1.0, own, -own[::-1]).preparation_time(1e-3 * n, 80) / (n * alone))
    return found


def by_fock(delta, dephasing):
    network = te.dual_rail(2, 1.0, bandwidth=20.0, dephasing=dephasing, detuning=(0.0, delta))
    solved = te.steady_state(network, te.Fock(cutoff=12))
    first, second = (solved.concurrence(f"A{i}", f"B{i}") for i in (1, 2))
    return first / (first - second)


def asymmetric():
    ket = np.array([np.cosh(1.0), 0, 0, np.sinh(1.0)]) / np.sqrt(np.cosh(2.0))
    found = []
    for rates in ((1e2, 4e2), (1e3, 4e3), (1e3, 1e3)):
        network = te.dual_rail(1, 1.0, bandwidths=rates)
        rho = te.steady_state(network, te.ContinuedFraction(rtol=1e-10)).state
        found.append(1 - (ket @ rho @ ket).real)
    return found


ROUTES = {
    "any number of pairs": (DARK, last_pair),
    "r of the amplifier": (CLOSED, lambda: np.sinh(2 * np.arctanh([0.2, 0.6]))),
    "highly mixed": (MASTER, mixed),
    "Eq. (9)": (DARK, product_of_exchanges),
    "S_n, patterns": (DARK, first_block),
    "blocks": (DARK, distant_blocks),
    "multipartite, against in turn": (MASTER, against_in_turn),
    "any finite bandwidth": (
        FOCK,
        lambda: [
            te.steady_state(te.dual_rail(1, 1.0, bandwidth=kappa), te.Fock()).concurrence()
            for kappa in (2.0, 5.0, 20.0)
        ],
    ),
    "upper bounds": (FOCK, lambda: [by_fock(*point) for point in POINTS]),
    "asymmetric amplifier": (LEVELS, asymmetric),
}
