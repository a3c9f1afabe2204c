"""Reading Python's own objects from a kernel, by the interpreter's C interface.

A payment comes as Python objects, and asking Python for each of them takes longer than deciding. These are the few
questions that a kernel asks itself: an object's exact type, a float's or an int's value, the bytes of a text, whether a
dict or a set has it. Each is a function of the C interface, which every CPython has under the same name; the one thing
that is read as memory is an object's type, in its second word. `deciding.works` tries all of it on known objects
before it is relied on.

Objects are handed over as their address, `id(…)` in CPython. Whoever calls keeps them, and the interpreter's lock.
"""

from __future__ import annotations

from typing import Any

from llvmlite import ir  # type: ignore[import-untyped]  # it ships no types
from numba import types
from numba.core import cgutils

from .compiled import Generate, instruction

OBJECT = ir.IntType(8).as_pointer()
WORD, INT, DOUBLE = ir.IntType(64), ir.IntType(32), ir.DoubleType()
TYPE_AT = 8
"""Bytes behind an object's start: first the count of references, then the type."""


def _called(builder: Any, name: str, result: Any, arguments: list[tuple[Any, Any]]) -> Any:
    """A function of the C interface, called."""
    kind = ir.FunctionType(result, [kind for kind, _ in arguments])
    function = cgutils.get_or_insert_function(builder.module, kind, name)  # type: ignore[no-untyped-call]  # Numba's own
    return builder.call(function, [value for _, value in arguments])


def _object(builder: Any, address: Any) -> Any:
    return builder.inttoptr(address, OBJECT)


@instruction
def item(typing_context: Any, holder: Any, place: Any) -> tuple[Any, Generate]:
    """The object at a place of a tuple."""

    def generate(context: Any, builder: Any, signature: Any, args: Any) -> Any:
        given = [(OBJECT, _object(builder, args[0])), (WORD, args[1])]
        return builder.ptrtoint(_called(builder, "PyTuple_GetItem", OBJECT, given), WORD)

    return types.int64(types.int64, types.int64), generate


@instruction
def type_of(typing_context: Any, thing: Any) -> tuple[Any, Generate]:
    """The address of an object's exact type."""

    def generate(context: Any, builder: Any, signature: Any, args: Any) -> Any:
        place = builder.inttoptr(builder.add(args[0], WORD(TYPE_AT)), WORD.as_pointer())
        return builder.load(place)

    return types.int64(types.int64), generate


@instruction
def double_of(typing_context: Any, thing: Any) -> tuple[Any, Generate]:
    """The value of a float."""

    def generate(context: Any, builder: Any, signature: Any, args: Any) -> Any:
        return _called(builder, "PyFloat_AsDouble", DOUBLE, [(OBJECT, _object(builder, args[0]))])

    return types.float64(types.int64), generate


@instruction
def integer_of(typing_context: Any, thing: Any) -> tuple[Any, Generate]:
    """The value of an int; -2**63, which no value of ours is, when 64 bits do not hold it."""

    def generate(context: Any, builder: Any, signature: Any, args: Any) -> Any:
        beyond = cgutils.alloca_once_value(builder, INT(0))  # type: ignore[no-untyped-call]  # Numba's own
        given = [(OBJECT, _object(builder, args[0])), (INT.as_pointer(), beyond)]
        value = _called(builder, "PyLong_AsLongLongAndOverflow", WORD, given)
        return builder.select(builder.icmp_signed("==", builder.load(beyond), INT(0)), value, WORD(-(2**63)))

    return types.int64(types.int64), generate


@instruction
def looked_up(typing_context: Any, mapping: Any, text: Any) -> tuple[Any, Generate]:
    """The address of what a dict holds for an exact str; 0 for nothing."""

    def generate(context: Any, builder: Any, signature: Any, args: Any) -> Any:
        given = [(OBJECT, _object(builder, x)) for x in args]
        found = builder.ptrtoint(_called(builder, "PyDict_GetItemWithError", OBJECT, given), WORD)
        with builder.if_then(builder.icmp_signed("==", found, WORD(0))):
            error = builder.ptrtoint(_called(builder, "PyErr_Occurred", OBJECT, []), WORD)
            with builder.if_then(builder.icmp_signed("!=", error, WORD(0)), likely=False):
                _called(builder, "PyErr_Clear", ir.VoidType(), [])  # a key of the host's own that cannot be compared
        return found

    return types.int64(types.int64, types.int64), generate


@instruction
def contained(typing_context: Any, items: Any, text: Any) -> tuple[Any, Generate]:
    """1 or 0, whether a set or frozenset has an exact str."""

    def generate(context: Any, builder: Any, signature: Any, args: Any) -> Any:
        given = [(OBJECT, _object(builder, x)) for x in args]
        return builder.sext(_called(builder, "PySet_Contains", INT, given), WORD)

    return types.int64(types.int64, types.int64), generate


@instruction
def text_of(typing_context: Any, text: Any) -> tuple[Any, Generate]:
    """(address, length) of an exact str in UTF-8, which the str keeps; (0, 0) for one that has no UTF-8."""

    def generate(context: Any, builder: Any, signature: Any, args: Any) -> Any:
        length = cgutils.alloca_once_value(builder, WORD(0))  # type: ignore[no-untyped-call]  # Numba's own
        given = [(OBJECT, _object(builder, args[0])), (WORD.as_pointer(), length)]
        found = builder.ptrtoint(_called(builder, "PyUnicode_AsUTF8AndSize", OBJECT, given), WORD)
        with builder.if_then(builder.icmp_signed("==", found, WORD(0)), likely=False):
            _called(builder, "PyErr_Clear", ir.VoidType(), [])
            builder.store(WORD(0), length)
        return context.make_tuple(builder, signature.return_type, [found, builder.load(length)])

    return types.UniTuple(types.int64, 2)(types.int64), generate  # type: ignore[no-untyped-call]  # Numba's own


@instruction
def words_at(typing_context: Any, start: Any) -> tuple[Any, Generate]:
    """The int64s at an address, as `carray` takes them."""

    def generate(context: Any, builder: Any, signature: Any, args: Any) -> Any:
        return builder.inttoptr(args[0], WORD.as_pointer())

    return types.CPointer(types.int64)(types.int64), generate  # type: ignore[no-untyped-call]  # Numba's own


@instruction
def further(typing_context: Any, words: Any, count: Any) -> tuple[Any, Generate]:
    """The int64s so many on."""

    def generate(context: Any, builder: Any, signature: Any, args: Any) -> Any:
        return builder.gep(args[0], [args[1]])

    return words(words, types.int64), generate


@instruction
def let_others(typing_context: Any) -> tuple[Any, Generate]:
    """Let the interpreter's lock go until `go_on`, which is given what this gives. No object is looked at between."""

    def generate(context: Any, builder: Any, signature: Any, args: Any) -> Any:
        return builder.ptrtoint(_called(builder, "PyEval_SaveThread", OBJECT, []), WORD)

    return types.int64(), generate


@instruction
def go_on(typing_context: Any, thread: Any) -> tuple[Any, Generate]:
    """Take the interpreter's lock again."""

    def generate(context: Any, builder: Any, signature: Any, args: Any) -> Any:
        _called(builder, "PyEval_RestoreThread", ir.VoidType(), [(OBJECT, _object(builder, args[0]))])
        return args[0]

    return types.int64(types.int64), generate


@instruction
def called(typing_context: Any, function: Any, a: Any, b: Any, c: Any, d: Any) -> tuple[Any, Generate]:
    """What the function of four integers at an address gives."""

    def generate(context: Any, builder: Any, signature: Any, args: Any) -> Any:
        kind = ir.FunctionType(WORD, [WORD] * 4)
        return builder.call(builder.inttoptr(args[0], kind.as_pointer()), args[1:])

    return types.int64(*[types.int64] * 5), generate


@instruction
def new_tuple(typing_context: Any, count: Any) -> tuple[Any, Generate]:
    """A tuple of so many empty places, which `place` fills. 0 when there is no memory for it."""

    def generate(context: Any, builder: Any, signature: Any, args: Any) -> Any:
        return builder.ptrtoint(_called(builder, "PyTuple_New", OBJECT, [(WORD, args[0])]), WORD)

    return types.int64(types.int64), generate


@instruction
def place(typing_context: Any, holder: Any, at: Any, thing: Any) -> tuple[Any, Generate]:
    """Put an object into an empty place of a new tuple, which holds it from now on too."""

    def generate(context: Any, builder: Any, signature: Any, args: Any) -> Any:
        thing = _object(builder, args[2])
        _called(builder, "Py_IncRef", ir.VoidType(), [(OBJECT, thing)])
        given = [(OBJECT, _object(builder, args[0])), (WORD, args[1]), (OBJECT, thing)]
        return builder.sext(_called(builder, "PyTuple_SetItem", INT, given), WORD)

    return types.int64(types.int64, types.int64, types.int64), generate


@instruction
def held(typing_context: Any, thing: Any) -> tuple[Any, Generate]:
    """The same object, which whoever gets it holds too."""

    def generate(context: Any, builder: Any, signature: Any, args: Any) -> Any:
        _called(builder, "Py_IncRef", ir.VoidType(), [(OBJECT, _object(builder, args[0]))])
        return args[0]

    return types.int64(types.int64), generate


@instruction
def let_go(typing_context: Any, thing: Any) -> tuple[Any, Generate]:
    """An object that nobody needs here any more."""

    def generate(context: Any, builder: Any, signature: Any, args: Any) -> Any:
        _called(builder, "Py_DecRef", ir.VoidType(), [(OBJECT, _object(builder, args[0]))])
        return args[0]

    return types.int64(types.int64), generate
