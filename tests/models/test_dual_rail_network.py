"""te.dual_rail describes DUALRAIL, Eqs. (1) to (4) and (11), and refuses what it cannot."""

import numpy as np
import pytest

import thermalent as te
from thermalent.networks.gaussian_source import UnstableSourceError, gaussian_source
from thermalent.networks.liouvillian import emitter_liouvillian
from thermalent.operators.superoperators import dense

LOWER = np.array([[0, 1], [0, 0]], dtype=complex)


def embedded(position, count):
    return np.kron(np.kron(np.eye(2**position), LOWER), np.eye(2 ** (count - position - 1)))


def printed_broadband(r, delta_a, delta_b, gamma):
    """Eqs. (1) to (4) written out with Kronecker products, order A1, B1, A2, B2, ..."""
    count = 2 * len(delta_a)
    a = [embedded(2 * i, count) for i in range(len(delta_a))]
    b = [embedded(2 * i + 1, count) for i in range(len(delta_a))]
    one = np.eye(2**count)
    h = np.zeros_like(one, dtype=complex)
    for rail, delta in ((a, delta_a), (b, delta_b)):
        for i, (s, d) in enumerate(zip(rail, delta, strict=True)):
            h += d / 2 * (s.conj().T @ s - s @ s.conj().T)
            for later in rail[i + 1 :]:
                term = 1j * gamma / 2 * s.conj().T @ later
                h += term + term.conj().T
    jumps = (
        np.cosh(r) * sum(a) - np.sinh(r) * sum(b).conj().T,
        np.cosh(r) * sum(b) - np.sinh(r) * sum(a).conj().T,
    )
    total = -1j * (np.kron(h, one) - np.kron(one, h.T))
    for o in jumps:
        n = o.conj().T @ o
        total += gamma * (np.kron(o, o.conj()) - 0.5 * (np.kron(n, one) + np.kron(one, n.T)))
    return total


@pytest.mark.parametrize("permutation", [(0, 1), (1, 0)])
def test_broadband_network_is_the_printed_master_equation(permutation):
    delta = np.array([0.3, -0.7])
    net = te.dual_rail(2, 0.8, detuning=delta, permutation=permutation, gamma=1.3)
    expected = printed_broadband(0.8, delta, -delta[list(permutation)], 1.3)
    assert np.max(np.abs(dense(emitter_liouvillian(net)) - expected)) < 1e-13
    assert net.emitter_names == ("A1", "B1", "A2", "B2")


@pytest.mark.parametrize("r", [0.2, 1.0, 2.5])
def test_variances_of_the_amplifier(r):
    """u_pm = alpha +- beta^* with eps = tanh(r/2): V_+ = eps/(1 - eps), V_- = -eps/(1 + eps)."""
    source = gaussian_source(te.dual_rail(1, r, bandwidth=7.0))
    eps = np.tanh(r / 2)
    u = {sign: np.array([1, 0, 0, sign]) for sign in (1, -1)}  # over alpha, alpha^*, beta, beta^*
    conj = {sign: np.array([0, 1, sign, 0]) for sign in (1, -1)}
    for sign, variance in ((1, eps / (1 - eps)), (-1, -eps / (1 + eps))):
        assert u[sign] @ source.covariance @ conj[sign] == pytest.approx(variance, rel=1e-12)
        # ... each relaxes at its own rate kappa/2 -+ g.
        rate = 3.5 * (1 - sign * eps)
        assert u[sign] @ source.drift == pytest.approx(rate * u[sign], rel=1e-12)
    assert u[1] @ source.covariance @ conj[-1] == pytest.approx(0, abs=1e-12 * np.exp(r))


def test_gain_instead_of_squeezing():
    # r = 2 artanh(2 g / kappa), here with unequal rates.
    by_gain = te.dual_rail(1, gain=0.6, bandwidths=(4.0, 1.0))
    by_squeezing = te.dual_rail(1, 2 * np.arctanh(0.6), bandwidths=(4.0, 1.0))
    assert by_gain.pumping == pytest.approx(by_squeezing.pumping, abs=1e-15)


def test_loss_acts_on_the_light_not_on_the_first_pair():
    """Behind complete loss the second pair sees the vacuum, the first what it always sees."""
    net = te.dual_rail(2, 1.0, loss=1.0)
    assert net.absorption == pytest.approx(np.diag([np.sinh(1) ** 2] * 2 + [0] * 2))
    assert np.all(net.anomalous[2:] == 0)
    assert net.decay[2:, 2:] == pytest.approx(np.eye(2))


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ({"gain": 5.0, "bandwidth": 10.0}, r"`gain` must be below the parametric threshold .* = 5"),
        ({"gain": 1.0}, r"`gain` must be given together with a finite `bandwidth`"),
        ({"squeezing": 1.0, "gain": 1.0, "bandwidth": 9.0}, r"`gain` must be left out"),
        ({}, r"`squeezing` must be given"),
        ({"squeezing": -1.0}, r"`squeezing` must be finite and non-negative"),
        ({"squeezing": 1.0, "permutation": (0, 0)}, r"`permutation` must be a permutation of 0..1"),
        ({"squeezing": 1.0, "detuning": (0, 1, 2)}, r"`detuning` must be one number or 2 numbers"),
        ({"squeezing": 1.0, "bandwidths": 3.0}, r"`bandwidths` must be two rates"),
        ({"squeezing": 1.0, "bandwidths": {1.0, 2.0}}, r"`bandwidths` must be two rates"),
        ({"squeezing": 1.0, "detuning_b": "ab"}, r"`detuning_b` must be"),
        ({"squeezing": 40.0, "bandwidth": 1.0}, r"`squeezing` must be at most 15"),
        ({"squeezing": 1.0, "bandwidth": 0.0}, r"`bandwidth` must be"),
        ({"squeezing": 1.0, "bandwidths": (1, 2), "bandwidth": 1}, r"`bandwidth` must be left out"),
        (
            {"squeezing": 1.0, "permutation": (1, 0), "detuning_b": 0.0},
            r"`permutation` must be left out",
        ),
    ],
)
def test_bad_input(arguments, message):
    with pytest.raises(ValueError, match=message):
        te.dual_rail(2, **arguments)


def test_one_pair_has_no_stretch_to_lose_on():
    with pytest.raises(ValueError, match="`loss` must be 0 for one pair"):
        te.dual_rail(1, 0.5, loss=0.5)


def test_a_source_above_threshold_has_no_stationary_state():
    pair = np.array([[0, 1, 0], [1, 0, 0], [0, 0, 0]])
    net = te.Network(
        nodes=(te.Mode(name="a"), te.Mode(name="b"), te.Qubit(name="q")),
        exchange=np.zeros((3, 3)),
        decay=np.eye(3),
        pumping=0.5j * pair,
    )
    with pytest.raises(UnstableSourceError, match=r"no steady state\. Pump less"):
        gaussian_source(net)
