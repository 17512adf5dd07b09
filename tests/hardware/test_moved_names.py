"""Names that moved from `te.hardware` to the package work for one more release, with a word."""

import pytest

import thermalent as te


def test_the_design_is_found_under_its_old_name():
    with pytest.warns(DeprecationWarning, match=r"thermalent.hardware.design is now te\.design"):
        assert te.hardware.design is te.design
    with pytest.raises(AttributeError, match="has no attribute 'nonsense'"):
        _ = te.hardware.nonsense
