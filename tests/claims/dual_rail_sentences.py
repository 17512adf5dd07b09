"""More sentences of DUALRAIL, recomputed: for reference_dual_rail.json, as `dual_rail_claims`."""

import numpy as np
from dual_rail_claims import along_the_chain, infidelity

import thermalent as te
from thermalent.analytic.dual_rail.state import dual_rail_state

THREE = (0.3, -0.4, 0.6)
# Delta and dephasing at which as many pairs as come out, Delta apart, stay within kappa = 20.
POINTS = ((0.0, 0.01), (1.0, 0.01), (0.0, 0.0), (0.25, 0.0))
FAR = 200.0  # apart, in units of gamma: an exchange at this distance is a SWAP but for 1/FAR


def last_pair():
    """C of the last pair and of the first, N = 1, 2, 3 in parallel, r = 0.8."""
    found = []
    for pairs in (1, 2, 3):
        state = te.steady_state(te.dual_rail(pairs, 0.8, detuning=THREE[:pairs]))
        found += [state.concurrence(f"A{k}", f"B{k}") for k in (pairs, 1)]
    return found


def amplified():
    """sqrt of the flux per bandwidth at the centre, 2g/kappa = 0.2, 0.6, from the two modes."""
    found = []
    for gain in (0.1, 0.3):
        # a_A' = -a_A/2 + g a_B^+ - a_in, and its partner; outputs a_in + a at kappa = 1.
        drift = np.array([[-0.5, gain], [gain, -0.5]])
        found.append(abs((np.eye(2) + np.linalg.inv(drift))[0, 1]))
    return found


def mixed():
    """Purity of two pairs with detunings that match in no order."""
    network = te.dual_rail(2, 1.0, detuning=(0.5, -0.3), detuning_b=(0.4, 0.8))
    rho = te.steady_state(network).state
    return np.trace(rho @ rho).real


def product_of_exchanges():
    """1 - fidelity of (9) with the steady state, three pairs in the order (1, 2, 0)."""
    ket = dual_rail_state(3, 0.8, THREE, (1, 2, 0)).ket
    found = te.steady_state(te.dual_rail(3, 0.8, detuning=THREE, permutation=(1, 2, 0)))
    return 1 - (ket.conj() @ found.state @ ket).real


def first_block():
    """S_1 of three pairs, r = 1: parallel, reversed and exchanged at Delta = 0.5, reversed at 2."""
    patterns = ((0.5, None), (0.5, "reverse"), (0.5, (1, 0, 2)), (2.0, "reverse"))
    return [
        dual_rail_state(3, 1.0, delta * np.arange(3), order).entropies()[0]
        for delta, order in patterns
    ]


def distant_blocks():
    """Entropy in nats of [pairs 1 and 3 together, pair 1, pair 2], four pairs."""
    state = dual_rail_state(4, 1.0, (0.0, FAR, 0.5, FAR + 0.5), (2, 1, 0, 3))
    parts = (("A1", "B1", "A3", "B3"), ("A1", "B1"), ("A2", "B2"))
    return [state.entropy(part) for part in parts]


def against_in_turn():
    """T_prep(N)/(N T_prep(1)) of multipartite states, N = 2, 3, reversed, Delta = gamma/5."""
    alone = float(te.purity_time(te.dual_rail(1, 1.0)))
    found = []
    for pairs in (2, 3):
        ladder = 0.2 * np.arange(pairs)
        network = te.dual_rail(pairs, 1.0, detuning=ladder, permutation="reverse")
        found.append(float(te.purity_time(network)) / (pairs * alone))
    return found


def any_bandwidth():
    """C_11 at kappa = 2, 5, 20."""
    return [along_the_chain(1, 1e-9, bandwidth=kappa)[0] for kappa in (2.0, 5.0, 20.0)]


def extrapolated(delta, dephasing):
    """N_ent of parallel pairs that are Delta apart, kappa = 20."""
    first, second = along_the_chain(
        2, 1e-7, bandwidth=20.0, dephasing=dephasing, detuning=(0.0, delta)
    )
    return first / (first - second)


def asymmetric():
    """1 - fidelity of one pair with (5), kappa_B = 4 kappa_A = 4e2, 4e3, and at equal kappa."""
    ket = dual_rail_state(1, 1.0).ket
    found = []
    for kappa in (1e2, 1e3):
        state = te.steady_state(te.dual_rail(1, 1.0, bandwidths=(kappa, 4 * kappa))).state
        found.append(1 - (ket.conj() @ state @ ket).real)
    return [*found, infidelity(1e3)]


CLAIMS = {
    "any number of pairs": last_pair,
    "r of the amplifier": amplified,
    "highly mixed": mixed,
    "Eq. (9)": product_of_exchanges,
    "S_n, patterns": first_block,
    "blocks": distant_blocks,
    "multipartite, against in turn": against_in_turn,
    "any finite bandwidth": any_bandwidth,
    "upper bounds": lambda: [extrapolated(*point) for point in POINTS],
    "asymmetric amplifier": asymmetric,
}
