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
