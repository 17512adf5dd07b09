"""The ring-resonator model, states by name, and what the methods refuse."""

import numpy as np
import pytest

import thermalent as te
from thermalent.excitations import (
    FewExcitations,
    SingleExcitation,
    amplitudes,
    average,
    peak_concurrence,
    peak_transfer,
    transfer,
)
from thermalent.models.ring_resonators import ring_resonators


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
            (
                {"coupling": 0.1, "collective": True, "qubit_decay": 0.1},
                "`qubit_decay` must be zero if .* because .* leaves the symmetric states "
                r"\(else use collective=False\), but is \[0.1\]",
            ),
            (
                {"coupling": 0.1, "collective": True, "dephasing": 0.1},
                "`dephasing` must be zero if .* because .* leaves the symmetric states",
            ),
            (
                {"coupling": ((0.1, 0.2), 0.1), "qubits": 2, "collective": True},
                "must be equal for all qubits .* because .* collective=False",
            ),
        ],
    )
    def test_refuses(self, options, message):
        with pytest.raises(ValueError, match=message):
            ring_resonators(**options)


class TestRefusals:
    def test_hot_networks(self):
        hot = te.thermal_link(n_th=1.0, kappa=0.1)
        for method in (SingleExcitation(), FewExcitations()):
            with pytest.raises(te.MethodError, match="hot bath of source"):
                te.evolve(hot, [1.0], "10", method, source="empty")
        with pytest.raises(te.MethodError, match="hot bath of source"):
            transfer(hot, [1.0], "10", "01")
        with pytest.raises(te.MethodError, match="hot bath of source"):
            peak_concurrence(hot, "10", until=1.0)

    def test_warm_waveguides(self):
        warm = te.thermal_link(n_th=0.0, kappa=0.1, waveguide_occupation=0.1)
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
            te.evolve(network, [1.0], "10", SingleExcitation())
        with pytest.raises(te.MethodError, match=r"dephases.*FewExcitations"):
            transfer(network, [1.0], "10", "01")
        assert te.evolve(network, [1.0], "10", FewExcitations()).concurrence()[0] > 0

    def test_two_excitations_are_too_many_for_amplitudes(self):
        with pytest.raises(te.MethodError, match=r"at most one excitation.*FewExcitations"):
            te.evolve(ring_resonators(0.3), [1.0], "11", SingleExcitation())

    def test_steady_states_are_not_theirs(self):
        for method in (SingleExcitation(), FewExcitations()):
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
        series = te.evolve(three, [found.time], "100", SingleExcitation()).concurrence("q1", "q3")
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
        assert found.spread == pytest.approx(np.sqrt(np.sinh(1.0) ** 2 - exact**2), rel=1e-12)
        assert found.evaluations == 16**2 + 12**2  # the coarser one is 3/4 of the order
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


@pytest.mark.parametrize(
    ("given", "name"),
    [
        ({"coupling": np.ones(1001)}, "number of couplings` must be at most 1000"),
        (
            {"coupling": 1.0, "nodes": 300, "qubits": 3},
            "number of cavities and qubits` must be at most 1000",
        ),
    ],
)
def test_more_nodes_than_matrices_can_hold_are_refused_at_once(given, name):
    with pytest.raises(ValueError, match=name):
        te.ring_resonators(**given)
