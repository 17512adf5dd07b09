"""Spectra, coherence functions, rates and comparisons show themselves."""

import matplotlib
import numpy as np
import pytest

import thermalent as te

matplotlib.use("Agg")
NETWORK = te.thermal_link(2, 0.1)


@pytest.fixture(scope="module")
def shown():
    return {
        "spectrum": te.spectrum(NETWORK, [-0.1, 0.0, 0.1]),
        "g2": te.coherence(NETWORK, [0.0, 1.0, 200.0], "source", order=2),
        "g1": te.coherence(NETWORK, [0.0, 1.0], order=1),
        "rates": te.relaxation_rates(NETWORK),
        "comparison": te.cross_validate(NETWORK, [te.ContinuedFraction(), te.Fock(), te.Markov()]),
        "slopes": te.sensitivities(te.thermal_link, {"n_th": 2, "kappa": 0.1, "gamma": (1.0, 1.0)}),
        "optimum": te.optimise(
            lambda kappa: te.thermal_link(5.0, kappa),
            {"kappa": (0.01, 0.2)},
            "concurrence",
            starts=1,
        ),
        "design": te.design("293K", "5GHz", "10MHz", 0.7, margins=(0.05,), attenuate=False),
        "best": te.best_filter(20, 1, starts=1, quanta=1),
    }


def test_texts_are_short(shown):
    for result in shown.values():
        assert repr(result).startswith(f"<{type(result).__name__}: ")
        assert len(repr(result)) < 400


def test_plots_draw_the_numbers(shown):
    spectrum, rates = shown["spectrum"], shown["rates"]
    (line,) = spectrum.plot().lines
    assert np.array_equal(line.get_ydata(), spectrum.values)
    assert len(shown["g1"].plot().lines) == 2
    drawn = np.concatenate([line.get_ydata() for line in rates.plot().lines])
    assert sorted(drawn) == sorted(rates.values.real)
    bars = shown["slopes"].plot()
    assert [text.get_text() for text in bars.get_yticklabels()] == [
        "n_th", "kappa", "gamma[0]", "gamma[1]",
    ]  # fmt: skip
    widths = [bar.get_width() for bar in bars.patches]
    assert widths[:2] == [shown["slopes"]["n_th"], shown["slopes"]["kappa"]]


def test_the_table_of_a_comparison_has_a_row_per_method(shown):
    page = shown["comparison"]._repr_html_()
    assert page.count("<tr>") == 4
    assert "Markov" in page
    assert len(shown["comparison"].plot().patches) == 3


def test_tables_hold_the_slowest_rate_and_the_flux(shown):
    assert f"{shown['rates'].values[0].real:.8g}" in shown["rates"]._repr_html_()
    assert f"{float(shown['spectrum'].flux):.6f}" in shown["spectrum"]._repr_html_()
    assert "kappa" in shown["slopes"]._repr_html_()


def test_labelled_arrays_hold_the_same_numbers(shown):
    pytest.importorskip("xarray")
    assert np.array_equal(shown["spectrum"].to_xarray()["spectrum"], shown["spectrum"].values)
    assert np.array_equal(shown["g2"].to_xarray()["error"], shown["g2"].error)
    frame = shown["spectrum"].to_pandas()
    assert np.array_equal(frame["spectrum"], shown["spectrum"].values)
    assert np.array_equal(frame.index, shown["spectrum"].frequencies)
    assert np.array_equal(shown["g2"].to_pandas()["coherence"], shown["g2"].values)


def test_tables_of_what_was_searched_hold_what_was_found(shown):
    optimum, design = shown["optimum"], shown["design"]
    assert f"{float(optimum.parameters['kappa']):.6f}" in optimum._repr_html_()
    assert f"at kappa = {optimum.parameters['kappa']:.6g}" in repr(optimum)
    assert design._repr_html_().count("<tr>") == 2 + len(design.rows()) + len(design.budget_rows())
    assert len(repr(design.best)) < 120
    assert f"{design.best.quality:.4g}" in repr(design.best)


def test_heat_and_laboratories_show_their_numbers():
    lab = te.hardware.superconducting_link(base_temperature="50mK")
    assert all(f">{row.laboratory}<" in lab._repr_html_() for row in lab.rows())
    rings = te.hardware.preset("ring-nv")
    assert rings._repr_html_().count("<tr>") == 1 + len(rings.rows())
    heat = te.heat_currents(NETWORK)
    assert heat._repr_html_().count("<tr>") == 5  # no entropy production: a bath is at 0 K
    widths = [bar.get_width() for bar in heat.plot().patches]
    assert widths == [heat.hot, heat.output, heat.elsewhere, heat.balance]
