"""From the JSON of a contract to its clauses; whatever is wrong is named with its place and its remedy."""

from __future__ import annotations

import json
import re
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from difflib import get_close_matches
from typing import NoReturn

from checks.contract.position import line_below, line_of
from checks.contract.predicate import (
    ABSOLUTE,
    GREEN,
    RISK,
    TESTS,
    Clause,
    Kind,
    Limit,
    Operator,
    Postcondition,
    Scalar,
    all_of,
    any_of,
    kind_of,
    postconditions,
    say_value,
)
from checks.model import ContractText

MAX_TEXT = 65_536  # characters of one contract
MAX_NESTING = 2  # `all` and `any` inside one another: eight levels of JSON in all
MAX_POSTCONDITIONS = 100
MAX_CHOICES = 50  # values of one `in`
MAX_ID = 100  # characters
MAX_PROMISE = 200  # characters
MAX_DEPTH = 4  # nodes inside one another, the contract itself among them
MAX_NODES = 50  # of one contract, itself among them
MAX_LEVELS = 2 * MAX_DEPTH + 2 * MAX_NESTING + 3  # of JSON: node, list, ..., `post`, ..., operator, list of choices
MAX_SCALAR = 200  # characters of one text in a limit

_NAME = re.compile(r"[A-Za-z][A-Za-z0-9_./:-]{0,99}")
_COMBINATORS: Mapping[str, Callable[[Iterable[Clause]], Clause]] = {"all": all_of, "any": any_of}
_ORDERED = {Operator.LT, Operator.LTE, Operator.GT, Operator.GTE, *ABSOLUTE}
_KEYS = ("id", "promise", "post", "nodes")
Path = tuple[str | int, ...]


class ContractError(ValueError):
    """A contract cannot be read. `path` leads to what is wrong; `line` counts from 1 in its text."""

    def __init__(self, reason: str, path: Path = (), line: int = 1) -> None:
        super().__init__(reason)
        self.reason = reason
        self.path = path
        self.line = line

    def __str__(self) -> str:
        place = ".".join(_say_step(step) for step in self.path)
        return f"{place}: {self.reason}" if place else self.reason


def _say_step(step: str | int) -> str:
    """A key that could not be a name is quoted and cut: it may be a page long."""
    return step if isinstance(step, str) and _NAME.fullmatch(step) else say_value(step)


@dataclass(frozen=True, slots=True)
class Node:
    """One promise of a contract: the contract itself, or a part of it. Without `post` it only groups its parts.

    `path` is the ids from the contract down to it, such as `plan/impl`; `place` leads to it in the contract's JSON.
    """

    id: str
    path: str
    promise: str
    post: Clause | None
    place: Path = ()
    depth: int = 0


@dataclass(frozen=True, slots=True)
class Contract:
    """One contract that could be read: where it was written, and its nodes, each before its parts. The first is it."""

    source: ContractText
    nodes: tuple[Node, ...]

    @property
    def id(self) -> str:
        """The contract's own name."""
        return self.nodes[0].id

    @property
    def post(self) -> Clause:
        """All that it demands, in whichever node."""
        return all_of(node.post for node in self.nodes if node.post is not None)


def parse_contract(source: ContractText) -> Contract:
    """Read one contract; ContractError with the line where it cannot be read."""
    value = _decode(source.text)
    try:
        nodes: list[Node] = []
        for node in _nodes(value, ()):
            _admit(node, nodes)
            nodes.append(node)
        contract = Contract(source, tuple(nodes))
        _bound(contract.post, ("post",))
        return contract
    except ContractError as error:
        error.line = line_of(source.text, error.path)
        raise


def _nodes(value: object, place: Path, above: str = "", depth: int = 0) -> Iterator[Node]:
    """The node that `value` describes, then its parts, the first with all that is below it."""
    if depth >= MAX_DEPTH:
        _refuse(place, f"nested too deep; nodes go {MAX_DEPTH} deep, the contract itself among them")
    fields = _fields(value, place)
    id_ = _id(fields.get("id"), (*place, "id"))
    if above and "/" in id_:
        _refuse((*place, "id"), "holds a `/`, which stands between the names of a node and of its parts")
    path = f"{above}/{id_}" if above else id_
    post = parse_post(fields["post"], (*place, "post")) if "post" in fields else None
    yield Node(id_, path, _promise(fields.get("promise", ""), (*place, "promise")), post, place, depth)
    for index, part in enumerate(_parts(fields, (*place, "nodes"))):
        yield from _nodes(part, (*place, "nodes", index), path, depth + 1)


def _admit(node: Node, before: list[Node]) -> None:
    """Refuse one node too many, and one of a name that another has."""
    if len(before) >= MAX_NODES:
        _refuse(node.place, f"more than {MAX_NODES} nodes; split the contract")
    twin = next((one for one in before if one.id == node.id), None)
    if twin is not None:
        _refuse((*node.place, "id"), f"{say_value(node.id)} names another node already, {say_value(twin.path)}")


def parse_post(value: object, path: Path = (), nesting: int = 0) -> Clause:
    """Read the postconditions under `post`; ContractError with the path of what is wrong."""
    clauses = list(_clauses(value, path, nesting))
    if not clauses:
        _refuse(path, 'states no postcondition; state one, such as {"tests": "pass"}')
    post = all_of(clauses)
    _bound(post, path)
    return post


def _bound(post: Clause, path: Path) -> None:
    if sum(1 for _ in postconditions(post)) > MAX_POSTCONDITIONS:
        _refuse(path, f"more than {MAX_POSTCONDITIONS} postconditions; split the contract")


def _clauses(value: object, path: Path, nesting: int) -> Iterator[Clause]:
    for name, demand in _object(value, path, "an object of postconditions").items():
        here = (*path, name)
        if name in _COMBINATORS:
            yield _combine(name, demand, here, nesting + 1)
        elif not _NAME.fullmatch(name):
            _refuse(
                here,
                "not a measurement's name: a letter first, then letters, digits and _ . / : -, at most 100",
            )
        elif name == TESTS:
            yield _tests(demand, here)
        else:
            yield from _demands(name, demand, here)


def _combine(word: str, value: object, path: Path, nesting: int) -> Clause:
    if nesting > MAX_NESTING:
        _refuse(path, f"nested too deep; `all` and `any` go {MAX_NESTING} deep")
    if not isinstance(value, list | tuple) or not value:
        _refuse(path, 'must be a list of postconditions, such as [{"tests": "pass"}]')
    parts = [parse_post(part, (*path, index), nesting) for index, part in enumerate(value)]
    return _COMBINATORS[word](parts)


def _tests(value: object, path: Path) -> Postcondition:
    if value != GREEN:
        _refuse(path, 'tests can only be asked to "pass"')
    return Postcondition(TESTS, Operator.EQ, GREEN)


def _demands(name: str, value: object, path: Path) -> Iterator[Postcondition]:
    demands = _object(value, path, 'an operator and a limit, such as {"lt": 250}')
    if not demands:
        _refuse(path, 'states no limit; state one, such as {"lt": 250}')
    for word, limit in demands.items():
        here = (*path, word)
        if word not in tuple(Operator):
            _refuse(here, f"unknown operator{_nearest(word, Operator)}; the operators are {', '.join(Operator)}")
        operator = Operator(word)
        if operator in ABSOLUTE and name == RISK:
            _refuse(here, 'risk is of a change and has no baseline; state a limit of its own, such as {"lt": 0.65}')
        yield Postcondition(name, operator, _limit(operator, limit, here))


def _limit(operator: Operator, value: object, path: Path) -> Limit:
    if operator is Operator.BETWEEN:
        return _ends(value, path)
    if operator is Operator.IN:
        return _choices(value, path)
    return _number(value, path) if operator in _ORDERED else _scalar(value, path)


def _ends(value: object, path: Path) -> tuple[float, float]:
    if not isinstance(value, list | tuple) or len(value) != 2:
        _refuse(path, "must be two numbers, such as [1, 5]")
    low, high = _number(value[0], (*path, 0)), _number(value[1], (*path, 1))
    if low > high:
        _refuse(path, f"no value lies between {say_value(low)} and {say_value(high)}; the lower end comes first")
    return low, high


def _choices(value: object, path: Path) -> tuple[Scalar, ...]:
    if not isinstance(value, list | tuple) or not 0 < len(value) <= MAX_CHOICES:
        _refuse(path, f'must be a list of 1 to {MAX_CHOICES} values, such as ["a", "b"]')
    choices = tuple(_scalar(choice, (*path, index)) for index, choice in enumerate(value))
    if len({kind_of(choice) for choice in choices}) > 1:
        _refuse(path, "mixes numbers, texts and truth values; keep to one kind")
    return choices


def _number(value: object, path: Path) -> float:
    if isinstance(value, bool) or not isinstance(value, int | float) or kind_of(value) is not Kind.NUMBER:
        _refuse(path, f"must be a finite number, not {_describe(value)}")
    return value


def _scalar(value: object, path: Path) -> Scalar:
    if not isinstance(value, bool | int | float | str) or kind_of(value) is None:
        _refuse(path, f"must be a finite number, a text, true or false, not {_describe(value)}")
    if isinstance(value, str) and not (len(value) <= MAX_SCALAR and value.isprintable()):
        _refuse(path, f"must be one line of at most {MAX_SCALAR} printable characters")
    return value


def _fields(value: object, place: Path) -> Mapping[str, object]:
    fields = _object(value, place, 'a contract, such as {"id": "fast", "post": {"tests": "pass"}}')
    for key in fields:
        if key not in _KEYS:
            _refuse((*place, key), f"unknown key{_nearest(key, _KEYS)}; a contract has {_or_more(_KEYS)}")
    if "post" not in fields and "nodes" not in fields:
        _refuse(place, '`post` is missing; state what must hold, such as {"tests": "pass"}, or give it `nodes`')
    return fields


def _or_more(keys: Iterable[str]) -> str:
    *others, last = (f"`{key}`" for key in keys)
    return f"{', '.join(others)} and {last}"


def _id(value: object, path: Path) -> str:
    if not isinstance(value, str) or not 0 < len(value.strip()) <= MAX_ID or not value.isprintable():
        _refuse(path, f"must name the contract in 1 to {MAX_ID} printable characters")
    return value


def _promise(value: object, path: Path) -> str:
    if not isinstance(value, str) or len(value) > MAX_PROMISE or not value.isprintable():
        _refuse(path, f"must say in one line of at most {MAX_PROMISE} printable characters what is promised")
    return value.strip()


def _parts(fields: Mapping[str, object], path: Path) -> list[object]:
    if "nodes" not in fields:
        return []
    value = fields["nodes"]
    if not isinstance(value, list) or not value:
        _refuse(path, "must be a list of nodes, each a contract of its own; leave it out where there are none")
    return value


def _object(value: object, path: Path, wanted: str) -> Mapping[str, object]:
    if not isinstance(value, dict):
        _refuse(path, f"must be {wanted}, not {_describe(value)}")
    for key in value:
        if not isinstance(key, str):
            _refuse(path, f"the key {say_value(key)} is not a text; put it in quotes")
    return value


def _describe(value: object) -> str:
    if isinstance(value, dict):
        return "an object"
    if isinstance(value, list | tuple):
        return "a list"
    return "null" if value is None else say_value(value)


def _nearest(word: str, words: Iterable[str]) -> str:
    close = get_close_matches(word[:50], list(words), n=1)
    return f" (did you mean `{close[0]}`?)" if close else ""


def _refuse(path: Path, reason: str) -> NoReturn:
    raise ContractError(reason, path)


def _decode(text: str) -> object:
    """JSON as RFC 8259 has it, and stricter: no key twice, no NaN, not endlessly deep."""
    if len(text) > MAX_TEXT:
        raise ContractError(f"longer than {MAX_TEXT:,} characters; split the contract")
    try:
        return json.loads(text, object_pairs_hook=_unique, parse_constant=_no_constant)
    except json.JSONDecodeError as error:
        raise ContractError(f"not JSON: {error.msg}", line=error.lineno) from error
    except RecursionError as error:
        reason = f"nested too deep; nodes go {MAX_DEPTH} deep, `all` and `any` {MAX_NESTING}"
        raise ContractError(reason, line=line_below(text, MAX_LEVELS)) from error
    except ContractError:
        raise
    except ValueError as error:  # an integer of thousands of digits
        raise ContractError("holds a number too large to compare") from error


def _unique(pairs: list[tuple[str, object]]) -> dict[str, object]:
    unique = dict(pairs)
    if len(unique) < len(pairs):
        twice = Counter(name for name, _ in pairs).most_common(1)[0][0]
        raise ContractError(f"the key {say_value(twice)} stands twice; which one counts would be a guess")
    return unique


def _no_constant(word: str) -> NoReturn:
    raise ContractError(f"{word} is not a number that anything can be compared with")
