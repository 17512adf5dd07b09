"""Every statement of THERMAL that was checked against ours, and the verdict on it."""

import json
from decimal import Decimal
from pathlib import Path

import numpy as np
import pytest
import thermal_claims_driving
import thermal_claims_equations
import thermal_claims_model
import thermal_claims_setups
import thermal_sentences

CLAIMS = {
    **thermal_claims_model.CLAIMS,
    **thermal_claims_driving.CLAIMS,
    **thermal_claims_setups.CLAIMS,
    **thermal_claims_equations.CLAIMS,
    **thermal_sentences.CLAIMS,
}
TABLE = json.loads(Path(__file__).with_name("reference_thermal.json").read_text())
ROWS = {row["id"]: row for row in TABLE["claims"]}
NOT_CHECKED = "not checked"


def ours(name):
    return np.array(ROWS[name]["ours"])


def test_all_claims_are_there():
    checked = {name for name, row in ROWS.items() if row["verdict"] != NOT_CHECKED}
    assert checked == set(CLAIMS)
    assert len(TABLE["claims"]) == len(ROWS) == 112
    assert {row["verdict"] for row in ROWS.values()} == set(TABLE["verdicts"])


@pytest.mark.parametrize("name", CLAIMS)
def test_value(name):
    row = ROWS[name]
    found = np.atleast_1d(CLAIMS[name]())
    np.testing.assert_allclose(found, row["ours"], rtol=row["tolerance"], atol=row["tolerance"])


def test_reproduced_numbers_round_to_the_printed_ones():
    rows = [row for row in ROWS.values() if row["verdict"] == "reproduced"]
    assert len(rows) == 4
    for row in rows:
        digits = -Decimal(row["printed"]).as_tuple().exponent
        assert round(row["ours"][0], digits) == float(row["printed"])


def test_every_quotation_says_where_it_stands():
    assert all(
        row["place"].startswith(("abstract", "Sec.", "Fig.", "App.")) for row in ROWS.values()
    )


def test_supported_statements_of_the_first_sections():
    for name in ("triplet form", "markov product", "Eq. (19)", "Eq. (22)"):
        assert np.max(np.abs(ours(name))) < 1e-12
    assert np.all(ours("markov transient") == 0)
    assert np.all(ours("Fig. 2(c), broad") == 0)
    for name in ("systematic enhancement", "Fig. 2(c), hotter"):
        assert np.all(np.diff(ours(name)) > 0)
    expected = [0.5, np.exp(-0.7), 1 + np.exp(-1.4)]
    assert ours("filtered light") == pytest.approx(expected, abs=1e-9)
    assert np.all(np.diff(ours("singlet decays")) < 0)
    assert np.ptp(ours("markov limit")) < 0.02 * ours("markov limit")[0]  # as 1/kappa
    assert np.max(np.abs(ours("Eq. (18)"))) < 3e-7  # 0.2/kappa
    up, back = ours("Rabi frequency")
    assert up > 0.99 > 0.02 > back
    weak, *strong = ours("Eq. (23), limits")
    assert weak == pytest.approx(1, abs=2e-4)
    assert strong == pytest.approx(np.log([80, 800, 8000]) - np.euler_gamma, rel=0.05)
    early, end = ours("Fig. 3(b), overshoot")
    assert early > end + 0.05


def test_statements_on_strong_driving():
    assert np.max(ours("quasistatic error")) < 0.04
    squares, sums = ours("Eqs. (27) to (30)").reshape(2, 2)
    assert squares[0] == pytest.approx(squares[1], rel=0.01)
    assert sums[0] == pytest.approx(sums[1], rel=1e-3)
    assert np.min(np.abs(sums)) > 0.5
    lowest, exact = ours("Eq. (32), Eq. (31)"), ours("Eq. (32), exact")
    assert np.all((lowest > 0.18) & (lowest < 0.25))
    assert np.all(np.diff(lowest) > 0)
    assert np.all(np.diff(exact) < 0)
    assert exact[0] > 2 * exact[-1]
    assert np.all(ours("no maximum of Eq. (31)") > 0)
    exact, approximate = ours("Bourret beyond weak driving").reshape(3, 2).T
    assert np.all(np.diff(approximate - exact) > 0)
    alone, both = ours("Eq. (38)").reshape(3, 2).T
    assert np.all(alone > both)
    assert np.all(np.diff(alone) > 0)
    both, amplitude, phase = ours("what fluctuates").reshape(2, 3).T
    assert np.all((phase > amplitude) & (amplitude > both))
    assert both[1] == 0
    assert amplitude[1] > 0.47
    n_th, largest = ours("amplitude alone")
    assert n_th > 2 * ours("optimal temperature")[0]
    assert largest > ours("optimal concurrence")[1]
    exact, better, printed = ours("Eqs. (43), (B42)")
    assert 9 * abs(better - exact) < abs(printed - exact)
    formula = 1 / (12 * np.array([0.01, 0.003, 0.001]) ** 2)
    share = ours("optimal temperature") / formula
    assert share == pytest.approx([0.77, 0.68, 0.62], abs=0.006)
    excess = ours("Eq. (47)") - ours("optimal concurrence")
    assert excess[0] < -0.15
    assert np.all((excess[1:] > 0.017) & (excess[1:] < 0.03))
    assert np.all(ours("Eq. (45) up to n*")[[0, 2]] < [0.052, 0.022])
    missing = 1 - ours("optimal concurrence")[-1]
    assert 0.3 < ours("|11>")[1] / missing < 0.4


def test_statements_on_setups():
    assert ours("Fig. 4(a)")[1] < 0.2 * ours("Fig. 4(a)")[3]
    ideal = ours("Fig. 4(c), couplings")[2]
    assert ours("Fig. 4(b)") / ideal == pytest.approx([0.95, 0.71, 0], abs=0.006)
    assert ours("Fig. 4(c), couplings")[[1, 3]] / ideal == pytest.approx([0.79, 0.61], abs=0.01)
    assert ours("opposite detunings") == pytest.approx([0.99, 0.82], abs=0.005)
    waveguide, printed = ours("Fig. 4(d)").reshape(3, 2)[1], ours("Eq. (48)")
    assert np.all(waveguide > printed)
    alone, complete = ours("Eq. (48), eigenvalues")
    assert alone < 0 < complete
    wrong, right = ours("Eq. (50)")
    assert right < 1e-14 < 0.1 < wrong
    half, quarter = ours("Eq. (50), equivalence")
    assert half < 0.6 < 0.99 < quarter < 1.01
    assert abs(ours("Fig. 6(a)")[0]) > 0.02 > 10 * abs(ours("Fig. 6(a)")[1])
    assert ours("Fig. 6(a), broad") > 0.05
    at_nodes = ours("Fig. 6(b)")[:3]
    assert np.ptp(at_nodes) < 1e-9 < 0.6 < at_nodes[0]
    assert np.all(ours("Fig. 6(b)")[3:] == 0)
    as_is, no_dephasing, narrower = ours("SiV, limits")
    assert no_dephasing - as_is > 10 * (narrower - as_is) > 0
    first, second, alone = ours("several pairs")
    assert first == pytest.approx(alone, abs=1e-8)
    assert 0.5 * first < second < first
    assert np.all(ours("several pairs, permuted") > 0)
    arrival, *laboratory = ours("retardation")
    assert arrival == pytest.approx(alone, abs=1e-6)
    assert laboratory[2] < laboratory[1] < arrival - 0.04
    entropies = ours("entropy")
    # A hundred times the temperature changes it as much as a tenth of the bandwidth.
    assert entropies[2] - entropies[3] > 0.5 > abs(entropies[1] - entropies[2])


def test_statements_of_the_appendices():
    printed, error = ours("App. A")
    assert printed > 1.05
    assert error < 1e-12
    assert np.max(ours("Fig. 7(a)")) < 2e-3
    assert np.all(np.diff(ours("Fig. 7(a)")) > 0)
    four, three, lowest = ours("Fig. 7(b)").reshape(3, 2)[:, 0]
    assert abs(lowest - four) < 1e-3 < 8e-3 < abs(three - four)
    for name in ("Eqs. (51) to (53)", "Eq. (49)"):
        assert ours(name) < 1e-12


def test_statements_by_equations():
    for name in ("Fig. 2(a)", "Eq. (38), rate", "Eqs. (39), (40)"):
        expected = {"Fig. 2(a)": [0, 0.5, 0.4], "Eq. (38), rate": 0.25}.get(name, [1, 2, 4, 5])
        assert ours(name) == pytest.approx(expected, abs=1e-8)
    approximate, exact = ours("time-local").reshape(3, 2).T
    assert np.all(approximate < 0.5 * exact)
    assert approximate[1] == 0 < exact[1]  # where the exact one has its maximum
    everything, equal_numbers = ours("m = 0, 1, 2")
    assert everything > 5 > 1e-12 > equal_numbers
    printed, _ = ours("Eqs. (B5) to (B13)")
    assert printed < -0.04  # no state
    two, one = ours("K = 0")
    assert two > 0.008 > 1e-12 > one
    lowest, separate = ours("Eqs. (B24), (B25)").reshape(2, 2)
    assert lowest == pytest.approx(separate, rel=1e-12)
    for name in ("Eqs. (B27), (B28)", "Eq. (B36)"):
        printed, meant = ours(name)
        assert abs(printed / meant - 1) > 0.1
    assert ours("Eqs. (B31) to (B34)")[-1] == pytest.approx(1, abs=1e-12)
    assert ours("Eq. (B36)")[1] == pytest.approx(1, abs=1e-12)
    assert ours("Eqs. (C3) to (C5)") < 1e-12
    assert ours("base temperature") < 0.01
    assert ours("almost pure") > 0.9
    assert np.all(ours("number states") > [70, 6000, 6e5])
    offset, mixing = ours("Eq. (53), levels")
    assert abs(offset) > 0.2 > 1e-12 > mixing


def test_more_of_thermal():
    for name in (
        "Eqs. (12), (16)",
        "Eq. (31)",
        "Eq. (B2)",
        "Laguerre",
        "Eqs. (C1), (C2)",
        "strain",
    ):
        assert np.max(ours(name)) < 1e-14
    overlap, teleported = ours("further use")
    assert overlap > 0.5
    assert teleported > 2 / 3
    assert ours("C of Bell states") == pytest.approx([0, 0, 1, 1, 1, 1], abs=1e-7)
    triplet, excited = ours("faster fields").reshape(3, 2).T
    assert np.all(np.diff(triplet) < 0)
    assert np.all(np.diff(excited) < 0)
    constant, thermal = ours("one strength of the field").reshape(2, 2).T
    assert constant - thermal == pytest.approx([0.119, 0.036], abs=1e-3)
    assert np.all(np.diff([0, *ours("weakly excited")]) > 0.03)
    *with_it, triplet, excited = ours("Eq. (38) excites")
    assert min(with_it) > 0.004 > 1e-12 > max(triplet, excited)
    assert np.max(ours("three levels at n*")) < 0.02
    assert ours("slow limit of (45)") == pytest.approx(8.73, abs=0.06)
    assert np.min(ours("room temperature")) > 0.65
    assert ours("T_phi") == pytest.approx(1)
    cold, hot = ours("Fig. 4(a), other temperatures").reshape(2, 4)
    assert cold[0] == hot[0] == 0
    assert np.all(hot[:3] / hot[3] <= cold[:3] / cold[3])
    assert 0.75 < ours("no fine tuning")[0] < 0.8
    *hot, above, below = ours("overestimates")
    assert 0 < min(hot) < max(hot) < 0.01
    assert above < -0.008 < 0.007 < below
    none, quarter = ours("frequency offsets")
    assert abs(none) < 1e-15
    assert quarter == pytest.approx(0.25)
    placed = ours("small fraction of the wavelength")
    assert placed / placed[0] == pytest.approx([1, 0.926, 0.821, 0.573], abs=1e-3)
