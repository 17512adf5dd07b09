"""The page for rings and rails: its numbers are the library's, and errors are named."""

import contextlib
import html
import io
import re

import pytest

import thermalent as te
from thermalent.explore.controls import EXPLORED
from thermalent.explore.others import OTHERS, others_page


def parts(page):
    """The numbers that are shown, and the code."""
    (code,) = re.findall(r'<pre id="python">(.*?)</pre>', page, re.DOTALL)
    return re.findall(r"<output>(.*?)</output>", page), html.unescape(code)


def printed(code):
    out = io.StringIO()
    with contextlib.redirect_stdout(out):
        exec(compile(code, "copied", "exec"), {"__name__": "copied"})
    return [float(word) for word in out.getvalue().split()]


@pytest.mark.parametrize(
    "link",
    [
        {"preset": "ring-caesium", "quality": "5e6"},
        {"preset": "ring-rubidium"},
        {"preset": "dual-rail-optical", "squeezing": "0.8", "elsewhere": "500kHz"},
    ],
    ids=lambda link: link["preset"],
)
def test_the_code_gives_the_number_that_is_shown(link):
    shown, code = parts(others_page({"of": link["preset"], **link}))
    first, second = printed(code)
    if link["preset"].startswith("ring"):
        assert float(shown[0]) == pytest.approx(first, abs=6e-7)
        assert shown[1] == f"{second * 1e9:.4g} ns"
    else:
        assert [float(each.split()[0]) for each in shown] == pytest.approx(
            [first, second], abs=6e-5
        )


def test_a_preset_is_that_of_the_library_whatever_stood_in_the_boxes_before():
    lab = te.hardware.preset("ring-nv")
    peak = te.peak_concurrence(lab.network, lab.initial, until=100.0)
    left = {"preset": "ring-nv", "of": "ring-caesium", "quality": "5", "frequency": "1THz"}
    shown, _ = parts(others_page(left))
    assert shown[0] == f"{peak.value:.6f}"


@pytest.mark.parametrize(
    ("given", "words"),
    [
        ({"quality": "many"}, "must be a number, but is"),
        ({"frequency": "5"}, "a number with its unit"),
        ({"frequency": "5K"}, "`frequency` must be a frequency"),
        ({"preset": "<script>"}, "There is no preset"),
        ({"chirality": "7"}, "`chirality`"),
        ({"quality": "9" * 100}, "at most 60 characters"),
        ({"quality": ""}, "`quality` must be given, such as the 1e+06 of the preset"),
        ({"frequency": " "}, "`frequency` must be given"),
    ],
)
def test_what_is_wrong_is_said_and_nothing_is_computed(given, words):
    """And the box that holds it is marked, if it is a box."""
    page = others_page({"preset": "ring-nv", "of": "ring-nv", **given})
    (problem,) = re.findall(r'role="alert">(.*?)</p>', page)
    assert words in html.unescape(problem)
    assert "<output>" not in page
    assert "<script>" not in page
    marked = re.findall(r'id="(\w+)"[^>]*aria-invalid="true"><p class="wrong">(.*?)</p>', page)
    assert marked == ([] if "preset" in given else [(*given, problem)])


@pytest.mark.parametrize(
    ("preset", "box"), [("dual-rail-microwave", "dephasing_time"), ("ring-nv", "linewidth")]
)
def test_an_emptied_box_means_none_where_there_can_be_none(preset, box):
    """As its grey word says, and not the preset's number, which the box no longer shows."""
    page = others_page({"preset": preset, "of": preset, box: ""})
    assert re.search(rf'id="{box}" name="{box}" value="" placeholder="none"', page)
    shown, code = parts(page)
    assert f"{box}=None" in code or f"{box}=0.0" in code
    assert shown != parts(others_page({"preset": preset}))[0]


def test_every_preset_is_on_one_of_the_two_pages():
    assert set(OTHERS) | set(EXPLORED) == set(te.hardware.PRESETS)
    assert not set(OTHERS) & set(EXPLORED)
