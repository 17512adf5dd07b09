"""Coordinates of a source against its amplitudes: what drives, acts back, and is common."""

from dataclasses import replace

import numpy as np
import pytest

import thermalent as te
from tests.support.several_poles_sources import acting_back, behind, coupled_modes
from thermalent.continued_fraction.several_poles.chain import common_coordinates
from thermalent.continued_fraction.several_poles.chain.common_coordinates import (
    _proportional,
    common_chains,
)
from thermalent.continued_fraction.several_poles.chain.coordinates import (
    NoChainError,
    Source,
    _cleaned,
    _metric,
    chain_of,
    coordinates_of,
    in_coordinates,
    own_amplitudes,
    source_of,
)
from thermalent.networks.gaussian_source import GaussianSource, gaussian_source
from thermalent.networks.symmetry import SymmetryError
from thermalent.operators.superoperators import dense

EPS = np.finfo(float).eps


def pumped():
    """Two modes that are created in pairs; the first of them leaks into the emitters' waveguide."""
    network = behind(
        (te.Mode(name="a", bath_rate=0.5, n_th=1.0), te.Mode(name="b", bath_rate=0.7, n_th=0.5)),
        np.diag([0.1, -0.2]), (0.0, 0.0), (0.6, 0.0),
    )  # fmt: skip
    pumping = np.zeros((4, 4), dtype=complex)
    pumping[0, 1] = pumping[1, 0] = 0.1 + 0.05j
    return te.Network(
        nodes=network.nodes, exchange=network.exchange, decay=network.decay, pumping=pumping
    )


SOURCES = {
    "acting back": acting_back(np.random.default_rng(1), 3, 2.0),
    "coupled": coupled_modes(np.random.default_rng(2), 3, 2.0),
    "pumped": pumped(),
    "cavities": te.thermal_link(3.0, 0.2, filters=3),
}


@pytest.mark.parametrize("name", SOURCES)
def test_a_chain_is_its_source_in_other_coordinates(name):
    """u = T z, of each amplitude or of its conjugate; drive and back-action are those of the z."""
    network = SOURCES[name]
    chain, source = chain_of(network), gaussian_source(network)
    own = chain.members
    assert sorted(own // 2) == list(range(len(network.modes)))
    assert bool(np.any(own % 2)) is (name == "pumped")
    t, dual = chain.transform, chain.dual
    atol = 1e-12 * np.max(np.abs(source.drift))
    np.testing.assert_allclose(t @ dual, np.eye(chain.length), atol=1e-9)
    np.testing.assert_allclose(chain.drift, t @ source.drift[np.ix_(own, own)] @ dual, atol=atol)
    covariance = source.covariance[np.ix_(own, own ^ 1)]
    np.testing.assert_allclose(chain.covariance, t @ covariance @ t.conj().T, atol=1e-9)
    np.testing.assert_allclose(chain.covariance, chain.covariance.conj().T, atol=1e-9)
    assert chain.variance == pytest.approx(chain.scale**2 * chain.covariance[0, 0].real)
    # y = eta u_1: the drives of all amplitudes are multiples of one.
    for weight, amplitude in zip(chain.scale * t[0], own, strict=True):
        expected = dense(source.drive[amplitude])
        np.testing.assert_allclose(weight * dense(chain.drive), expected, atol=1e-10)
        expected = dense(source.drive[amplitude ^ 1])
        np.testing.assert_allclose(np.conj(weight) * dense(chain.drive_conj), expected, atol=1e-10)
    for j in range(chain.length):
        back = sum(np.conj(t[j, i]) * dense(source.backaction[n ^ 1]) for i, n in enumerate(own))
        np.testing.assert_allclose(dense(chain.backaction[j]), back, atol=1e-10)
        back = sum(t[j, i] * dense(source.backaction[n]) for i, n in enumerate(own))
        np.testing.assert_allclose(dense(chain.backaction_conj[j]), back, atol=1e-10)
    assert np.any(dense(chain.backaction[0])) == (name == "acting back")
    np.testing.assert_array_equal(np.triu(chain.drift, 2), 0)


@pytest.mark.parametrize("output", [(0.3, 0.5j), (0.4, 0.4j), (0.3 + 0.4j, 0.5)])
@pytest.mark.parametrize("change", [0.5, 1j, -2.0 + 1j, 0.3 - 0.1j, 0.77])
def test_a_network_in_the_coordinates_of_another_one_has_its_own_drive(change, output):
    """Its combination of amplitudes is the same but for a factor, which may be complex."""

    def network(factor):
        modes = tuple(te.Mode(name=x, bath_rate=0.4, n_th=2.0) for x in "ab")
        return behind(modes, np.array([[0.1, 0.2j], [-0.2j, 0.0]]), (0.0, 0.1),
                      np.array(output) * factor, gamma=(1.0,), detuning=(0.1,))  # fmt: skip

    networks = [network(1.0), network(change)]
    chains = common_chains(networks)
    # Coordinates are those of the stronger one.
    assert chains[0].scale == chains[1].scale
    for one, chain in zip(networks, chains, strict=True):
        source = gaussian_source(one)
        for weight, amplitude in zip(chain.scale * chain.transform[0], chain.members, strict=True):
            expected = dense(source.drive[amplitude])
            np.testing.assert_allclose(weight * dense(chain.drive), expected, atol=1e-10)
            expected = dense(source.drive[amplitude ^ 1])
            found = np.conj(weight) * dense(chain.drive_conj)
            np.testing.assert_allclose(found, expected, atol=1e-10)
    largest = max(chain_of(one).scale for one in networks)
    assert chains[0].scale == pytest.approx(largest, rel=1e-12)
    np.testing.assert_array_equal(chains[0].bright_dark, chains[1].bright_dark)


@pytest.mark.parametrize("factor", [2.0, 0.5j, 1 - 3j])
def test_the_drive_is_in_units_of_the_combination_that_coordinates_have(factor):
    of = Source(SOURCES["coupled"])
    own = coordinates_of(of)
    given = own._replace(output=factor * own.output)
    for first, unit in ((False, factor), (True, 1.0)):
        chain = in_coordinates(of, given, first=first)
        for weight, amplitude in zip(unit * own.output, chain.members, strict=True):
            expected = dense(of.gaussian.drive[amplitude])
            np.testing.assert_allclose(weight * dense(chain.drive), expected, atol=1e-10)
            found = np.conj(weight) * dense(chain.drive_conj)
            expected = dense(of.gaussian.drive[amplitude ^ 1])
            np.testing.assert_allclose(found, expected, atol=1e-10)


@pytest.mark.parametrize("output", [(0.3, 0.5), (0.0, 0.5)])
def test_networks_without_a_drive_have_none_in_the_coordinates_of_another_one(output):
    modes = tuple(te.Mode(name=x, bath_rate=0.4, n_th=2.0) for x in "ab")
    between, gamma = np.array([[0.1, 0.2], [0.2, 0.0]]), {"gamma": (1.0,), "detuning": (0.1,)}
    driven = behind(modes, between, (0.0, 0.1), output, **gamma)
    alone = te.Network(nodes=driven.nodes, exchange=np.pad(between, (0, 1)),
                       decay=np.diag([0.4, 0.5, 1.0]))  # fmt: skip
    for networks in ([driven, alone], [alone, driven]):
        chains = common_chains(networks)
        idle = chains[networks.index(alone)]
        assert not np.any(dense(idle.drive))
        assert np.any(dense(chains[networks.index(driven)].drive))
        source = gaussian_source(alone)
        own = idle.members
        expected = idle.transform @ source.drift[np.ix_(own, own)] @ idle.dual
        np.testing.assert_allclose(idle.drift, expected, atol=1e-12)
    with pytest.raises(NoChainError, match="feel no amplitude of the source in any"):
        common_chains([alone])
    with pytest.raises(NoChainError, match="feel no amplitude of the source"):
        chain_of(alone)
    # What the emitters feel in several ways is refused, beside whatever it stands.
    with pytest.raises(NoChainError, match="several amplitudes"):
        common_chains([te.dual_rail(1, 1.0, bandwidth=5.0)])


def test_rows_are_proportional_whatever_their_factor():
    rng = np.random.default_rng(3)
    row, other = (rng.normal(size=4) + 1j * rng.normal(size=4) for _ in range(2))
    across = other - np.vdot(row, other) / np.vdot(row, row) * row
    unit = across / np.linalg.norm(across) * np.linalg.norm(row)
    for factor in (1.0, -2j, 1e-3 + 1e-3j, 1e3):
        assert _proportional(row, factor * row)
        assert _proportional(row, factor * (row + 0.9e-11 * unit))
        assert not _proportional(row, factor * (row + 1.1e-11 * unit))
        assert not _proportional(factor * row, row + 1.1e-11 * unit)
        assert _proportional(factor * row, row + 0.9e-11 * unit)
    assert common_coordinates._PROPORTIONAL == 1e-11


@pytest.mark.parametrize(("apart", "found"), [(0.9e-12, True), (1.1e-12, False)])
@pytest.mark.parametrize("factor", [1.0, 1e3])
def test_drives_are_proportional_to_twelve_digits_of_the_strongest(
    monkeypatch, apart, found, factor
):
    from thermalent.continued_fraction.several_poles.chain import coordinates

    source = gaussian_source(SOURCES["cavities"])
    drive = [factor * part for part in source.drive]
    other = np.zeros(drive[0].shape)
    other[0, 0] = np.sqrt(max(np.sum(np.abs(dense(part)) ** 2) for part in drive))
    drive[0] = dense(drive[0]) + apart * other
    changed = GaussianSource(
        drift=source.drift, covariance=source.covariance, drive=tuple(drive),
        backaction=source.backaction,
    )  # fmt: skip
    monkeypatch.setattr(coordinates, "gaussian_source", lambda network: changed)
    of = Source(SOURCES["cavities"])
    if found:
        assert coordinates.coordinates_of(of).scale > 0
    else:
        with pytest.raises(NoChainError, match="several amplitudes"):
            coordinates.coordinates_of(of)


def test_sizes_of_drives_are_those_of_their_elements():
    own = own_amplitudes(Source(SOURCES["coupled"]))
    source = gaussian_source(SOURCES["coupled"])
    expected = [np.sum(np.abs(dense(source.drive[i])) ** 2) for i in own.members]
    np.testing.assert_allclose(own.sizes, expected, rtol=1e-13)
    np.testing.assert_array_equal(own.drift, source.drift[np.ix_(own.members, own.members)])
    np.testing.assert_allclose(own.covariance, own.covariance.conj().T, atol=0)


def test_a_source_without_modes_or_without_the_symmetry_has_no_chain():
    qubit = te.Network(nodes=(te.Qubit(name="q"),), exchange=np.zeros((1, 1)), decay=np.eye(1))
    with pytest.raises(NoChainError, match="has no boson mode"):
        chain_of(qubit)
    squeezed = replace_pumping(SOURCES["cavities"])
    of = source_of(squeezed)
    assert source_of(of) is of
    for _ in range(2):  # the answer is kept
        with pytest.raises(SymmetryError):
            of.numbers  # noqa: B018
    assert isinstance(of.chain, str)
    assert np.array_equal(source_of(SOURCES["cavities"]).numbers, [0, 1, 1, 2])


def replace_pumping(network):
    """The network with squeezing of its first mode, which conserves nothing."""
    pumping = np.zeros((len(network.nodes),) * 2)
    pumping[0, 0] = 0.01
    return te.Network(nodes=network.nodes, exchange=network.exchange, decay=network.decay,
                      pumping=pumping)  # fmt: skip


def test_what_is_known_of_a_chain_follows_from_its_numbers():
    chain = chain_of(SOURCES["cavities"])
    m = np.eye(3)
    assert chain.independent
    assert replace(chain, covariance=2.5 * m).independent
    assert replace(chain, covariance=2.5 * m + 0.9e-9).independent
    assert not replace(chain, covariance=2.5 * m + 1e-4).independent
    assert not replace(chain, covariance=np.diag([1.0, 2.0, 1.0])).independent
    assert not replace(chain, covariance=0 * m).independent
    # The slowest rate feels a rounding of the largest element.
    for drift, expected in (
        (np.diag([1e-6, 0.5, 2.0]), EPS * 2.0 / 1e-6),
        (np.diag([1.0, 4.0, 2.0]), EPS * 4.0),
        (np.diag([1e-18, 4.0, 2.0]), 1.0),
    ):
        found = replace(chain, drift=drift.astype(complex)).rounding
        assert found == pytest.approx(expected, rel=1e-6, abs=0)
    # Imaginary parts are rounding up to 1e-14 of the largest number of all.
    largest = max(np.max(np.abs(dense(part))) for part in (chain.liouvillian, chain.drive))
    largest = max(largest, np.max(np.abs(chain.drift)), np.max(np.abs(chain.covariance)))
    for part, real in ((0.9e-14, True), (1.1e-14, False)):
        assert replace(chain, drift=chain.drift + 1j * part * largest).real is real
        assert replace(chain, covariance=chain.covariance + 1j * part * largest).real is real


def test_the_metric_is_the_covariance_where_it_serves():
    """In units of the variance of the drive where that is below one; else it is widened."""
    rng = np.random.default_rng(5)
    root = rng.normal(size=(3, 3)) + 1j * rng.normal(size=(3, 3))
    turn = np.linalg.qr(root)[0]
    output = rng.normal(size=3) + 1j * rng.normal(size=3)

    def covariance(*values):
        return turn @ np.diag(values) @ turn.conj().T

    def variance(of):
        return (output @ of @ output.conj()).real

    one = np.eye(3)
    hot, cold = covariance(1.0, 2.0, 9.0), 1e-3 * covariance(1.0, 2.0, 9.0)
    assert variance(hot) > 1 > variance(cold)
    for acts_back in (False, True):
        np.testing.assert_allclose(_metric(output, hot, acts_back), hot)
        np.testing.assert_allclose(_metric(output, cold, acts_back), cold / variance(cold))
        np.testing.assert_allclose(_metric(output, 0 * hot, acts_back), one, atol=1e-15)
    # Ill conditioned by less than 1e12, or by more; and with a rounding below zero.
    for least, serves, alone in (
        (1.1e-12, True, True), (0.8e-12, False, True), (-0.8e-12, False, True),
        (-1.2e-12, False, False),
    ):  # fmt: skip
        of = 9e4 * covariance(least, 0.5, 1.0)
        for acts_back in (False, True):
            if serves or (alone and not acts_back):
                expected = of
            else:
                expected = of + (1 + max(0.0, -2 * 9e4 * least)) * one
            np.testing.assert_allclose(_metric(output, of, acts_back), expected, atol=3e-9)
    of = 1e-3 * covariance(0.8e-12, 0.5, 1.0)
    np.testing.assert_allclose(_metric(output, of, False), of / variance(of), atol=1e-12)
    indefinite = covariance(-0.3, 1.0, 2.0)
    assert variance(indefinite) > 0
    for acts_back in (False, True):
        found = _metric(output, indefinite, acts_back)
        np.testing.assert_allclose(found, indefinite + 1.6 * one, atol=1e-12)
        # Without a variance of the drive, too.
        found = _metric(output, -hot, acts_back)
        np.testing.assert_allclose(found, -hot + (1 + 2 * 9.0) * one, atol=1e-12)


def test_parts_below_a_rounding_of_the_largest_element_are_zero():
    for unit in (1.0, 1e3):
        matrix = unit * np.array([[1.0 + 0.9e-14j, 1.1e-14], [0.9e-14 - 1j, 1.1e-14j]])
        expected = unit * np.array([[1.0, 1.1e-14], [-1j, 1.1e-14j]])
        np.testing.assert_array_equal(_cleaned(matrix), expected)
    np.testing.assert_array_equal(_cleaned(np.zeros((2, 2))), 0)
