"""Tables in HTML: escaped, and numbers to the digits that their errors leave."""

import pytest

from thermalent.display.table import html_table, in_a_row, span, text_table, with_error


def test_texts_are_escaped():
    page = html_table([("<b>", 1)], title="a & b", head=("x", "y"))
    assert "&lt;b&gt;" in page
    assert "a &amp; b" in page
    assert page.count("<th ") == 2
    assert page.count("<td ") == 2


@pytest.mark.parametrize(
    ("value", "error", "text"),
    [
        (0.671083, 1e-4, "0.67108 ± 1e-04"),
        (0.671083, 0.02, "0.671 ± 2e-02"),
        (0.5, float("inf"), "0.5"),
        (0.5, 0.0, "0.5"),
        (0.25, 1e-17, "0.250000000000 ± 1e-17"),
        (12345678.9, 1.0, "1.23457e+07 ± 1e+00"),
    ],
)
def test_a_number_has_the_digits_that_its_error_leaves(value, error, text):
    assert with_error(value, error) == text


def test_a_span_of_numbers_is_told_by_its_ends():
    assert span([], "times") == "no times"
    assert span([0.25, 7, 3.0], "times") == "3 times from 0.25 to 3"


def test_empty_pieces_leave_no_gap():
    assert in_a_row("a", "").count("<div>") == 1


def test_a_table_of_text_is_aligned():
    text = text_table([("a", "bcd", "5 K"), ("ef", "", "20 MHz")], head=("x", "y", "z"), right=2)
    assert text.splitlines() == ["x    y          z", "a    bcd      5 K", "ef         20 MHz"]
