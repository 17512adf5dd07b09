"""Derivatives by the parameters of a network, as they are returned."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from thermalent.operators.estimates import Estimate
from thermalent.support.deprecation import renamed_attribute


@dataclass(frozen=True, kw_only=True, eq=False)
class Sensitivities(Mapping[str, Any]):
    """Derivatives of an observable by parameter: a mapping from names to numbers.

    Args:
        value: The observable itself, with its error.
        derivatives: By parameter; a tuple for a parameter with several values. Each number knows
            its error.
        errors: Of the derivatives, absolute, in the same form.
        tiers: Highest tier kept.
        note: Where the observable is not smooth, why; else empty.
    """

    value: Estimate
    derivatives: Mapping[str, Any]
    errors: Mapping[str, Any]
    tiers: int
    note: str = ""

    levels = renamed_attribute("levels", "tiers")

    def __getitem__(self, name: str) -> Any:
        """The derivative by this parameter."""
        return self.derivatives[name]

    def __iter__(self) -> Any:
        return iter(self.derivatives)

    def __len__(self) -> int:
        return len(self.derivatives)
