"""How slow eigenvalues are searched for, refined, and counted to know that none is missing."""

import numpy as np
import pytest

import thermalent as te
from tests.support.rate_networks import KINDS, random_network
from thermalent.analysis.eigenvalues import refinement, search, shifts
from thermalent.analysis.eigenvalues.candidates import Near
from thermalent.analysis.eigenvalues.chain import ChargeChain
from thermalent.analysis.eigenvalues.counting import _first_points, count_missing
from thermalent.analysis.eigenvalues.determinants import log_det_double
from thermalent.analysis.eigenvalues.generator import exact_generator
from thermalent.analysis.eigenvalues.subspace.balls import refine
from thermalent.analysis.eigenvalues.subspace.double import refine_double
from thermalent.analysis.eigenvalues.subspace.mixed import refine_mixed


def test_the_scale_is_the_fastest_rate_of_emitters_or_source():
    """Two excited qubits decay with the sum of their rates; the source's amplitude with its own."""
    for kappa, largest in ((0.01, 3.0), (10.0, 10.0)):
        network = te.thermal_link(1.0, kappa, gamma=(2.0, 1.0))
        assert exact_generator(network).largest == pytest.approx(largest, rel=1e-14)


def test_copies_and_doubtful_values_of_several_shifts():
    """Two shifts see a double rate; one that is far away sees it without digits."""
    double = Near(np.array([-1.0 + 0j, -1.0 + 1e-9j]), np.full(2, 1e-12), np.full(2, 1e-6))
    far = Near(np.array([-1.3 + 0.2j, -0.4 + 50j]), np.array([0.4, 1e-12]), np.full(2, 1e-6))
    assert len(shifts._together([double, double], 1e-10)) == 2
    kept = shifts._resolved(far, 1e-10)
    assert kept.values == pytest.approx([-0.4 + 50j])
    assert sorted(shifts._together([double, kept], 1e-10).imag)[-1] == 50.0
    rough = Near(np.array([-0.4 + 50j, -1.0 + 1e-4j]), np.full(2, 1e-3), np.full(2, 1e-6))
    assert sorted(shifts._together([double, rough], 1e-10).imag) == [0.0, 1e-9, 50.0]


@pytest.mark.parametrize("kind", KINDS)
def test_a_rate_left_out_of_the_list_is_counted(kind):
    """The count must say how many are missing, whichever they are: it is the certificate."""
    rng = np.random.default_rng([KINDS.index(kind), 77])
    chain = ChargeChain(exact_generator(random_network(kind, rng)), 0, 12)
    known = np.linalg.eigvals(chain.matrix.toarray())
    known = known[np.argsort(-known.real, kind="stable")]
    depth = -known.real[:12]
    at = int(np.argmax(np.diff(depth) / (depth[1:] + 1e-3)))  # a line in the widest gap
    distance = 0.5 * (depth[at] + depth[at + 1])
    log_det = log_det_double(chain)
    assert count_missing(chain, known, distance, log_det).missing == 0
    for left_out in range(at + 1):
        # A conjugate pair together: the line is followed in the upper half plane only.
        pair = np.abs(known - known[left_out].conj()) < 1e-6
        pair = pair & (np.cumsum(pair) == 1) & (abs(known[left_out].imag) > 1e-6)
        pair[left_out] = True
        rest = known[~pair]
        found = count_missing(chain, rest, distance, log_det)
        assert found.missing == np.count_nonzero(pair)


def test_a_weakly_damped_rotation_is_noticed_by_the_count():
    """Rotations 1e6 and 1e8 times faster than they decay are counted like any other rate."""
    network = te.phononic_link(
        0.3, 1e-5, gamma=(6.7e-7, 5e-5), wavelengths=(0.3, 1.1), detuning=(-14.0, -1210.0)
    )
    chain = ChargeChain(exact_generator(network), 0, 10)
    known = np.linalg.eigvals(chain.matrix.toarray())
    depth = np.sort(-known.real)[:14]
    at = 6 + int(np.argmax(np.diff(depth[6:])))
    distance = 0.5 * (depth[at] + depth[at + 1])
    assert depth[at + 1] - depth[at] > 1e-7  # beside 3e-13 of rounding
    log_det = log_det_double(chain)
    assert count_missing(chain, known, distance, log_det).missing == 0
    for frequency in (14.0, 1196.0, 1210.0):
        left_out = (np.abs(np.abs(known.imag) - frequency) < 1) & (known.real > -distance)
        rest = known[~left_out]
        found = count_missing(chain, rest, distance, log_det).missing
        assert found == np.count_nonzero(left_out)
        assert found > 0 or frequency != 14.0


def test_determinants_of_the_compiled_loop():
    """Against numpy, in a real and in a complex sector."""
    network = te.thermal_link(0.7, 0.6, gamma=(0.4, 1.0), detuning=(0.3, -2.0), dephasing=0.1)
    for charge in (0, 1):
        chain = ChargeChain(exact_generator(network), charge, 9)
        matrix = chain.matrix.toarray()
        for s in (0.3 + 2j, -0.7 + 0.1j, -40.0 + 300j):
            sign, size = np.linalg.slogdet(s * np.eye(chain.size) - matrix)
            found = log_det_double(chain)(np.array([s]))[0]
            # A few hundred unknowns, each with a relative rounding of 1e-15.
            assert np.exp(1j * found.imag) == pytest.approx(sign, abs=1e-11)
            assert found.real == pytest.approx(size, rel=1e-12)


@pytest.mark.parametrize(
    ("network", "last", "centre", "count"),
    [
        (lambda: te.thermal_link(0.3, 1.0, gamma=(0.4, 1.0), detuning=(0.3, -2.0)), 14, 0.0, 1),
        (lambda: te.thermal_link(10.0, 1.0), 40, -1.5, 2),  # defective
        (
            lambda: te.phononic_link(1.0, 0.1, wavelengths=(1, 2), detuning=(1e-5, -1e-5)),
            20,
            0.0,
            2,
        ),
    ],
)
def test_mixed_precision_agrees_with_many_digits(network, last, centre, count):
    chain = ChargeChain(exact_generator(network()), 0, last)
    fewer = ChargeChain(chain.generator, 0, last - 4)
    exact = refine(chain, centre, count, 0.05)
    coarse, mixed = refine_mixed(chain, centre, count, 0.05, fewer.size, 1.0)
    order = [np.argsort(group.values.real) for group in (exact, mixed)]
    apart = np.abs(exact.values[order[0]] - mixed.values[order[1]])
    assert np.all(apart <= exact.error + mixed.error + 1e-16 * np.abs(exact.values))
    assert np.all(mixed.error <= 1e-17 * np.abs(exact.values) + 1e-30)
    # To first order in what fewer tiers leave out.
    true = refine(fewer, centre, count, 0.05)
    change = np.abs(np.sort(true.values.real) - np.sort(exact.values.real))
    estimate = np.abs(np.sort(coarse.values.real) - np.sort(mixed.values.real))
    assert np.all(change <= 2 * estimate + 1e-20)


def test_a_list_that_was_not_counted_says_so(monkeypatch):
    monkeypatch.setattr(refinement, "_EXACT_WORK", 10.0)
    network = te.thermal_link(0.1, 1.0, gamma=(0.1, 0.12), detuning=(20, -20))
    with pytest.warns(RuntimeWarning, match="not certified to be complete: it was not counted"):
        found = te.relaxation_rates(network, 3)
    monkeypatch.undo()
    counted = te.relaxation_rates(network, 3)
    assert not found.certified
    assert "second search" in found.how
    assert "a count takes about" in found.how
    assert counted.certified
    assert "counted" in counted.how
    assert np.all(np.abs(found.values - counted.values) <= found.error + counted.error)


def test_the_count_begins_with_points_as_close_as_the_nearest_eigenvalue():
    """And with one beside each that is known close to the line, unless there is one already."""
    known = np.array([-1.1 + 2.0j, -0.501, -0.6 + 3.0j, -0.6 + 3.01j, -0.1])
    points = _first_points(known, 0.5, 100.0, symmetric=False)
    assert points[points > 0].min() == pytest.approx(0.0005, rel=1e-9)  # half of 0.501 - 0.5
    assert points.max() >= 100.0
    assert np.all(np.diff(points) > 0)
    assert 3.0 in points
    assert not {2.0, 3.01} & set(points)  # too far from the line, and too close to another one
    upper = _first_points(known, 0.5, 100.0, symmetric=True)
    assert upper.tolist() == points[points >= 0].tolist()


def test_two_eigenvalues_far_apart_are_not_known_by_a_square_root_alone():
    """In double precision; a pair that may coincide is known to the root of what disturbs it."""
    chain = ChargeChain(exact_generator(te.thermal_link(0.2, 0.3, qubits=1)), 0, 20)
    found = refine_double(chain, -0.5, 2, 0.5)
    apart = np.abs(np.sort(found.values.real) - [-0.8, -0.6])
    assert np.all(apart <= found.error)
    assert np.all(found.error < 1e-7)  # of 2 count cond(V) noise; the root is at 3e-5


def test_a_count_that_takes_too_long_is_replaced_by_a_second_search():
    """Dozens of determinants, where ten are afforded."""
    generator = exact_generator(te.thermal_link(0.3, 1.0))
    counted = search.slowest(generator, 0, 1, 1e-8, lambda text: None)
    work = search.Search(generator, 0, 1, counted.tiers, np.zeros(0), 1, 1e-8).count_operations
    searched = search.slowest(generator, 0, 1, 1e-8, lambda text: None, work / 60)
    assert counted.certified
    assert not searched.certified
    assert searched.uncounted > work / 60
    assert np.all(np.abs(searched.values - counted.values) <= searched.error + counted.error)


def test_preparation_times_afford_a_second_of_counting(monkeypatch):
    afforded = []
    count = refinement.counting.count_missing

    def noted(chain, known, distance, log_det, report, most):
        afforded.append(most * sum(float(len(elements)) ** 3 for elements in chain.elements))
        return count(chain, known, distance, log_det, report, most)

    monkeypatch.setattr(refinement.counting, "count_missing", noted)
    te.preparation_time(te.thermal_link(0.1, 1.0))
    assert afforded
    assert all(1e8 < work < 1e9 for work in afforded)
