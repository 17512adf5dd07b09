"""Checks of parameters against the function that builds a network from them."""

from __future__ import annotations

import difflib
import inspect
from collections.abc import Callable, Mapping, Sequence
from numbers import Integral
from typing import Any

import numpy as np

from thermalent.support import checks

_ALIKE = 0.5  # similarity of names, from which on one may have been meant for the other


def check_parameters(
    builder: Callable[..., Any],
    fixed: Mapping[str, Any],
    varied: Sequence[str],
    argument: str = "grid",
) -> None:
    """Check the parameters against the builder's signature.

    Args:
        builder: Called with the parameters as keywords.
        fixed: Parameters with their values.
        varied: Names of the others.
        argument: Of the caller, that has the names of the others; for the message.

    Raises:
        ValueError: one is unknown (the nearest valid one is given), given twice or missing.
    """
    if not callable(builder):
        checks.fail("builder", "a function that returns a network", builder)
    given_as = ((argument, varied), ("fixed", tuple(fixed)))
    for of, names in given_as:
        for name in names:
            if not isinstance(name, str):
                checks.fail(of, "of parameters by name", name)
    for name in varied:
        if name in fixed:
            checks.fail("fixed", "of parameters that the grid does not vary", name)
    parameters = _parameters(builder)
    if parameters is None:
        return  # errors show at the first call
    kinds = inspect.Parameter
    takes_any = any(p.kind is kinds.VAR_KEYWORD for p in parameters.values())
    named = [
        n
        for n, p in parameters.items()
        if p.kind in (kinds.POSITIONAL_OR_KEYWORD, kinds.KEYWORD_ONLY)
    ]
    new_of_old: Mapping[str, str] = getattr(builder, "renamed_arguments", {})
    given = {new_of_old.get(name, name) for name in (*fixed, *varied)}
    for of, names in given_as:
        for name in names:
            if new_of_old.get(name, name) not in named and not takes_any:
                near = difflib.get_close_matches(name, named, 1, _ALIKE)
                hint = f" (nearest: {near[0]!r})" if near else ""
                checks.fail(of, f"of parameters of the builder, {named}{hint}", name)
    for name in named:
        needed = parameters[name].default is kinds.empty
        if needed and name not in given:
            allowed = (
                f"such that {name!r} has a value (or bind one: "
                f"functools.partial(builder, {name}=...))"
            )
            checks.fail(argument, allowed, checks.Words("without it"))


def check_names(argument: str, builder: Callable[..., Any], names: Sequence[str]) -> None:
    """Check names of parameters against the builder's signature.

    Args:
        argument: Of the caller, that has the names; for the message.
        builder: Called with the parameters as keywords.
        names: Of the parameters.

    Raises:
        ValueError: one is unknown (the nearest valid one is given) or missing.
    """
    if callable(builder) and _parameters(builder) is None:
        checks.fail("builder", "a function whose parameters have names", builder)
    check_parameters(builder, {}, names, argument)


def _parameters(builder: Callable[..., Any]) -> Mapping[str, inspect.Parameter] | None:
    """The parameters of a function; None of a builtin that does not tell them."""
    try:
        return inspect.signature(builder).parameters
    except (TypeError, ValueError):
        return None


def check_integers(builder: Callable[..., Any], parameters: Mapping[str, Any]) -> None:
    """Check that the builder takes real numbers where integers are given.

    Raises:
        ValueError: it takes the integer but not the same number as a float: there is no derivative.
    """
    integers = {name: value for name, value in parameters.items() if _integers(value)}
    as_floats = {name: _real(value) for name, value in integers.items()}
    if not integers or _builds(builder, {**parameters, **as_floats}):
        return
    if not _builds(builder, parameters):
        return  # wrong for another reason, which the first call reports
    for name, value in integers.items():
        if not _builds(builder, {**parameters, name: _real(value)}):
            checks.fail(
                "parameters",
                "real numbers, which the network follows smoothly (an integer has no derivative: "
                f"bind it, as in functools.partial(builder, {name}={value!r}))",
                checks.Words(f"the integer {name} = {value!r}"),
            )


def _integers(value: Any) -> bool:
    items = np.atleast_1d(np.asarray(value, dtype=object)).ravel()
    return any(isinstance(item, Integral) and not isinstance(item, bool) for item in items)


def _real(value: Any) -> Any:
    return float(value) if np.ndim(value) == 0 else tuple(float(item) for item in value)


def _builds(builder: Callable[..., Any], parameters: Mapping[str, Any]) -> bool:
    try:
        builder(**parameters)
    except (TypeError, ValueError):
        return False
    return True
