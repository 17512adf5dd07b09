"""Wrong names, types and magnitudes: the package's own errors, with the nearest name."""

import inspect
import re
from dataclasses import replace

import numpy as np
import pytest
import xarray

import thermalent as te

LINK = te.thermal_link(1.0, 0.3)
STATE = te.steady_state(LINK)
RINGS = te.ring_resonators(coupling=(0.3, 0.4))


@pytest.mark.parametrize(
    ("call", "words"),
    [
        (lambda: te.thermal_link(1, kapa=2), "no argument `kapa`; the nearest is `kappa`"),
        (lambda: te.phononic_link(1, 0.1, wavelength=(1, 2)), "the nearest is `wavelengths`"),
        (lambda: te.dual_rail(1, squeezng=1), "the nearest is `squeezing`"),
        (lambda: te.Fock(tolerence=1e-3), "the nearest is `tolerance`"),
        (lambda: te.ContinuedFraction(rtoll=1), "the nearest is `rtol`"),
        (lambda: te.Qubit(name="q", dephase=1), "the nearest is `dephasing`"),
        (
            lambda: te.Qubit(name="q", detuning=1),
            "no argument `detuning`: a detuning is the qubit's",
        ),
        (lambda: te.Mode(name="m", nth=1), "the nearest is `n_th`"),
        (lambda: te.Network(nodes=(), decays=1), "the nearest is `decay`"),
        (lambda: te.thermal_link(temperature="4K"), r"te.hardware.superconducting_link\("),
        (lambda: te.phononic_link(2, quality=1e5), r"te.hardware.colour_centre_link\("),
        (lambda: te.steady_state(LINK, rtol=1e-3), r"method: te.ContinuedFraction\(rtol=...\)"),
        (lambda: te.evolve(LINK, [1], "00", cutoff=9), r"of the method: te.Fock\(cutoff=...\)"),
        (lambda: te.optimise(te.thermal_link, {}, "purity", fixed={}), r"functools.partial\("),
        (lambda: te.optimise(te.thermal_link, {}, "purity", n_th=1), "`n_th`; all are builder"),
        (lambda: te.Qubit(), "Qubit needs `name`, which is missing"),
        (lambda: te.steady_state(), "steady_state needs `network`, which is missing"),
        (lambda: te.thermal_link(1, 2, 3, 4), "too many arguments without a name"),
        (lambda: te.steady_state(LINK, te.Fock), r"parentheses are missing: te.Fock\(\)"),
        (lambda: te.steady_state(LINK, "fock"), "must be a method such as"),
        (lambda: te.sweep(te.thermal_link, {"n_th": [1.0]}, "purity", method=te.Fock), "missing"),
    ],
)
def test_they_are_explained(call, words):
    with pytest.raises(TypeError, match=words) as caught:
        call()
    assert isinstance(caught.value, te.ThermalentError)


@pytest.mark.parametrize(
    ("call", "words"),
    [
        (lambda: te.thermal_link("1220", 0.1), "is '1220', which is text.$"),
        (lambda: te.thermal_link([1, 2], 0.1), r"is \[1, 2\], which is not one number.$"),
        (lambda: te.thermal_link(np.ones(2), 0.1), r"is array\(.*\), which is not one number.$"),
        (lambda: te.thermal_link(1j, 0.1), "is 1j, which is complex.$"),
        (lambda: te.thermal_link(True, 0.1), "is True.$"),
        (lambda: te.concurrence(STATE), "by ContinuedFraction.*>, whose matrix is its `.state`"),
        (lambda: te.concurrence(LINK), r"is <Network: [^>]*>\.$"),
        (lambda: te.load("nothing.npz"), "^There is no file 'nothing.npz'.$"),
        (lambda: te.load("/"), "'/' is a folder, not a saved result; xarray.open_zarr"),
        (
            lambda: te.optimise(te.thermal_link, {"kappa": (0.1, 1.0)}, "purity"),
            r"'n_th' has a value \(or bind one: functools.partial\(builder, n_th=...\)\)",
        ),
        (lambda: te.sensitivities(te.thermal_link, {1: 2}), "`parameters` must be of parameters"),
        (lambda: te.optimise(te.thermal_link, {1: (0.1, 1.0)}, "purity"), "`ranges` must be"),
        (lambda: te.sweep(te.thermal_link, {"n_th": [0.3]}, "purity", fixed={1: 2}), "`fixed` mus"),
        (lambda: te.entanglement.check_dims(np.array(None), 4), "`dims` must be a sequence of dim"),
        (lambda: te.testing.assert_state([[1, 2], [3]]), "`found` must be a result, or an array"),
        (
            lambda: te.stochastic.ornstein_uhlenbeck([0, 1], rate=1, variance=1, detuning=1e308),
            "`detuning` must be a number in",
        ),
        (lambda: te.stochastic.along(LINK, [1e308], step=0.1), "`integrals` must be at most 1e.06"),
        (lambda: te.stochastic.along(LINK, [0.01], step=1e150), "`step` must be at most"),
        (lambda: te.Schedule([(LINK, 1.0)]).in_steps(1j), "`times` must be a sequence of real num"),
        (lambda: te.hardware.source_temperature(1e308, 1e12), "`n_th` must be of a temperature"),
        (lambda: te.peak_transfer(RINGS, "10", "01", until=1e308), "`until` must be at least"),
        (lambda: replace(te.Filter.cavities(1.0), label=np.nan), "`label` must be text"),
        (
            lambda: te.hardware.colour_centre_link(gamma="1MHz", wavelengths=np.ones(1001)),
            "`number of wavelengths` must be at most 1000",
        ),
        (lambda: te.testing.random_state(b"00", np.random.default_rng(1)), "product is at most"),
        (
            lambda: te.Estimates([[1, 2], [3]], 0.1, "by hand"),
            "`values` must be numbers in one shape",
        ),
        (
            lambda: te.testing.assert_within_errors(np.zeros(3), [1.0], error=1, expected_error=()),
            r"`expected_error` must be of a shape that fits \(3,\), but is of shape \(0,\)",
        ),
        (
            lambda: te.testing.assert_within_errors(np.zeros(3), np.zeros(2), error=1.0),
            r"`expected` must be of a shape that fits \(3,\), but is of shape \(2,\)",
        ),
    ],
)
def test_names_and_sizes_are_asked_for(call, words):
    with pytest.raises(te.ThermalentError, match=words):
        call()


def test_every_error_of_the_package_has_one_base_class():
    for call in (
        lambda: te.thermal_link(-1.0, 0.3),
        lambda: te.steady_state(5),
        lambda: te.steady_state(LINK, te.ContinuedFraction(rtol=-1.0)),
        lambda: te.steady_state(te.phononic_link(3.0, 0.2, wavelengths=(1, 2))),
        lambda: te.evolve(LINK, [1.0], "00", te.Quasistatic()),
        lambda: te.sweep(LINK, {"n_th": [1.0]}, "purity"),
    ):
        with pytest.raises(te.ThermalentError):
            call()


def test_an_error_inside_a_right_call_is_left_alone():
    def builder(n_th):
        return te.thermal_link(n_th, "x" + 1)

    with pytest.raises(TypeError, match="can only concatenate"):
        te.optimise(builder, {"n_th": (1.0, 2.0)}, lambda network: 1.0)


@pytest.mark.parametrize("one", [np.array(1.0), np.float32(1.0), xarray.DataArray(1.0)])
def test_numbers_without_dimensions_are_numbers(one):
    assert te.thermal_link(one, one, one, detuning=one) == te.thermal_link(1, 1, 1, detuning=1)
    assert te.thermal_link(1, 1, qubits=np.array(3)) == te.thermal_link(1, 1, qubits=3)


@pytest.mark.parametrize(
    ("call", "words"),
    [
        (lambda: te.thermal_link(np.ma.masked, 1.0), "`n_th` must be without masked elements"),
        (lambda: te.evolve(LINK, np.ma.array([1.0, 2.0], mask=[0, 1]), "00"), "`times` must be wi"),
        (lambda: te.thermal_link(1.0, 1.0, (1.0, np.ma.masked)), "`gamma` must be finite"),
    ],
)
def test_masked_elements_are_not_taken_for_what_is_behind_the_mask(call, words):
    with pytest.raises(ValueError, match=words):
        call()
    assert te.evolve(LINK, np.ma.array([1.0, 2.0]), "00").times[1] == 2.0


@pytest.mark.parametrize(
    "call",
    [
        lambda long: te.states.ket("012", name=long),
        lambda long: te.Filter.from_spectrum(long),
        lambda long: te.Filter.from_touchstone(long),
        lambda long: te.check_store(long),
        lambda long: te.sweep(te.thermal_link, {"n_th": [1.0]}, "purity", store=long),
    ],
)
def test_messages_stay_short_however_long_a_name_is(call):
    with pytest.raises(te.ThermalentError) as caught:
        call("a" * 10_000)
    assert len(str(caught.value)) < 600


def test_help_shows_the_arguments_of_a_class():
    """The metaclass that explains wrong calls does not hide them."""
    assert list(inspect.signature(te.Fock).parameters) == ["cutoff", "tolerance", "solver"]
    assert inspect.signature(te.Qubit).parameters["dephasing"].default == 0.0


@pytest.mark.parametrize("label", ["S", "01"])
def test_the_label_of_a_state_is_not_taken_for_an_emitter(label):
    """Of a state and of an evolution; the message says where the number is."""
    for found in (te.steady_state(LINK), te.evolve(LINK, [1.0], "00")):
        with pytest.raises(ValueError, match="which is a state") as told:
            found.populations(label)
        advised = re.search(r"population is (.*)\.", str(told.value)).group(1)
        np.testing.assert_allclose(eval(f"found.{advised}"), found.fidelity(label), rtol=1e-12)


def test_a_label_that_populations_lack_is_answered_with_what_gives_it():
    for found in (te.steady_state(LINK), te.evolve(LINK, [1.0], "00")):
        with pytest.raises(KeyError, match=r"'01' is not among .*00, S, T, 11; .*fidelity\('01'\)"):
            found.populations()["01"]
