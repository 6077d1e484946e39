"""Whether a function does nothing but compute, as far as its code shows: only then is it called with made-up inputs.

It may call itself, what is built in and has no effect, modules that only compute, and functions of which the same
holds. Whatever else it names (a client, a table, a dictionary of its module) may be an effect.
"""

from __future__ import annotations

import builtins
import dis
import inspect
import re
from collections.abc import Iterator
from enum import Enum
from types import BuiltinFunctionType, CodeType, FunctionType, ModuleType
from typing import Any

COMPUTING = frozenset({"math", "cmath", "decimal", "fractions", "statistics", "string", "operator", "itertools", "re"})
_EFFECTS = frozenset({"print", "input", "open", "exec", "eval", "compile", "__import__", "setattr", "delattr"})
_EFFECTS |= {"globals", "locals", "vars", "breakpoint", "exit", "quit", "getattr", "id", "hash"}
_OUTWARD = frozenset({"IMPORT_NAME", "STORE_GLOBAL", "DELETE_GLOBAL"})
_UNKNOWN = object()
_CONSTANTS = (int, float, complex, str, bytes, bool, tuple, frozenset, re.Pattern, type(None))


def computes(function: Any) -> bool:
    """Whether nothing but a result can come of a call, as far as the code shows."""
    return isinstance(function, FunctionType) and not _waits(function) and _harmless(function, set())


def _waits(function: FunctionType) -> bool:
    return inspect.iscoroutinefunction(function) or inspect.isasyncgenfunction(function)


def _harmless(function: FunctionType, seen: set[CodeType]) -> bool:
    if function.__code__ in seen:
        return True
    seen.add(function.__code__)
    return all(_harmless_value(value, seen) for value in _named(function))


def _named(function: FunctionType) -> Iterator[Any]:
    """The values of all that its code names outside of itself; a name that is not there yet counts as unknown."""
    yield from (cell.cell_contents for cell in function.__closure__ or ())
    for step in (step for code in _codes(function.__code__) for step in dis.get_instructions(code)):
        if step.opname in _OUTWARD:
            yield _UNKNOWN
        elif step.opname in {"LOAD_GLOBAL", "LOAD_NAME"} and step.argval not in _EFFECTS:
            yield function.__globals__.get(step.argval, getattr(builtins, step.argval, _UNKNOWN))
        elif step.opname in {"LOAD_GLOBAL", "LOAD_NAME"}:
            yield _UNKNOWN


def _harmless_value(value: Any, seen: set[CodeType]) -> bool:
    if isinstance(value, ModuleType):
        return value.__name__ in COMPUTING
    if isinstance(value, FunctionType):
        return not _waits(value) and _harmless(value, seen)
    if isinstance(value, type):
        return issubclass(value, Enum | BaseException) or value.__module__ == builtins.__name__
    if isinstance(value, BuiltinFunctionType):
        return value.__module__ in COMPUTING | {builtins.__name__} and value.__name__ not in _EFFECTS
    return isinstance(value, (*_CONSTANTS, Enum))


def _codes(code: CodeType) -> list[CodeType]:
    """A function's code and that of what is defined in it."""
    inner = [one for one in code.co_consts if isinstance(one, CodeType)]
    return [code, *(below for one in inner for below in _codes(one))]
