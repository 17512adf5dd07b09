"""Files and spectra from which no filter can be made: what is said of them."""

import warnings

import numpy as np
import pytest

import thermalent as te
from tests.support.touchstone_files import written

skrf = pytest.importorskip("skrf")


@pytest.mark.parametrize(("level", "message"), [(0.0, "is not zero"), (0.5, "has poles near")])
def test_transmissions_without_a_filter_are_named(tmp_path, level, message):
    frequency = skrf.Frequency(4.9, 5.1, 41, "ghz")
    flat = skrf.Network(frequency=frequency, s=np.full((41, 2, 2), level + 0j))
    flat.write_touchstone(str(tmp_path / "flat.s2p"))
    with pytest.raises(te.ThermalentError, match=f"`path` must be a file whose S21 {message}"):
        te.Filter.from_touchstone(tmp_path / "flat.s2p")


def test_too_few_data_for_the_poles_are_named(tmp_path):
    path = written(tmp_path, te.Filter.cavities(1.0), points=9)
    with pytest.raises(te.ThermalentError, match=r"`order` must be .* 1 to 4, for 9 frequencies"):
        te.Filter.from_touchstone(path, order=5)
    offset = np.linspace(-2.0, 2.0, 9)
    table = np.column_stack([1e3 + offset, 1 / (1 + offset**2)])
    for zeros in (2, 3):
        with pytest.raises(te.ThermalentError, match="`zeros` must be at most 1, for 9 data"):
            te.Filter.from_spectrum(table, zeros=zeros)


def test_an_amplifier_is_no_filter(tmp_path):
    path = written(tmp_path, te.Filter.cavities(1.0))
    amplified = skrf.Network(str(path))
    amplified.s = 1.5 * amplified.s
    amplified.write_touchstone(str(tmp_path / "amplifier.s2p"))
    with pytest.raises(ValueError, match=r"`path` must be .* passive.*\|S21\| = 1.5"):
        te.Filter.from_touchstone(tmp_path / "amplifier.s2p")


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"order": 9}, "`order` must be an integer from 1 to 8"),
        ({"carrier": 1e9}, "`carrier` must be among the measured frequencies"),
        ({"unit": 0.0}, "`unit` must be finite and positive"),
        ({"temperature": -1.0}, "`temperature` must be finite and non-negative"),
    ],
)
def test_bad_input_of_a_file(tmp_path, options, message):
    path = written(tmp_path, te.Filter.cavities(1.0), points=41)
    with pytest.raises(ValueError, match=message):
        te.Filter.from_touchstone(path, **options)


@pytest.mark.parametrize("content", [None, "no numbers", ""])
def test_what_is_no_file_of_measurements_is_named(tmp_path, content):
    """Missing, of words, empty: for both readers, not with the words of the libraries alone."""
    paths = [tmp_path / "filter.s2p", tmp_path / "noise.txt"]
    for path in paths:
        if content is not None:
            path.write_text(content)
    with pytest.raises(ValueError, match="`path` must be a Touchstone file of two ports at least"):
        te.Filter.from_touchstone(paths[0])
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # numpy warns of an empty file
        with pytest.raises(ValueError, match="`data` must be two columns of real numbers"):
            te.Filter.from_spectrum(paths[1])


@pytest.mark.parametrize("other", ["filter.py", "folder", 3])
def test_other_things_are_no_touchstone_file(tmp_path, other):
    (tmp_path / "filter.py").write_text("import numpy")
    path = tmp_path / ("" if other == "folder" else str(other))
    with pytest.raises(ValueError, match="`path` must be a Touchstone file"):
        te.Filter.from_touchstone(path)


def test_one_port_is_too_few(tmp_path):
    frequency = skrf.Frequency(4.9, 5.1, 21, "ghz")
    single = skrf.Network(frequency=frequency, s=np.full((21, 1, 1), 0.5))
    single.write_touchstone(str(tmp_path / "one.s1p"))
    with pytest.raises(ValueError, match=r"two ports at least, but is '.*one\.s1p', of one port"):
        te.Filter.from_touchstone(tmp_path / "one.s1p")


@pytest.mark.parametrize(
    ("data", "options", "message"),
    [
        (None, {}, "`data` must be two columns of real numbers"),
        ([["a", "b"]] * 9, {}, r"`data` must be two columns .* but is list \(could not convert"),
        (np.ones((9, 2)) * 1j, {}, "`data` must be two columns .* complex"),
        (np.ones((9, 3)), {}, r"`data` must be two columns .* \(9, 3\)"),
        (np.ones((9, 2)), {}, "`frequencies` must be at least eight finite numbers, increasing"),
        (np.column_stack([np.arange(9), -np.ones(9)]), {}, "`data` must be a power that is pos"),
        (np.column_stack([np.arange(9), np.ones(9)]), {"peak": 2.0}, r"`peak` must be .*, 1\]"),
        (np.column_stack([np.arange(9), np.ones(9)]), {"peak": 5e-324}, r"`peak` must be .*, 1\]"),
        (np.column_stack([np.arange(9), np.ones(9)]), {"order": 1, "zeros": 1}, "`zeros` must be"),
    ],
)
def test_bad_input_of_a_spectrum(data, options, message):
    with pytest.raises(ValueError, match=message):
        te.Filter.from_spectrum(data, **options)
