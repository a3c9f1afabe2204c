"""Memory at an address, wherever a number begins in it: eight, four or one byte of a text.

Numba indexes arrays of numbers that begin where a number may; a text begins anywhere. Whoever calls has looked that the
bytes are there.
"""

from __future__ import annotations

from typing import Any

from llvmlite import ir  # type: ignore[import-untyped]  # it ships no types
from numba import types
from numba.core import cgutils

from .compiled import Generate, instruction

_WORD = ir.IntType(64)
Made = tuple[Any, Generate]


def _read(bits: int) -> Made:
    """So many bits, as a number not below zero where they are fewer than 64."""

    def generate(context: Any, builder: Any, signature: Any, args: Any) -> Any:
        found = builder.load(builder.inttoptr(args[0], ir.IntType(bits).as_pointer()), align=1)
        return found if bits == _WORD.width else builder.zext(found, _WORD)

    return types.int64(types.int64), generate


def _copied(kind: Any) -> Made:
    """A piece of memory of this kind, from the first address to the second."""

    def generate(context: Any, builder: Any, signature: Any, args: Any) -> Any:
        given, to = (builder.inttoptr(address, kind.as_pointer()) for address in args)
        builder.store(builder.load(given, align=1), to, align=1)
        return context.get_dummy_value()

    return types.void(types.int64, types.int64), generate


@instruction
def word_at(typing_context: Any, address: Any) -> Made:
    return _read(64)


@instruction
def four_at(typing_context: Any, address: Any) -> Made:
    return _read(32)


@instruction
def byte_at(typing_context: Any, address: Any) -> Made:
    return _read(8)


@instruction
def copy_sixteen(typing_context: Any, given: Any, to: Any) -> Made:
    return _copied(ir.VectorType(_WORD, 2))


@instruction
def copy_word(typing_context: Any, given: Any, to: Any) -> Made:
    return _copied(_WORD)


@instruction
def copy_byte(typing_context: Any, given: Any, to: Any) -> Made:
    return _copied(ir.IntType(8))


@instruction
def put_byte(typing_context: Any, address: Any, byte: Any) -> Made:
    """The lowest byte of a number to an address."""

    def generate(context: Any, builder: Any, signature: Any, args: Any) -> Any:
        kind = ir.IntType(8)
        builder.store(builder.trunc(args[1], kind), builder.inttoptr(args[0], kind.as_pointer()))
        return context.get_dummy_value()

    return types.void(types.int64, types.int64), generate


@instruction
def copy_bytes(typing_context: Any, given: Any, to: Any, length: Any) -> Made:
    """So many bytes from the first address to the second."""

    def generate(context: Any, builder: Any, signature: Any, args: Any) -> Any:
        start, end = (builder.inttoptr(address, ir.IntType(8).as_pointer()) for address in args[:2])
        cgutils.raw_memcpy(builder, end, start, args[2], 1)  # type: ignore[no-untyped-call]  # Numba's own
        return context.get_dummy_value()

    return types.void(types.int64, types.int64, types.int64), generate
