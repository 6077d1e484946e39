"""What sort of function is to be guarded, and what a card may read of its call."""

from __future__ import annotations

import functools
import inspect
from collections.abc import Callable
from inspect import Parameter
from typing import Any

from speclive.generating import Kind, Shape, declared

_RECEIVERS = frozenset({"self", "cls", "mcs"})


def shape(function: Callable[..., Any]) -> Shape:
    """Of a function written in Python, or of a `functools.partial` of one. Raises TypeError of all else."""
    core = function
    while isinstance(core, functools.partial):
        core = core.func
    if not inspect.isfunction(inspect.unwrap(core)) or not (inspect.isfunction(core) or inspect.ismethod(core)):
        kind = type(core).__name__
        raise TypeError(f"a function or a class written in Python is guarded, not a {kind}: guard what it calls")
    called = inspect.signature(function, follow_wrapped=False)
    parameters = tuple(called.parameters.values())
    readable, hidden = tuple(called.parameters), False
    inner = _hidden(function)
    if inner is not None and any(one.kind in {Parameter.VAR_POSITIONAL, Parameter.VAR_KEYWORD} for one in parameters):
        readable, hidden = tuple(inspect.signature(inner).parameters), True
    receiver = readable[0] if readable and readable[0] in _RECEIVERS else ""
    return Shape(_kind(function), parameters, readable, hidden, receiver)


def binder(function: Callable[..., Any], made: Shape) -> Callable[..., tuple[Any, ...]] | None:
    """Gives the arguments of a call by the names that a decorator hid, in their order; None where it hid none."""
    if not made.hidden:
        return None
    inner = inspect.signature(_hidden(function) or function)
    parameters = tuple(inner.parameters.values())
    space: dict[str, Any] = {"__builtins__": {}}
    text = f"def bound({declared(parameters)}): return ({''.join(name + ', ' for name in inner.parameters)})"
    exec(compile(text, "<speclive>", "exec"), space)  # noqa: S102 - the names of parameters, and nothing else
    bound: Any = space["bound"]
    bound.__defaults__, bound.__kwdefaults__ = defaults(parameters)
    return bound  # type: ignore[no-any-return]


def defaults(parameters: tuple[Parameter, ...]) -> tuple[tuple[Any, ...] | None, dict[str, Any] | None]:
    """The defaults of parameters as a function keeps them: by place, and by name."""
    given = [one for one in parameters if one.default is not Parameter.empty]
    placed = tuple(one.default for one in given if one.kind is not Parameter.KEYWORD_ONLY)
    named = {one.name: one.default for one in given if one.kind is Parameter.KEYWORD_ONLY}
    return placed or None, named or None


def _hidden(function: Callable[..., Any]) -> Callable[..., Any] | None:
    """What a decorator wrapped, where the signature that it shows is not that of its own text."""
    inner = inspect.unwrap(function)
    return inner if inner is not function and inspect.isfunction(inner) else None


def _kind(function: Callable[..., Any]) -> Kind:
    if inspect.iscoroutinefunction(function):
        return Kind.ASYNC
    if inspect.isasyncgenfunction(function):
        return Kind.ASYNC_GENERATOR
    return Kind.GENERATOR if inspect.isgeneratorfunction(function) else Kind.PLAIN
