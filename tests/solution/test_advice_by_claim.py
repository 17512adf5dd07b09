"""What a result that is inaccurate, or no state, advises: it depends on what its method claims."""

import re
from dataclasses import replace
from types import SimpleNamespace

import numpy as np
import pytest

import thermalent as te
from thermalent.solution import validity


@pytest.mark.parametrize(
    ("claim", "advice"),
    [
        ("exact", r"Ask for a smaller rtol or a larger truncation\."),
        ("statistical", r"Ask for more trajectories\."),
        ("approximate", r"outside the domain of this approximation \(.+\); use te\.Contin.*Fock"),
    ],
)
def test_a_matrix_that_is_no_state_says_what_to_do(claim, advice):
    found = te.steady_state(te.thermal_link(0.3, 0.2))
    wrong = replace(
        found, state=np.diag([1.2, -0.2, 0, 0]) + 0j, method=replace(found.method, claim=claim)
    )
    status = validity.checked(wrong).status
    assert not status.ok
    assert "its smallest eigenvalue is -0.2" in status.message
    assert re.search(advice, status.message)


@pytest.mark.parametrize(
    ("claim", "given", "advice"),
    [
        ("exact", {}, "Ask for a smaller tolerance."),
        ("exact", {"cutoff": 7}, "Ask for a larger cutoff, or leave it out: then it follows"),
        ("exact", {"n_max": 7, "cutoff": None}, "Ask for a larger n_max, or leave it out"),
        ("statistical", {}, "Ask for more trajectories."),
        ("statistical", {"cutoff": 7}, "Ask for more trajectories or a larger cutoff."),
    ],
)
def test_an_error_above_the_tolerance_says_what_to_do(claim, given, advice):
    method = SimpleNamespace(claim=claim, parameters=given)
    assert validity._more(method).startswith(advice)
