"""Moments of modes without emitters against closed forms, and matrices of couplings by hand."""

import numpy as np
import pytest

import thermalent as te
from thermalent.networks.geometry import cascade_propagator, coupling_of, mirror_propagator
from thermalent.networks.mode_moments import bare_modes, joined, tail_ratios


def modes(*, pumping=0.0, exchange=0.0, other=0.0, n_th=1.5):
    nodes = (
        te.Mode(name="a", bath_rate=0.4, n_th=n_th), te.Mode(name="b", bath_rate=0.2, n_th=0.0),
        te.Qubit(name="q"),
    )  # fmt: skip
    return te.Network(
        nodes=nodes,
        exchange=[[0.1, exchange, 0], [np.conj(exchange), -0.2, 0], [0, 0, 0]],
        decay=np.diag([0.1, 0.3, 1.0]),
        pumping=[[pumping, other, 0], [other, 0, 0], [0, 0, 0]],
    )


def test_a_pumped_mode_is_squeezed():
    """N = <a+ a> and S = <a a> of H = (P a+ a+ + h.c.)/2."""
    pump, loss, detuning, heat = 0.03 - 0.02j, 0.5, 0.1, 0.4 * 1.5
    found = bare_modes(modes(pumping=pump))
    number, pair = found.number[0, 0], found.anomalous[0, 0]
    # N' = -loss N + heat - 2 Im(P^* S), S' = -(loss + 2 i d) S - i P (2 N + 1)
    assert loss * number == pytest.approx(heat - 2 * np.imag(np.conj(pump) * pair), rel=1e-9)
    assert (loss + 2j * detuning) * pair == pytest.approx(-1j * pump * (2 * number + 1), rel=1e-9)
    assert found.growth == pytest.approx(-0.25, abs=0.04)
    extent = number.real + abs(pair)
    assert tail_ratios(found)[0] == pytest.approx(extent / (1 + extent), rel=1e-12)
    assert tail_ratios(found)[1] == 0.0


def test_a_mode_that_gains_more_than_it_loses_has_no_moments():
    found = bare_modes(modes(pumping=0.4))
    assert not found.stable
    assert found.growth == pytest.approx(np.sqrt(0.4**2 - 0.1**2) - 0.25, rel=1e-9)
    assert tail_ratios(found) is None
    empty = bare_modes(te.cooperative())
    assert empty.growth == -np.inf
    assert empty.stable


@pytest.mark.parametrize(
    ("settings", "expected"),
    [({}, False), ({"pumping": 0.01}, True), ({"exchange": 0.01j}, True), ({"other": 0.01}, True)],
)
def test_modes_are_joined_by_whatever_couples_or_pumps_them(settings, expected):
    assert joined(modes(**settings)) is expected


def test_many_cascades_are_each_of_them():
    rates = np.array([[1.0, 0.5, 2.0], [0.3, 0.7, 0.9]])
    loss = np.array([[0.1, 0.2], [0.0, 0.5]])
    found = cascade_propagator(rates, loss)
    for k in range(2):
        own = te.Cascade(rates=rates[k].tolist(), loss=loss[k].tolist()).propagator()
        np.testing.assert_allclose(found[k], own, rtol=1e-14)
        passed = np.sqrt((1 - loss[k, 0]) * (1 - loss[k, 1]))
        assert found[k, 2, 0] == pytest.approx(-1j * np.sqrt(rates[k, 0] * rates[k, 2]) * passed)
        assert found[k, 0, 2] == 0
        np.testing.assert_allclose(np.diag(found[k]), -0.5j * rates[k])


def test_couplings_are_the_parts_of_the_propagator():
    rng = np.random.default_rng(1)
    m = rng.normal(size=(2, 3, 3)) + 1j * rng.normal(size=(2, 3, 3))
    found = coupling_of(m)
    for k in range(2):
        np.testing.assert_allclose(found.exchange[k], (m[k] + m[k].conj().T) / 2)
        np.testing.assert_allclose(found.decay[k].T, 1j * (m[k] - m[k].conj().T))


def test_in_front_of_a_mirror_every_stretch_is_passed_as_often_as_the_way_is_long():
    z, loss = np.array([2.0, 0.5]), np.array([0.1, 0.3])  # the second node is the nearer one
    found = mirror_propagator(np.array([1.0, 0.4]), z, loss)
    near, far = np.sqrt(0.9), np.sqrt(0.9 * 0.7)
    direct = np.sqrt(0.7) * np.exp(1.5j)
    expected = -0.25j * np.sqrt(0.4) * (direct + near * far * np.exp(2.5j))
    assert found[0, 1] == pytest.approx(expected, rel=1e-12)
    assert found[1, 0] == pytest.approx(expected, rel=1e-12)
    assert found[0, 0] == pytest.approx(-0.25j * (1 + far**2 * np.exp(4j)), rel=1e-12)
    assert found[1, 1] == pytest.approx(-0.1j * (1 + near**2 * np.exp(1j)), rel=1e-12)
