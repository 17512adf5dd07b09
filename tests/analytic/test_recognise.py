"""A network is recognised for what it is, and what stands in the way is named."""

import numpy as np
import pytest

from thermalent.analytic.methods.recognise import (
    IdealLink,
    Mismatch,
    classical_field,
    ideal_link,
    one_mode,
)
from thermalent.models import phononic_link, thermal_link
from thermalent.networks.gaussian_source import GaussianMode, gaussian_modes
from thermalent.networks.network import Network
from thermalent.networks.nodes import SIGMA_MINUS, Mode, Qubit, Qudit

KAPPA, GAMMA, N_TH = 0.1, 0.7, 3.0


def changed(**changes) -> Network:
    """The ideal link with some arguments of `Network` replaced."""
    ideal = thermal_link(N_TH, KAPPA, GAMMA)
    given = {name: getattr(ideal, name) for name in ("nodes", "exchange", "decay", "absorption")}
    return Network(**{**given, **changes})


def reason(network: Network, question=ideal_link) -> str:
    answer = question(network)
    assert isinstance(answer, Mismatch), "the network was taken for what it is not"
    return answer.reason


@pytest.mark.parametrize(
    ("n_th", "kappa", "gamma"),
    [(0.0, 1.0, 1.0), (1220.0, 1e-3, 1.0), (1e7, 1e-5, 3.3), (0.5, 40.0, 1e-3)],
)
def test_the_ideal_link_gives_its_own_parameters_back(n_th, kappa, gamma):
    link = ideal_link(thermal_link(n_th, kappa, gamma))
    assert isinstance(link, IdealLink)
    assert link.n_th == n_th
    assert link.kappa == kappa
    assert link.gamma == pytest.approx(gamma, rel=1e-15)  # a product of square roots
    assert link.flux == pytest.approx(kappa * n_th / 2, rel=1e-15)


def test_a_common_rotation_makes_no_difference():
    ideal = changed()
    rotated = ideal_link(changed(exchange=ideal.exchange + 0.9 * np.eye(3)))
    assert rotated == ideal_link(ideal)


def test_a_qudit_that_is_a_qubit_counts_as_one():
    source = Mode(name="source", bath_rate=KAPPA, n_th=N_TH)
    nodes = (source, Qudit(name="q1", lower=SIGMA_MINUS), Qubit(name="q2"))
    assert isinstance(ideal_link(changed(nodes=nodes)), IdealLink)


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        ({"qubits": 1}, "number of emitters is 1, not 2"),
        ({"qubits": 3}, "number of emitters is 3, not 2"),
        ({"gamma": (1.0, 0.9)}, "`gamma` differ: 1 of 'q1', 0.9 of 'q2'"),
        ({"gamma": 0.0}, "`gamma` of 'q1' is 0"),
        ({"detuning": (0.0, 0.1)}, "`detuning` of 'q2' from 'source' is 0.1, not 0"),
        ({"detuning": -0.2}, "`detuning` of 'q1' from 'source' is -0.2, not 0"),
        ({"dephasing": (0.0, 0.01)}, "`dephasing` of 'q2' is 0.01, not 0"),
        ({"loss": 0.05}, "`loss` between 'q1' and 'q2' is 0.05, not 0"),
        ({"loss": 1.0}, "`loss` between 'q1' and 'q2' is 1, not 0"),
    ],
)
def test_a_link_that_is_not_ideal_is_named_by_its_argument(arguments, words):
    assert words in reason(thermal_link(N_TH, KAPPA, **arguments))


IDEAL = changed()
SOURCE, Q1, Q2 = IDEAL.nodes
PHASE = np.diag([1, 1j, 1])


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({"nodes": (Mode(bath_rate=0.2, n_th=1.0), Q1, Q2)}, "`bath_rate` of 'source' is 0.2"),
        ({"exchange": IDEAL.exchange + np.diag([0.3, 0, 0])}, "`detuning` of 'q1' from 'source' i"),
        ({"absorption": np.diag([0, 0.01, 0])}, "`absorption` of 'q1' is 0.01, not 0"),
        ({"absorption": np.diag([0.02, 0, 0])}, "`absorption` of 'source' is 0.02, not 0"),
        (
            {"nodes": (SOURCE, Q1, Qudit(name="q2", lower=np.diag(np.sqrt([1, 2]), 1)))},
            "'q2' is not a qubit",
        ),
        (
            {"nodes": (SOURCE, Q1, Qudit(name="q2", lower=SIGMA_MINUS.T))},
            "'q2' is not a qubit",
        ),
        (
            {
                "nodes": (
                    SOURCE,
                    Q1,
                    Qudit(name="q2", lower=SIGMA_MINUS, local_hamiltonian=np.diag([0, 0.1])),
                )
            },
            "'q2' has a Hamiltonian of its own",
        ),
        (
            {"nodes": (SOURCE, Q1, Qudit(name="q2", lower=SIGMA_MINUS, local_jumps=[SIGMA_MINUS]))},
            "'q2' has jumps of its own",
        ),
        ({"exchange": np.zeros((3, 3))}, "`exchange` between 'source' and 'q1' is 0"),
        ({"exchange": -IDEAL.exchange}, "the waveguide is not unidirectional"),
        (
            {"exchange": np.zeros((3, 3)), "decay": np.diag(np.diag(IDEAL.decay))},
            "`loss` between 'source' and 'q1' is 1, not 0",
        ),
        (
            {
                "exchange": PHASE @ IDEAL.exchange @ PHASE.conj(),
                "decay": PHASE @ IDEAL.decay @ PHASE.conj(),
            },
            "`decay` between 'source' and 'q1' is 0+0.264575j, not 0.264575",
        ),
    ],
)
def test_a_network_that_is_no_link_is_named_by_its_matrix(changes, words):
    assert words in reason(changed(**changes))


@pytest.mark.parametrize("modes", [0, 2])
def test_the_number_of_modes_is_counted(modes):
    sources = tuple(Mode(name=f"m{i}", bath_rate=1.0, n_th=1.0) for i in range(modes))
    zero = np.zeros((modes + 2, modes + 2))
    network = Network(nodes=(*sources, Q1, Q2), exchange=zero, decay=zero)
    for question in (one_mode, classical_field, ideal_link):
        assert reason(network, question) == f"the number of boson modes is {modes}, not 1"


@pytest.mark.parametrize("relative", [1e-15, 1e-9])
def test_rounding_is_forgiven_and_a_difference_is_not(relative):
    link = ideal_link(thermal_link(N_TH, KAPPA, gamma=(1.0, 1.0 + relative)))
    assert isinstance(link, IdealLink if relative < 1e-12 else Mismatch)


def test_one_mode_is_the_networks_gaussian_amplitude():
    mode = one_mode(IDEAL)
    assert isinstance(mode, GaussianMode)
    assert (mode.rate, mode.variance) == (gaussian_modes(IDEAL)[0].rate, mode.variance)
    assert mode.rate == pytest.approx(KAPPA, rel=1e-14)
    assert mode.variance == pytest.approx(N_TH / 2, rel=1e-14)


@pytest.mark.parametrize(
    "arguments",
    [
        {"qubits": 3},
        {"gamma": (1.0, 0.4), "detuning": (0.3, -0.1), "dephasing": 0.1, "loss": 0.2},
    ],
)
def test_a_cascade_sees_a_classical_field(arguments):
    network = thermal_link(N_TH, KAPPA, **arguments)
    mode = classical_field(network)
    assert isinstance(mode, GaussianMode)
    # The same said by the superoperators: nothing acts back.
    assert np.max(np.abs(mode.backaction)) == 0.0
    assert np.max(np.abs(mode.backaction_conj)) == 0.0


@pytest.mark.parametrize(
    ("changes", "culprit"),
    [
        # A common reservoir: each qubit feeds the mode as much as the mode feeds it.
        ({"exchange": np.zeros((3, 3))}, "'q1' acts back on 'source'"),
        # The second qubit alone, by a direct coupling.
        (
            {
                "exchange": np.array([[0, 0, 0.2], [0, 0, 0], [0.2, 0, 0]]),
                "decay": np.diag([KAPPA, 1.0, 1.0]),
            },
            "'q2' acts back on 'source'",
        ),
        # By a warm channel that both share.
        (
            {"absorption": 0.01 * np.array([[1, 1, 0], [1, 1, 0], [0, 0, 0]])},
            "a warm channel joins 'q1' and 'source' (their `absorption` is 0.01, not 0)",
        ),
    ],
)
def test_back_action_is_found_and_its_emitter_named(changes, culprit):
    network = changed(**changes)
    assert culprit in reason(network, classical_field)
    # The same said by the superoperators.
    assert np.max(np.abs(gaussian_modes(network)[0].backaction)) > 0


@pytest.mark.parametrize("unit", [1.0, 2.0**30, 2.0**-30])
@pytest.mark.parametrize("relative", [3e-13, 3e-12])
def test_back_action_is_told_from_rounding_in_any_unit(unit, relative):
    """The bound is 1e-12 of the decay that source and emitter share."""
    exchange = IDEAL.exchange.copy()
    off = relative * abs(IDEAL.decay[0, 2])
    exchange[2, 0] += off
    exchange[0, 2] += off
    network = Network(
        nodes=(Mode(name="source", bath_rate=KAPPA * unit, n_th=N_TH), Q1, Q2),
        exchange=unit * exchange,
        decay=unit * IDEAL.decay,
    )
    found = classical_field(network)
    if relative < 1e-12:
        assert isinstance(found, GaussianMode)
    else:
        assert "'q2' acts back on 'source'" in found.reason


def test_back_action_may_be_left_out_on_purpose():
    places = {"wavelengths": (1.0, 2.0)}
    kept, dropped = (
        phononic_link(N_TH, KAPPA, backaction=keep, **places) for keep in (True, False)
    )
    assert "'q1' acts back on 'source'" in reason(kept, classical_field)
    assert isinstance(classical_field(dropped), GaussianMode)


def test_a_field_whose_phase_matters_is_not_taken_for_one_of_random_phase():
    driven = Qudit(name="q2", lower=SIGMA_MINUS, local_hamiltonian=np.array([[0, 0.1], [0.1, 0]]))
    words = reason(changed(nodes=(SOURCE, Q1, driven)), classical_field)
    assert "does not conserve the excitation number: the Hamiltonian of q2" in words
