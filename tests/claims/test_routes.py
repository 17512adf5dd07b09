"""The numbers of the claims by a second route, which shares no code with the first."""

import ast
import json
from pathlib import Path

import claims_page
import cooperative_routes
import cooperative_sentence_routes
import dual_rail_routes
import dual_rail_sentence_routes
import equation_routes
import generation_sentence_routes
import numpy as np
import pytest
import ring_routes
import sentence_routes
import thermal_equation_routes
import thermal_fock_routes
import thermal_routes
import thermal_sentence_routes
import transport_sentence_routes
from rings_by_hand import exactly, peak, rings

from tests.support.dual_rail_by_hand import ByCharge, ByHand

HERE = Path(__file__).parent
ROUTES = {
    "ring": ring_routes.ROUTES
    | sentence_routes.RING
    | equation_routes.RING
    | generation_sentence_routes.ROUTES
    | transport_sentence_routes.ROUTES,
    "dual_rail": dual_rail_routes.ROUTES
    | sentence_routes.DUAL_RAIL
    | equation_routes.DUAL_RAIL
    | dual_rail_sentence_routes.ROUTES,
    "cooperative": cooperative_routes.ROUTES
    | sentence_routes.COOPERATIVE
    | equation_routes.COOPERATIVE
    | cooperative_sentence_routes.ROUTES,
    "thermal": thermal_routes.ROUTES
    | thermal_fock_routes.ROUTES
    | thermal_equation_routes.ROUTES
    | thermal_sentence_routes.ROUTES,
}
ROWS = {
    (table, row["id"]): row
    for table in ROUTES
    for row in json.loads((HERE / f"reference_{table}.json").read_text())["claims"]
}
# Thousands of amplitudes, and number states behind a hot source.
LONG = {"amplitude alone", "what fluctuates", "SiV, spin", "20 runs"}
LONG |= {"unique, three pairs", "unequal bandwidths", "N_par"}
LONG |= {"several pairs, permuted", "retardation"}
LONG |= {"T_prep, four pairs", "T_prep, five pairs", "decay along the chain"}
LONG |= {"C_ii, Delta = 0", "C_ii, Delta = 2", "C_ii, kappa = 2", "C_ii, kappa = 5"}
LONG |= {"C_44 over Delta"}
LONG |= {*(name for _, name in ROWS if name.startswith("N_ent"))}
# More than a second each; beside each of them one like it stays.
LONG |= {"T_prep, permuted", "W20", "S_A", "unique", "S_n, Delta = 0.2", "S_n, Delta = 5"}
LONG |= {"optimal temperature", "Fig. 4(a)", "Eq. (45) up to n*", "systematic enhancement"}
# Half a second and more; the numbers themselves are computed by the ordinary tests of the tables.
LONG |= {"S_n over 2 n ln 2", "optimal concurrence", "|11>", "Fig. 6(a)", "Fig. 7(b)", "Eq. (22)"}
LONG |= {"SiV, limits", "SiV, orbital", "several pairs"}
LONG |= {"nonchiral, delayed", "multipartite, against in turn", "any finite bandwidth"}
LONG |= {"upper bounds", "Fig. 4(a), other temperatures", "overestimates", "no fine tuning"}


def places():
    for table, routes in ROUTES.items():
        for name in routes:
            marks = [pytest.mark.long] * (name in LONG)
            yield pytest.param(table, name, marks=marks, id=f"{table}: {name}")


@pytest.mark.parametrize(("table", "name"), list(places()))
def test_a_second_route_gives_the_same_numbers(table, name):
    row = ROWS[table, name]
    _, route, *scatter = ROUTES[table][name]
    within = scatter[0] if scatter else row["tolerance"]
    np.testing.assert_allclose(exactly(route), row["ours"], rtol=within, atol=within)


@pytest.mark.parametrize("delta", [0.0, 0.3])
def test_blocks_of_equal_charge_are_the_whole_master_equation(delta):
    detuning = delta * np.arange(2)
    whole, blocks = (kind(0.8, detuning, -detuning) for kind in (ByHand, ByCharge))
    times = [of.preparation_time(2e-3, 40) for of in (whole, blocks)]
    assert times[1] == pytest.approx(times[0], rel=1e-9)


def test_every_row_names_its_route():
    for (table, name), row in ROWS.items():
        expected = ROUTES[table][name][0] if name in ROUTES[table] else claims_page.NO_ROUTE
        assert row["route"] == expected
    alone = {
        name
        for (_, name), row in ROWS.items()
        if row["route"] == claims_page.NO_ROUTE and row["verdict"] != claims_page.NOT_CHECKED
    }
    assert not alone
    assert {(table, name) for table in ROUTES for name in ROUTES[table]} <= set(ROWS)


@pytest.mark.parametrize(
    "file",
    [
        "rings_by_hand",
        "witness",
        "ring_routes",
        "ring_generation_routes",
        "ring_transport_routes",
        "generation_sentence_routes",
        "transport_sentence_routes",
        "cooperative_routes",
        "cooperative_sentence_routes",
        "thermal_by_hand",
        "thermal_routes",
        "thermal_model_routes",
        "thermal_driving_routes",
        "thermal_equation_routes",
        "thermal_sentence_routes",
    ],
)
def test_routes_by_hand_use_no_code_of_the_package(file):
    for node in ast.walk(ast.parse((HERE / f"{file}.py").read_text())):
        if isinstance(node, ast.Import):
            assert all("thermalent" not in alias.name for alias in node.names)
        if isinstance(node, ast.ImportFrom):
            assert "thermalent" not in str(node.module)


def test_wrong_rings_give_other_numbers():
    """The control: a hundredth less decay of the second cavity is noticed."""
    ours = ROWS["ring", "chiral, rounded couplings"]["ours"]
    wrong = exactly(lambda: peak(rings((0.126, 0.277), right=(1, 0.99)), [0, 0, 1, 0], until=60))
    assert abs(wrong[0] - ours[0]) > 1e-4
