"""The ring-resonator model, its closed forms, and what the methods refuse."""

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
from thermalent.excitations import (
    Amplitudes,
    FewExcitations,
    amplitudes,
    average,
    peak_concurrence,
    peak_transfer,
    transfer,
)
from thermalent.models.ring_resonators import ring_resonators

BEST = (0.1257966537261057, 0.2766362682568952)


class TestModel:
    def test_matrices_of_two_nodes(self):
        network = ring_resonators(
            (0.2, 0.3j), (1.0, 2.0), 0.5, distance=0.7, qubit_decay=(0.1, 0.2),
            detuning=(0.4, 0.5), cavity_detuning=(0.6, 0.7), cavity_loss=0.05,
        )  # fmt: skip
        assert [node.name for node in network.nodes] == ["cavity1", "cavity2", "q1", "q2"]
        assert [mode.bath_rate for mode in network.modes] == [0.05, 0.05]
        x, phase = np.sqrt(2.0), np.exp(0.7j)
        # TRANSPORT, Eq. (2): J_21 = -i (gamma_R e^{ikD} - gamma_L e^{-ikD}) / 2 for equal rates.
        j21 = -0.5j * (x * phase - 0.5 * phase.conj())
        expected = np.diag([0.6, 0.7, 0.4, 0.5]).astype(complex)
        expected[1, 0], expected[0, 1] = j21, j21.conjugate()
        expected[0, 2] = expected[2, 0] = 0.2
        expected[1, 3], expected[3, 1] = 0.3j, -0.3j
        np.testing.assert_allclose(network.exchange, expected, atol=1e-15)
        decay = np.diag([1.5, 2.5, 0.1, 0.2]).astype(complex)
        decay[1, 0] = x * phase.conj() + 0.5 * phase  # v_2 v_1^* + w_2 w_1^*
        decay[0, 1] = decay[1, 0].conjugate()
        np.testing.assert_allclose(network.decay, decay, atol=1e-15)

    def test_names_follow_the_nodes(self):
        assert ring_resonators(0.3).emitter_names == ("q1", "q2")
        assert ring_resonators(0.3, qubits=2).emitter_names == ("q1a", "q1b", "q2a", "q2b")
        assert ring_resonators(0.3, qubits=(1, 2)).emitter_names == ("q1a", "q2a", "q2b")
        assert ring_resonators(0.1, qubits=28).emitter_names[25:28] == ("q1z", "q1aa", "q1ab")
        assert ring_resonators((0.1, 0.2, 0.3)).emitter_names == ("q1", "q2", "q3")
        assert ring_resonators(0.1, nodes=4).dims == (2, 2, 2, 2)

    def test_couplings_per_qubit(self):
        network = ring_resonators(((0.1, 0.2), (0.3, 0.4)), qubits=2)
        np.testing.assert_array_equal(network.exchange[0, 2:], [0.1, 0.2, 0, 0])
        np.testing.assert_array_equal(network.exchange[1, 2:], [0, 0, 0.3, 0.4])

    def test_collective_spins(self):
        network = ring_resonators(0.1, qubits=(20, 3), collective=True, detuning=(0.0, 0.2))
        assert network.dims == (21, 4)
        np.testing.assert_allclose(network.emitters[1].hamiltonian, 0.2 * np.diag(range(4)))
        np.testing.assert_allclose(network.emitters[0].lowering[0, 1], np.sqrt(20))

    @pytest.mark.parametrize(
        ("options", "message"),
        [
            ({"coupling": (0.1,)}, "one item per node"),
            ({"coupling": (0.1, 0.2), "nodes": 3}, "coupling.*3 numbers"),
            ({"coupling": "x"}, "`coupling` must be a finite number"),
            ({"coupling": np.nan}, "`coupling` must be a finite number"),
            ({"coupling": 0.1, "distance": 0.0}, "`distance` must be finite and positive"),
            ({"coupling": 0.1, "qubits": 0}, "`qubits` must be an integer of at least 1"),
            ({"coupling": 0.1, "qubit_decay": -1.0}, "`qubit_decay` must be finite and non"),
            ({"coupling": 0.1, "decay_right": 0.0}, "loses more energy than it gains"),
            ({"coupling": 0.1, "nodes": 1}, "`nodes` must be an integer of at least 2"),
            ({"coupling": 0.1, "collective": 1}, "`collective` must be True or False"),
            ({"coupling": 0.1, "collective": True, "qubit_decay": 0.1}, "must be zero if the"),
            ({"coupling": 0.1, "collective": True, "dephasing": 0.1}, "must be zero if the"),
            (
                {"coupling": ((0.1, 0.2), 0.1), "qubits": 2, "collective": True},
                "must be equal for all qubits",
            ),
        ],
    )
    def test_refuses(self, options, message):
        with pytest.raises(ValueError, match=message):
            ring_resonators(**options)


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
        evolved = te.evolve(network, times, "10", Amplitudes()).concurrence()
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


class TestRefusals:
    def test_hot_networks(self):
        hot = te.thermal_link(n_th=1.0, kappa=0.1)
        for method in (Amplitudes(), FewExcitations()):
            with pytest.raises(te.MethodError, match="hot bath of source"):
                te.evolve(hot, [1.0], "10", method, source="empty")
        with pytest.raises(te.MethodError, match="hot bath of source"):
            transfer(hot, [1.0], "10", "01")
        with pytest.raises(te.MethodError, match="hot bath of source"):
            peak_concurrence(hot, "10", until=1.0)

    def test_warm_waveguides(self):
        warm = te.thermal_link(n_th=0.0, kappa=0.1, base_occupation=0.1)
        with pytest.raises(te.MethodError, match="warm waveguide"):
            te.evolve(warm, [1.0], "10", FewExcitations())

    def test_classical_fields_and_raising_jumps(self):
        network = te.phononic_link(n_th=0.0, kappa=0.1, positions=(1.0, 2.0), backaction=False)
        with pytest.raises(te.MethodError, match="classical field"):
            te.evolve(network, [1.0], "10", FewExcitations())
        pumped = te.Qudit(
            name="p", lower=np.diag([1.0], 1), local_jumps=(np.array([[0, 0], [1, 0]]),)
        )
        network = te.Network(nodes=(pumped,), exchange=np.zeros((1, 1)), decay=np.eye(1))
        with pytest.raises(te.MethodError, match="raises its excitation number"):
            te.evolve(network, [1.0], "0", FewExcitations())

    def test_driven_emitters(self):
        driven = te.Qudit(
            name="d", lower=np.diag([1.0], 1), local_hamiltonian=np.array([[0, 1], [1, 0]])
        )
        network = te.Network(nodes=(driven,), exchange=np.zeros((1, 1)), decay=np.eye(1))
        with pytest.raises(te.MethodError, match="does not conserve the excitation number"):
            te.evolve(network, [1.0], "0", FewExcitations())

    def test_coherent_starts(self):
        network = ring_resonators(0.3)
        with pytest.raises(te.MethodError, match="modes must start empty"):
            te.evolve(network, [1.0], "10", FewExcitations(), source=1.0 + 0j)
        empty = te.evolve(network, [1.0], "10", FewExcitations(), source=0j).states
        stationary = te.evolve(network, [1.0], "10", FewExcitations()).states
        np.testing.assert_array_equal(empty, stationary)

    def test_dephasing_takes_the_full_equation(self):
        network = ring_resonators(0.3, dephasing=0.1)
        with pytest.raises(te.MethodError, match=r"jumps on its own.*FewExcitations"):
            te.evolve(network, [1.0], "10", Amplitudes())
        with pytest.raises(te.MethodError, match=r"dephases.*FewExcitations"):
            transfer(network, [1.0], "10", "01")
        assert te.evolve(network, [1.0], "10", FewExcitations()).concurrence()[0] > 0

    def test_two_excitations_are_too_many_for_amplitudes(self):
        with pytest.raises(te.MethodError, match=r"at most one excitation.*FewExcitations"):
            te.evolve(ring_resonators(0.3), [1.0], "11", Amplitudes())

    def test_steady_states_are_not_theirs(self):
        for method in (Amplitudes(), FewExcitations()):
            with pytest.raises(te.MethodError, match="ground state, or not unique"):
                te.steady_state(ring_resonators(0.3), method)
            with pytest.raises(te.MethodError, match="ground state, or not unique"):
                method.steady_state(ring_resonators(0.3))

    def test_what_does_not_fit(self):
        network = ring_resonators(0.1, qubits=60, collective=True)
        with pytest.raises(te.MethodError, match=r"would need about .* te.transfer"):
            te.evolve(network, [1.0], "60,0", FewExcitations())
        with pytest.raises(te.MethodError, match=r"would need about .* collective=True"):
            transfer(
                ring_resonators(0.1, qubits=20), [1.0], "1" * 20 + "0" * 20, "0" * 20 + "1" * 20
            )


class TestStates:
    @pytest.mark.parametrize(
        ("state", "message"),
        [
            ("1", "one level for each of 2 emitters"),
            ("20", "levels below the dimensions"),
            ({"q1": 0.5}, "`initial` must be of norm 1"),
            ({"q1": 0.6, "10": 0.8}, "different states"),
            ({1: 1.0}, "labels such as"),
            ("00", "`initial` must be of one excitation"),
            ({"10": 0.6, "00": 0.8}, "of one number of excitations"),
            (np.array([1.0, 0, 0]), "ket of 4 amplitudes"),
        ],
    )
    def test_refuses(self, state, message):
        with pytest.raises(ValueError, match=message):
            amplitudes(ring_resonators(0.3), [1.0], state)

    def test_all_ways_to_say_the_same(self):
        network = ring_resonators((0.3, 0.4), qubits=2, collective=True)
        found = [
            peak_transfer(network, initial, target, until=10).value
            for initial, target in (
                ("10", "01"),
                ("1,0", {"0,1": 1.0}),
                ({"q1": 1j}, {"q2": -1.0}),
                (te.states.ket("10", (3, 3)), te.states.ket("01", (3, 3))),
            )
        ]
        assert np.ptp(found) < 1e-15

    def test_targets_of_another_number(self):
        with pytest.raises(ValueError, match="of 2 excitations, as the initial state"):
            transfer(ring_resonators(0.3, qubits=2), [1.0], "1100", "0010")

    def test_pairs(self):
        three = ring_resonators((0.2, 0.3, 0.3))
        with pytest.raises(ValueError, match="`pair` must be two of the emitters"):
            peak_concurrence(three, "100", until=5.0)
        found = peak_concurrence(three, "100", until=30.0, pair=("q1", "q3"))
        series = te.evolve(three, [found.time], "100", Amplitudes()).concurrence("q1", "q3")
        assert series[0] == pytest.approx(found.value, abs=1e-13)
        spins = ring_resonators(0.3, qubits=2, collective=True)
        with pytest.raises(ValueError, match="`pair` must be two qubits"):
            peak_concurrence(spins, "10", until=5.0)


class TestAverage:
    def test_quadrature_of_a_known_mean(self):
        found = average(lambda x: float(np.exp(x[0] + x[1])), dimension=2, width=0.5)
        exact = (np.sinh(0.5) / 0.5) ** 2
        assert found.how == "quadrature"
        assert found.mean == pytest.approx(exact, rel=1e-14)
        rough = average(lambda x: abs(x[0]), dimension=1, width=1.0)  # a kink
        assert abs(rough.mean - 0.5) <= 3 * rough.error

    def test_sampling_of_a_known_mean(self):
        found = average(lambda x: float(np.sum(x**2)), dimension=6, width=0.3, samples=2000)
        assert found.how == "sampling"
        assert abs(found.mean - 6 * 0.03) < 5 * found.error
        # the variance of x^2 is (1/5 - 1/9) delta^4 each
        assert found.spread == pytest.approx(np.sqrt(6 * 4 / 45) * 0.09, rel=0.1)
        assert found == average(lambda x: float(np.sum(x**2)), dimension=6, width=0.3, samples=2000)
        assert abs(found.mean - 6 * 0.04) > 5 * found.error  # the negative control

    def test_refuses(self):
        with pytest.raises(ValueError, match="`width` must be finite and non-negative"):
            average(lambda x: 0.0, dimension=1, width=-1.0)
        with pytest.raises(ValueError, match="`function` must be a finite real number"):
            average(lambda x: np.nan, dimension=1, width=1.0)
