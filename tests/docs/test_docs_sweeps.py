"""The pages on sweeps: every name is there, and the numbers of the plan follow from the code."""

import re

from tests.support.pages import DOCS
from thermalent.operators.reading.observables import TABLE
from thermalent.solving.registry import METHODS, MODELS
from thermalent.sweeping.tiles import tiles

PAGE, PLAN = ((DOCS / name).read_text() for name in ("sweeps.md", "cluster.md"))


def test_the_plan_counts_its_blocks():
    cut = tiles((3163, 3163))
    assert f"{len(cut):,} blocks of {cut.size(0)}" in re.sub(r"\s+", " ", PLAN)
    smaller = tiles((3163, 3163), 64)
    assert f"{len(smaller):,} blocks" in PLAN


def test_every_name_is_on_the_page():
    methods = [entry.key for entry in METHODS if entry.steady]
    for name in (*TABLE, *(entry.key for entry in MODELS), *methods):
        assert f"`{name}`" in PAGE or f"`{name}[" in PAGE
