"""The verdicts on single sentences follow from the numbers of their rows."""

import json
from pathlib import Path

import equation_claims
import equation_routes
import numpy as np
import pytest
import sentence_claims
import sentence_routes

ROWS = {
    row["id"]: row
    for name in ("ring", "dual_rail", "cooperative")
    for row in json.loads(Path(__file__).with_name(f"reference_{name}.json").read_text())["claims"]
}


def ours(name):
    return np.array(ROWS[name]["ours"])


def test_every_sentence_has_a_row_with_its_quotation_and_a_second_route():
    for claims, routes in (
        (sentence_claims, sentence_routes),
        (equation_claims, equation_routes),
    ):
        for part in ("RING", "DUAL_RAIL", "COOPERATIVE"):
            assert set(getattr(claims, part)) == set(getattr(routes, part))
            assert all(ROWS[name]["quotation"] for name in getattr(claims, part))


def test_rings():
    assert np.max(ours("Eqs. (8), (9)")) < 1e-14
    best, *above = ours("g_2 above gamma_R")
    assert max(above) < 0.52 * best
    assert ours("1.5 times") == pytest.approx(4 / np.e)
    weak, below, at_half, strong = ours("oscillatory")
    assert 0 < weak < 1e-9 < below < 1e-4
    assert 0.01 < at_half < 0.1 * strong + 0.01
    ideal, efficient, slow, optical = ours("Q and efficiency")
    assert ideal - efficient == pytest.approx(0.0028, abs=5e-5)
    assert ideal - slow < 1e-5
    assert ideal - optical == pytest.approx(0.0225, abs=5e-5)
    assert max(ours("faster than steady states")) < 10
    mean, scatter = ours("20 runs")
    assert 0.03 < scatter < 0.05 < 0.3 < 0.92 - mean
    symmetric, chiral = ours("coherent part at D = n lambda/2")
    assert symmetric < 1e-15 < 0.4 < chiral
    assert np.ptp(ours("any distance")) < 1e-12
    g1, g2, _ = ours("g_1 = g_2")
    assert g1 == pytest.approx(g2, abs=1e-5)
    printed, corrected = ours("Eq. (A10)")
    assert corrected < 1e-14 < 0.3 < printed
    assert max(ours("Eqs. (1), (4)")) < 1e-14
    assert ours("first node is empty")[0] < 1e-12
    weak, between, strong = ours("weak and strong couplings")
    assert max(weak, strong) < between - 0.3
    assert ours("one particle lost") == pytest.approx([2 / 3, 0], abs=1e-12)


def test_two_rails():
    assert ours("r above 1") == pytest.approx(np.tanh([1, 2, 4]))
    assert ours("faster than in turn") < 0.7
    assert np.ptp(ours("S_A, any pattern")) < 1e-12
    assert np.all(np.diff(ours("at most linear")) < 0)
    assert ours("U J U^+")[0] < 1e-14


def test_common_reservoir():
    together, alone = ours("faster with the structure").reshape(3, 2).T
    assert np.all(together[:2] < alone[:2])  # |11> and |Psi+>
    assert together[2] > alone[2]  # |10>
    assert ours("no dark pair") == pytest.approx([1, 0], abs=1e-12)
    assert np.all(np.diff(ours("least dissipation")) < 0)
    assert max(ours("Psi_1 to Psi_3")) < 1e-14
    assert ours("relative phase") == pytest.approx([0.5, 0, 0, 0.5], abs=1e-12)
