"""The matrix fraction against dense algebra: same tiers, same numbers, random blocks."""

import numpy as np
import pytest
from scipy import sparse

import thermalent as te
from thermalent.continued_fraction.chain import dense_blocks
from thermalent.continued_fraction.chain import fraction as module
from thermalent.continued_fraction.chain.chain import Band, HierarchyChain, hierarchy_chain
from thermalent.continued_fraction.chain.fraction import evaluate_chain
from thermalent.continued_fraction.chain.hierarchy import hierarchy
from thermalent.continued_fraction.chain.stationary import TierZeroEquation, resolvent
from thermalent.continued_fraction.several_poles.chain.building import tiers
from thermalent.continued_fraction.several_poles.chain.coordinates import chain_of


def random_chain(rng, sizes=(5, 4), tier0_size=3, rate=1.3):
    """Blocks that do not commute, with random bands: nothing physical about it."""

    def band(rows, cols):
        row, col = (index.ravel() for index in np.indices((rows, cols)))
        keep = rng.random(row.size) < 0.7
        e = rng.integers(-1, 2, row.size).astype(float)
        return Band(row[keep], col[keep], rng.normal(size=row.size)[keep], e[keep])

    def block(m):
        return rng.normal(size=(m, m)) - 4 * np.eye(m)

    return HierarchyChain(
        a=(block(sizes[0]), block(sizes[1])),
        up=(band(sizes[0], sizes[1]), band(sizes[1], sizes[0])),
        down=(band(sizes[0], sizes[1]), band(sizes[1], sizes[0])),
        rate=rate,
        width=1.0,
        tier0_size=tier0_size,
        basis=(sparse.eye_array(sizes[0], format="csr"), sparse.eye_array(sizes[1], format="csr")),
        charge=(np.zeros(sizes[0], dtype=int), np.ones(sizes[1], dtype=int)),
    )


def dense_k(chain, s, last):
    """K from one dense inverse of tiers 1 to `last`."""
    sizes = [chain.a[n % 2].shape[0] for n in range(1, last + 1)]
    offset = np.concatenate([[0], np.cumsum(sizes)])
    full = np.zeros((offset[-1], offset[-1]), dtype=complex)
    for n in range(1, last + 1):
        here = slice(offset[n - 1], offset[n])
        full[here, here] = dense_blocks.diagonal_block(chain, s, n)
        if n < last:
            above = slice(offset[n], offset[n + 1])
            full[here, above] = -dense_blocks.down_block(chain, n).toarray()
            full[above, here] = -dense_blocks.up_block(chain, n + 1).toarray()
    inverse = np.linalg.inv(full)[: sizes[0], : sizes[0]]
    k = dense_blocks.down_block(chain, 0) @ inverse @ dense_blocks.up_block(chain, 1).toarray()
    return k[: chain.tier0_size, : chain.tier0_size]


@pytest.mark.parametrize("small", [True, False])
@pytest.mark.parametrize("s", [0.0, 0.7, 0.4 + 2.1j])
@pytest.mark.parametrize("last", [1, 2, 3, 6, 7])
def test_finite_depth_identity(monkeypatch, rng, small, s, last):
    """A skipped tail tier or swapped factors cannot pass with blocks that do not commute."""
    monkeypatch.setattr(module, "SMALL", 32 if small else 0)
    chain = random_chain(rng)
    found = evaluate_chain(chain, resolvent(chain, np.ones(3), s), s=s, last=last, most=40)
    expected = dense_k(chain, s, last)
    # Condition of the dense inverse (measured below 1e3) times machine precision.
    assert np.max(np.abs(found.k - expected)) < 1e-12 * max(1.0, np.max(np.abs(expected)))


@pytest.mark.parametrize("s", [0.0, 0.4 + 2.1j])
def test_numba_and_lapack_fold_alike(monkeypatch, rng, s):
    chain = random_chain(rng)
    folded, dense = [], []
    fold = dense_blocks.evaluate_truncated_dense
    monkeypatch.setattr(
        dense_blocks, "evaluate_truncated_dense", lambda *a: dense.append(a) or fold(*a)
    )
    larger = max(block.shape[0] for block in chain.a)
    for limit in (larger, larger - 1):
        monkeypatch.setattr(module, "SMALL", limit)
        folded.append(module.evaluate_truncated(chain, s, 60))
        assert len(dense) == larger - limit  # blocks that are larger than that alone
        assert np.array_equal(module.evaluate_truncated(chain, s, 0), np.zeros((3, 3)))  # no tiers
    assert np.max(np.abs(folded[0] - folded[1])) < 1e-12 * np.max(np.abs(folded[0]))


@pytest.mark.parametrize("turned", [1.0, 1.0 + 0.4j])
@pytest.mark.parametrize("last", [1, 2, 7])
@pytest.mark.parametrize("count", [2, 3, 8, 11])
def test_fractions_at_many_nodes_are_those_of_dense_inverses(rng, turned, last, count):
    """One by one and in lanes, some of which are left over; real chains and complex ones."""
    chain = random_chain(rng)
    chain = chain._replace(a=(chain.a[0] * turned, chain.a[1] * turned))
    nodes = rng.normal(size=count) + 1j * rng.normal(size=count)
    found = module.evaluate_at_nodes(chain, nodes, last)
    expected = np.array([dense_k(chain, s, last) for s in nodes])
    assert np.max(np.abs(found - expected)) < 1e-12 * max(1.0, np.max(np.abs(expected)))


def test_nodes_with_a_small_pivot_are_folded_with_pivoting(monkeypatch, rng):
    """Without it one of them is no number, and others lose digits."""
    chain, last = random_chain(rng), 6
    pole = chain.a[0][0, 0] - last * chain.rate  # the first pivot of the last tier is zero here
    nodes = np.array([pole, pole + 1e-7j, pole + 1e-4, pole + 1.0, pole + 2j])
    expected = np.array([dense_k(chain, s, last) for s in nodes])
    found = module.evaluate_at_nodes(chain, nodes, last)
    assert np.max(np.abs(found - expected)) < 1e-12 * max(1.0, np.max(np.abs(expected)))
    monkeypatch.setattr(module, "_GROWTH", np.inf)
    without = module.evaluate_at_nodes(chain, nodes, last)
    assert np.isnan(without[0]).any()
    lost = np.max(np.abs(without - expected)[1:], axis=(1, 2))
    assert lost[0] > 1e3 * lost[-1]


@pytest.mark.parametrize("small", [True, False])
def test_tiers_follow_from_the_tolerance(monkeypatch, rng, small):
    monkeypatch.setattr(module, "SMALL", 32 if small else 0)
    chain = random_chain(rng)
    solve = resolvent(chain, np.ones(3), 0.7)
    deep = evaluate_chain(chain, solve, s=0.7, last=400).x
    depths = []
    for rtol in (1e-3, 1e-6, 1e-9):
        found = evaluate_chain(chain, solve, s=0.7, rtol=rtol)
        assert found.outcome == "converged"
        assert np.max(np.abs(found.x - deep)) <= found.error <= rtol * found.scale * 1.001
        depths.append(found.tiers)
    assert depths == sorted(depths)


def test_giving_up_is_said(rng):
    chain = random_chain(rng)
    found = evaluate_chain(chain, resolvent(chain, np.ones(3), 0.7), s=0.7, rtol=1e-13, most=10)
    assert found.outcome == "too many tiers"
    assert found.tiers >= 10


def test_the_chain_is_the_hierarchy_of_the_emitters(rng):
    """Tier blocks in the real basis against the complex hierarchy, built mode by mode (k, l)."""
    net = te.thermal_link(
        3.0, 0.3, gamma=(1.0, 0.7), detuning=(0.2, -0.4), dephasing=0.05, loss=0.1
    )
    h = hierarchy(net)
    (mode,) = h.modes
    depth = 5
    labels = [(k, n - k) for n in range(depth + 1) for k in range(n + 1)]
    index = {label: i for i, label in enumerate(labels)}
    full = np.zeros((16 * len(labels), 16 * len(labels)), dtype=complex)
    for (k, l), i in index.items():

        def add(k2, l2, block, row=i):
            if (k2, l2) in index:
                j = index[k2, l2]
                full[16 * row : 16 * row + 16, 16 * j : 16 * j + 16] += block

        add(k, l, h.liouvillian - mode.rate * (k + l) * np.eye(16))
        if k:
            add(k - 1, l, np.sqrt(k) * (mode.variance * mode.drive + mode.backaction))
        if l:
            add(k, l - 1, np.sqrt(l) * (mode.variance * mode.drive_conj + mode.backaction_conj))
        add(k, l + 1, np.sqrt(l + 1) * mode.drive)
        add(k + 1, l, np.sqrt(k + 1) * mode.drive_conj)
    full[0] = 0.0
    full[0, np.arange(4) * 5] = 1.0
    right = np.zeros(full.shape[0])
    right[0] = 1.0
    # The unreached charge sectors make the full matrix no more singular: the trace fixes all.
    state = np.linalg.solve(full, right)[:16].reshape(4, 4)
    found = te.continued_fraction.ContinuedFraction(n_max=3).steady_state(net)
    chain = hierarchy_chain(h)

    pinned = TierZeroEquation(chain)
    x = evaluate_chain(chain, pinned.solve, last=depth).x
    assert np.max(np.abs(pinned.matrix(x) - state)) < 1e-12
    assert found.stats["tiers"] == 6


def test_unknowns_per_tier():
    """8 real unknowns for two qubits, 6 and 4 where everything is real; 128 for four qubits."""
    detuned = hierarchy_chain(hierarchy(te.thermal_link(1.0, 0.1, detuning=(0.1, 0.3))))
    assert [block.shape[0] for block in detuned.a] == [8, 8]
    resonant = hierarchy_chain(hierarchy(te.thermal_link(1.0, 0.1)))
    assert [block.shape[0] for block in resonant.a] == [6, 4]
    four = hierarchy_chain(hierarchy(te.thermal_link(1.0, 0.1, detuning=0.1, qubits=4)))
    assert [block.shape[0] for block in four.a] == [128, 128]


def test_the_frame_changes_nothing_but_rounding():
    """Bright and dark states against the product basis, at moderate occupation."""
    net = te.thermal_link(50.0, 0.05, gamma=(1.0, 0.6), detuning=(0.1, -0.2))
    h = hierarchy(net)
    from dataclasses import replace

    states = []
    for bright_dark in (h.bright_dark, np.eye(4)):
        pinned = TierZeroEquation(hierarchy_chain(replace(h, bright_dark=bright_dark)))
        states.append(
            pinned.matrix(
                evaluate_chain(hierarchy_chain(replace(h, bright_dark=bright_dark)), pinned.solve).x
            )
        )
    assert not np.allclose(h.bright_dark, np.eye(4))
    assert np.max(np.abs(states[0] - states[1])) < 1e-9


@pytest.mark.parametrize(
    ("kwargs", "message"),
    [
        ({"n_max": 0}, r"`n_max` must be an integer from 1 to \d+, but is 0"),
        ({"n_max": 2.5}, r"`n_max` must be an integer from 1 to \d+, but is 2\.5"),
        ({"rtol": 1e-16}, r"in \[1e-13, 0\.1\], or left out for `digits=30`, but is 1e-16"),
        ({"rtol": -1.0}, r"`rtol` must be a number in"),
    ],
)
def test_bad_parameters(kwargs, message):
    with pytest.raises(ValueError, match=message):
        te.ContinuedFraction(**kwargs)


def test_what_stays_singular_is_given_up(rng):
    """Few tiers can leave a dark state; four equations in a row without a solution are enough."""
    asked = []

    def never(k):
        asked.append(k)
        raise np.linalg.LinAlgError

    found = evaluate_chain(random_chain(rng), never, s=0.7)
    assert found.outcome == "singular"
    assert np.all(np.isnan(found.x))
    assert found.error == np.inf
    assert len(asked) == 4


def test_the_error_holds_the_last_places_even_where_nothing_changes(rng):
    """Tiers that are not coupled to level zero: the solution is the same at any depth."""
    chain = random_chain(rng)
    up = tuple(band._replace(value=0 * band.value) for band in chain.up)
    alone = chain._replace(up=up)
    eps = np.finfo(float).eps
    for size in (1.0, 1e3):
        solve = resolvent(alone, size * np.ones(3), 0.7)
        found = evaluate_chain(alone, solve, s=0.7)
        assert found.error == pytest.approx(module._FLOOR * found.scale, rel=1e-12, abs=0)
        assert found.error >= 4 * eps * found.scale
        lost = 1e-13 * size
        known = evaluate_chain(alone, solve, s=0.7, lost=lambda k, x, lost=lost: lost)
        assert known.error == pytest.approx(lost + 4 * eps * known.scale, rel=1e-12, abs=0)


def test_the_error_of_a_given_number_of_tiers_holds_that_of_the_converged_solution(rng):
    chain = random_chain(rng)
    solve = resolvent(chain, np.ones(3), 0.7)
    converged = evaluate_chain(chain, solve, s=0.7, rtol=1e-3)
    fixed = evaluate_chain(chain, solve, s=0.7, rtol=1e-3, last=2 * converged.tiers)
    distance = module._element(chain, fixed.x - converged.x)
    assert distance < converged.error
    assert fixed.error == pytest.approx(distance + converged.error, rel=1e-12, abs=0)


@pytest.mark.parametrize("largest", ["k", "a", "s"])
def test_the_residual_is_relative_to_the_largest_rate(rng, largest):
    chain = random_chain(rng)
    sizes = {"k": 0.1, "a": 0.1, "s": 0.1, largest: 50.0}
    a0 = sizes["a"] * np.ones_like(chain.a[0])
    chain = chain._replace(a=(a0, chain.a[1]))
    k = sizes["k"] * np.eye(chain.tier0_size)
    other, x = k.copy(), np.arange(1.0, 1 + chain.tier0_size)
    other[0, -1] += 1e-3
    found = module.residual(chain, 1j * sizes["s"], k, other, x)
    # |(K' - K) x| is 1e-3 times the last of x, which is the largest of x as well.
    assert found == pytest.approx(1e-3 / 50.0, rel=1e-9)
    assert module.residual(chain, 0.0, k, other, 0 * x) == 0.0  # of nothing nothing is left


def test_a_fraction_that_no_tier_changes_has_the_error_of_its_rounding():
    """Two scalings may share some roundings, where what they lose is not counted apart."""
    built = tiers(chain_of(te.thermal_link(0.0, 0.5, filters=2, qubits=1)), 1)
    found = evaluate_chain(built, TierZeroEquation(built).solve, rtol=1e-6)
    assert found.outcome == "converged"
    assert found.error == 16 * np.finfo(float).eps * found.scale
