"""Points that are built, solved and read as arrays have the numbers of those that are not."""

import functools
import inspect

import numpy as np
import pytest

import thermalent as te
from thermalent.hardware import link_arrays
from thermalent.hardware.link_numbers import COLOUR_CENTRE, MICROWAVE
from thermalent.models import line_arrays
from thermalent.networks.arrays import NetworkArrays, arrays_of
from thermalent.sweeping.grid import as_grid

OBSERVABLES = ("concurrence", "purity", "populations", "entropy[q1]", "negativity", "fidelity[S]")


def own_builder(**parameters):
    """As a builder of the user's own, which is called point by point."""
    return te.thermal_link(**parameters)


def thermal_link(n_th, kappa=None, **other):
    """A builder with the names of the model's parameters."""
    return own_builder(n_th=n_th, kappa=kappa, **other)


GRIDS = {
    "map": ({"n_th": np.geomspace(0.1, 3e3, 5), "kappa": np.geomspace(1e-2, 3, 4)}, {}),
    "imperfections": (
        {"n_th": [1, 40], "loss": [0.0, 0.3, 1.0], "detuning": [0.0, 0.7]},
        {"kappa": 0.1, "gamma": (1.0, 0.7), "dephasing": (0.0, 0.01), "intrinsic_decay": 0.02},
    ),
    "warm": (
        te.zipped(n_th=[0.0, 3.0, 9.0], waveguide_occupation=[0.0, 0.2, 1.0]),
        {"kappa": 0.5},
    ),
    "limits": ({"gamma": [0.0, 1.0], "n_th": [0.0, 2.0]}, {"kappa": 0.3}),
    # Points that cannot be solved, or not be built.
    "wrong": ({"n_th": [-1.0, 2.0, 1e30], "kappa": [0.0, 1e-120, 0.2]}, {}),
    "wrong losses": ({"loss": [0.5, -0.1, 1.5]}, {"n_th": 1.0, "kappa": 0.5, "detuning": 0.2}),
}


@pytest.mark.parametrize("name", GRIDS)
@pytest.mark.parametrize("method", [te.ContinuedFraction(rtol=1e-6), None])
def test_a_model_of_the_package_has_the_bits_of_a_builder_of_ones_own(name, method):
    grid, fixed = GRIDS[name]
    swept = [
        te.sweep(builder, grid, OBSERVABLES, fixed=fixed, method=method, executor=1)
        for builder in (te.thermal_link, thermal_link)
    ]
    for variable in swept[0].data_vars:
        assert swept[0][variable].identical(swept[1][variable]), variable


MIRROR = {"wavelengths": (1.0, 2.25), "detuning": (0.5, -0.5), "kappa": 0.3}
MIRRORED = {
    "map": ({"n_th": [0.0, 0.5, 4.0], "kappa": [0.2, 1.0]}, {"wavelengths": (1.0, 2.0)}),
    "one way": ({"n_th": [0.5, 4.0], "gamma": [0.5, 1.0]}, {**MIRROR, "backaction": False}),
    "losses": ({"loss": [0.0, 0.4, 1.2], "n_th": [2]}, {**MIRROR, "positions": None}),
    "radians": ({"n_th": [-1.0, 2.0]}, {"kappa": 0.3, "positions": [0.4, 3.0]}),
    "warm": (
        {"waveguide_occupation": [0.0, 0.3], "n_th": [1.0]},
        {**MIRROR, "loss": [0.1, 0.2], "dephasing": 0.01, "intrinsic_decay": (0.0, 0.02)},
    ),
}


@pytest.mark.parametrize("name", MIRRORED)
def test_a_link_with_a_mirror_has_the_bits_of_a_builder_of_ones_own(name):
    assert_same_bits(te.phononic_link, *MIRRORED[name])


LABORATORY = {
    "source": (
        te.hardware.superconducting_link,
        {"temperature": [0.0, 1.0, 4.0, -1.0], "quality": [1e3, 2e4]},
        {},
    ),
    "qubits": (
        te.hardware.superconducting_link,
        {"dephasing_time": [1e-5, 1e-4, 0.0], "gamma": [1e6, 2e7]},
        {"temperature": "2K", "quality": 5000, "detuning": ("1MHz", "-1MHz"), "loss": 0.1},
    ),
    "three": (
        te.hardware.superconducting_link,
        {"frequency": [4e9, 5e9], "base_temperature": [0.0, 0.1]},
        {"temperature": 1.0, "quality": 1e4, "qubits": 3, "gamma": ("10MHz", "8MHz", "9MHz")},
    ),
    "mirror": (
        te.hardware.bidirectional_link,
        {"temperature": [0.5, 2.0], "loss": [0.0, 0.2, 1.5]},
        {"quality": 3e3, "wavelengths": (1.0, 2.1), "filter": None},
    ),
    "phonons": (
        te.hardware.colour_centre_link,
        {"detuning": [0.0, 2e5], "quality": [3e5]},
        {"temperature": "4K", "backaction": False, "dephasing_time": ("1ms", None)},
    ),
    "defaults": (te.hardware.colour_centre_link, {"temperature": [1.0, 3.0]}, {"quality": 1e5}),
}


@pytest.mark.parametrize("name", LABORATORY)
def test_laboratory_numbers_as_arrays_have_the_bits_of_single_links(name):
    assert_same_bits(*LABORATORY[name])


@pytest.mark.parametrize(
    ("model", "platform"),
    [
        (te.hardware.superconducting_link, MICROWAVE),
        (te.hardware.bidirectional_link, MICROWAVE),
        (te.hardware.colour_centre_link, COLOUR_CENTRE),
    ],
)
def test_the_numbers_of_a_platform_are_those_of_the_signature(model, platform):
    parameters = inspect.signature(model).parameters
    for name in ("temperature", "gamma"):
        assert parameters[name].default == getattr(platform, name)
    kelvin = model("1K", platform.frequency, platform.quality, loss=0.0)
    assert kelvin == model("1K", loss=0.0)


@pytest.mark.parametrize(
    ("varied", "fixed"),
    [
        ({"qubits": np.array([1, 2])}, {}),
        ({"temperature": np.array(["1K", "2K"])}, {}),
        ({"temperature": np.array([1.0])}, {"filter": te.Filter.butterworth(2, 1.0)}),
        ({"temperature": np.array([1.0])}, {"wavelengths": (1.0, 2.0)}),
        ({"temperature": np.array([-1.0])}, {}),
        ({"temperature": np.array([1.0])}, {"qubits": 9}),
    ],
)
def test_hardware_that_has_to_be_looked_at_is_built_point_by_point(varied, fixed):
    assert arrays_of(te.hardware.superconducting_link) is link_arrays.superconducting_links
    assert link_arrays.superconducting_links(varied, fixed) is None


@pytest.mark.parametrize("changed", [{"loss": -1.0}, {"wavelengths": (1.0, -2.0)}, {"other": 1.0}])
def test_links_at_a_mirror_that_are_wrong_are_built_point_by_point(changed):
    varied, links = {"temperature": np.array([1.0])}, link_arrays.bidirectional_links
    assert arrays_of(te.hardware.bidirectional_link) is links
    given = {"frequency": 5e9, "quality": 1e5, "loss": 0.0}
    assert links(varied, given) is not None
    assert links(varied, {**given, **changed}) is None


def assert_same_bits(model, grid, fixed):
    """As arrays, which the model offers for this grid, and point by point."""
    columns = as_grid(grid).columns()
    assert arrays_of(model)(columns, fixed) is not None
    method = te.ContinuedFraction(rtol=1e-6)
    swept = [
        te.sweep(builder, grid, "concurrence[q1,q2]", fixed=fixed, method=method, executor=1)
        for builder in (model, lambda **point: model(**point))
    ]
    for variable in swept[0].data_vars:
        # Units of laboratory numbers are those of the model alone.
        assert swept[0][variable].equals(swept[1][variable]), variable


@pytest.mark.parametrize(
    "fixed",
    [
        {"kappa": 0.3},
        {**MIRROR, "positions": (1.0, 2.0)},
        {**MIRROR, "wavelengths": (1.0, 0.0)},
        {**MIRROR, "wavelengths": np.array([1.0, 2.0])},
        {**MIRROR, "wavelengths": ()},
        {**MIRROR, "backaction": 1},
        {**MIRROR, "other_decay": 0.1},
        {"wavelengths": (1.0,), "filter": te.Filter.butterworth(2, 0.3)},
    ],
)
def test_what_has_to_be_looked_at_is_built_point_by_point(fixed):
    assert arrays_of(te.phononic_link) is line_arrays.phononic_links
    assert line_arrays.phononic_links({"n_th": np.array([1.0, 2.0])}, fixed) is None


def test_a_truncation_that_was_given_has_the_same_bits_too():
    grid, method = {"n_th": [2.0, 5.0, 9.0]}, te.ContinuedFraction(n_max=20)
    swept = [
        te.sweep(b, grid, OBSERVABLES, fixed={"kappa": 0.3}, method=method, executor=1)
        for b in (te.thermal_link, thermal_link)
    ]
    for variable in swept[0].data_vars:
        assert swept[0][variable].identical(swept[1][variable]), variable


def test_no_network_is_built_for_points_that_are_solved_as_arrays(monkeypatch):
    built, check = [], te.Mode.__post_init__  # every link has one

    def counted(self):
        built.append(self)
        check(self)

    monkeypatch.setattr(te.Mode, "__post_init__", counted)
    grid = {"n_th": np.linspace(1, 9, 6), "kappa": np.linspace(0.1, 1, 5)}
    te.sweep(te.thermal_link, grid, ("concurrence", "populations"), executor=1)
    assert len(built) == 1  # the one at which the names of the observables are checked
    te.sweep(te.thermal_link, grid, {"own": lambda state: state.concurrence()}, executor=1)
    assert len(built) > 30


def test_what_wraps_a_model_is_called_itself():
    @functools.wraps(te.thermal_link)
    def twice_as_hot(n_th, kappa):
        return te.thermal_link(2 * n_th, kappa)

    grid = {"n_th": [1.0, 3.0]}
    wrapped = te.sweep(twice_as_hot, grid, "concurrence", fixed={"kappa": 0.1}, executor=1)
    hot = te.sweep(
        te.thermal_link, {"n_th": [2.0, 6.0]}, "concurrence", fixed={"kappa": 0.1}, executor=1
    )
    assert np.array_equal(wrapped.concurrence, hot.concurrence)


@pytest.mark.parametrize("qubits", [1, 2, 3])
def test_matrices_and_rates_are_those_of_the_networks_to_the_bit(qubits):
    rng = np.random.default_rng(qubits)
    varied = {
        "n_th": rng.exponential(50, 40),
        "kappa": 10 ** rng.uniform(-4, 1, 40),
        "gamma": rng.exponential(1.0, 40),
        "detuning": rng.normal(size=40),
        "dephasing": rng.exponential(0.1, 40),
        "loss": rng.uniform(0, 1, 40),
        "intrinsic_decay": rng.exponential(0.1, 40),
        "waveguide_occupation": np.where(rng.uniform(size=40) < 0.5, 0.0, rng.exponential(1, 40)),
    }
    arrays = arrays_of(te.thermal_link)(varied, {"qubits": qubits})
    assert np.array_equal(arrays.rows, np.arange(40))
    for i in range(40):
        point = {name: float(value[i]) for name, value in varied.items()}
        network = te.thermal_link(**point, qubits=qubits)
        for name in ("exchange", "decay", "absorption"):
            assert np.array_equal(getattr(arrays, name)[i], getattr(network, name)), name
        mode, *emitters = network.nodes
        assert (arrays.bath_rate[i], arrays.n_th[i]) == (mode.bath_rate, mode.n_th)
        assert arrays.dephasing[i].tolist() == [emitter.dephasing for emitter in emitters]
        assert arrays.emitter_names == network.emitter_names


def test_arrays_accept_no_network_that_is_refused_one_by_one():
    rng = np.random.default_rng(5)
    odd = [0.0, -1.0, -1e-300, 1e-310, 1e-101, 1e-99, 0.5, 1.0, 1.5, 1e99, 1e101, 1e308]
    names = ("n_th", "kappa", "gamma", "detuning", "dephasing", "loss", "waveguide_occupation")
    # One odd number among good ones, or two.
    good = {"n_th": 2.0, "kappa": 0.3, "gamma": 1.0, "detuning": 0.2, "dephasing": 0.0}
    good |= {"loss": 0.1, "waveguide_occupation": 0.0}
    varied = {name: np.full(400, good[name]) for name in names}
    for i in range(400):
        for name in rng.choice(names, size=1 + i % 2, replace=False):
            varied[name][i] = rng.choice(odd)
    accepted = set(arrays_of(te.thermal_link)(varied, {}).rows.tolist())
    refused = 0
    for i in range(400):
        point = {name: float(value[i]) for name, value in varied.items()}
        try:
            with np.errstate(over="ignore"):
                te.thermal_link(**point)
        except ValueError:
            refused += 1
            assert i not in accepted
    assert refused > 100
    assert len(accepted) > 100


@pytest.mark.parametrize(
    "fixed",
    [
        {"filters": 2}, {"filter": te.Filter.butterworth(2, 0.1)}, {"gamma": (1.0, 2.0, 3.0)},
        {"gamma": "1"}, {"gamma": True}, {"qubits": 2.0}, {"n_th": 10**400}, {"other_decay": 0.1},
        {"no_parameter": 1.0},
    ],
)  # fmt: skip
def test_what_has_to_be_looked_at_is_left_to_the_model(fixed):
    varied = {"kappa": np.array([0.1, 0.2])} | ({} if "n_th" in fixed else {"n_th": np.ones(2)})
    assert arrays_of(te.thermal_link)(varied, fixed) is None


def test_columns_of_a_grid_are_its_points_in_order():
    grid = as_grid({"a": [1, 2], "bc": te.zipped(b=[0.5, 1.5, 2.5], c=[7, 8, 9])})
    columns = grid.columns()
    for i, point in enumerate(grid):
        assert {name: column[i] for name, column in columns.items()} == point
    assert as_grid({"a": ["x", "y"]}).columns() is None
    assert as_grid({"a": [True, False]}).columns() is None


def test_a_mode_that_absorbs_more_than_it_loses_is_not_accepted():
    """A `Network` of it is refused, and so are its arrays."""
    one = np.ones(1)
    given = {
        "rows": np.zeros(1, dtype=int), "emitter_names": ("q1",), "bath_rate": 0.1 * one,
        "n_th": one, "dephasing": np.zeros((1, 1)), "exchange": np.zeros((1, 2, 2)),
        "decay": np.diag([1.0, 1.0])[None].astype(complex),
    }  # fmt: skip
    weak = NetworkArrays(**given, absorption=np.diag([0.2, 0.0])[None].astype(complex))
    strong = NetworkArrays(**given, absorption=np.diag([1.2, 0.0])[None].astype(complex))
    assert len(weak.accepted()) == 1
    assert len(strong.accepted()) == 0
