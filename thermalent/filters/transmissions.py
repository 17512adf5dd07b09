"""Filters of which the transmission S21 alone is known, by its poles, zeros or polynomials."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from thermalent.filters import passive, response, roots
from thermalent.filters.parts import FilterParts, checked_absorber
from thermalent.filters.response import StateSpace
from thermalent.support import checks

# A peak above one by no more than this is rounding of the coefficients that were given.
_ROUNDING = 1e-9


def from_roots(
    poles: Sequence[complex],
    zeros: Sequence[complex],
    gain: complex | None,
    absorber_occupation: float | None,
    name: str = "gain",
) -> FilterParts:
    """See `Filter.poles_and_zeros`; `name` is the argument that sets the size of S21."""
    p, z = roots.finite("poles", poles), roots.finite("zeros", zeros)
    if not len(p):
        checks.fail("poles", "at least one pole", list(poles))
    for pole in p:
        if not pole.real < 0:
            checks.fail(
                "poles",
                "stable, each left of the imaginary axis",
                checks.Words(f"unstable: there is a pole at {roots.complex_in_words(pole)}"),
            )
    p, z = roots.cancelled(p, z)
    if len(z) > len(p):
        checks.fail("zeros", f"at most {len(p)} zeros, one per pole", list(zeros))
    if not len(p):
        checks.fail("poles", "poles that no zeros cancel", checks.Words("all cancelled"))
    system = passive.from_poles_and_zeros(p, z, 1.0)
    top, _ = response.peak(system)
    size = 1.0 if gain is None else abs(complex(gain)) * top
    if not np.isfinite(size) or size == 0.0:
        checks.fail(name, "finite and not zero", gain)
    phase = 1.0 if gain is None else complex(gain) / abs(complex(gain))
    factor = phase / top
    system = system._replace(c=factor * system.c, d=factor * system.d)
    label = "1 pole" if len(p) == 1 else f"{len(p)} poles"
    return transmitting(system, size, name, checked_absorber(absorber_occupation), label)


def from_polynomials(
    numerator: Sequence[complex],
    denominator: Sequence[complex],
    absorber_occupation: float | None,
) -> FilterParts:
    """See `Filter.transfer`."""
    top, bottom = (
        roots.polynomial_coefficients("numerator", numerator),
        roots.polynomial_coefficients("denominator", denominator),
    )
    if len(top) > len(bottom):
        checks.fail("numerator", f"of degree {len(bottom) - 1} at most", list(numerator))
    if len(bottom) < 2:
        checks.fail("denominator", "of degree one at least", list(denominator))
    return from_roots(
        np.roots(bottom).tolist(),
        np.roots(top).tolist(),
        complex(top[0] / bottom[0]),
        absorber_occupation,
        "numerator",
    )


def transmitting(
    shape: StateSpace, size: float, name: str, absorber: float | None, label: str
) -> FilterParts:
    """A filter of the given shape (its peak one) whose |S21| is at most `size`.

    Args:
        shape: The transfer function, of peak one.
        size: |S21| at the peak.
        name: The argument to name if that is above one.
        absorber: Thermal occupation of what absorbs; None is that of the waveguide.
        label: What the filter is.

    Raises:
        ValueError: the filter is not passive.
    """
    if size > 1.0 + _ROUNDING:
        _, where = response.peak(shape)
        checks.fail(
            name,
            "that of a passive filter, |S21| <= 1 at every frequency",
            checks.Words(f"not: |S21| = {size:.6g} at the frequency {where:.6g}"),
        )
    return FilterParts(
        system=passive.hessenberg(passive.passive(shape)),
        absorption=np.zeros((len(shape.b), len(shape.b))),
        transmission=min(size, 1.0) ** 2,
        absorber_occupation=absorber,
        label=label,
    )
