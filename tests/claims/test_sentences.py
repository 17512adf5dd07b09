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


def test_more_of_generation():
    best = ours("chiral, rounded couplings")[0]
    for name in ("Eq. (8), phases", "Eq. (8), limits", "Eq. (11)", "C = 2|rho_12|"):
        assert np.max(ours(name)) < 1e-14
    assert ours("Eqs. (6), (7)")[0] < 1e-10
    assert np.ptp(ours("generation, any distance")) < 1e-12
    assert np.ptp(ours("common frequency")) < 1e-10
    assert np.ptp(ours("stored at the peak")) < 1e-10
    at_transfer, at_quarter, slow, slower = ours("equal couplings entangle")
    assert at_transfer < 0.45 * best
    assert at_quarter > 0.59
    assert 0.73 < slow < slower < 2 / np.e
    g1, g2, top = ours("g_2 > g_1")
    assert g2 < g1
    assert 2 / np.e < top < best - 0.12
    even, odd, second = ours("odd Bell state")
    assert even < 0.01 < 0.9 < odd
    assert second < 0.5
    assert np.all(np.diff(ours("transfer at other ratios")) < 0)
    assert np.max(ours("dropped exponential")) < 0.014
    assert ours("both kappa real")[1] > best - 0.0012
    assert ours("both kappa imaginary")[1] < best - 0.11
    there, beside = ours("Eq. (10), optimum")
    assert abs(there - best) < 0.006
    assert beside > 50  # no concurrence
    nearly, less = ours("sweet spot").reshape(2, 3)
    assert np.all(np.diff([nearly, less]) < 0)
    assert nearly[0] - nearly[2] < 0.005 < 0.02 < less[0] - less[2] < 0.021
    assert 0.1 < ours("10^7 gamma_R")[1] < 0.15
    assert np.all(np.diff(ours("realistic detunings")) < 0)
    assert ours("realistic detunings")[1] > 2 / np.e > ours("realistic detunings")[2]
    atoms, cavities, everything = ours("dominated by atoms")
    assert best - atoms > 0.8 * (best - everything) > 5 * (best - cavities)
    decay, *others = ours("most detrimental")
    assert decay < min(others) - 0.4
    none, revived = ours("more Rabi oscillations")
    assert none == 0
    assert revived > 0.4
    assert np.all(np.diff(ours("nonchiral, delayed")) < -0.002)
    assert ours("nonchiral, best distance")[0] == pytest.approx(0.5, abs=1e-8)
    assert np.max(ours("weak coupling")) < 0.3
    assert ours("weak coupling, 0.969")[0] > 2 > 0.5 > ours("weak coupling, 0.969")[1]
    assert np.max(ours("fast")) < 13
    assert np.min(ours("robust")) > 0.8
    assert best - ours("beta near one") == pytest.approx([0.0092, 0.0464], abs=1e-4)
    for name in ("directionality of 90 %", "perfect chirality not required"):
        together, leaking = ours(name)
        assert together > best > leaking > 0.82
    assert ours("unequal over bare")[0] == pytest.approx(1.317, abs=1e-3)


def test_more_of_transport():
    best = ours("C around 0.91")[0]
    bell, w, phi, *dicke = ours("as high as 0.954")
    assert max(bell, w) < 0.9535 < 0.9545 < phi
    assert max(dicke) < 0.91
    assert np.all(np.diff(ours("non-Markovian")) < -0.15)
    assert ours("delay of a cascade") == pytest.approx([best] * 2, abs=1e-9)
    coupling, back = ours("transport, weak coupling")
    assert 0.25 < coupling < 0.5
    assert back < 0.011
    assert np.all(np.diff([best, *ours("transport, beta near one")]) < 0)
    assert ours("Eq. (3)")[0] < 1e-7
    assert ours("Psi- is dark") == pytest.approx([1, 1], abs=1e-10)
    before, at, after = ours("least at ee")
    assert at < min(before, after) - 0.01
    assert np.min(ours("all Bell states")) > 0.9
    assert np.all(np.diff(ours("low excitations")) < -0.05)
    across, within = ours("1a and 2a")
    assert across < 0.3 * within
    assert np.all(np.diff(ours("fidelity falls with decay")) < 0)
    near, far, nearer, farther = ours("insensitive to chirality")
    assert min(near, nearer) > best > far > farther > 0.9 * best
    assert ours("95 % directionality") == pytest.approx([nearer, farther])
    printed, meant = ours("Eq. (A2)")
    assert meant < 1e-14 < 1 < printed
    assert ours("Eq. (A7)") == pytest.approx([0, 0.5, 1], abs=1e-3)
    printed, *right = ours("Eq. (A9)")
    assert max(right) < 1e-14 < 1 < printed
    assert ours("polarisations of rubidium")[0] == pytest.approx(28)
    assert ours("4.5 G")[1] == pytest.approx(0.345, abs=1e-3)


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


def test_more_of_two_rails():
    assert ours("any number of pairs") == pytest.approx(np.tanh(1.6), abs=1e-8)
    assert ours("r of the amplifier") == pytest.approx(np.sinh(2 * np.arctanh([0.2, 0.6])))
    assert ours("highly mixed")[0] < 0.4
    assert abs(ours("Eq. (9)")[0]) < 1e-12
    parallel, *others = ours("S_n, patterns")
    assert abs(parallel) < 1e-12
    assert np.min(np.abs(np.subtract.outer(others, others))[np.triu_indices(3, 1)]) > 0.3
    together, first, between = ours("blocks")
    assert max(together, between) < 1e-4 < 0.5 < first
    assert np.max(ours("multipartite, against in turn")) < 0.62
    assert np.all(np.diff([0, *ours("any finite bandwidth"), np.tanh(2)]) > 0.05)
    dephased, apart, ideal, ideal_apart = ours("upper bounds")
    assert dephased < apart - 3  # so not the upper bounds
    assert ideal < ideal_apart
    assert max(apart, 0.25 * ideal_apart) < 20  # the pairs stay within the bandwidth
    slow, fast, equal = ours("asymmetric amplifier")
    assert slow == pytest.approx(10 * fast, rel=0.1)
    assert fast < 2 * equal


def test_more_of_the_common_reservoir():
    for name in ("always", "|10> as a superposition", "basis of one excitation"):
        assert np.max(ours(name)) < 1e-14
    assert ours("not decohered") == pytest.approx(0.5, abs=1e-7)
    assert ours("kappa spares the dark state") == pytest.approx(1)
    assert ours("finite dissipation") == pytest.approx([0, 0.05], abs=1e-12)
    assert ours("smooth exponential") == pytest.approx(1)
    excited, bright = ours("bright and excited")
    assert bright < 1e-3 < 0.02 < excited < 0.025
    assert np.max(ours("exhausted")) < 1e-8
    start, *up, late = ours("tends to entangle")
    assert start == 0
    assert min(up) > 0.4 > 1e-4 > late
    difference, *pairs = ours("end of 100")
    assert difference < 1e-12
    assert pairs == pytest.approx([4 / 9, 2 / 9])
    assert ours("fidelity of 011")[[0, 2]] == pytest.approx([0, 2 / 3], abs=1e-12)
