"""Every statement of COOPERATIVE that was checked against ours, and the verdict on it."""

import json
from decimal import Decimal
from pathlib import Path

import claims_page
import cooperative_claims
import cooperative_sentences
import equation_claims
import numpy as np
import pytest
import sentence_claims

from thermalent.analytic import cooperative as exact

CLAIMS = cooperative_claims.CLAIMS | sentence_claims.COOPERATIVE
CLAIMS |= equation_claims.COOPERATIVE | cooperative_sentences.CLAIMS
TABLE = json.loads(Path(__file__).with_name("reference_cooperative.json").read_text())
ROWS = {row["id"]: row for row in TABLE["claims"]}
CHECKED = [row for row in ROWS.values() if row["verdict"] != claims_page.NOT_CHECKED]


def ours(name):
    return ROWS[name]["ours"]


def test_all_claims_are_there():
    assert [row["id"] for row in CHECKED] == list(CLAIMS)
    assert len(TABLE["claims"]) == len(ROWS) == 47
    assert {row["verdict"] for row in ROWS.values()} == set(TABLE["verdicts"])


@pytest.mark.parametrize("row", CHECKED, ids=list(CLAIMS))
def test_value(row):
    found = np.atleast_1d(CLAIMS[row["id"]]())
    np.testing.assert_allclose(found, row["ours"], rtol=row["tolerance"], atol=row["tolerance"])


def test_reproduced_numbers_round_to_the_printed_ones():
    rows = [row for row in ROWS.values() if row["verdict"] == "reproduced"]
    assert rows
    for row in rows:
        digits = -Decimal(row["printed"]).as_tuple().exponent
        assert round(row["ours"][0], digits) == float(row["printed"])


def test_supported_statements():
    # Eigenvalues of a matrix of ones and thousandths, to a few roundings of its largest one.
    expected = [1.0, 1.0, 2.0, -0.002, 0.0, -0.002]
    assert ours("eigenvalues") == pytest.approx(expected, rel=0, abs=2e-15)
    assert [ours(f"at 500 from {start}")[1] for start in ("11", "10", "Psi+", "Psi-")] == [
        0.0,
        0.5,
        0.0,
        1.0,
    ]
    for start in ("11", "10"):
        closed = exact.pair_energy(500.0, start, 2e-3)
        assert ours(f"at 500 from {start}")[0] == pytest.approx(closed, abs=1e-14)
    assert ours("end of 10")[:2] == pytest.approx([0.5, exact.dark_mixture_negativity(0.5)])
    energy, fidelity, passes = ours("individual decay")
    assert fidelity == pytest.approx(np.exp(-0.1) / 2)
    assert energy < 0.5 < exact.pair_energy(0.9 * passes, "10", 2e-3, 1e-4)
    energy, swing = ours("detuned dark state")
    assert swing > 0.9 * energy  # from nearly all of it to nearly nothing
    assert energy == pytest.approx(np.exp(-4), rel=0.02)
    assert ours("fidelity with Psi_2")[0] == pytest.approx(2 / 3)
    assert ours("N qubits")[0] == pytest.approx(exact.basis_spin_weights(4, 1).dark_weight)
    assert ours("N qubits")[1:] == pytest.approx(list(exact.limit_concurrences(4)))


def test_two_excitations_end_four_partite_entangled():
    weight, product, negativity = ours("two excitations, four-partite")
    assert weight == pytest.approx(ours("W-like, two excitations")[2])
    assert product == pytest.approx(0.75)
    assert negativity > 0.1
    mean, noise = ours("two excitations, whole state")
    assert mean < -0.01
    assert noise > 0.15


def test_contradicted_statements():
    for p in (0.1, 0.3, 0.5):
        assert ours(f"equal populations {p}")[0] == pytest.approx(p * (1 - p)) != 0
        assert exact.product_limit(p, p).concurrence == pytest.approx(p * (1 - p))
    assert ours("end of 110 and 101") == pytest.approx([1 / 6, 1 / 6])  # not 2/3
    # Two qubits each form a singlet: a state of two excitations, which is no W state.
    assert ours("W-like, two excitations") == pytest.approx([1 / 6, 1 / 2, 1 / 3])
    pair, product = ours("W-like, many qubits")
    assert pair < 0.02
    assert product > 0.98


def test_misprints():
    printed, meant = ours("fidelity of 10")
    assert printed == pytest.approx(np.sqrt(0.5))
    assert meant == pytest.approx(0.5)
    trace, printed_error, corrected_error = ours("product state")
    assert trace == pytest.approx(2.3)
    assert printed_error > 0.8
    assert corrected_error < 1e-15


def test_reconstructions():
    for name in ("lowest transition", "laser", "incoherent"):
        resonant, detuned = ours(f"clockwork, {name}")
        assert resonant > detuned > 0.09
    assert ours("clockwork, alone") == [0.0, 0.0]
