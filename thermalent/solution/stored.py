"""Results that are saved to files and loaded from them: `result.save(path)`, `te.load(path)`.

A class is saved if it stands in the table below and has `Saved` among its bases, or is part of one
that is.
"""

from __future__ import annotations

import dataclasses
import os
from datetime import UTC, datetime
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np

from thermalent._version import __version__
from thermalent.operators import states
from thermalent.support import checks
from thermalent.support.by_value import ByValue
from thermalent.support.calls import ExplainedClass, with_explained_calls
from thermalent.support.errors import ResultFileError
from thermalent.support.files.encoding import Decoder, Encoder, KnownClasses
from thermalent.support.files.result_file import (
    ResultFile,
    damaged,
    read_result_file,
    write_result_file,
)

_SOLUTION, _ANALYSIS, _FILTERS = "thermalent.solution", "thermalent.analysis", "thermalent.filters"
_NODES, _ESTIMATES = "thermalent.networks.nodes", "thermalent.operators.estimates"
_DESIGN = f"{_ANALYSIS}.design"
KNOWN = KnownClasses(
    modules={
        "SteadyState": f"{_SOLUTION}.result",
        "ErrorEstimate": f"{_SOLUTION}.result",
        "Outcome": f"{_SOLUTION}.result",
        "Status": f"{_SOLUTION}.result",
        "SteadyStates": f"{_SOLUTION}.several",
        "Evolution": f"{_SOLUTION}.evolution",
        "MethodRecord": f"{_SOLUTION}.record",
        "Claim": f"{_SOLUTION}.record",
        "Network": "thermalent.networks.network",
        "Mode": _NODES,
        "Qubit": _NODES,
        "Qudit": _NODES,
        "CollectiveSpin": _NODES,
        "Estimate": _ESTIMATES,
        "ComplexEstimate": _ESTIMATES,
        "Estimates": _ESTIMATES,
        "Batches": "thermalent.ensembles.mean",
        "Sensitivities": "thermalent.continued_fraction.sensitivity.result",
        "Spectrum": f"{_ANALYSIS}.radiation.spectra",
        "Coherence": f"{_ANALYSIS}.radiation.spectra",
        "Rates": f"{_ANALYSIS}.relaxation_rates",
        "Optimum": f"{_ANALYSIS}.optimise",
        "CrossValidation": f"{_ANALYSIS}.cross_validation",
        "MethodReport": f"{_ANALYSIS}.cross_validation",
        "BestFilter": f"{_ANALYSIS}.shapes.best_filter",
        "Filter": f"{_FILTERS}.filter",
        "StateSpace": f"{_FILTERS}.response",
        "Fit": f"{_FILTERS}.measured.fit",
        "Rational": f"{_FILTERS}.measured.rational",
        "Design": f"{_DESIGN}.result",
        "DesignPoint": f"{_DESIGN}.points",
        "Budget": f"{_DESIGN}.points",
        "ShapeDesign": f"{_DESIGN}.shape_points",
        "Requirement": f"{_DESIGN}.requirement_result",
        "Limit": f"{_DESIGN}.requirement_result",
        "LaboratoryLink": f"{_DESIGN}.unknown",
    },
    parts={
        "Estimate": lambda e: {"value": float(e), "error": e.error, "how": e.how},
        "ComplexEstimate": lambda e: {"value": complex(e), "error": e.error, "how": e.how},
        "Estimates": lambda e: {"values": np.asarray(e), "error": e.error, "how": e.how},
        "ErrorEstimate": lambda e: {"value": float(e), "how": e.how, "elements": e.elements},
        "SteadyStates": lambda s: {"results": tuple(s)},
        "MethodReport": lambda r: {
            # The record of the method, which is equal to it, so that a file holds no solver.
            **{f.name: getattr(r, f.name) for f in dataclasses.fields(r)},
            "method": getattr(r.method, "record", r.method),
        },
        "Batches": lambda b: {"states": b.states, "weights": b.weights},
    },
)


class Saved(ByValue, metaclass=ExplainedClass):
    """What can be saved to a file, and compared: two are equal if they say the same."""

    def save(self, path: str | os.PathLike[str]) -> None:
        """Save to a file from which `te.load` makes the same object, to the bit.

        The file is a ZIP archive of arrays in NumPy's format, which `np.load` opens too, and of one
        JSON text, which says what made it: version, method with its parameters, network and time.

        Args:
            path: The file, such as "state.npz"; an older one is replaced when the new one is whole.

        Raises:
            ResultFileError: the file cannot be written.
        """
        encoder = Encoder(KNOWN)
        content = encoder.encode(self, "")
        header = {
            "kind": type(self).__name__,
            "written_by": __version__,
            "written": datetime.now(UTC).isoformat(timespec="seconds"),
            **_in_words(self),
        }
        write_result_file(path, ResultFile(header, content, encoder.arrays))


@with_explained_calls
def load(path: str | os.PathLike[str]) -> Any:
    """Load a result that `save` has written: a state, an evolution, a spectrum, a comparison, ...

    Args:
        path: The file. It is data, nothing in it is executed.

    Returns:
        The result, equal to the saved one to the bit, with the network and the method that gave it.

    Raises:
        ResultFileError: there is no such file, it is something else (the message says what), it was
            written by a later version, or it is damaged.
    """
    parts = read_result_file(path)
    source = Path(os.fspath(path))
    try:
        found = Decoder(KNOWN, parts.arrays).decode(parts.content)
    except ResultFileError as problem:
        _raise_unknown(source, parts, problem)
    except Exception as problem:  # of any check of any class: the content is not what was saved
        damaged(source, problem)
    if not isinstance(found, Saved):
        damaged(source, f"it holds a {type(found).__name__}, no result")
    return found


def call_record(function: str, network: Any, **arguments: Any) -> dict[str, Any]:
    """The call that made a result without a method of its own, as plain values.

    Args:
        function: Its name in the package.
        network: The network that it was called with.
        arguments: Its other arguments; an initial state becomes its density matrix.
    """
    initial = arguments.get("initial")
    if initial is not None and not isinstance(initial, str):
        arguments["initial"] = states.initial_state(initial, network.dims, name="initial")
    return {"function": function, "network": network, **arguments}


def builder_record(function: str, builder: Any, **arguments: Any) -> dict[str, Any]:
    """The call that made a result from a function which builds networks, as plain values.

    Args:
        function: Its name in the package.
        builder: What builds the networks; of a function the name is kept, and what
            `functools.partial` has bound.
        arguments: Its other arguments; of a function among them the name is kept.
    """
    fixed: dict[str, Any] = {}
    while isinstance(builder, partial):
        fixed = {**builder.keywords, **fixed}
        builder = builder.func
    plain = {name: _plain(value) for name, value in arguments.items()}
    bound = {name: _plain(value) for name, value in fixed.items()}
    return {"function": function, "builder": _name(builder), "fixed": bound, **plain}


def _plain(value: Any) -> Any:
    """The value, or words for what cannot be saved: a result is not to be lost for its call."""
    if callable(value):
        return _name(value)
    try:
        Encoder(KNOWN).encode(value, "")
    except ResultFileError:
        return checks.in_message(value)
    return value


def _name(function: Any) -> str:
    """A function, or an object that is called like one, by the name under which it was defined."""
    named = function if hasattr(function, "__qualname__") else type(function)
    return f"{named.__module__}.{named.__qualname__}"


def _raise_unknown(source: Path, parts: ResultFile, problem: ResultFileError) -> None:
    by = parts.header.get("written_by")
    if by == __version__:
        damaged(source, f"it {problem}")
    raise ResultFileError(
        f"{str(source)!r} {problem}; it was written by thermalent {by}, this is {__version__}."
    )


def _in_words(result: Any) -> dict[str, str]:
    """What made a result, for a reader of the text."""
    words = {}
    for name in ("network", "method", "builder"):
        value = getattr(result, name, getattr(result, "made_by", {}).get(name))
        if value is not None:
            words[name] = checks.in_message(value)
    return words
