"""States and evolutions show themselves: short texts, tables, plots, labelled arrays."""

import matplotlib
import numpy as np
import pytest

import thermalent as te
from thermalent.operators.reading.observables import MEASURES

matplotlib.use("Agg")


@pytest.fixture(scope="module")
def state():
    return te.steady_state(te.thermal_link(10, 0.05))


@pytest.fixture(scope="module")
def evolution():
    return te.evolve(te.thermal_link(2, 0.1), [0.1, 1.0, 100.0], "00")


def test_texts_are_short_and_name_the_method_and_the_error(state, evolution):
    for shown in (repr(state), repr(evolution)):
        assert len(shown) < 400
        assert "thermal link" in shown
        assert "ContinuedFraction" in shown
        assert "converged" in shown
    assert f"{float(state.error):.1e}" in repr(state)


def test_completion_offers_every_observable(state, evolution):
    for result in (state, evolution):
        offered = [measure.name for measure in MEASURES if measure.name in dir(result)]
        assert len(offered) == len(MEASURES)


def test_the_table_of_a_state_holds_its_numbers_to_their_errors(state):
    page = state._repr_html_()
    assert f"{state.concurrence():.10f}" in page
    assert f"{state.populations()['S']:.10f}" in page


def test_the_table_of_a_refused_result_says_why():
    with pytest.raises(te.SolveError) as caught:
        te.steady_state(te.thermal_link(5000, 0.5), te.StrongDriving())
    page = caught.value.result._repr_html_()
    assert "not a state" in page
    assert "concurrence" not in page


def test_the_plot_of_a_state_has_a_square_per_element(state):
    axes = state.plot()
    assert len(axes.collections[0].get_paths()) == 16
    assert [text.get_text() for text in axes.get_yticklabels()] == ["|00⟩", "|01⟩", "|10⟩", "|11⟩"]


def test_the_plot_of_an_evolution_draws_what_is_asked_for(evolution):
    labels = [line.get_label() for line in evolution.plot().lines]
    assert labels == ["concurrence", "|00⟩", "|S⟩", "|T⟩", "|11⟩"]
    axes = evolution.plot("purity", names=("q1",))
    (line,) = axes.lines
    assert np.array_equal(line.get_ydata(), np.asarray(evolution.purity("q1")))
    assert axes.get_xscale() == "log"
    assert axes.get_ylabel() == "purity"
    with pytest.raises(te.ThermalentError, match=r"`observables`.*purty"):
        evolution.plot("purty")


def test_of_many_populations_the_largest_are_drawn():
    evolution = te.evolve(te.cooperative(4), [0.5, 1.0], "1101")
    axes = evolution.plot()
    drawn = {line.get_label()[1:-1] for line in axes.lines}
    populations = evolution.populations()
    highest = sorted(populations, key=lambda label: -populations[label].max())
    assert drawn == set(highest[:10])
    assert axes.get_legend().get_title().get_text() == "largest 10 of 16"
    assert len(evolution.plot("populations").lines) == 16  # asked for, all of them


def test_labelled_arrays_hold_the_same_numbers(state, evolution):
    pytest.importorskip("xarray")
    labelled = state.to_xarray()
    assert labelled.sel(ket="01", bra="10").item() == state.state[1, 2]
    over_time = evolution.to_xarray()
    assert np.array_equal(over_time["state"].sel(time=1.0), evolution.states[1])
    assert np.array_equal(over_time["error"], evolution.error)


def test_a_data_frame_has_a_column_for_each_number_and_its_error(evolution):
    pytest.importorskip("pandas")
    frame = evolution.to_pandas("concurrence", "purity")
    assert list(frame.columns) == [
        "concurrence", "error of concurrence", "purity", "error of purity",
    ]  # fmt: skip
    assert np.array_equal(frame["purity"], np.asarray(evolution.purity()))


def test_a_data_frame_of_a_state_has_a_row_for_each_number(state):
    pytest.importorskip("pandas")
    frame = state.to_pandas()
    assert list(frame.index) == ["concurrence", "|00⟩", "|S⟩", "|T⟩", "|11⟩"]
    assert frame.loc["concurrence", "value"] == state.concurrence()
    assert frame.loc["|S⟩", "error"] == state.populations()["S"].error
    assert list(state.to_pandas("purity", names=["q1"])["value"]) == [state.purity("q1")]


def test_labelled_arrays_by_emitter_have_the_elements_of_the_whole_state():
    """An element that is not on the diagonal tells rows from columns and emitters apart."""
    pytest.importorskip("xarray")
    network = te.thermal_link(2.0, 0.3, detuning=(0.4, -0.1), gamma=(1.0, 0.7))
    state = te.steady_state(network)
    labelled = state.to_xarray(by_emitter=True)
    assert labelled.dims == ("ket q1", "ket q2", "bra q1", "bra q2")
    element = labelled.sel({"ket q1": 0, "ket q2": 1, "bra q1": 1, "bra q2": 0})
    assert complex(element) == state.state[1, 2]
    assert state.state[1, 2] != state.state[2, 1]
    reduced = np.einsum("ikjk", labelled.values)
    np.testing.assert_allclose(reduced, state.reduced("q1"), atol=1e-15)
    over_time = te.evolve(network, [0.0, 1.0], "10").to_xarray(by_emitter=True)
    assert over_time["state"].dims == ("time", "ket q1", "ket q2", "bra q1", "bra q2")
    assert complex(over_time["state"][0, 1, 0, 1, 0]) == pytest.approx(1.0)
