"""A YAML text as a tree that remembers where each value was written.

The reader is exact where YAML is generous: only the core words of YAML 1.2 (yaml.org/spec/1.2.2, 10.3.2), so
`on`, `off`, `no`, `12:30` and `2026-01-01` are text; every key once; no anchors, aliases, tags or merge keys;
bounds on bytes, depth and number of values, so that no text costs more than a moment.
"""

from __future__ import annotations

import math
import re
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import Any, NamedTuple

import yaml

from app.config.model import ConfigError, ConfigErrors

MAX_BYTES = 256 * 1024
MAX_DEPTH = 20
MAX_VALUES = 3_000
MAX_ERRORS = 50
MAX_DIGITS = 18  # every such integer is exact in 64 bits
SHOWN = 80  # characters of foreign text in a message
BEGINS = "a configuration starts with `version: 1`"

# The scanner in C where this platform has it: the same events, a hundred times sooner.
LOADER: Any = getattr(yaml, "CSafeLoader", yaml.SafeLoader)

# What is not printable in YAML, the line breaks that only YAML 1.1 knew (NEL, LS, PS), byte order marks.
_FORBIDDEN = re.compile("[^\t\n\r\x20-\x7e\xa0-\u2027\u202a-\ud7ff\ue000-\ufefe\uff00-\ufffd\U00010000-\U0010ffff]")
_INTEGER = re.compile(r"[-+]?[0-9]+|0o[0-7]+|0x[0-9a-fA-F]+")
_FLOAT = re.compile(r"[-+]?(\.[0-9]+|[0-9]+(\.[0-9]*)?)([eE][-+]?[0-9]+)?")
_NO_NUMBER = re.compile(r"[-+]?\.(inf|Inf|INF)|\.(nan|NaN|NAN)")
_WORDS: Mapping[str, bool | None] = (
    dict.fromkeys(("", "~", "null", "Null", "NULL"))
    | dict.fromkeys(("true", "True", "TRUE"), True)
    | dict.fromkeys(("false", "False", "FALSE"), False)
)


class _RefusedError(Exception):
    """Reading cannot go on: the error is the last one."""

    def __init__(self, error: ConfigError) -> None:
        self.error = error


class Mark(NamedTuple):
    """Where something was written; line and column count from 1."""

    path: str
    line: int
    column: int


@dataclass(frozen=True, slots=True)
class Scalar:
    """One value that holds no others; `mark` is its first character."""

    value: str | int | float | bool | None
    mark: Mark


@dataclass(frozen=True, slots=True)
class Items:
    """A list of values, in the order of the file."""

    items: tuple[Node, ...]
    mark: Mark


@dataclass(frozen=True, slots=True)
class Entry:
    """One key of a block with its value; `mark` is the key's."""

    value: Node
    mark: Mark


@dataclass(frozen=True, slots=True)
class Block:
    """Keys with their values, in the order of the file; after `merge`, the base's keys first."""

    entries: Mapping[str, Entry]
    mark: Mark


Node = Scalar | Items | Block


def read(text: bytes | str, path: str, begins: str = BEGINS) -> Block | ConfigErrors:
    """Read one YAML document whose root is a block of keys, or say all that is wrong with its structure.

    `begins`: what to write first, for whoever has written nothing yet.
    """
    reader = _Reader(path, begins)
    try:
        root = reader.document(reader.text(text))
    except _RefusedError as refused:
        reader.errors.append(refused.error)
    else:
        if not reader.errors:
            return root
    return ConfigErrors(tuple(reader.errors[:MAX_ERRORS]), max(0, len(reader.errors) - MAX_ERRORS))


def merge(base: Block, child: Block) -> Block:
    """Lay `child` over `base`: blocks are merged key by key, anything else of the child replaces the base's.

    Each value keeps the mark of the file that wrote it.
    """
    entries = dict(base.entries)
    for key, entry in child.entries.items():
        entries[key] = _laid_over(entries.get(key), entry)
    return Block(entries, child.mark)


def _laid_over(under: Entry | None, entry: Entry) -> Entry:
    if under and isinstance(under.value, Block) and isinstance(entry.value, Block):
        return replace(entry, value=merge(under.value, entry.value))
    return entry


def plain(node: Node) -> Any:
    """The bare JSON value of a tree."""
    match node:
        case Scalar(value):
            return value
        case Items(items):
            return [plain(item) for item in items]
        case Block(entries):
            return {key: plain(entry.value) for key, entry in entries.items()}


def shown(text: str) -> str:
    """Foreign text as a message may carry it: one line, no control characters, no backticks, cut to 80."""
    line = "".join(char if char.isprintable() and char != "`" else " " for char in text[: SHOWN + 1]).strip()
    return line if len(line) <= SHOWN else line[: SHOWN - 1] + "…"


@dataclass(slots=True)
class _Reader:
    """Turns the scanner's events into a tree; `errors` are the mistakes that did not stop it."""

    path: str
    begins: str
    errors: list[ConfigError] = field(default_factory=list)
    values: int = 0
    loader: Any = None

    def text(self, text: bytes | str) -> str:
        """The text as Unicode without byte order mark, within bounds and free of control characters."""
        data = text if isinstance(text, bytes) else text.encode("utf-8", "surrogatepass")
        if len(data) > MAX_BYTES:
            size = f"{len(data):,} bytes; a configuration has at most {MAX_BYTES:,}"
            raise self._refusal(Mark(self.path, 1, 1), f"the file has {size}")
        try:
            decoded = data.decode("utf-8-sig")
        except UnicodeDecodeError as error:
            mark = self._mark_at(data[: error.start].decode("utf-8", "replace"))
            raise self._refusal(mark, f"the file is not UTF-8: byte 0x{data[error.start]:02x}") from None
        if bad := _FORBIDDEN.search(decoded):
            mark = self._mark_at(decoded[: bad.start()])
            raise self._refusal(mark, f"the character U+{ord(bad[0]):04X} cannot stand in a configuration")
        return decoded

    def document(self, text: str) -> Block:
        self.loader = LOADER(text)
        try:
            return self._document()
        except yaml.MarkedYAMLError as error:
            raise self._unreadable(error, text) from None
        finally:
            self.loader.dispose()

    def _document(self) -> Block:
        self.loader.get_event()  # the start of the stream
        if self.loader.check_event(yaml.StreamEndEvent):
            raise self._refusal(Mark(self.path, 1, 1), f"the file is empty; {self.begins}")
        self.loader.get_event()  # the start of the document
        root = self._node("", 1)
        self.loader.get_event()  # its end
        if not self.loader.check_event(yaml.StreamEndEvent):
            raise self._refusal(self._mark(self.loader.peek_event()), "a second document starts here; only one is read")
        if isinstance(root, Block):
            return root
        raise self._refusal(root.mark, f"the file must be a block of keys; {self.begins}")

    def _node(self, key: str, depth: int) -> Node:
        event = self.loader.get_event()
        mark = self._mark(event)
        self.values += 1
        if depth > MAX_DEPTH:
            raise self._refusal(mark, f"values are nested more than {MAX_DEPTH} deep", key)
        if self.values > MAX_VALUES:
            raise self._refusal(mark, f"the file has more than {MAX_VALUES:,} values", key)
        if isinstance(event, yaml.AliasEvent):
            self._note(mark, f"the alias `*{shown(event.anchor or '')}` is not followed; write the value out", key)
            return Scalar(None, mark)
        self._refuse_decoration(event, mark, key)
        if isinstance(event, yaml.ScalarEvent):
            return Scalar(self._value(event, mark, key), mark)
        if isinstance(event, yaml.SequenceStartEvent):
            return self._items(key, mark, depth)
        return self._block(key, mark, depth)

    def _items(self, key: str, mark: Mark, depth: int) -> Items:
        items: list[Node] = []
        while not self.loader.check_event(yaml.SequenceEndEvent):
            items.append(self._node(f"{key}[{len(items)}]", depth + 1))
        self.loader.get_event()
        return Items(tuple(items), mark)

    def _block(self, key: str, mark: Mark, depth: int) -> Block:
        entries: dict[str, Entry] = {}
        while not self.loader.check_event(yaml.MappingEndEvent):
            name, at = self._key(key, depth)
            if name is None:
                self._node(key, depth + 1)
                continue
            dotted = f"{key}.{shown(name)}".lstrip(".")
            if name in entries:
                self._note(at, f"`{dotted}` is written twice; the first is on line {entries[name].mark.line}", dotted)
            entries[name] = Entry(self._node(dotted, depth + 1), at)
        self.loader.get_event()
        return Block(entries, mark)

    def _key(self, block: str, depth: int) -> tuple[str | None, Mark]:
        plain_word = self.loader.check_event(yaml.ScalarEvent) and self.loader.peek_event().implicit[0]
        node = self._node(block, depth + 1)
        if not isinstance(node, Scalar) or not isinstance(node.value, str):
            self._note(node.mark, "a key must be text; put it in quotes", block)
            return None, node.mark
        if plain_word and node.value == "<<":
            self._note(node.mark, "the merge key `<<` is not followed; write the keys out, or use `extends`", block)
        return node.value, node.mark

    def _refuse_decoration(self, event: Any, mark: Mark, key: str) -> None:
        if event.anchor is not None:
            self._note(mark, f"the anchor `&{shown(event.anchor)}` has no use here; remove it", key)
        if event.tag is not None:
            tag = shown(event.tag.replace("tag:yaml.org,2002:", "!!"))
            self._note(mark, f"the tag `{tag}` has no use here; remove it", key)

    def _value(self, event: Any, mark: Mark, key: str) -> str | int | float | bool | None:
        word: str = event.value
        if not event.implicit[0] or event.style:
            return word
        if word in _WORDS:
            return _WORDS[word]
        if _INTEGER.fullmatch(word) and len(word.lstrip("+-")) <= MAX_DIGITS:
            return int(word, 0) if word[:2] in {"0o", "0x"} else int(word)
        if _NO_NUMBER.fullmatch(word):
            self._note(mark, f"`{word}` is not a number that anything can be compared with", key)
        elif _FLOAT.fullmatch(word):
            return self._float(word, mark, key)
        return word

    def _float(self, word: str, mark: Mark, key: str) -> float:
        value = float(word) if len(word) <= 2 * MAX_DIGITS and not _INTEGER.fullmatch(word) else math.inf
        if math.isfinite(value):
            return value
        self._note(mark, f"`{shown(word)}` is too large a number; if it is a name, put it in quotes", key)
        return 0.0

    def _unreadable(self, error: yaml.MarkedYAMLError, text: str) -> _RefusedError:
        place = error.problem_mark or error.context_mark
        line, column = (place.line, place.column) if place else (0, 0)
        lines = text.replace("\r\n", "\n").split("\n")
        written = lines[line] if line < len(lines) else ""
        return self._refusal(Mark(self.path, line + 1, column + 1), _say(error, written, column))

    def _mark(self, event: Any) -> Mark:
        return Mark(self.path, event.start_mark.line + 1, event.start_mark.column + 1)

    def _mark_at(self, before: str) -> Mark:
        return Mark(self.path, before.count("\n") + 1, len(before) - before.rfind("\n"))

    def _note(self, mark: Mark, message: str, key: str) -> None:
        self.errors.append(ConfigError(mark.path, mark.line, mark.column, key, message))

    def _refusal(self, mark: Mark, message: str, key: str = "") -> _RefusedError:
        return _RefusedError(ConfigError(mark.path, mark.line, mark.column, key, message))


def _say(error: yaml.MarkedYAMLError, written: str, column: int) -> str:
    problem = error.problem or "it cannot be read"
    if "\t" in written[: len(written) - len(written.lstrip())]:
        return "a tab indents this line; YAML wants spaces"
    if "cannot start any token" in problem and column < len(written):
        return f"`{shown(written[column])}` cannot start a value; put the value in quotes"
    if "mapping values are not allowed" in problem:
        return "a second `:` on this line, or a wrong indent; put a text that holds `: ` in quotes"
    return f"this is not YAML: {shown(problem)}" + (f", {shown(error.context)}" if error.context else "")
