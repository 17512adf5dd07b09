"""Spectra and correlations of a field as observables of a sweep along frequencies or delays."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from thermalent.analysis.radiation.field import FieldName, field_of
from thermalent.analysis.radiation.spectra import coherence, spectrum
from thermalent.networks.network import Network
from thermalent.support import checks
from thermalent.support.errors import ArgumentError
from thermalent.sweeping.reading.observables import SPELLING, Observable, check_variables

# What there is along each axis, the order of the coherence that it is read off, and its unit.
ALONG = {
    "frequency": {"spectrum": 0},
    "delay": {"visibility": 1, "g2": 2},
}
_ORDERS = {name: order for kinds in ALONG.values() for name, order in kinds.items()}


@dataclass(frozen=True, kw_only=True)
class Emission:
    """A number of a radiated field at each frequency or delay.

    Args:
        name: Of the variable in the data set.
        what: "spectrum", "visibility" (the modulus of g1) or "g2".
        of: The field, see `te.spectrum`.
    """

    name: str
    what: str
    of: FieldName

    units = "1"

    def read(
        self, network: Network, along: np.ndarray, rtol: float | None, initial: Any
    ) -> tuple[np.ndarray, np.ndarray]:
        """The numbers at the frequencies or delays, (n,), and their errors.

        Raises:
            ThermalentError: the network has no such field, or no steady state.
        """
        order = _ORDERS[self.what]
        if order == 0:
            found = spectrum(network, along, self.of, rtol=rtol, initial=initial)
            return found.values, found.error
        relative = coherence(network, along, self.of, order=order, rtol=rtol, initial=initial)
        return np.abs(relative.values) if order == 1 else relative.values, relative.error

    def check(self, network: Network) -> None:
        """Check that the network radiates such a field.

        Raises:
            ValueError: it does not.
        """
        try:
            field_of(network, self.of)
        except ArgumentError as problem:
            words = str(problem).replace("`of`", "`observables`")
            raise ArgumentError(words) from None


def as_emissions(given: Any, along: str) -> tuple[Emission, ...]:
    """Emissions from names such as "spectrum" and "g2[q1]", or a mapping from names to fields.

    Args:
        given: What the caller asks for.
        along: The axis, a key of `ALONG`.

    Raises:
        ValueError: there is nothing of that name along this axis, or one occurs twice.
    """
    known = list(ALONG[along])
    if isinstance(given, Mapping):
        listed = [_one(name, known, of) for name, of in given.items()]
    elif isinstance(given, str):
        listed = [_one(given, known)]
    elif isinstance(given, Sequence) and given:
        listed = [_one(name, known) for name in given]
    else:
        listed = []
    if not listed:
        checks.fail("observables", f"names of {known}", given)
    check_variables([emission.name for emission in listed])
    return tuple(listed)


def _one(name: Any, known: list[str], of: Any = None) -> Emission:
    """One emission: its name says of which field it is, unless that is given."""
    match = SPELLING.fullmatch(name.replace(" ", "")) if isinstance(name, str) else None
    if match is None or match[1] not in known:
        allowed = f"of {known}, with a node in brackets such as {known[0] + '[q1]'!r}"
        checks.fail("observables", allowed, name)
    return Emission(name=match[0], what=match[1], of=match[2] or "output" if of is None else of)


Variable = Observable | Emission
