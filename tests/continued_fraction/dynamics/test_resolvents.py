"""Resolvents side by side: the same numbers as a sparse solve of each, and as true errors."""

from types import SimpleNamespace

import numpy as np
import pytest

import thermalent as te
from thermalent.analysis.radiation.field import field_of
from thermalent.continued_fraction.chain.hierarchy import hierarchy
from thermalent.continued_fraction.chain.tier_operators import Field
from thermalent.continued_fraction.dynamics.laplace import resolvents
from thermalent.continued_fraction.dynamics.regression import regression as correlations
from thermalent.continued_fraction.dynamics.regression.regression import Regression

OMEGA = np.array([-40.0, -1.3, -0.2, 0.0, 1e-3, 0.7, 2.0, 11.0, 1e3, 0.25])  # more than the lanes


def regression(network=None, order=1, last=24):
    network = te.thermal_link(3.0, 0.2, detuning=(0.3, -0.1)) if network is None else network
    weights, emitters = field_of(network, "output")
    field = Field(complex(weights[network.mode_indices[0]]), emitters)
    return Regression(hierarchy(network), field, order, last)


NETWORKS = {
    "one qubit": lambda: te.thermal_link(0.7, 0.3, qubits=1),
    "two qubits": lambda: te.thermal_link(3.0, 0.2, detuning=(0.3, -0.1)),
    "narrow": lambda: te.thermal_link(200.0, 1e-4),
    "back-action": lambda: te.phononic_link(
        0.5, kappa=0.4, wavelengths=(1.0, 2.0), detuning=(0.5, -0.5)
    ),
}


@pytest.mark.parametrize("name", NETWORKS)
@pytest.mark.parametrize("order", [1, 2])
def test_every_frequency_is_that_of_a_sparse_solve_within_its_rounding(name, order):
    found = regression(NETWORKS[name](), order)
    omega = OMEGA if order == 1 else OMEGA[OMEGA != 0.0]  # where the flux squared is a pole
    values, errors = found.at_frequencies(omega, 30)
    alone = np.array([found.at_frequency(w, 30) for w in omega])
    assert np.all(np.abs(values - alone[:, 0]) <= errors)
    assert np.all(np.abs(errors - alone[:, 1]) <= 0.1 * alone[:, 1].real)
    nodes = 0.3 + 1j * omega
    each = np.array([found(z, 30) for z in nodes])
    assert np.all(np.abs(found.at_nodes(nodes, 30) - each) <= 1e-11 * np.abs(each))


def test_a_lane_knows_nothing_of_the_others():
    found = regression()
    values, errors = found.at_frequencies(OMEGA, 24)
    for i in (0, 3, 9):
        alone, error = found.at_frequencies(OMEGA[i : i + 1], 24)
        assert (alone[0], error[0]) == (values[i], errors[i])


def test_what_lost_digits_and_what_has_no_room_is_solved_alone(monkeypatch):
    found = regression()
    alone = [found.at_frequency(w, 24) for w in OMEGA]
    for module, name, limit in ((correlations, "_LOST", -1.0), (resolvents, "RESOLVENTS", 0.0)):
        with monkeypatch.context() as patch:
            patch.setattr(module, name, limit)
            values, errors = found.at_frequencies(OMEGA, 24)
            assert list(zip(values, errors, strict=True)) == alone
            each = np.array([found(0.1 + 1j, 24)])
            assert np.array_equal(found.at_nodes(np.array([0.1 + 1j]), 24), each)
    assert list(found.at_frequencies(OMEGA, 24)[0]) != [value for value, _ in alone]


def test_the_residual_shows_what_elimination_loses():
    found = regression()
    size = (found.chain, 1j * OMEGA, 24, found.start, found.start_size, found.row)
    together = resolvents.resolvents(*size)
    assert np.all(together.missed <= 1e-13 * together.terms)
    assert np.all(together.missed > 0)


def test_a_frequency_without_a_solution_is_named(monkeypatch):
    def singular(self, omega, depth):
        raise np.linalg.LinAlgError("singular")

    monkeypatch.setattr(correlations, "_LOST", -1.0)
    monkeypatch.setattr(Regression, "at_frequency", singular)
    with pytest.raises(np.linalg.LinAlgError, match=r"^-1\.3$"):
        regression().at_frequencies(OMEGA[1:2], 24)


def test_of_a_real_chain_a_frequency_and_its_negative_are_solved_once(monkeypatch):
    """Also where the grid is symmetric to rounding alone: that difference is in the errors."""
    omega, solved = np.linspace(-5, 5, 40), []
    together = correlations.resolvents

    def counted(chain, nodes, *given):
        solved.append(len(nodes))
        return together(chain, nodes, *given)

    monkeypatch.setattr(correlations, "resolvents", counted)
    for network, each in ((te.thermal_link(3.0, 0.2), 20), (NETWORKS["two qubits"](), 40)):
        found = regression(network)
        alone = np.array([found.at_frequency(w, 24) for w in omega])
        values, errors = found.at_frequencies(omega, 24)
        assert solved.pop() == pytest.approx(each, abs=4)
        assert np.all(np.abs(values - alone[:, 0]) <= errors)
        assert np.all(errors <= 2.1 * alone[:, 1].real)


def test_mirror_images_are_found_to_rounding():
    eps = np.finfo(float).eps
    omega = np.array([1.0, -3.0, 0.0, -1.0, 3.0 * (1 + 2 * eps), -0.0, 1.0 + 1e-12, 1.0])
    which, chosen = resolvents.mirror_images(omega)
    assert chosen.tolist() == [1.0, -3.0, 0.0, 1.0 + 1e-12]
    assert which.tolist() == [0, 1, 2, 0, 1, 2, 3, 0]
    assert [len(part) for part in resolvents.mirror_images(np.zeros(0))] == [0, 0]


def test_what_a_start_has_beside_a_real_one_is_in_the_error():
    """A start that is real to rounding is solved as a real one; the rest is an error of it."""
    found = regression(te.thermal_link(3.0, 0.2))
    assert found.real
    plain, before = found.at_frequencies(OMEGA, 24)
    found.start = found.start.real + 5e-15j * np.max(np.abs(found.start))
    values, errors = found.at_frequencies(OMEGA, 24)
    assert np.array_equal(values, plain)
    exact = np.array([found.at_frequency(w, 24)[0] for w in OMEGA])
    assert np.all(np.abs(exact - values) <= errors - 0.5 * before)
    found = regression(te.thermal_link(3.0, 0.2))
    found.start = found.start.real + 1e-3j * np.max(np.abs(found.start))
    assert not found.real


def test_a_mirrored_frequency_that_is_off_has_that_in_its_error(monkeypatch):
    """Its transform is the conjugate, and a share of the frequency counts as one of the terms."""
    off = 3e-10
    omegas = np.array([0.5, -0.5 * (1 + off), 0.0, 2.0])
    asked = []

    def together(nodes, depth):
        asked.append(nodes)
        values = 1.0 + 0.25 * nodes
        terms, begun = 2.0 + np.abs(nodes), 5.0 + np.abs(nodes)
        return SimpleNamespace(values=values, terms=terms, begun=begun, missed=0 * terms)

    place, chosen = np.array([0, 0, 1, 2]), np.array([0.5, 0.0, 2.0])
    monkeypatch.setattr(correlations, "mirror_images", lambda omegas: (place, chosen))
    regression = object.__new__(correlations.Regression)
    regression.__dict__["real"] = True
    regression._together, regression.start_error = together, 1e-7
    values, errors = regression.at_frequencies(omegas, 9)
    np.testing.assert_array_equal(asked[0], 1j * chosen)
    np.testing.assert_allclose(values, [1 + 0.125j, 1 - 0.125j, 1.0, 1 + 0.5j])
    rounding = 8 * np.finfo(float).eps + np.array([0.0, off, 0.0, 0.0])
    expected = rounding * np.array([2.5, 2.5, 2.0, 4.0]) + 1e-7 * np.array([5.5, 5.5, 5.0, 7.0])
    np.testing.assert_allclose(errors, expected, rtol=1e-9)
    # By much more than the start, where that is known.
    regression.start_error = 0.0
    _, errors = regression.at_frequencies(omegas, 9)
    np.testing.assert_allclose(errors[1], 2.5 * (off + 8 * np.finfo(float).eps), rtol=1e-5)


@pytest.mark.parametrize("order", [1, 2])
def test_unknowns_read_at_once_are_those_read_one_by_one(monkeypatch, order):
    """And what a row reads of any tiers is the trace of their product with the field."""
    network = te.thermal_link(3.0, 0.2, detuning=(0.3, -0.1))
    found = regression(network, order)
    monkeypatch.setattr(correlations, "_UNITS", 1)
    assert np.array_equal(regression(network, order).row, found.row)
    monkeypatch.undo()
    h = hierarchy(network)
    weights, emitters = field_of(network, "output")
    field = Field(complex(weights[network.mode_indices[0]]), emitters)
    rng = np.random.default_rng(1)
    x = rng.standard_normal(len(found.row))
    given = correlations.TierOperators.from_vector(h, found.charge, found.chain, x, 2)
    if order == 2:
        given = given.times_field(field, conjugate=False)
    expected = given.times_field(field, conjugate=True).trace()
    assert found.row @ x == pytest.approx(expected, rel=1e-12)


@pytest.mark.parametrize("unit", [1.0, 2.0**40, 2.0**-40])
def test_frequencies_that_differ_by_roundings_of_their_ends_are_one(unit):
    """Up to eight of them, whichever sign they have, and in every unit."""
    eps = float(np.finfo(float).eps)
    omegas = unit * np.array([1.0, -(1 + 7 * eps), 1 + 11 * eps, 3.0, -3.0, 0.0])
    which, chosen = resolvents.mirror_images(omegas)
    assert chosen.tolist() == omegas[[0, 2, 3, 5]].tolist()
    assert which.tolist() == [0, 0, 1, 2, 2, 3]
