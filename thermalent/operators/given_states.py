"""States as they are given: arrays, columns, and quantum objects of QuTiP with their dimensions.

A ket may be an array (d,) or a column (d, 1), as QuTiP writes it. A `qutip.Qobj` is recognised by
its attributes, so that nothing here needs QuTiP; its dimensions are compared with those that are
expected, except where it has a single one, which says nothing about subsystems.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from thermalent.support.checks import Words, fail


def plain_state(name: str, state: Any) -> Any:
    """The array of a quantum object, a column as a vector, anything else as it is.

    Args:
        name: What an error message calls the state.
        state: Anything that may be a ket or an operator.

    Raises:
        ValueError: a quantum object is a bra, or an operator between two different spaces.
    """
    if type(state) is not np.ndarray and _is_quantum_object(state):
        _dims_of_object(name, state)
        state = np.asarray(state.full())
    shape = getattr(state, "shape", None)
    if shape is None and isinstance(state, (list, tuple)):
        shape = _shape_of_rows(state)
    if isinstance(shape, tuple) and len(shape) == 2 and shape[1] == 1 and shape[0] > 1:
        return np.reshape(np.asarray(state), -1)
    return state


def stated_dims(name: str, state: Any) -> tuple[int, ...] | None:
    """The dimensions of the subsystems that a quantum object states; None if it states none.

    Raises:
        ValueError: as `plain_state`.
    """
    if type(state) is np.ndarray or not _is_quantum_object(state):
        return None
    dims = _dims_of_object(name, state)
    return dims if len(dims) > 1 else None


def require_dims(name: str, state: Any, dims: Sequence[int]) -> None:
    """Complain about a quantum object of other subsystems than expected.

    Args:
        name: What an error message calls the state.
        state: The state as it was given.
        dims: The dimensions that are expected, leftmost factor first.

    Raises:
        ValueError: it states other dimensions.
    """
    stated = stated_dims(name, state)
    if stated is not None and stated != tuple(dims):
        fail(name, f"of dimensions {list(dims)}", Words(f"a Qobj of {list(stated)}"))


def _is_quantum_object(value: Any) -> bool:
    return all(hasattr(value, name) for name in ("full", "dims", "isket", "isoper"))


def _dims_of_object(name: str, state: Any) -> tuple[int, ...]:
    """The dimensions of a quantum object that is a ket or maps one space to itself."""
    rows, columns = state.dims[0], state.dims[1]
    plain = all(isinstance(d, (int, np.integer)) for d in rows)
    if not plain or not (state.isket or (state.isoper and rows == columns)):
        allowed = "a ket or an operator on one space"
        fail(name, allowed, Words(f"a Qobj of type {state.type!r} and dims {state.dims}"))
    return tuple(int(d) for d in rows)


def _shape_of_rows(rows: Sequence[Any]) -> tuple[int, int] | None:
    """The shape of a list of rows of one number each, which is a column; None of all else."""
    one_each = all(isinstance(row, (list, tuple)) and len(row) == 1 for row in rows)
    return (len(rows), 1) if one_each else None
