"""The source of one wrapper: a function with the parameters of the one that it guards, and the cards' conditions in it.

A call that a card looks at ends in one outcome, and counts it by one tick. Every name of ours begins with a prefix that
no name of the function begins with.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from contextlib import contextmanager, nullcontext
from dataclasses import dataclass, field
from enum import Enum
from inspect import Parameter
from typing import Any

from speclive.conditions import RESULT, Conditions, Names, Unfit
from speclive.words import Card, Mode, Part

EVERY = 1024  # calls, of which one is timed
_INDENT = "    "


class Kind(Enum):
    """What sort of function: how it is declared, and what stands before a call of it."""

    PLAIN = ("def", "")
    ASYNC = ("async def", "await ")
    GENERATOR = ("def", "yield from ")
    ASYNC_GENERATOR = ("async def", "")

    @property
    def generates(self) -> bool:
        """Has it items, not one result?"""
        return self in {Kind.GENERATOR, Kind.ASYNC_GENERATOR}


@dataclass(frozen=True, slots=True)
class Shape:
    """A function as its wrapper sees it.

    `readable`: the names that a card may read: of its parameters or, where a decorator hid them (`hidden`), of those of
    what it decorated. `receiver`: `self` or `cls`, which no example shows; "" where there is none.
    """

    kind: Kind
    parameters: tuple[Parameter, ...]
    readable: tuple[str, ...]
    hidden: bool = False
    receiver: str = ""

    @property
    def prefix(self) -> str:
        """What no name of the function begins with."""
        taken, prefix = {parameter.name for parameter in self.parameters} | set(self.readable), "_speclive"
        while any(name.startswith(prefix) for name in taken):
            prefix += "_"
        return prefix

    @property
    def names(self) -> dict[str, str]:
        """What a card may read, by the name that the wrapper has for it."""
        before = f"{self.prefix}_n_" if self.hidden else ""
        return {name: before + name for name in self.readable}


@dataclass(frozen=True, slots=True)
class Placed:
    """A card in a wrapper. `number` is given once in the life of a wrapper."""

    number: int
    card: Card
    mode: Mode
    sampled: bool = False

    @property
    def enforced(self) -> bool:
        """Does it raise?"""
        return self.mode is Mode.ENFORCE

    @property
    def each(self) -> bool:
        """Does its Then see each item of a generator?"""
        return "each" in {tag.lstrip("@") for tag in self.card.tags}

    def indexes(self, part: Part) -> list[int]:
        """Where its clauses of one part are."""
        return [index for index, clause in enumerate(self.card.clauses) if clause.part is part]


def written(shape: Shape, placed: tuple[Placed, ...]) -> str:
    """The wrapper of a function; without cards it counts its calls. Raises Unfit where one does not fit."""
    writer = _Writer(shape, placed)
    with writer.deeper(_opening(shape)):
        if placed:
            writer.guarded()
        else:
            writer.put(f"{shape.prefix}_left()")
            writer.bare()
    return writer.text


def bare(shape: Shape) -> str:
    """A wrapper that does nothing but call."""
    writer = _Writer(shape, ())
    with writer.deeper(_opening(shape)):
        writer.bare()
    return writer.text


def fits(shape: Shape, card: Card) -> None:
    """Raises Unfit where a card reads, or watches, what the function has not."""
    Conditions.of(card, Names(shape.prefix, shape.prefix, shape.names))
    for path in card.watch:
        if (name := path.partition(".")[0]) not in {RESULT, *shape.readable}:
            there = ", ".join(shape.readable)
            raise Unfit(f"{card.path}:{card.line}: {card.id} watches {name!r}, and there is {there}")


def _opening(shape: Shape) -> str:
    return f"{shape.kind.value[0]} {shape.prefix}({declared(shape.parameters)}):"


def declared(parameters: tuple[Parameter, ...]) -> str:
    """Parameters as a function declares them; the values of defaults are given to the function later."""
    parts, starred = list[str](), False
    for at, parameter in enumerate(parameters):
        if parameter.kind is Parameter.KEYWORD_ONLY and not starred:
            parts.append("*")
            starred = True
        starred = starred or parameter.kind is Parameter.VAR_POSITIONAL
        default = "" if parameter.default is Parameter.empty else "=None"
        parts.append(_STARS.get(parameter.kind, "") + parameter.name + default)
        following = parameters[at + 1].kind if at + 1 < len(parameters) else None
        if parameter.kind is Parameter.POSITIONAL_ONLY and following is not Parameter.POSITIONAL_ONLY:
            parts.append("/")
    return ", ".join(parts)


def passed(parameters: tuple[Parameter, ...]) -> str:
    """Parameters as arguments of a call."""
    return ", ".join(
        f"{one.name}={one.name}" if one.kind is Parameter.KEYWORD_ONLY else _STARS.get(one.kind, "") + one.name
        for one in parameters
    )


_STARS: dict[Any, str] = {Parameter.VAR_POSITIONAL: "*", Parameter.VAR_KEYWORD: "**"}


@dataclass(slots=True)
class _Writer:
    shape: Shape
    placed: tuple[Placed, ...]
    p: str = ""
    lines: list[str] = field(default_factory=list)
    places: dict[int, int] = field(default_factory=dict)  # of one card: by line, the index of what is decided there
    conditions: dict[int, Conditions] = field(default_factory=dict)
    inputs: str = ""
    depth: int = 0

    def __post_init__(self) -> None:
        self.p = self.shape.prefix
        for one in self.placed:
            names = Names(self.p, f"{self.p}{one.number}", self.shape.names)
            self.conditions[one.number] = Conditions.of(one.card, names)
        told = (item for item in self.shape.names.items() if item[0] != self.shape.receiver)
        self.inputs = "{" + ", ".join(f"{name!r}: {local}" for name, local in told) + "}"

    @property
    def text(self) -> str:
        return "\n".join(self.lines) + "\n"

    def put(self, line: str, index: int | None = None) -> None:
        """One line; `index`: of the clause that may fail there before the call."""
        self.lines.append(_INDENT * self.depth + line)
        if index is not None:
            self.places[len(self.lines)] = index

    @contextmanager
    def deeper(self, opening: str, index: int | None = None) -> Iterator[None]:
        self.put(opening, index)
        self.depth += 1
        yield
        self.depth -= 1

    # --- the whole ---------------------------------------------------------------------------------------------------

    def bare(self) -> None:
        """Nothing but the call."""
        if self.shape.kind is Kind.ASYNC_GENERATOR:
            self.items(())
        else:
            self.put(f"return ({self.called()})")

    def guarded(self) -> None:
        """What is before the call, the call, and what is after it."""
        if any(one.sampled for one in self.placed):
            self.drawn()
        self.timed(f"{self.p}_watch = {self.p}_begin() if {self.p}_due else None")
        if self.shape.hidden:
            self.uncovered()
        for one in self.placed:
            self.before(one)
        self.timed(f"if {self.p}_watch is not None: {self.p}_watch.called()")
        self.call()
        self.timed(f"if {self.p}_watch is not None: {self.p}_watch.returned()")
        for one in self.placed:
            self.after(one)
        self.put(f"if {self.applied(self.placed)}:")
        self.put(f"{_INDENT}if not {self.p}_guarded() & {EVERY - 1}: {self.p}_due.append(True)")
        self.put(f"else: {self.p}_left()")
        self.timed(f"if {self.p}_watch is not None: {self.p}_watch.done()")
        if any(one.enforced for one in self.placed):
            self.put(f"if {self.p}_broken is not None: raise {self.p}_broken")
        if self.shape.kind is not Kind.ASYNC_GENERATOR:
            self.put(f"return {self.p}_result")

    def timed(self, line: str) -> None:
        """The time of a generator is its consumer's."""
        if not self.shape.kind.generates:
            self.put(line)

    def drawn(self) -> None:
        """Leave the call alone where no card drew it."""
        self.put(f"{self.p}_drawn = {self.p}_random()")
        with self.deeper(f"if {self.p}_drawn >= {self.p}_site.most:"):
            self.put(f"{self.p}_left()")
            self.bare()
            if self.shape.kind is Kind.ASYNC_GENERATOR:
                self.put("return")

    def uncovered(self) -> None:
        """The arguments by the names that a decorator hid."""
        self.put(f"{self.p}_bound = False")
        with self.deeper("try:"):
            self.put(f"{', '.join(self.shape.names.values())}, = {self.p}_bind({passed(self.shape.parameters)})")
            self.put(f"{self.p}_bound = True")
        names = " = ".join(self.shape.names.values())
        self.put(f"except {self.p}_Exception: {names} = None")

    # --- before the call ---------------------------------------------------------------------------------------------

    def before(self, one: Placed) -> None:
        """Does the card apply, and what does it want of the moment before the call?"""
        conditions = [f"{self.p}_drawn < {self.p}{one.number}_seat.rate"] if one.sampled else []
        conditions += [f"{self.p}_bound"] if self.shape.hidden else []
        if one.card.require:
            self.put(f"{self.p}_refused = None")
        self.put(f"{self.p}_a{one.number} = False")
        with self.deeper(f"if {' and '.join(conditions)}:") if conditions else nullcontext():
            self.given(one)
        if one.card.require and one.enforced:
            with self.deeper(f"if {self.p}_refused is not None:"):
                self.put(f"{self.p}_guarded()")
                self.put(f"raise {self.p}_refused")

    def given(self, one: Placed) -> None:
        """Each Given until one does not hold; then each `old(e)`, once. Where that raises, its local is left without a
        value, so that the Then that wants it cannot be decided, and no other.
        """
        written, givens = self.conditions[one.number], one.indexes(Part.GIVEN)
        self.places = {}
        with self.deeper("try:"):
            for index in givens:
                word = "if" if index == givens[0] else "elif"
                with self.deeper(f"{word} not ({written.sources[index]}):", index):
                    self.put(self.unmet(one, index))
            with self.deeper("else:") if givens else nullcontext():
                for source, local in written.olds.items():
                    self.put(f"try: {local} = {source}")
                    self.put(f"except {self.p}_Exception: pass")
                self.put(f"{self.p}_a{one.number} = True")
                self.noted(one, before=True)
        seat = f"{self.p}{one.number}_seat"
        self.put(f"except {self.p}_Exception: {self.p}_a{one.number} = {seat}.failed({self.places})")

    def unmet(self, one: Placed, index: int) -> str:
        """A Given that does not hold: a call that the card leaves alone, or one that should not have been made."""
        if one.card.require:
            return f"{self.p}_refused = {self.p}{one.number}_seat.refused({index}, {self.inputs})"
        return f"{self.p}{one.number}_unmet{index}()"

    # --- the call ----------------------------------------------------------------------------------------------------

    def call(self) -> None:
        """The call; what it raises goes on as it is."""
        enforced = any(one.enforced for one in self.placed)
        each = tuple(one for one in self.placed if one.each and self.shape.kind.generates)
        if enforced:
            self.put(f"{self.p}_broken = None")
        with self.deeper("try:"):
            if each or self.shape.kind is Kind.ASYNC_GENERATOR:
                self.items(each)
            else:
                self.put(f"{self.p}_result = {self.called()}")
        with self.deeper(f"except {self.p}_Exception as {self.p}_error:"):
            for one in self.placed:
                raised = f"{self.p}{one.number}_seat.raised({self.p}_error, {self.inputs})"
                self.put(f"if {self.p}_a{one.number}: {self.kept(one, raised)}")
            self.put(f"if {self.applied(one for one in self.placed if one.indexes(Part.RAISES))}: {self.p}_guarded()")
            self.put(f"else: {self.p}_left()")
            if enforced:
                other = f"{self.p}_broken is not None and {self.p}_broken is not {self.p}_error"
                self.put(f"if {other}: raise {self.p}_broken from {self.p}_error")
            self.put("raise")

    def items(self, each: tuple[Placed, ...]) -> None:
        """Pass on each item, and whatever is sent or thrown, as `yield from` would."""
        p, asynchronous = self.p, self.shape.kind is Kind.ASYNC_GENERATOR
        awaited, a = ("await ", "a") if asynchronous else ("", "")
        self.put(f"{p}_inner = {p}_function({passed(self.shape.parameters)})")
        with self.deeper("try:"):
            self.put(f"{p}_result = {awaited}{p}_inner.__{a}next__()")
            with self.deeper("while True:"):
                for one in each:
                    with self.deeper(f"if {p}_a{one.number}:"):
                        self.judged(one, "item")
                if any(one.enforced for one in each):
                    with self.deeper(f"if {p}_broken is not None:"):
                        self.put(f"{awaited}{p}_inner.{a}close()")
                        self.put(f"raise {p}_broken")
                self.put(f"try: {p}_sent = yield {p}_result")
                self.put(f"except {p}_BaseException as {p}_thrown:")
                self.put(f"{_INDENT}{p}_result = {awaited}{p}_inner.{a}throw({p}_thrown)")
                self.put(f"else: {p}_result = {awaited}{p}_inner.{a}send({p}_sent)")
        if asynchronous:
            self.put(f"except {p}_StopAsyncIteration: {p}_result = None")
        else:
            self.put(f"except {p}_StopIteration as {p}_end: {p}_result = {p}_end.value")

    # --- after the call ----------------------------------------------------------------------------------------------

    def after(self, one: Placed) -> None:
        """What holds of the result, or of what was exhausted item by item."""
        with self.deeper(f"if {self.p}_a{one.number}:"):
            if one.each and self.shape.kind.generates:
                self.put(f"{self.p}{one.number}_exhausted()")
            elif one.indexes(Part.THEN):
                self.judged(one, "held")
            else:
                self.put(f"{self.p}{one.number}_held()")
            self.noted(one, before=False)

    def judged(self, one: Placed, held: str) -> None:
        """Decide each Then by itself, and count by one tick what came out of all of them."""
        p, seat = self.p, f"{self.p}{one.number}"
        self.put(f"{p}_wrong = ()")
        for index in one.indexes(Part.THEN):
            condition = self.conditions[one.number].sources[index]
            self.put("try:")
            self.put(f"{_INDENT}if not ({condition}): {p}_wrong += ({index},)")
            self.put(f"except {p}_Exception: {p}_wrong += ({~index},)")
        settled = f"{seat}_seat.{_SETTLED[held]}({p}_wrong, {self.inputs}, {p}_result)"
        self.put(f"if {p}_wrong: {self.kept(one, settled)}")
        self.put(f"else: {seat}_{held}()")

    # --- words -------------------------------------------------------------------------------------------------------

    def noted(self, one: Placed, *, before: bool) -> None:
        """Note the inputs, or outputs, whose distribution is told."""
        for number, path in enumerate(one.card.watch):
            name = path.partition(".")[0]
            if (name != RESULT) is before:
                local = self.shape.names[name] if before else f"{self.p}_result"
                self.put(f"{self.p}{one.number}_noted{number}({local})")

    def kept(self, one: Placed, found: str) -> str:
        """Of an enforced card, what is to be raised: the last of all."""
        return f"{self.p}_broken = {found} or {self.p}_broken" if one.enforced else found

    def called(self) -> str:
        return f"{self.shape.kind.value[1]}{self.p}_function({passed(self.shape.parameters)})"

    def applied(self, placed: Iterable[Placed]) -> str:
        return " or ".join(f"{self.p}_a{one.number}" for one in placed) or "False"


_SETTLED = {"held": "settled", "item": "settled_item"}
