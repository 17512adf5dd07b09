"""Changes of a link whose state is not known are named, and no bars of theirs are drawn."""

import pytest

from thermalent.explore import limits
from thermalent.explore.point import read_point


@pytest.mark.parametrize("here", [None, {"value": 0.5, "error": None}])
def test_what_has_no_number_is_missing(here, monkeypatch):
    point = read_point({})
    words = [change.words for change in limits.changes_of(point)]
    there = [None, {"value": 0.75, "error": 0.01}] + [{"value": 0.25, "error": None}] * len(words)
    monkeypatch.setattr(limits, "concurrences", lambda *given: [here, *there[: len(words)]])
    found = limits.limits_answer(point)
    assert found["missing"] == (words if here is None else words[:1])
    bars = {bar["words"]: (bar["value"], bar["error"]) for bar in found["limits"]}
    expected = {} if here is None else dict.fromkeys(words[2:], (-0.25, 0.0))
    assert bars == expected | ({} if here is None else {words[1]: (0.25, 0.01)})
