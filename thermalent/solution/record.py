"""The record of a method that a result keeps: name, claim, domain and parameters."""

from __future__ import annotations

import enum
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, ClassVar


class Claim(enum.StrEnum):
    """The claim of a method on the accuracy of its numbers."""

    EXACT = "exact"  # to a tolerance that it states and keeps
    STATISTICAL = "statistical"  # with a standard error
    APPROXIMATE = "approximate"  # in a stated domain


@dataclass(frozen=True, kw_only=True, eq=False, repr=False)
class MethodRecord:
    """The method of a result as data: it prints like the method, and is equal to it.

    Its parameters are attributes as well: `state.method.rtol`. Passed as `method`, it stands for
    the method itself.

    Args:
        name: Name of the method in the package, "ContinuedFraction".
        claim: The claim on the accuracy of the numbers.
        domain: The networks that the method is meant for, in words.
        items: Numerical parameters with their values, in the order of the method's fields.
    """

    name: str
    claim: Claim
    domain: str
    items: tuple[tuple[str, Any], ...]
    _in_words: ClassVar[str] = "a method such as te.Fock()"  # for messages

    @property
    def parameters(self) -> Mapping[str, Any]:
        """The numerical parameters by name."""
        return dict(self.items)

    def __getattr__(self, name: str) -> Any:
        # For names that are no fields. Without its fields (while it is unpickled) the
        # record has none.
        items = self.__dict__.get("items", ())
        for key, value in items:
            if key == name:
                return value
        raise AttributeError(f"The method of this result has no parameter {name!r}.")

    def __eq__(self, other: object) -> bool:
        record = other if isinstance(other, MethodRecord) else getattr(other, "record", None)
        if not isinstance(record, MethodRecord):
            return NotImplemented
        return self.name == record.name and self.items == record.items

    def __hash__(self) -> int:
        # As the hash of a dataclass, so that a record and its method are one key of a dictionary.
        return hash(tuple(value for _, value in self.items))

    def __repr__(self) -> str:
        return f"{self.name}({', '.join(f'{key}={value!r}' for key, value in self.items)})"
