"""Names that moved from `te.hardware` to the package work for one more release, with a word."""

import pytest

import thermalent as te


def test_the_design_is_found_under_its_old_name():
    with pytest.warns(DeprecationWarning, match=r"`design` is now called `thermalent\.design`"):
        assert te.hardware.design is te.design
    with pytest.warns(DeprecationWarning, match=r"`Budget` is now called `thermalent\.analysis"):
        assert te.hardware.Budget.__name__ == "Budget"
    with pytest.raises(AttributeError, match="has no attribute 'nonsense'"):
        _ = te.hardware.nonsense
