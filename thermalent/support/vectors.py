"""Vector instructions for compiled kernels: numbers of several lanes in one register.

The compiler makes loops over lanes into vector instructions, but between two of them it stores and
loads what they hold. A value of this type stays in registers (a few of them where it has more lanes
than one register holds), and every operation on it is one of all lanes.

Arrays have the lanes last, and no gaps: `at(side, x, (i, j))` reads `x[i, j, :]` of an array with
three axes, without a check of the indices. `side` is a tuple with as many items as there are lanes:
the compiler knows its length.
"""

from __future__ import annotations

import math
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
        super().__init__(manager, lanes, lanes_of(lanes))


def lanes_of(lanes: Any) -> Any:
    """The vector of the compiler with as many lanes as a type, or a tuple, says."""
    return ir.VectorType(ir.DoubleType(), lanes.count)


def aligned(*shape: int) -> np.ndarray:
    """An array of zeros that begins where vectors are read fastest."""
    size, spare = math.prod(shape), _LINE // _DOUBLE
    raw = np.zeros(size + spare)
    begin = -(raw.__array_interface__["data"][0] // _DOUBLE) % spare
    return raw[begin : begin + size].reshape(shape)


def _pointer(context: Any, builder: Any, signature: Any, args: Any, each: int = 0) -> Any:
    """Where the lanes of an array begin that stand at an index."""
    lanes = signature.args[0].count
    number = _number(context, builder, signature, args, each or lanes)
    return builder.bitcast(number, ir.VectorType(ir.DoubleType(), lanes).as_pointer())


def _number(context: Any, builder: Any, signature: Any, args: Any, each: int = 1) -> Any:
    """Where the number of an array stands at an index, each item of which is so many numbers."""
    _, array, index = args[:3]
    place = context.make_array(signature.args[1])(context, builder, array)
    shape = cgutils.unpack_tuple(builder, place.shape)
    word = shape[0].type
    items = [
        builder.sext(item, word) if item.type.width < word.width else item
        for item in cgutils.unpack_tuple(builder, index)
    ]
    offset = items[0]
    for item, length in zip(items[1:], shape[1 : len(items)], strict=True):
        offset = builder.add(builder.mul(offset, length), item)
    return builder.gep(place.data, [builder.mul(offset, ir.Constant(word, each))])


def _fits(array: Any, index: Any, left_out: int = 1) -> bool:
    return (
        isinstance(array, types.Array)
        and array.layout == "C"
        and array.dtype == types.float64
        and index.count == array.ndim - left_out
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
def following(typing: Any, side: Any, array: Any, index: Any) -> Any:
    """As many numbers of an array as there are lanes, from the one at an index of all its axes."""

    def generate(context: Any, builder: Any, signature: Any, args: Any) -> Any:
        return builder.load(_pointer(context, builder, signature, args, each=1), align=_DOUBLE)

    if _fits(array, index, left_out=0):
        return Lanes(side.count)(side, array, index), generate
    return None


@_instruction
def put_following(typing: Any, side: Any, array: Any, index: Any, value: Any) -> Any:
    """Write lanes into an array as consecutive numbers: see `following`."""

    def generate(context: Any, builder: Any, signature: Any, args: Any) -> Any:
        place = _pointer(context, builder, signature, args, each=1)
        builder.store(args[3], place, align=_DOUBLE)
        return context.get_dummy_value()

    if _fits(array, index, left_out=0):
        return types.none(side, array, index, value), generate
    return None


@_instruction
def everywhere(typing: Any, side: Any, number: Any) -> Any:
    """The same number in all lanes."""
    lanes = Lanes(side.count)

    def generate(context: Any, builder: Any, signature: Any, args: Any) -> Any:
        return in_all(builder, args[1], lanes_of(lanes))

    return lanes(side, types.float64), generate


@_instruction
def spread(typing: Any, side: Any, array: Any, index: Any) -> Any:
    """The number of an array at an index of all its axes, in all lanes."""

    def generate(context: Any, builder: Any, signature: Any, args: Any) -> Any:
        number = builder.load(_number(context, builder, signature, args))
        return in_all(builder, number, lanes_of(signature.return_type))

    if _fits(array, index, left_out=0):
        return Lanes(side.count)(side, array, index), generate
    return None


def in_all(builder: Any, number: Any, vector: Any) -> Any:
    """For instructions of one's own: a number in all lanes of a vector of the compiler."""
    nothing, index = ir.Constant(vector, ir.Undefined), ir.IntType(32)
    first = builder.insert_element(nothing, number, ir.Constant(index, 0))
    places = ir.Constant(ir.VectorType(index, vector.count), [0] * vector.count)
    return builder.shuffle_vector(first, nothing, places)


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
def subtracted(typing: Any, a: Any, b: Any) -> Any:
    """The difference a - b."""

    def generate(context: Any, builder: Any, signature: Any, args: Any) -> Any:
        return builder.fsub(*args)

    return a(a, b), generate


@_instruction
def larger(typing: Any, a: Any, b: Any) -> Any:
    """In each lane a where it is larger than b, else b."""

    def generate(context: Any, builder: Any, signature: Any, args: Any) -> Any:
        return builder.select(builder.fcmp_ordered(">", *args), *args)

    return a(a, b), generate


@_instruction
def plus_product(typing: Any, total: Any, a: Any, b: Any) -> Any:
    """The sum total + a b, rounded once where the processor can."""

    def generate(context: Any, builder: Any, signature: Any, args: Any) -> Any:
        return fused(builder, args[1], args[2], args[0])

    return total(total, a, b), generate


@_instruction
def minus_product(typing: Any, total: Any, a: Any, b: Any) -> Any:
    """The difference total - a b, rounded once where the processor can."""

    def generate(context: Any, builder: Any, signature: Any, args: Any) -> Any:
        return fused(builder, builder.fneg(args[1]), args[2], args[0])

    return total(total, a, b), generate


def fused(builder: Any, a: Any, b: Any, total: Any) -> Any:
    """For instructions of one's own: a b + total of vectors, rounded once where that can be."""
    vector = total.type
    function = cgutils.get_or_insert_function(
        builder.module,
        ir.FunctionType(vector, [vector] * 3),
        f"llvm.fmuladd.v{vector.count}f64",
    )
    return builder.call(function, [a, b, total])
