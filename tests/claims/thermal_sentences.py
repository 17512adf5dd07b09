"""More sentences of THERMAL, recomputed: for reference_thermal.json; units of gamma = 1."""

import numpy as np
from scipy.integrate import quad
from scipy.special import eval_genlaguerre, gammaln
from thermal_claims_equations import qubit_operators
from thermal_claims_model import concurrence, link, populations
from thermal_claims_setups import KAPPA, N_TH, phononic

import thermalent as te
from thermalent import analytic
from thermalent.networks.liouvillian import lowering_operators
from thermalent.operators.superoperators import dense

# Beside the nodes of the wave: at the temperature of Fig. 6(b), and at a tenth of it.
AWAY = ((2000.0, 2.05), (2000.0, 1.95), (200.0, 2.05), (200.0, 1.95))


def classical_field():
    """Largest difference of alpha L_+ + alpha* L_- from -i[H_alpha - H_q, .], alpha = 3 - 2i."""
    network, alpha, kappa = link(1.0, 0.3), 3 - 2j, 0.3
    _, plus, minus = qubit_operators(network)
    down = sum(dense(o) for o in lowering_operators(network))
    drive = -1j * np.sqrt(kappa) * (alpha * down.T - np.conj(alpha) * down)
    one = np.eye(4)
    field = -1j * (np.kron(drive, one) - np.kron(one, drive.T))
    return np.max(np.abs(alpha * plus + np.conj(alpha) * minus - field))


def measure_of_entanglement():
    """C of [two separable mixed states, the four Bell states]."""
    rng, found = np.random.default_rng(5), []
    for _ in range(2):
        weights, kets = rng.dirichlet(np.ones(6)), rng.normal(size=(6, 2, 2, 2))
        parts = kets[..., 0] + 1j * kets[..., 1]
        whole = [np.kron(*part) / np.linalg.norm(np.kron(*part)) for part in parts]
        rho = sum(w * np.outer(k, k.conj()) for w, k in zip(weights, whole, strict=True))
        found.append(float(te.concurrence(rho)))
    bells = (te.states.bell(name) for name in ("Psi+", "Psi-", "Phi+", "Phi-"))
    return [*found, *(float(te.concurrence(np.outer(k, k.conj()))) for k in bells)]


def faster_fields():
    """[rho_T, rho_11] at Phi = gamma for kappa = 0.1, 0.01, 0.001."""
    return [x for kappa in (0.1, 0.01, 1e-3) for x in populations(2 / kappa, kappa)[2:]]


def field_of_one_strength():
    """C of [the dark state (19) in a constant field, the average (23)] at Phi = 1, 10."""
    found = []
    for flux in (1.0, 10.0):
        ket = analytic.dark_state(np.sqrt(flux / 1e-3), 1e-3)  # kappa |alpha|^2 = Phi
        found += [
            float(te.concurrence(np.outer(ket, ket.conj()))),
            analytic.upsilon_complement(flux),
        ]
    return found


def equation_31():
    """Largest difference of (31) from (22) of (27) to (30), Phi = 0.1, 1, 10, kappa = 0.01."""
    worst = 0.0
    for flux in (0.1, 1.0, 10.0):
        p = analytic.bourret_lowest_order(flux, 0.01)
        ground = 1 / (1 + 8 * flux)  # (30) as printed
        by_22 = p.singlet - p.triplet - 2 * np.sqrt(ground * p.excited)
        worst = max(worst, abs(by_22 - analytic.bourret_concurrence(flux, 0.01)))
    return worst


def weakly_excited():
    """C of the Bourret state over the exact one, less 1; Phi = 0.001, 0.01, 0.1, kappa = 0.01."""
    return [
        float(te.steady_state(link(200 * flux, 0.01), te.Bourret()).concurrence())
        / concurrence(200 * flux, 0.01)
        - 1
        for flux in (1e-3, 1e-2, 1e-1)
    ]


def dephasing_excites():
    """[rho_T, rho_11] of (38) at n_th = 1e3, kappa = 0.01, and without its last term."""
    found = te.steady_state(link(1e3, 0.01), te.PhaseDiffusion(averaged=True)).populations()
    ket = analytic.dark_state(np.sqrt(500.0), 0.01)
    pure = np.outer(ket, ket.conj())
    triplet = (pure[1, 1] + pure[2, 2] + 2 * pure[1, 2].real).real / 2
    return [found["T"], found["11"], triplet, pure[3, 3].real]


def biorthogonal():
    """Largest element of (B2) less the unit matrix, n up to 3 and m = 0, 1, 2."""
    worst = 0.0
    for m in (0, 1, 2):
        for n in range(4):
            for other in range(4):
                norm = np.exp(sum(gammaln(k + 1) - gammaln(k + m + 1) for k in (n, other)) / 2)

                def weight(x, n=n, other=other, m=m):
                    return (
                        np.exp(-x)
                        * x**m
                        * eval_genlaguerre(n, m, x)
                        * eval_genlaguerre(other, m, x)
                    )

                value = norm * (quad(weight, 0, 12)[0] + quad(weight, 12, 90)[0])
                worst = max(worst, abs(value - (n == other)))
    return worst


def laguerre():
    """Largest error of both printed recurrences at x = 0.7, n = 1, 2, 3, m = 1, 2."""
    x, f, worst = 0.7, eval_genlaguerre, 0.0
    for n in (1, 2, 3):
        for m in (1, 2):
            first = f(n, m, x) - f(n - 1, m, x) - f(n, m - 1, x)
            second = (n + m + 1) * f(n, m, x) - (n + 1) * f(n + 1, m, x) - x * f(n, m + 1, x)
            worst = max(worst, abs(first), abs(second))
    return worst


def three_levels_at_best():
    """Largest error of [rho_S, rho_T] without |11> at n_th* of (46), kappa = 0.01."""
    n_th = analytic.n_star(0.01)
    found = analytic.three_level_populations(n_th, 0.01)
    return np.abs(np.array([found.singlet, found.triplet]) - populations(n_th, 0.01)[1:3])


def slow_limit_of_45():
    """(23) less (45) at Phi = 1, over kappa, kappa = 1e-3, 1e-5, 1e-7."""
    return [
        (analytic.upsilon_complement(1.0) - analytic.strong_driving_concurrence(1.0, kappa)) / kappa
        for kappa in (1e-3, 1e-5, 1e-7)
    ]


def room_temperature():
    """C at n_th = 1250 and kappa = 0.01, 0.001."""
    return [concurrence(1250.0, kappa) for kappa in (0.01, 1e-3)]


def meaning_of_t_phi():
    """Coherence of a qubit with 1/T_phi = 0.3 alone at t = 2, over exp(-t/T_phi)."""
    qubit = te.Qubit(name="q", dephasing=0.3)
    network = te.Network(nodes=(qubit,), exchange=np.zeros((1, 1)), decay=np.zeros((1, 1)))
    plus = np.array([1, 1]) / np.sqrt(2)
    return 2 * abs(te.evolve(network, [2.0], plus, te.Fock()).states[0][0, 1]) / np.exp(-0.6)


def hotter_is_later():
    """C at gamma t = 1, 10, 20 from |00> and in the end for n_th = 100, then 5000."""
    found = []
    for n_th in (100.0, 5000.0):
        found += [*te.evolve(link(n_th, KAPPA), [1.0, 10.0, 20.0], "00").concurrence()]
        found.append(concurrence(n_th, KAPPA))
    return found


def everything_off():
    """C with gamma_2 5 % less, a loss of 1 %, detunings of 0.02 and 1/T_phi = 0.001, over ideal."""
    how = {"gamma": (1.0, 0.95), "loss": 0.01, "detuning": 0.02, "dephasing": 1e-3}
    return concurrence(N_TH, KAPPA, **how) / concurrence(N_TH, KAPPA)


def backaction_elsewhere():
    """C without back-action less C at [n_th, k_0 z_1/pi] of AWAY, k_0 z_2 = 4 pi."""
    found = []
    for n_th, place in AWAY:
        exact, without = (
            te.steady_state(phononic(n_th, 0.01, place / 2, 2.0, backaction=on)).concurrence()
            for on in (True, False)
        )
        found.append(without - exact)
    return found


def frequency_offset():
    """Shift of qubit 1 over gamma at k_0 z_1 = pi/2 and pi/4, from the network's own J."""
    found = []
    for place in (np.pi / 2, np.pi / 4):
        network = te.phononic_link(1.0, 0.3, positions=(place, 2 * np.pi))
        found.append(network.exchange[1, 1].real)
    return found


def strain():
    """Largest difference of Gamma at k_0 z - pi/2 from sin sin, k_0 z = 2.1, 5.0."""
    z = np.array([2.1, 5.0])
    network = te.phononic_link(1.0, 0.3, positions=tuple(z - np.pi / 2))
    return np.max(np.abs(network.decay[1:, 1:] - np.outer(np.sin(z), np.sin(z))))


def reflected_waves():
    """Largest difference of J - i Gamma/2 from -(i/2) exp(i k z_>) cos(k z_<), three places."""
    z, rates = np.array([0.0, 1.3, 4.4]), np.array([0.3, 1.0, 1.0])
    network = te.phononic_link(1.0, 0.3, positions=tuple(z[1:]))
    far, near = np.maximum.outer(z, z), np.minimum.outer(z, z)
    wave = -0.5j * np.sqrt(np.outer(rates, rates)) * np.exp(1j * far) * np.cos(near)
    return np.max(np.abs(network.exchange - 0.5j * network.decay - wave))


def nearly_placed():
    """C at n_th = 1220 with the first qubit 0, 0.5, 1, 2 % of a wavelength off, delta = gamma/4."""
    return [
        te.steady_state(
            phononic(N_TH, KAPPA, 1 + part, 2.0, detuning=0.25, backaction=False)
        ).concurrence()
        for part in (0.0, 0.005, 0.01, 0.02)
    ]


def further_use():
    """[overlap with the best Bell state, mean fidelity of teleportation] at n_th = 1220."""
    rho = te.steady_state(link(N_TH, KAPPA)).state
    return [float(te.fully_entangled_fraction(rho)), float(te.teleportation_fidelity(rho))]


CLAIMS = {
    "further use": further_use,
    "Eqs. (12), (16)": classical_field,
    "C of Bell states": measure_of_entanglement,
    "faster fields": faster_fields,
    "one strength of the field": field_of_one_strength,
    "weakly excited": weakly_excited,
    "Eq. (31)": equation_31,
    "Eq. (38) excites": dephasing_excites,
    "three levels at n*": three_levels_at_best,
    "slow limit of (45)": slow_limit_of_45,
    "room temperature": room_temperature,
    "T_phi": meaning_of_t_phi,
    "Fig. 4(a), other temperatures": hotter_is_later,
    "no fine tuning": everything_off,
    "overestimates": backaction_elsewhere,
    "frequency offsets": frequency_offset,
    "small fraction of the wavelength": nearly_placed,
    "Eq. (B2)": biorthogonal,
    "Eqs. (C1), (C2)": reflected_waves,
    "strain": strain,
    "Laguerre": laguerre,
}
