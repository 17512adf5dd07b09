"""Whether parameters are those of the function that builds the network, and may vary."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from numbers import Integral
from typing import Any

import numpy as np

from thermalent import checks


def check_names(argument: str, builder: Callable[..., Any], names: Sequence[str]) -> None:
    """Check names of parameters against the builder's signature.

    Args:
        argument: Of the caller, that has the names; for the message.
        builder: Called with the parameters as keywords.
        names: Of the parameters.

    Raises:
        ValueError: one is unknown (the nearest valid one is given) or missing.
    """
    from thermalent.sweeping.blocks import check_parameters

    try:
        check_parameters(builder, {}, names)
    except ValueError as error:
        # The check is that of a sweep, whose argument is called differently.
        raise ValueError(str(error).replace("`grid`", f"`{argument}`")) from None


def check_integers(builder: Callable[..., Any], parameters: Mapping[str, Any]) -> None:
    """Check that the builder takes real numbers where integers are given.

    Raises:
        ValueError: it takes the integer but not the same number as a float: there is no derivative.
    """
    whole = {name: value for name, value in parameters.items() if _integers(value)}
    if not whole or _builds(builder, {**parameters, **{n: _real(v) for n, v in whole.items()}}):
        return
    if not _builds(builder, parameters):
        return  # wrong for another reason, which the first call tells
    for name, value in whole.items():
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
