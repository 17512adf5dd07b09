"""Grids and how they are cut: every point once, in order, made only when asked for."""

import itertools
import tracemalloc

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

import thermalent as te
from thermalent.networks.builder import check_parameters
from thermalent.sweeping.grid import as_grid
from thermalent.sweeping.tiles import tiles


def test_a_product_runs_its_last_axis_fastest():
    grid = as_grid({"n_th": [1, 2], "kappa": np.array([0.1, 0.2, 0.3])})
    expected = [{"n_th": n, "kappa": k} for n, k in itertools.product([1, 2], [0.1, 0.2, 0.3])]
    assert list(grid) == expected
    assert (grid.shape, grid.size, grid.dims) == ((2, 3), 6, ("n_th", "kappa"))
    assert type(grid.at((0, 0))["n_th"]) is int


def test_zipped_parameters_run_together():
    grid = as_grid({"line": te.zipped(kappa=[0.1, 0.2], detuning=[(0, 1), (1, 0)]), "n_th": [5.0]})
    assert list(grid) == [
        {"kappa": 0.1, "detuning": (0, 1), "n_th": 5.0},
        {"kappa": 0.2, "detuning": (1, 0), "n_th": 5.0},
    ]
    dim, labels = grid.coordinates()["detuning"]
    assert dim == "line"
    assert labels.tolist() == ["[0, 1]", "[1, 0]"]


def test_given_points_make_one_axis():
    given_points = [{"n_th": 1.0, "kappa": 0.5}, {"n_th": 3.0, "kappa": 0.5}]
    grid = as_grid(te.points(given_points))
    assert list(grid) == given_points
    assert grid.dims == ("point",)


@given(
    st.lists(st.integers(1, 7), min_size=1, max_size=4),
    st.one_of(st.none(), st.integers(1, 50)),
)
def test_blocks_cover_every_point_once(shape, points):
    cut = tiles(tuple(shape), points)
    counted = np.zeros(shape, dtype=int)
    for number in range(len(cut)):
        assert cut.number(cut.position(number)) == number
        counted[cut.slices(number)] += 1
        assert cut.size(number) <= (points or 1024)
    assert np.all(counted == 1)


def test_a_part_of_a_grid_has_the_points_of_its_block():
    grid = as_grid({"n_th": range(1, 6), "kappa": np.linspace(1, 2, 7)})
    cut = tiles(grid.shape, 3)
    everything = np.array([point["n_th"] + point["kappa"] for point in grid]).reshape(grid.shape)
    for number in range(len(cut)):
        part = grid.part(cut.slices(number))
        found = np.array([p["n_th"] + p["kappa"] for p in part]).reshape(part.shape)
        assert np.array_equal(found, everything[cut.slices(number)])


def test_a_large_grid_is_not_unrolled():
    tracemalloc.start()
    grid = as_grid({"n_th": np.arange(1.0, 1001.0), "kappa": np.arange(1.0, 1001.0)})
    cut = tiles(grid.shape)
    first = next(iter(grid.part(cut.slices(len(cut) - 1))))
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert first["n_th"] == 1000.0
    # A million points as a list of pairs of numbers take 100 MB; 2,000 values a few kB each way.
    assert peak < 2e6


@pytest.mark.parametrize(
    ("grid", "words"),
    [
        ({}, "of one parameter or more"),
        ({"n_th": []}, "one value or more for 'n_th', but is empty"),
        ({"n_th": [1.0, 2.0, 1.0]}, "without duplicates along 'n_th', but is twice at 1.0"),
        ({"n_th": [1.0, float("nan")]}, "finite along 'n_th', but is nan"),
        ({"n_th": 3.0}, "a sequence of values for 'n_th', but is 3.0"),
        ({"a": te.zipped(n_th=[1], kappa=[1]), "n_th": [1]}, "parameters that occur once"),
        (7, "a mapping of values by parameter"),
        (te.points([{"n_th": 1, "kappa": 1}] * 2), "twice at {'n_th': 1, 'kappa': 1}"),
    ],
)
def test_bad_grids_are_named(grid, words):
    with pytest.raises(ValueError, match=r"Argument `grid` must be") as caught:
        as_grid(grid)
    assert words in str(caught.value)


def test_zipped_values_need_one_length():
    with pytest.raises(ValueError, match=r"equally many values each.*'kappa': 1"):
        te.zipped(n_th=[1, 2], kappa=[1])
    with pytest.raises(ValueError, match=r"but is 'point 1'"):
        te.points([{"n_th": 1}, {"kappa": 1}])


def test_parameters_are_checked_against_the_builder():
    check_parameters(te.thermal_link, {"gamma": 1.0}, ("n_th", "kappa"))
    with pytest.raises(ValueError, match=r"`grid`.*nearest: 'kappa'.*but is 'kapa'"):
        check_parameters(te.thermal_link, {}, ("n_th", "kapa"))
    with pytest.raises(ValueError, match=r"`fixed`.*nearest: 'gamma'.*but is 'gama'"):
        check_parameters(te.thermal_link, {"gama": 1.0}, ("n_th", "kappa"))
    with pytest.raises(ValueError, match=r"such that 'n_th' has a value"):
        check_parameters(te.thermal_link, {}, ("kappa",))
    with pytest.raises(ValueError, match=r"`fixed` must be of parameters that the grid does not"):
        check_parameters(te.thermal_link, {"kappa": 1.0}, ("n_th", "kappa"))
    check_parameters(lambda **anything: None, {}, ("whatever",))


def test_fingerprints_stay_what_they_are_in_stores():
    """A store knows its study by them: with others, none that was written before would open."""
    numbers = {"n_th": np.array([1.0, 2.5]), "qubits": np.array([1, 2]), "losses": [0.1, 0.2]}
    assert as_grid(numbers).digest() == "672f94ad9be3e97ffa8cfbe21a6b2e22"
    words = {"line": te.zipped(kappa=np.array([0.1, 0.2]), detuning=[(0, 1), (1, 0)])}
    assert as_grid(words).digest() == "30c107ecd6fd773682afa0a5e9e5786d"
