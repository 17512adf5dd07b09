"""What DUALRAIL prints against what comes out, and the verdict on it."""

import json
from pathlib import Path

import claims_page
import dual_rail_claims
import dual_rail_sentences
import equation_claims
import numpy as np
import pytest
import sentence_claims

CLAIMS = dual_rail_claims.CLAIMS | sentence_claims.DUAL_RAIL | equation_claims.DUAL_RAIL
CLAIMS |= dual_rail_sentences.CLAIMS
TABLE = json.loads(Path(__file__).with_name("reference_dual_rail.json").read_text())
ROWS = {row["id"]: row for row in TABLE["claims"]}
# Many seconds each; four pairs take six minutes together.
LONG = {
    "T_prep, Delta = 0.2",
    "T_prep, Delta = 1",
    "T_prep, four pairs",
    "T_prep, five pairs",
    "unique, many pairs",
    "broadband limit",
    "C_11, kappa = 5",
    "C_11, kappa = 20",
    "unequal bandwidths",
    "N_ent, kappa = 5, dephasing 0",
    "N_ent, kappa = 20, dephasing 0",
    "N_ent, kappa = 5, dephasing 0.01",
    "decay along the chain",
    "N_par",
    "C_ii, Delta = 0",
    "C_ii, Delta = 2",
    "C_ii, kappa = 2",
    "C_ii, kappa = 5",
    "C_44 over Delta",
    "any finite bandwidth",
    "upper bounds",
}


def test_all_claims_are_there():
    checked = {name for name, row in ROWS.items() if row["verdict"] != claims_page.NOT_CHECKED}
    assert checked == set(CLAIMS)
    assert len(TABLE["claims"]) == len(ROWS) == 55


@pytest.mark.parametrize(
    "name", [pytest.param(name, marks=[pytest.mark.long] * (name in LONG)) for name in CLAIMS]
)
def test_value(name):
    row = ROWS[name]
    found = np.atleast_1d(CLAIMS[name]())
    np.testing.assert_allclose(found, row["ours"], rtol=row["tolerance"], atol=row["tolerance"])


def test_verdicts_in_words():
    """What each statement says, as an inequality between our numbers."""
    ours = {name: row["ours"] for name, row in ROWS.items()}
    for name in ("dark", "Eq. (10)", "sqrt(SWAP)"):
        assert max(ours[name]) < 1e-14
    assert ours["unique"] == [1, 1, 1]
    right, printed = ours["form invariance"]
    assert right < 1e-14 < 0.5 < printed
    parallel, crossed, *_ = ours["C_ij, Delta = 0"]
    assert (round(parallel, 1), crossed) == (1.0, 0.0)
    parallel, crossed, *_ = ours["C_ij, Delta = 100"]
    assert (parallel, round(crossed, 1)) == (0.0, 1.0)
    assert min(ours["four-partite"]) > 0.1
    spread = np.array(ours["locally maximally entangleable"]) * np.exp([2, 4, 8])
    assert spread[1:] == pytest.approx([4, 4], rel=2e-3)  # vanishes with exp(-2r)
    assert 1 < min(ours["N_par"]) < max(ours["N_par"]) < 2.5
    # "About": at r = 1 a qubit of rail A has 0.948 bits, and so have two of each pair that is cut.
    x = np.cosh(1.0) ** 2 / np.cosh(2.0)
    bits = -(x * np.log2(x) + (1 - x) * np.log2(1 - x))
    assert bits == pytest.approx(1, abs=0.052)
    assert ours["S_A"] == pytest.approx([1, bits], rel=1e-12)
    assert ours["S_n over 2 n ln 2"][:3] == pytest.approx([bits] * 3, rel=2e-3)  # as 1/Delta^2
    assert ours["S_n over 2 n ln 2"][3] < 0.5
    assert np.all(np.less(ours["S_n, Delta = 0.2"], ours["S_n, Delta = 5"]))
    for k, delta in enumerate(("0", "0.2")):
        times = [*ours[f"T_prep, Delta = {delta}"]]
        times += [ours[f"T_prep, {pairs} pairs"][k] for pairs in ("four", "five")]
        assert np.all(np.diff(times) > 0)
        assert np.all(np.diff(times) < times[0])  # T_prep(N) < N T_prep(1)
    assert np.all(np.array(ours["T_prep, Delta = 1"]) < 1.07 * ours["T_prep, Delta = 1"][0])
    assert ours["unique, three pairs"] == [1]
    assert ours["unique, many pairs"] == [4**pairs for pairs in (1, 2, 3, 4)]
    falling = ours["unequal bandwidths"]
    assert np.all(np.diff(falling) < -0.03)
    assert np.ptp(ours["T_prep, permuted"]) < 1e-6  # their own bounds
    wide = np.array(ours["broadband limit"]) * [1e2, 1e3, 1e4]
    assert wide[1:] == pytest.approx(wide[1:][::-1], rel=0.05)  # as 1/kappa
    assert np.argmax(ours["C_44 over Delta"]) == 2  # at Delta = 2, not at kappa = 20
    second, third = ours["decay along the chain"]
    assert third > second


@pytest.mark.parametrize("name", [name for name in ROWS if name.startswith("N_ent")])
def test_n_ent_follows_from_the_concurrences(name):
    first, second, extrapolated = ROWS[name]["ours"]
    assert extrapolated == pytest.approx(first / (first - second), rel=1e-9)
