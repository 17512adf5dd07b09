"""Units that were likely meant otherwise: a warning, or the right spelling in the refusal."""

import warnings

import pytest

import thermalent as te

LINK = {"temperature": "293K", "frequency": "5GHz", "quality": 2.5e5, "gamma": "10MHz"}


def link(**changes):
    return te.hardware.superconducting_link(**{**LINK, **changes})


@pytest.mark.parametrize(
    ("changes", "said"),
    [
        ({"frequency": 5}, "`frequency` = 5 is read as 5 Hz.*'5GHz', or '5Hz'"),
        ({"dephasing_time": 20}, "`dephasing_time` = 20 is read as 20 s.*'20us', or '20s'"),
        ({"base_temperature": 50}, "`base_temperature` = 50 is read as 50 K.*'50mK', or '50K'"),
        ({"gamma": "10mHz"}, "`gamma` = '10mHz' is 0.01 Hz.*megahertz are MHz"),
    ],
)
def test_a_number_in_a_unit_that_was_hardly_meant_is_warned_of(changes, said):
    with pytest.warns(UserWarning, match=said):
        link(**changes)


@pytest.mark.parametrize(
    "changes",
    [
        {},
        {"dephasing_time": 20e-6},
        {"dephasing_time": "20s"},
        {"base_temperature": 0.05},
        {"base_temperature": "50K"},
        {"temperature": 293, "frequency": 5e9},
    ],
)
def test_what_can_be_meant_is_taken_without_a_word(changes):
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        link(**changes)


@pytest.mark.parametrize(
    ("changes", "said"),
    [
        ({"temperature": "293k"}, r"is '293k' \(the unit is written K\)\."),
        ({"base_temperature": "50mk"}, r"is '50mk' \(the unit is written mK\)\."),
        ({"frequency": "5Ghz"}, r"is '5Ghz' \(the unit is written GHz\)\."),
        ({"dephasing_time": "20uS"}, r"is '20uS' \(the unit is written us\)\."),
        ({"temperature": "5GHz"}, r"is '5GHz'\."),
        ({"temperature": "293"}, r"is '293'\."),
    ],
)
def test_a_unit_in_the_wrong_case_is_refused_with_the_right_one(changes, said):
    with pytest.raises(te.ThermalentError, match=said):
        link(**changes)
