"""Arguments as text: the objects that calls need, and values of every wrong kind.

All are expressions in `NAMES`, so that a call can be printed as code that repeats it.
"""

from __future__ import annotations

import datetime
import decimal
import fractions
import pathlib
from typing import Any

import numpy as np
import xarray

import thermalent as te
from thermalent.models.line_arrays import thermal_links
from thermalent.solution.tasks import SteadyStateTask
from thermalent.stochastic.driven import driven_emitters

NUMBERS = (
    "0", "1", "-1", "3", "0.5", "-0.5", "1.5", "-0.0", "np.nan", "np.inf", "-np.inf",
    "1e308", "-1e308", "1e-308", "5e-324", "1e150", "1e-150", "1e30", "1e-30", "1e12", "1e-12",
    "10**400", "-10**400", "2**63", "10**15", "True", "False", "1j", "1+1j",
    "complex(np.nan, 0)", "complex(np.inf, np.nan)", "np.float64(0.5)", "np.float32(np.nan)",
    "np.int64(-3)", "np.uint8(2)", "np.bool_(True)", "np.complex128(1j)", "np.float16(6e4)",
    "decimal.Decimal(1)", "fractions.Fraction(1, 3)",
)  # fmt: skip
TEXTS = (
    '""', '"text"', '"1"', '"00"', '"0x"', '"5GHz"', '"nan"', '"S"', '"\\0"', '"a" * 10_000',
    '"kälte"', 'b"00"', 'bytearray(3)', 'np.str_("01")', "pathlib.Path('nowhere')",
)  # fmt: skip
COLLECTIONS = (
    "[]", "()", "{}", "set()", "[1.0]", "(0.5, 0.5)", "[0.2, 0.1]", "[1, 'a']", "[np.nan, 1.0]",
    "[[1, 2], [3]]", "[None]", "range(5)", "range(10**9)", "np.array([])", "np.zeros((2, 2))",
    "np.eye(4) / 4", "np.eye(3)", "np.zeros((2, 2, 2))", "np.zeros((0, 3))", "np.ones(10**4)",
    "np.array(['a', 'b'])", "np.array([object()])", "np.full((4, 4), np.nan)", "np.eye(4) * 1e200",
    "np.array([1j, 2])", "np.array([True, False])", "{1, 2}", "{'a': 1}", "{1: 2}",
    "{'n_th': [1.0]}", "iter([1.0])", "(x for x in [1.0])", "np.array(1.0)", "np.array('a')",
    "np.array(None)", "np.datetime64('2020')", "np.ma.masked", "xarray.DataArray([1.0, 2.0])",
    "xarray.DataArray(np.nan)", "slice(1)", "[[]]", "[{}]", "('', 1)", "np.array([10**400])",
    "[10**400]", "['a'] * 3", "[0, 0]", "[0, 1]", "[1, 0]", "(1, 2, 3)", "memoryview(b'ab')",
)  # fmt: skip
OBJECTS = (
    "None", "object()", "LINK", "RINGS", "PAIR", "te.thermal_link", "te.cooperative", "te.Fock",
    "te.Fock()", "te.Markov()", "te.ContinuedFraction", "lambda x: len(x)", "lambda *a, **k: 1.0",
    "lambda x: te.thermal_link(x, 1.0)", "lambda: None", "STATE", "EVOLUTION", "te.Qubit",
    "te.Qubit(name='q')", "te.Mode()", "te", "type", "Ellipsis", "NotImplemented", "Exception()",
    "FILTER", "datetime.timedelta(1)", "np", "np.random.default_rng(1)", "print",
)  # fmt: skip
WILD = NUMBERS + TEXTS + COLLECTIONS + OBJECTS

LINK = te.thermal_link(0.3, 1.0)
ARRAYS = thermal_links({"n_th": np.array([0.3, 1.0])}, {"kappa": 1.0})


def names() -> dict[str, Any]:
    """What the expressions may use; some are results, which take a second to compute."""
    rng = np.random.default_rng(5)
    matrix = rng.standard_normal((4, 4)) + 1j * rng.standard_normal((4, 4))
    rho = matrix @ matrix.conj().T
    return {
        "te": te, "np": np, "xarray": xarray, "pathlib": pathlib, "decimal": decimal,
        "fractions": fractions, "datetime": datetime,
        "LINK": LINK,
        "ARRAYS": ARRAYS,
        "RINGS": te.ring_resonators((0.3, 0.4)),
        "PAIR": te.cooperative(2),
        "STATE": te.steady_state(LINK),
        "EVOLUTION": te.evolve(LINK, [0.0, 1.0], "00"),
        "FILTER": te.Filter.butterworth(2, 1.0),
        "BEST": te.best_filter(10.0, 1, starts=1),
        "RAILS": te.analytic.dual_rail_state(1, 1.0),
        "HARDWARE": te.hardware.superconducting_link(),
        "SINGLE": te.stochastic.trajectory(LINK, [0.0, 0.5, 1.0]),
        "RHO": rho / np.trace(rho).real,
        "EMITTERS": driven_emitters(LINK),
        "MASTER": te.master_equation(LINK, 3),
        "SLOPES": te.sensitivities(te.thermal_link, {"n_th": 0.3, "kappa": 1.0}),
        "GIVEN": te.conditional_states(LINK),
        "ERROR": te.steady_state(LINK).error,
        "TASK": SteadyStateTask(network=LINK),
        "PATHS": rng.standard_normal((8, 40)) + 1j * rng.standard_normal((8, 40)),
    }  # fmt: skip
