"""Results of many calls are those that are kept."""

import json
from functools import cache

import pytest

from tests.kept_results.calling import CALLS, RESULTS, all_made_of, groups
from tests.kept_results.compare import differences
from tests.kept_results.shown import parted

FILES = sorted(path.stem for path in CALLS.glob("*.txt"))
GROUPS = [(file, name) for file in FILES for name in groups(file)]


@cache
def kept_of(file):
    """The kept results of a file, which its tests read one after the other."""
    return json.loads((RESULTS / f"{file}.json").read_text())


@pytest.mark.parametrize(("file", "name"), GROUPS, ids=[f"{f}-{c}" for f, c in GROUPS])
def test_the_results_are_those_that_are_kept(file, name):
    kept = kept_of(file)
    found = all_made_of(groups(file)[name])
    changed = {call: differences(kept[call], now) for call, now in found.items()}
    text = "\n".join(f"{call}\n  " + "\n  ".join(d[:4]) for call, d in changed.items() if d)
    assert not text, f"python -m tests.kept_results --accept, if this was meant:\n{text}"


@pytest.mark.parametrize(
    ("kept", "found", "same"),
    [
        ({"a": [1.0, 2.0]}, {"a": [1.0, 2.0 + 1e-9]}, True),
        ({"a": [1.0, 2.0]}, {"a": [1.0, 2.0001]}, False),
        ({"a": [1e-9]}, {"a": [1.01e-9]}, False),
        ({"a": [1e-13]}, {"a": [2e-13]}, True),
        ({"a": [float("nan")]}, {"a": [float("nan")]}, True),
        ({"a": [float("nan")]}, {"a": [0.0]}, False),
        ({"a": [float("inf")]}, {"a": [float("inf")]}, True),
        ({"a": [1.0]}, {"a": [1.0, 1.0]}, False),
        ({"a": "text"}, {"a": "test"}, False),
        ({"a": "text"}, {}, False),
        ({}, {"a": "text"}, True),
    ],
)
def test_what_counts_as_a_difference(kept, found, same):
    assert (differences(kept, found) == []) is same


def test_every_kept_result_has_its_call():
    """A call that is taken away takes its result along; a new one needs one."""
    for file in FILES:
        kept = kept_of(file)
        assert set(kept) == {call for of in groups(file).values() for call in of}, file


def test_a_text_is_its_words_and_its_numbers_but_for_times_and_errors_of_rounding():
    parts = parted("Q = 2.5e5 at -3 K\nerror 4e-11, q1 0.0\nseconds      0.21\n")
    assert parts["words"] == ["Q = # at # K error #, q1 #"]
    assert parts["numbers"].tolist() == [2.5e5, -3.0, 0.0]
