"""Values of any kind become types of JSON."""

import enum
import json

import numpy as np
import pytest

from thermalent.cli.output import plain


class Word(enum.StrEnum):
    YES = "yes"


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        (None, None),
        (True, True),
        (np.bool_(False), False),
        (np.int64(3), 3),
        (np.float32(0.5), 0.5),
        (np.nan, None),
        (-np.inf, None),
        (np.array(1.5), 1.5),
        (np.array([[1.0, np.nan], [np.inf, 2.0]]), [[1.0, None], [None, 2.0]]),
        ((1, np.array([True])), [1, [True]]),
        ({1: range(2), "a": {"b": np.float64(2)}}, {"1": [0, 1], "a": {"b": 2.0}}),
        (Word.YES, "yes"),
        (1 + 2j, "(1+2j)"),
    ],
)
def test_it_is_what_json_knows(value, expected):
    found = plain(value)
    assert found == expected
    assert type(found) is type(expected)
    assert json.loads(json.dumps(found)) == expected
