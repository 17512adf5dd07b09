"""Derivatives by central differences with steps far below double precision."""

from flint import acb, arb, ctx
from mpmath import mp, mpf

from tests.support.reference.data import data_of
from tests.support.reference.numbers import to_mpmath
from tests.support.reference.system import Reference, State

_STEP = 2.0**-60  # the square of it is what the difference leaves out
_BITS = 512


def slope(network, observable, **direction):
    """d observable / dp along `Data.moved(**{name: direction * p})`, as an mpmath number.

    Both ends keep the same levels, so that what truncation leaves is differentiated as well.
    """
    with ctx.workprec(_BITS):
        data = data_of(network)
        centre = Reference(data, bits=_BITS)
        centre.steady_levels()
        last = 2 * centre.level
        ends = []
        for sign in (1, -1):
            step = acb(arb(_STEP) * sign)
            moved = data.moved(**{name: _scaled(value, step) for name, value in direction.items()})
            ends.append(Reference(moved, bits=_BITS).at(last, _BITS).state())
        with mp.workdps(120):
            return (observable(ends[0]) - observable(ends[1])) / (2 * mpf(_STEP))


def element(row: int, column: int, part: str = "real"):
    """An observable: one element of the state."""

    def read(state: State):
        with mp.workdps(120):
            return getattr(to_mpmath(state)[row, column], part)

    return read


def _scaled(value, step):
    if value and isinstance(value[0], (list, tuple)):
        return [[acb(v) * step for v in row] for row in value]
    return [acb(v) * step for v in value]
