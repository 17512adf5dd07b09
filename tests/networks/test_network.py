"""A network validates itself when made, and says which argument is wrong."""

import numpy as np
import pytest

import thermalent as te
from thermalent.networks.geometry import Cascade
from thermalent.support import checks


@pytest.mark.parametrize(
    ("kwargs", "message"),
    [
        ({"n_th": -1.0}, r"Argument `n_th` must be finite and non-negative, but is -1.0\."),
        ({"n_th": np.inf}, r"Argument `n_th` must be finite and non-negative, but is inf\."),
        ({"n_th": np.nan}, r"`n_th` must be finite and non-negative, but is nan"),
        ({"n_th": 1j}, r"`n_th` must be finite and non-negative, but is 1j"),
        ({"n_th": "hot"}, r"`n_th` must be finite and non-negative, but is 'hot'"),
        ({"n_th": True}, r"`n_th` must be finite and non-negative, but is True"),
        ({"kappa": 0.0}, r"`kappa` must be finite and positive, but is 0\.0"),
        ({"kappa": -0.1}, r"`kappa` must be finite and positive, but is -0\.1"),
        ({"gamma": -1.0}, r"`gamma` must be finite and non-negative, but is -1\.0"),
        ({"gamma": (1.0, 1j)}, r"`gamma` must be finite and non-negative, but is 1j"),
        ({"gamma": (1.0, 1.0, 1.0)}, r"`gamma` must be one number or 2 numbers \(one per qubit\)"),
        ({"detuning": (0.1,)}, r"`detuning` must be one number or 2 numbers"),
        ({"detuning": np.nan}, r"`detuning` must be a finite real number, but is nan"),
        ({"dephasing": -0.1}, r"`dephasing` must be finite and non-negative, but is -0\.1"),
        ({"loss": 1.5}, r"`loss` must be a number in \[0, 1\], but is 1\.5"),
        ({"loss": (0.1, 0.1)}, r"`loss` must be one number or 1 numbers \(one per stretch"),
        ({"qubits": 0}, r"`qubits` must be an integer of at least 1, but is 0"),
        ({"qubits": 2.0}, r"`qubits` must be an integer of at least 1, but is 2\.0"),
    ],
)
def test_thermal_link_names_the_bad_argument(kwargs, message):
    with pytest.raises(ValueError, match=message):
        te.thermal_link(**{"n_th": 1.0, "kappa": 0.1, **kwargs})


def _two_qubits(exchange, decay):
    return te.Network(
        nodes=(te.Qubit(name="q1"), te.Qubit(name="q2")), exchange=exchange, decay=decay
    )


def test_exchange_must_be_hermitian():
    with pytest.raises(ValueError, match=r"`exchange` must be Hermitian, but is not: .* is 1"):
        _two_qubits(np.array([[0, 1], [0, 0]]), np.eye(2))


def test_decay_must_be_positive_semidefinite():
    with pytest.raises(ValueError, match=r"`decay` must be positive .* smallest eigenvalue is -1"):
        _two_qubits(np.zeros((2, 2)), np.array([[1, 2], [2, 1]]))


def test_matrices_must_fit_the_nodes():
    with pytest.raises(
        ValueError, match=r"`decay` must be a 2 x 2 matrix, but is an array of shape"
    ):
        _two_qubits(np.zeros((2, 2)), np.eye(3))
    with pytest.raises(ValueError, match=r"`exchange` must be finite in every element"):
        _two_qubits(np.full((2, 2), np.nan), np.eye(2))


def test_nodes_must_be_named_differently_and_modes_first():
    with pytest.raises(ValueError, match=r"`nodes` must be of different names"):
        te.Network(
            nodes=(te.Qubit(name="q"), te.Qubit(name="q")),
            exchange=np.zeros((2, 2)),
            decay=np.eye(2),
        )
    with pytest.raises(ValueError, match=r"`nodes` must be ordered with the modes first"):
        te.Network(
            nodes=(te.Qubit(name="q"), te.Mode(bath_rate=1.0)),
            exchange=np.zeros((2, 2)),
            decay=np.eye(2),
        )
    with pytest.raises(ValueError, match=r"`nodes` must be at least one emitter"):
        te.Network(nodes=(te.Mode(),), exchange=np.zeros((1, 1)), decay=np.eye(1))


def test_a_mode_must_lose_more_than_it_gains():
    with pytest.raises(ValueError, match=r"`decay` must be such that mode 'source' loses more"):
        te.Network(
            nodes=(te.Mode(bath_rate=0.0), te.Qubit(name="q")),
            exchange=np.zeros((2, 2)),
            decay=np.diag([0.0, 1.0]),
        )


def test_a_network_cannot_be_changed():
    net = te.thermal_link(1.0, 0.1)
    with pytest.raises(ValueError, match="read-only"):
        net.decay[0, 0] = 7.0


def test_filter_holds_half_the_thermal_quanta():
    relaxation, gain = te.thermal_link(n_th=40.0, kappa=0.3).mode_rates(0)
    assert relaxation == pytest.approx(2 * 0.3, rel=1e-14)
    assert gain / relaxation == pytest.approx(20.0, rel=1e-14)


def test_qudit_checks_its_operators():
    with pytest.raises(ValueError, match=r"`lower` must be a square matrix"):
        te.Qudit(name="s", lower=np.zeros((2, 3)))
    with pytest.raises(ValueError, match=r"`local_hamiltonian` must be Hermitian"):
        te.Qudit(name="s", lower=np.eye(2, k=1), local_hamiltonian=np.eye(2, k=1))
    with pytest.raises(ValueError, match=r"`local_jumps` must be a 2 x 2 matrix"):
        te.Qudit(name="s", lower=np.eye(2, k=1), local_jumps=[np.eye(3)])


@pytest.mark.parametrize("seed", range(20))
def test_cascade_with_loss_is_a_physical_waveguide(seed):
    rng = np.random.default_rng(seed)
    n = int(rng.integers(2, 7))
    coupling = Cascade(rates=rng.uniform(0, 2, n), loss=rng.uniform(0, 1, n - 1)).coupling()
    # Rounding of an eigenvalue of a matrix with entries of order one.
    assert np.linalg.eigvalsh(coupling.decay)[0] > -1e-14
    # Nothing travels back: the non-Hermitian Hamiltonian J - iG/2 is lower triangular.
    effective = coupling.exchange - 0.5j * coupling.decay
    assert np.max(np.abs(np.triu(effective, 1))) < 1e-15


def test_cascade_loss_multiplies_along_the_way():
    decay = Cascade(rates=(1.0, 1.0, 1.0, 1.0), loss=(0.0, 0.19, 0.36)).coupling().decay.real
    assert decay[0] == pytest.approx([1.0, 1.0, 0.9, 0.72], rel=1e-14)


def test_the_printed_loss_term_is_legitimate_with_the_hot_port():
    """THERMAL Eq. (48) attenuates the qubit-qubit term alone; its G has a negative determinant."""
    kappa, gamma, p = 0.01, 1.0, 0.1
    literal = Cascade(rates=(kappa, gamma, gamma)).coupling().decay.copy()
    literal[1, 2] = literal[2, 1] = gamma * np.sqrt(1 - p)
    expected = -((1 - np.sqrt(1 - p)) ** 2) * kappa * gamma * gamma
    assert np.linalg.det(literal).real == pytest.approx(expected, rel=1e-9)

    def network(n_th, decay=literal, bath_rate=kappa):
        return te.Network(
            nodes=(
                te.Mode(bath_rate=bath_rate, n_th=n_th),
                te.Qubit(name="q1"),
                te.Qubit(name="q2"),
            ),
            exchange=Cascade(rates=(kappa, gamma, gamma)).coupling().exchange,
            decay=decay,
        )

    for n_th in (0.0, 1.0, 1e9):
        assert np.array_equal(network(n_th).decay, literal)
    with pytest.raises(ValueError, match=r"`decay with the modes' own ports` must be positive"):
        network(0.0, bath_rate=1e-3 * kappa)
    # What two emitters lack, no port of a mode makes up for, however hot.
    wrong = literal.copy()
    wrong[1, 2] = wrong[2, 1] = gamma * (1 + 1e-9)
    with pytest.raises(ValueError, match=r"`decay` must be positive semidefinite.* -1e-09"):
        network(1e9, decay=wrong)


def test_a_label_is_text():
    with pytest.raises(te.ThermalentError, match="`label` must be text"):
        te.Network(
            nodes=(te.Mode(n_th=1.0, bath_rate=1.0), te.Qubit(name="q")),
            exchange=np.zeros((2, 2)),
            decay=np.ones((2, 2)),
            label=complex(np.nan, 0),
        )


def test_a_heat_bath_that_nothing_couples_to_is_refused():
    """With the default bath_rate of zero the mode would be in the vacuum, whatever n_th is."""
    with pytest.raises(te.ThermalentError, match=r"`n_th` must be 0 where `bath_rate` is 0.* 300"):
        te.Mode(n_th=300)
    assert te.Mode().n_th == te.Mode(bath_rate=0.1).n_th == 0


def test_a_thousand_nodes_are_allowed_their_rounding():
    """Of a thousand qubits that decay together 999 eigenvalues are zero, to 5e-12 as computed."""
    rounded = np.diag([1.0] * 999 + [-5e-12])
    assert np.array_equal(checks.positive_semidefinite("decay", rounded), rounded)
    with pytest.raises(ValueError, match="smallest eigenvalue is -3e-12"):
        checks.positive_semidefinite("decay", np.diag([1.0, -3e-12]))


@pytest.mark.parametrize("name", ["positions", "wavelengths"])
def test_a_waveguide_holds_a_thousand_qubits(name):
    with pytest.raises(ValueError, match=f"number of {name}` must be at most 1000, but is 1001"):
        te.phononic_link(1.0, 1.0, **{name: np.ones(1001)})
