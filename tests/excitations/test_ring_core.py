"""Ring resonators with a hot first cavity, by the methods of the thermal link; cascaded limits."""

from dataclasses import replace

import numpy as np
import pytest

import thermalent as te
from thermalent.excitations import peak_concurrence
from thermalent.models.ring_resonators import ring_resonators

TIMES = np.array([0.5, 2.0, 8.0])
EXACT = 1e-8  # both methods are asked for a hundredth of it
FOCK, FRACTION = te.Fock(tolerance=1e-10), te.ContinuedFraction(rtol=1e-10)


def hot_rings(n_th, *, levels=None, left=0.0, couplings=(0.5, 0.6), **options):
    """Two nodes, the bath of the first cavity hot, the second cavity cut off if `levels` is given.

    The cut-off cavity is an emitter of the network, so that a single mode is left.
    """
    network = ring_resonators(couplings, 1.0, left, cavity_loss=(0.4, 0.1), **options)
    first, second, *qubits = network.nodes
    decay = network.decay.copy()
    if levels is not None:
        decay[1, 1] += second.bath_rate  # an emitter has no bath of its own
        second = te.Qudit(name="cavity2", lower=np.diag(np.sqrt(np.arange(1.0, levels)), 1))
    return te.Network(
        nodes=(replace(first, n_th=n_th), second, *qubits), exchange=network.exchange, decay=decay
    )


def ring_and_waveguide(n_th, left=0.0):
    """A hot cavity with a qubit, and two bare qubits behind it on the waveguide."""
    exchange, decay = te.ChiralWaveguide(
        right=(1.0, 0.8, 1.2, 0.0), left=(left, left, left, 0.0), positions=(0.0, 1.0, 2.5, 3.0)
    ).coupling()
    exchange[0, 3] = exchange[3, 0] = 0.4  # the cavity's own qubit
    decay[3, 3] += 0.05
    return te.Network(
        nodes=(
            te.Mode(name="cavity1", bath_rate=0.6, n_th=n_th),
            *(te.Qubit(name=name) for name in ("q2", "q3", "q1")),
        ),
        exchange=exchange,
        decay=decay,
    )


SINGLE_MODE = {
    "one-way, second cavity cut off": hot_rings(
        0.8, levels=3, qubit_decay=0.1, detuning=(0.1, -0.2)
    ),
    "two-way, second cavity cut off": hot_rings(0.8, levels=3, left=0.3, distance=1.1),
    "dephasing and loss": hot_rings(0.5, levels=2, dephasing=(0.1, 0.3), loss=0.2),
    "bare qubits behind a ring": ring_and_waveguide(1.5),
    "bare qubits about a ring, two-way": ring_and_waveguide(0.7, left=0.5),
}


@pytest.mark.parametrize("name", SINGLE_MODE)
def test_steady_states_by_fock_and_by_the_hierarchy(name):
    network = SINGLE_MODE[name]
    fock, fraction = (te.steady_state(network, method) for method in (FOCK, FRACTION))
    difference = np.max(np.abs(fock.state - fraction.state))
    assert difference <= fock.error + fraction.error
    assert difference < EXACT
    excited = 1 - fock.state[0, 0].real
    assert excited > 0.1  # hot indeed


@pytest.mark.parametrize("name", list(SINGLE_MODE)[::2])
def test_evolution_by_fock_and_by_the_hierarchy(name):
    network = SINGLE_MODE[name]
    start = "0" * (len(network.emitters) - 1) + "1"
    fock, fraction = (te.evolve(network, TIMES, start, method) for method in (FOCK, FRACTION))
    assert np.max(np.abs(fock.states - fraction.states)) < EXACT


def test_two_cavities_are_the_limit_of_more_levels_of_the_second():
    """Both modes in Fock space; the second one cut off is off by ever less."""
    whole = te.steady_state(hot_rings(0.3), te.Fock(tolerance=1e-9))
    errors = []
    for levels in (2, 3, 4, 5):
        cut = te.steady_state(hot_rings(0.3, levels=levels), FRACTION)
        errors.append(np.max(np.abs(cut.reduced("q1", "q2") - whole.state)))
    assert np.all(np.array(errors[1:]) < 0.3 * np.array(errors[:-1]))  # a factor per level
    assert errors[-1] < 1e-4


def test_a_cold_first_cavity_is_the_ring_network():
    """The negative control of all the above, and the bridge to few excitations."""
    cold = hot_rings(0.0, levels=2)
    few = te.evolve(cold, TIMES, "010", te.FewExcitations())
    for method in (te.Fock(tolerance=1e-10), FRACTION):
        found = te.evolve(cold, TIMES, "010", method, source="stationary")
        assert np.max(np.abs(found.states - few.states)) < EXACT
    # One excitation never fills the second level of a cavity.
    rings = te.evolve(hot_rings(0.0), TIMES, "10", te.FewExcitations())
    cut = np.array([few.at(i).reduced("q1", "q2") for i in range(len(TIMES))])
    assert np.max(np.abs(cut - rings.states)) < 1e-12
    warm = te.evolve(hot_rings(0.3, levels=2), TIMES, "010", FRACTION)
    assert np.max(np.abs(warm.states - few.states)) > 0.01


def test_trajectories_of_a_hot_cavity_before_a_ring():
    """Without a qubit of its own the hot cavity is a field that drives the second node."""
    network = hot_rings(2.0, levels=4, couplings=(0.0, 0.6), qubit_decay=0.1)
    keep = [0, 1, 3]  # without the first qubit
    network = te.Network(
        nodes=tuple(network.nodes[j] for j in keep),
        exchange=network.exchange[np.ix_(keep, keep)],
        decay=network.decay[np.ix_(keep, keep)],
    )
    sampled = te.steady_state(network, te.FieldTrajectories(n=500, seed=11, threads=1))
    fock = te.steady_state(network, te.Fock(tolerance=1e-8))
    assert 1 - fock.reduced("q2")[0, 0].real > 0.1
    assert np.max(np.abs(sampled.state - fock.state)) < 5 * sampled.error < 0.1
    cold = te.steady_state(
        hot_rings(0.0, levels=4, couplings=(0.0, 0.6), qubit_decay=0.1), FRACTION
    )
    off = np.max(np.abs(cold.reduced("cavity2", "q2") - sampled.state))
    assert off > 5 * sampled.error  # the control


class TestCascadedLimits:
    """A waveguide without left-moving decay is a cascade, however it is written down."""

    RATES = (1.0, 0.7, 1.4)
    POSITIONS = (0.0, 1.3, 4.0)
    LOSS = (0.1, 0.3)

    def test_matrices(self):
        cascade = te.Cascade(rates=self.RATES, loss=self.LOSS).coupling()
        chiral = te.ChiralWaveguide(
            right=self.RATES, left=(0.0,) * 3, positions=self.POSITIONS, loss=self.LOSS
        ).coupling()
        rings = ring_resonators(
            (0.2, 0.3, 0.4), self.RATES, 0.0, distance=np.diff(self.POSITIONS), loss=self.LOSS
        )
        local = np.exp(1j * np.array(self.POSITIONS))
        for exchange, decay in (chiral, (rings.exchange[:3, :3], rings.decay[:3, :3])):
            turned = local.conj()[:, None] * exchange * local
            np.testing.assert_allclose(turned, cascade.exchange, atol=1e-15)
            # G multiplies c_j rho c_l^+: its phases are the conjugate ones.
            turned = local[:, None] * decay * local.conj()
            np.testing.assert_allclose(turned, cascade.decay, atol=1e-15)

    def test_thermal_link_is_a_chiral_waveguide(self):
        link = te.thermal_link(n_th=3.0, kappa=0.2, gamma=(1.0, 1.3), loss=0.2)
        exchange, decay = te.ChiralWaveguide(
            right=(0.2, 1.0, 1.3), left=(0.0,) * 3, positions=(0.0, 0.9, 2.2), loss=(0.0, 0.2)
        ).coupling()
        same = te.Network(nodes=link.nodes, exchange=exchange, decay=decay)
        by_link, by_waveguide = (te.steady_state(net, FRACTION) for net in (link, same))
        # Local phases change the coherence of the qubits, not its size.
        difference = np.abs(by_link.state) - np.abs(by_waveguide.state)
        assert np.max(np.abs(difference)) <= by_link.error + by_waveguide.error < EXACT
        assert by_link.concurrence() == pytest.approx(by_waveguide.concurrence(), abs=EXACT)

    def test_rings_without_cavities(self):
        """Cavities that decay fast are bare qubits of rate 4 g^2/gamma: to first order in g^2."""
        ratio = 3.6446505820830292
        off = []
        for fast in (100.0, 200.0, 400.0):
            g = np.sqrt(fast) / 2 * np.array([1, np.sqrt(ratio)])  # 4 g^2/fast = 1 and ratio
            peak = peak_concurrence(ring_resonators(tuple(g), fast), "10", until=5)
            off.append(abs(peak.value - 0.8693765818120214))
        order = np.log2(np.array(off[:-1]) / off[1:])
        np.testing.assert_allclose(order, 1, atol=0.1)
        assert off[-1] < 0.01

    @pytest.mark.parametrize("distance", [np.pi, 1.0])
    def test_chirality_goes_to_one_smoothly(self, distance):
        """What is left over of the left-moving channel matters in proportion to it."""
        cascade = te.evolve(ring_resonators((0.3, 0.5)), TIMES, "10", te.SingleExcitation())
        phase = np.exp(1j * (distance - np.pi))
        off = []
        for left in (1e-3, 5e-4):
            network = ring_resonators((0.3, 0.5 * phase), 1.0, left, distance=distance)
            two_way = te.evolve(network, TIMES, "10", te.SingleExcitation())
            off.append(np.max(np.abs(two_way.states - cascade.states)))
        assert off[0] / off[1] == pytest.approx(2, rel=1e-2)
        assert off[1] < 5e-4 * TIMES[-1]  # what the left-moving decay takes in this time

    def test_slow_sources_on_four_geometries(self):
        """A slow field drives all four into the same dark state, and so to the same average.

        In front of a mirror and in a common reservoir, detunings of +-gamma/4 stand for the order
        of the cascade.
        """
        kappa, n_th = 1e-6, 4e6
        cascade = te.thermal_link(n_th, kappa)
        one_way = te.ChiralWaveguide(
            right=(kappa, 1.0, 1.0), left=(0.0,) * 3, positions=(0.0, 2 * np.pi, 4 * np.pi)
        ).coupling()
        chiral = te.Network(nodes=cascade.nodes, exchange=one_way[0], decay=one_way[1])
        mirror = te.phononic_link(n_th, kappa, wavelengths=(1, 2), detuning=(0.25, -0.25))
        common = te.CommonReservoir(rates=(kappa, 1.0, 1.0)).coupling()
        detuned = common.exchange + np.diag([0.0, 0.25, -0.25])
        reservoir = te.Network(nodes=mirror.nodes, exchange=detuned, decay=common.decay)
        found = [
            te.steady_state(network).populations()
            for network in (cascade, chiral, mirror, reservoir)
        ]
        for other in found[1:]:
            for state in ("00", "S", "T", "11"):
                # What is not adiabatic is of order kappa/gamma times a few.
                assert other[state] == pytest.approx(found[0][state], rel=0, abs=30 * kappa)
        assert found[0]["S"] > 0.5


def test_amplitudes_of_a_qudit_with_a_detuning_and_a_complex_lowering_operator():
    """Its energy and the phase of its lowering operator, against Fock space."""
    lower = np.zeros((3, 3), complex)
    lower[0, 1], lower[1, 2] = 0.8 * np.exp(0.9j), 1.1
    qudit = te.Qudit(name="s", lower=lower, local_hamiltonian=np.diag([0.1, 0.7, 0.2]))
    cascade = te.Cascade(rates=(0.4, 1.0, 0.7)).coupling()
    network = te.Network(
        nodes=(te.Mode(name="m"), qudit, te.Qubit(name="q")),
        exchange=cascade.exchange + np.diag([0.0, 0.3, -0.2]),
        decay=cascade.decay,
    )
    start = np.zeros(6, complex)
    start[[1, 2]] = 0.6, 0.8j  # the excitation is shared between the two
    found = te.evolve(network, TIMES, start, te.SingleExcitation(), source="empty")
    exact = te.evolve(network, TIMES, start, te.Fock(tolerance=1e-10), source="empty")
    assert np.max(np.abs(found.states - exact.states)) < EXACT
    # The detuning is seen: without it the coherence between qudit and qubit rotates otherwise.
    assert np.max(np.abs(exact.states[:, 1, 2].imag)) > 0.1
