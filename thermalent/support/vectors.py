"""Vector instructions for compiled kernels: numbers of several lanes in one register.

The compiler makes loops over lanes into vector instructions, but between two of them it stores and
loads what they hold. A value of this type stays in registers (a few of them where it has more lanes
than one register holds), and every operation on it is one of all lanes.

Arrays have the lanes last, and no gaps: `at(side, x, (i, j))` reads `x[i, j, :]` of an array with
three axes, without a check of the indices. `side` is a tuple with as many items as there are lanes:
the compiler knows its length.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
from llvmlite import ir
from numba.core import cgutils, types
from numba.extending import intrinsic, models, register_model

# What type checkers may know of an instruction: the compiler sees its arguments, Python does not.
_instruction: Callable[[Any], Any] = intrinsic

_LINE = 64  # bytes that a vector instruction reads at once where they begin at a multiple of them
_DOUBLE = 8


class Lanes(types.Type):
    """Numbers of several lanes."""

    def __init__(self, count: int) -> None:
        self.count = count
        super().__init__(name=f"Lanes({count})")


@register_model(Lanes)
class _LanesModel(models.PrimitiveModel):
    def __init__(self, manager: Any, lanes: Any) -> None:
        super().__init__(manager, lanes, _vector(lanes))


def _vector(lanes: Any) -> Any:
    return ir.VectorType(ir.DoubleType(), lanes.count)


def aligned(*shape: int) -> np.ndarray:
    """An array of zeros that begins where vectors are read fastest."""
    size, spare = int(np.prod(shape)), _LINE // _DOUBLE
    raw = np.zeros(size + spare)
    begin = -(raw.__array_interface__["data"][0] // _DOUBLE) % spare
    return raw[begin : begin + size].reshape(shape)


def _pointer(context: Any, builder: Any, signature: Any, args: Any) -> Any:
    """Where the lanes of an array begin that stand at an index."""
    _, array, index = args[:3]
    lanes, kind = signature.args[0].count, signature.args[1]
    place = context.make_array(kind)(context, builder, array)
    shape = cgutils.unpack_tuple(builder, place.shape)
    word = shape[0].type
    items = [
        builder.sext(item, word) if item.type.width < word.width else item
        for item in cgutils.unpack_tuple(builder, index)
    ]
    offset = items[0]
    for item, length in zip(items[1:], shape[1:-1], strict=True):
        offset = builder.add(builder.mul(offset, length), item)
    offset = builder.mul(offset, ir.Constant(word, lanes))
    vector = ir.VectorType(ir.DoubleType(), lanes)
    return builder.bitcast(builder.gep(place.data, [offset]), vector.as_pointer())


def _fits(array: Any, index: Any) -> bool:
    return (
        isinstance(array, types.Array)
        and array.layout == "C"
        and array.dtype == types.float64
        and index.count == array.ndim - 1
    )


@_instruction
def at(typing: Any, side: Any, array: Any, index: Any) -> Any:
    """The lanes of an array at an index."""

    def generate(context: Any, builder: Any, signature: Any, args: Any) -> Any:
        return builder.load(_pointer(context, builder, signature, args), align=_DOUBLE)

    if _fits(array, index):
        return Lanes(side.count)(side, array, index), generate
    return None


@_instruction
def put(typing: Any, side: Any, array: Any, index: Any, value: Any) -> Any:
    """Write lanes into an array at an index."""

    def generate(context: Any, builder: Any, signature: Any, args: Any) -> Any:
        builder.store(args[3], _pointer(context, builder, signature, args), align=_DOUBLE)
        return context.get_dummy_value()

    if _fits(array, index):
        return types.none(side, array, index, value), generate
    return None


@_instruction
def everywhere(typing: Any, side: Any, number: Any) -> Any:
    """The same number in all lanes."""
    lanes = Lanes(side.count)

    def generate(context: Any, builder: Any, signature: Any, args: Any) -> Any:
        nothing, index = ir.Constant(_vector(lanes), ir.Undefined), ir.IntType(32)
        first = builder.insert_element(nothing, args[1], ir.Constant(index, 0))
        places = ir.Constant(ir.VectorType(index, lanes.count), [0] * lanes.count)
        return builder.shuffle_vector(first, nothing, places)

    return lanes(side, types.float64), generate


@_instruction
def multiplied(typing: Any, a: Any, b: Any) -> Any:
    """The product a b."""

    def generate(context: Any, builder: Any, signature: Any, args: Any) -> Any:
        return builder.fmul(*args)

    return a(a, b), generate


@_instruction
def divided(typing: Any, a: Any, b: Any) -> Any:
    """The quotient a / b."""

    def generate(context: Any, builder: Any, signature: Any, args: Any) -> Any:
        return builder.fdiv(*args)

    return a(a, b), generate


@_instruction
def plus_product(typing: Any, total: Any, a: Any, b: Any) -> Any:
    """The sum total + a b, rounded once where the processor can."""

    def generate(context: Any, builder: Any, signature: Any, args: Any) -> Any:
        return _fused(builder, args[1], args[2], args[0])

    return total(total, a, b), generate


@_instruction
def minus_product(typing: Any, total: Any, a: Any, b: Any) -> Any:
    """The difference total - a b, rounded once where the processor can."""

    def generate(context: Any, builder: Any, signature: Any, args: Any) -> Any:
        return _fused(builder, builder.fneg(args[1]), args[2], args[0])

    return total(total, a, b), generate


def _fused(builder: Any, a: Any, b: Any, total: Any) -> Any:
    vector = total.type
    function = cgutils.get_or_insert_function(
        builder.module,
        ir.FunctionType(vector, [vector] * 3),
        f"llvm.fmuladd.v{vector.count}f64",
    )
    return builder.call(function, [a, b, total])
