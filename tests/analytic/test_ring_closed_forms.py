"""Closed forms of ring resonators, against many digits and against the networks they describe."""

import numpy as np
import pytest

import thermalent as te
from thermalent.analytic.ring_resonators import (
    BEST_RATE_RATIO,
    bare_concurrence,
    bell_transfer_fidelity,
    best_bare_concurrence,
    long_time_concurrence,
    node_amplitudes,
    node_concurrence,
    nonchiral_loss,
    nonchiral_peak_time,
    unequal_transfer_amplitude,
)
from thermalent.excitations import SingleExcitation, amplitudes, peak_concurrence, transfer
from thermalent.models.ring_resonators import ring_resonators

BEST = (0.1257966537261057, 0.2766362682568952)


class TestClosedForms:
    def test_against_the_exponential_also_where_eq_8_is_indeterminate(self):
        mp = pytest.importorskip("mpmath")
        rng = np.random.default_rng(1)
        cases = [(3, 0.25, 0.25, 1), (5, 0.3, 0.3, 1), (3, 0.25, 0.3, 1), (40, 0.25, 0.1, 1)]
        cases += [(5, 0.3, 0.3 + 1e-9, 1), (5, 0.25, 0.25 + 1e-7, 1), (2000, 0.1, 0.05, 1)]
        cases += [tuple(rng.uniform([0, 0, 0, 0.5], [40, 1, 1, 1.5])) for _ in range(20)]
        cases += [(t, g, g * (1 + 10 ** rng.uniform(-12, -1)), r) for t, g, _, r in cases[7:20]]
        for t, g1, g2, gamma in cases:
            with mp.workdps(50):
                a, b, c = (mp.mpf(float(value)) for value in (g1, g2, gamma))
                matrix = mp.matrix(
                    [[0, 0, -1j * a, 0], [0, 0, 0, -1j * b], [-1j * a, 0, -c / 2, 0], [0, 0, 0, 0]]
                )
                matrix[3, 1], matrix[3, 2], matrix[3, 3] = -1j * b, -c, -c / 2
                column = mp.expm(matrix * mp.mpf(float(t)))[:, 0]
                exact = [complex(value) for value in column]
            np.testing.assert_allclose(node_amplitudes(t, g1, g2, gamma), exact, atol=2e-15)

    def test_late_times_do_not_overflow(self):
        found = node_amplitudes(np.array([1e4, 1e6]), 0.01, 0.02)
        assert np.all(np.isfinite(found))
        assert abs(found.eg[0]) > 0.1

    def test_against_the_network_with_phases(self):
        times = np.linspace(0, 30, 31)
        g2 = BEST[1] * np.exp(0.4j)
        psi = amplitudes(ring_resonators((BEST[0], g2), distance=1.1), times, "10")
        found = node_amplitudes(times, *BEST, phase=1.1, alpha=0.4)
        expected = np.stack([found.c10, found.c01, found.eg, found.ge], axis=1)
        np.testing.assert_allclose(psi, expected, atol=1e-13)
        np.testing.assert_allclose(
            node_concurrence(times, *BEST), 2 * abs(psi[:, 2] * psi[:, 3]), atol=1e-13
        )

    def test_probabilities_of_equal_couplings(self):
        """Eq. (9), written out."""
        t, g = 7.0, 0.2
        kappa = np.sqrt(1 - 16 * g**2)
        sinh, cosh = np.sinh(kappa * t / 4), np.cosh(kappa * t / 4)
        ge = np.exp(-t / 2) * (8 * g**2 * (kappa * t * cosh - 4 * sinh) / kappa**3) ** 2
        c01 = 2 * g * (kappa * t * cosh - (4 + kappa**2 * t) * sinh) / kappa**3
        found = node_amplitudes(t, g, g)
        assert abs(found.ge) ** 2 == pytest.approx(ge, rel=1e-13)
        assert abs(found.c01) ** 2 == pytest.approx(np.exp(-t / 2) * c01**2, rel=1e-12)

    def test_unequal_rates(self):
        times = np.linspace(0, 5, 6)
        network = ring_resonators((2.3, 2.2), (1.0, 5.1), distance=np.pi)
        psi = amplitudes(network, times, "10")[:, 3]
        found = unequal_transfer_amplitude(times, 2.3, 2.2, 1.0, 5.1, phase=np.pi)
        np.testing.assert_allclose(found, psi, atol=1e-13)
        equal = unequal_transfer_amplitude(times, 0.25, 0.25, 1.0, 1.0)  # a fourfold root
        np.testing.assert_allclose(equal, node_amplitudes(times, 0.25, 0.25).ge, atol=1e-14)

    def test_long_times_are_as_good_as_stated(self):
        """GENERATION, Fig. 3: 2.3 % at gamma t = 10 and 0.6 % at the peak."""
        for t, percent in ((10.0, 2.3), (12.60095365850551, 0.6)):
            ratio = long_time_concurrence(t, *BEST) / node_concurrence(t, *BEST)
            assert 100 * abs(ratio - 1) == pytest.approx(percent, abs=0.05)
        late = long_time_concurrence(60.0, *BEST) / node_concurrence(60.0, *BEST)
        assert abs(late - 1) < 1e-9  # exp(-kappa_1 t/2)
        # In other units of time: 2.3 for gamma.
        faster = long_time_concurrence(60.0 / 2.3, 2.3 * BEST[0], 2.3 * BEST[1], 2.3)
        assert faster == pytest.approx(long_time_concurrence(60.0, *BEST), rel=1e-12)

    def test_long_time_limits(self):
        for g1, g2, message in ((0.3, 0.4, "`g1` must be between 0"), (0.1, 0.2, "`g2` must be")):
            with pytest.raises(ValueError, match=message):
                long_time_concurrence(1.0, g1, g2)

    def test_without_cavities(self):
        assert best_bare_concurrence(1.0) == pytest.approx(2 / np.e, rel=1e-15)
        nearly = best_bare_concurrence(1 + 1e-9)
        assert nearly == pytest.approx(2 / np.e * (1 + 1e-9 / 4), rel=1e-15)
        assert best_bare_concurrence(BEST_RATE_RATIO) == pytest.approx(
            0.8693765818120214, rel=1e-14
        )
        around = best_bare_concurrence(BEST_RATE_RATIO * np.array([0.99, 1.01]))
        assert np.all(around < best_bare_concurrence(BEST_RATE_RATIO))
        with pytest.raises(ValueError, match="`ratio` must be finite and positive"):
            best_bare_concurrence(0.0)

    @pytest.mark.parametrize(("one", "two"), [(1.0, 3.6), (2.0, 0.7), (1.0, 1.0)])
    def test_bare_qubits_against_the_network(self, one, two):
        geometry = te.Cascade(rates=(one, two))
        exchange, decay = geometry.coupling()
        network = te.Network(
            nodes=(te.Qubit(name="q1"), te.Qubit(name="q2")), exchange=exchange, decay=decay
        )
        times = np.linspace(0, 5, 11)
        evolved = te.evolve(network, times, "10", SingleExcitation()).concurrence()
        np.testing.assert_allclose(bare_concurrence(times, one, two), evolved, atol=1e-13)
        peak = peak_concurrence(network, "10", until=20)
        assert peak.value == pytest.approx(best_bare_concurrence(two / one), abs=1e-14)

    def test_bell_states_of_a_node(self):
        rng = np.random.default_rng(3)
        g, time = 0.3, 6.5
        carried = abs(node_amplitudes(time, np.sqrt(2) * g, np.sqrt(2) * g).ge) ** 2
        network = ring_resonators(g, qubits=2)
        for theta, phi in rng.uniform(0, 2 * np.pi, (5, 2)):
            c, s = np.cos(theta), np.exp(1j * phi) * np.sin(theta)
            found = transfer(network, [time], {"q1a": c, "q1b": s}, {"q2a": c, "q2b": s})
            assert bell_transfer_fidelity(theta, phi, carried) == pytest.approx(
                found.fidelity[0], abs=1e-13
            )
        with pytest.raises(ValueError, match="`transferred` must be in"):
            bell_transfer_fidelity(0.1, 0.2, 1.1)

    def test_slow_nonchiral_nodes(self):
        """Both laws are of first order: halving g halves what they miss."""
        missed, shifted = [], []
        for g in (4e-3, 2e-3):
            couplings = (g, g * (np.sqrt(2) - 1))
            time = nonchiral_peak_time(*couplings)
            peak = peak_concurrence(ring_resonators(couplings, 1.0, 1.0), "10", until=1.2 * time)
            missed.append(abs((1 - peak.value) / nonchiral_loss(g) - 1))
            shifted.append(abs(peak.time / time - 1))
        for errors in (missed, shifted):
            assert errors[1] == pytest.approx(errors[0] / 2, rel=0.1)
            assert errors[1] < 0.01
        assert nonchiral_loss(1.0) == pytest.approx(0.6891493832801769, rel=1e-15)
        with pytest.raises(ValueError, match="above zero"):
            nonchiral_peak_time(0.0, 0.0)
