"""Networks show themselves in a line, and in a table that holds their numbers."""

import thermalent as te


def test_the_text_is_one_short_line():
    assert repr(te.thermal_link(10, 0.01)) == "<Network: thermal link, source, q1, q2>"
    many = repr(te.cooperative(9, 1.0, 0.1))
    assert "9 nodes" in many
    assert len(many) < 400


def test_the_table_holds_the_numbers_of_every_node():
    page = te.thermal_link(7, 0.25, gamma=(1.0, 0.75), detuning=(0.125, 0), dephasing=0.5)
    text = page._repr_html_()
    for expected in ("n_th = 7", "0.25", "0.75", "0.125", "dephasing 0.5", "Mode", "Qubit"):
        assert expected in text


def test_what_rounding_leaves_of_a_detuning_is_zero():
    assert "e-16" not in te.phononic_link(100, 0.01, wavelengths=(1, 2))._repr_html_()
