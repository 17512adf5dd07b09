"""One compiled instruction that eliminates a small block of unknowns, all of its elements at once.

Loops over few unknowns take longer to find the elements than to add them up. Where the number of
unknowns is known to the compiler, the elimination is a list of operations without any loop, whose
elements stay in registers or at known places.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from llvmlite import ir
from numba.core import cgutils, types
from numba.extending import intrinsic

from thermalent.support.vectors import fused, in_all, lanes_of

# What type checkers may know of an instruction: the compiler sees its arguments, Python does not.
_instruction: Callable[[Any], Any] = intrinsic

_DOUBLE = 8  # bytes
_WORD = ir.IntType(64)


@_instruction
def solve_tier(
    typing: Any,
    side: Any,
    unknowns: Any,
    columns: Any,
    a: Any,
    b: Any,
    rate: Any,
    tier: Any,
    values: Any,
    factors: Any,
    steps: Any,
    above: Any,
    x: Any,
    g: Any,
) -> Any:
    r"""Write X = D^{-1} B of a group of lanes, from \(D = a + n \lambda - \sum_t c_t X'_t\).

    Row by row: its own elements, then less those of the rows before it times theirs, then divided
    by its pivot. Each element is summed in the order in which `alone_kernels` does.

    Args:
        side: As many items as there are lanes.
        unknowns: As many items as D has rows.
        columns: As many items as B has columns.
        a: (groups, m, m, lanes).
        b: B, (groups, m, width, lanes).
        rate: lambda, (groups, 1, lanes).
        tier: n.
        values: Of the elements of C, (groups, t, lanes).
        factors: What multiplies them in all lanes, (t,).
        steps: The elements of C row by row: how many elements of X' stand before the row that it
            multiplies, and which value it has; a negative number ends each row, (steps, 2).
        above: X' of the tier above, (groups, rows, columns, lanes), with as many columns as D has
            or more.
        x: Where X goes, (groups, m, width, lanes).
        g: Which group.
    """

    def generate(context: Any, builder: Any, signature: Any, args: Any) -> Any:
        m, width = signature.args[1].count, signature.args[2].count
        lanes = lanes_of(signature.args[0])
        own, right, decay, elements, higher, solution = (
            _Group(context, builder, signature.args[i], args[i], lanes, args[-1])
            for i in (3, 4, 5, 7, 10, 11)
        )
        factors, steps = (
            context.make_array(signature.args[i])(context, builder, args[i]).data for i in (8, 9)
        )
        number = in_all(builder, args[6], lanes)
        step: Any = ir.Constant(_WORD, 0)
        one = in_all(builder, ir.Constant(ir.DoubleType(), 1.0), lanes)
        done: list[list[Any]] = []
        for i in range(m):
            row = [own.load(i * m + j) for j in range(m)]
            row[i] = fused(builder, decay.load(0), number, row[i])
            row, step = _less_above(builder, row, step, steps, elements, factors, higher)
            row += [right.load(i * width + j) for j in range(width)]
            for p in range(i):
                weight = builder.fneg(row[p])
                for j in range(p + 1, m + width):
                    row[j] = fused(builder, weight, done[p][j], row[j])
            inverse = builder.fdiv(one, row[i])
            done.append(row[: i + 1] + [builder.fmul(item, inverse) for item in row[i + 1 :]])
        for i in range(m - 1, -1, -1):
            for p in range(m - 1, i, -1):
                weight = builder.fneg(done[i][p])
                for j in range(m, m + width):
                    done[i][j] = fused(builder, weight, done[p][j], done[i][j])
            for j in range(width):
                solution.store(i * width + j, done[i][m + j])
        return context.get_dummy_value()

    given = (a, b, rate, tier, values, factors, steps, above, x, g)
    return types.none(side, unknowns, columns, *given), generate


def _less_above(
    builder: Any, row: list[Any], step: Any, steps: Any, elements: Any, factors: Any, higher: Any
) -> tuple[list[Any], Any]:
    """The row less its elements of C times the rows of X' that they belong to, and the next step.

    How many there are is known at run time alone.
    """
    before = builder.block
    head, body, end = (builder.append_basic_block(name) for name in ("head", "body", "end"))
    builder.branch(head)
    builder.position_at_end(head)
    totals = [builder.phi(element.type) for element in row]
    number = builder.phi(_WORD)

    def word(position: int) -> Any:
        place = builder.add(
            builder.shl(number, ir.Constant(_WORD, 1)), ir.Constant(_WORD, position)
        )
        return builder.load(builder.gep(steps, [place]))

    begin = word(0)
    builder.cbranch(builder.icmp_signed("<", begin, ir.Constant(_WORD, 0)), end, body)
    builder.position_at_end(body)
    t = word(1)
    factor = in_all(builder, builder.load(builder.gep(factors, [t])), row[0].type)
    weight = builder.fneg(builder.fmul(elements.load(t), factor))
    sums = [
        fused(builder, weight, higher.load(builder.add(begin, ir.Constant(_WORD, j))), total)
        for j, total in enumerate(totals)
    ]
    following = builder.add(number, ir.Constant(_WORD, 1))
    builder.branch(head)
    for phi, first, last in zip([*totals, number], [*row, step], [*sums, following], strict=True):
        phi.add_incoming(first, before)
        phi.add_incoming(last, body)
    builder.position_at_end(end)
    return totals, builder.add(number, ir.Constant(_WORD, 1))


class _Group:
    """The part of an array (groups, ..., lanes) that belongs to one group."""

    def __init__(
        self, context: Any, builder: Any, kind: Any, value: Any, lanes: Any, g: Any
    ) -> None:
        self.builder = builder
        array = context.make_array(kind)(context, builder, value)
        shape = cgutils.unpack_tuple(builder, array.shape)
        size = shape[1]
        for length in shape[2:-1]:
            size = builder.mul(size, length)
        first = builder.bitcast(array.data, lanes.as_pointer())
        self.data = builder.gep(first, [builder.mul(g, size)])

    def _place(self, number: Any) -> Any:
        if isinstance(number, int):
            number = ir.Constant(_WORD, number)
        return self.builder.gep(self.data, [number])

    def load(self, number: Any) -> Any:
        return self.builder.load(self._place(number), align=_DOUBLE)

    def store(self, number: Any, value: Any) -> None:
        self.builder.store(value, self._place(number), align=_DOUBLE)
