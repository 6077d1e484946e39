"""From what the models refuse to what a person should change: file, line, key, and what was meant."""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from difflib import get_close_matches

from pydantic import ValidationError
from pydantic_core import ErrorDetails

from app.config.model import ConfigError, ConfigErrors
from app.config.schema import Schema, at
from app.config.tree import MAX_ERRORS, SHOWN, Block, Items, Mark, Node, Scalar, plain, shown

MAX_PLACED = 500  # refusals brought to their place in the file; a text with more is not read to its end
_KEYS_LISTED = 12

# What a value should have been, by pydantic's error type.
_WANTED: Mapping[str, str] = {
    "string_type": "text",
    "float_type": "a number",
    "int_type": "a whole number",
    "int_from_float": "a whole number",
    "bool_type": "`true` or `false`",
    "none_required": "empty",
    **dict.fromkeys(("model_type", "model_attributes_type", "dict_type", "dataclass_type"), "a block of keys"),
    **dict.fromkeys(("list_type", "tuple_type", "set_type", "frozen_set_type"), "a list"),
}
_CHOICES = ("enum", "literal_error")
_MISSING = ("missing", "union_tag_not_found")
_TRUTHS = {"yes": "true", "on": "true", "y": "true", "no": "false", "off": "false", "n": "false"}


@dataclass(frozen=True, slots=True)
class _Complaint:
    """One refusal of a model, brought to the place in the file it speaks of."""

    keys: tuple[str | int, ...]
    mark: Mark
    value: Node
    error: ErrorDetails

    @property
    def type(self) -> str:
        return self.error["type"]

    @property
    def dotted(self) -> str:
        return dotted(self.keys)

    @property
    def of_shape(self) -> bool:
        """Whether a union's other branch may have liked the value better."""
        return self.type in _WANTED or self.type in _CHOICES

    def order(self, first: str) -> tuple[bool, int, int]:
        """Sorts by place, the file `first` before any that it extends."""
        return self.mark.path != first, self.mark.line, self.mark.column


def explain(refusal: ValidationError, tree: Block, schema: Schema) -> ConfigErrors:
    """Say what `refusal` found in `tree`, one error a key, in the order of the file."""
    complaints = [_hushed(_placed(tree, error), schema) for error in refusal.errors(include_url=False)[:MAX_PLACED]]
    grouped: dict[tuple[str | int, ...], list[_Complaint]] = defaultdict(list)
    for complaint in complaints:
        grouped[complaint.keys].append(complaint)
    # Of a union, the branch that went into the value knows best what is wrong with it.
    entered = {keys[:depth] for keys in grouped for depth in range(len(keys))}
    groups = [group for keys, group in grouped.items() if keys not in entered or not _follows(group)]
    groups.sort(key=lambda group: group[0].order(tree.mark.path))
    errors = tuple(_error(group, schema) for group in groups[:MAX_ERRORS])
    return ConfigErrors(errors, more=len(groups) - len(errors) + refusal.error_count() - len(complaints))


def _follows(group: Iterable[_Complaint]) -> bool:
    """Whether what was refused further in may be the cause: items that are refused are not counted either."""
    return all(complaint.of_shape or complaint.type == "too_short" for complaint in group)


def _hushed(complaint: _Complaint, schema: Schema) -> _Complaint:
    """Without the value of a key that is about a secret."""
    secret = any(branch.get("writeOnly") for branch in at(schema, complaint.keys))
    return replace(complaint, value=Scalar("…", complaint.mark)) if secret else complaint


def dotted(keys: Iterable[str | int]) -> str:
    """`("a", 0, "b")` as `a[0].b`; foreign keys are cut to 80 characters."""
    return "".join(f"[{key}]" if isinstance(key, int) else f".{shown(key)}" for key in keys).lstrip(".")


def nearest(word: str, known: Iterable[str]) -> str | None:
    """The word of `known` that was probably meant; case, `-` and `_` do not count."""
    spelled = {_bare(each): each for each in known}
    close = get_close_matches(_bare(word[:SHOWN]), spelled, n=1)
    return spelled[close[0]] if close else None


def _bare(word: str) -> str:
    return word.casefold().replace("-", "_")


def _placed(tree: Block, error: ErrorDetails) -> _Complaint:
    """Follow pydantic's place down the tree; what the tree lacks is a union's branch or the missing key."""
    node: Node = tree
    mark = tree.mark
    keys: list[str | int] = []
    way = (*error["loc"], *_discriminator(error))
    for part in way:
        match node, part:
            case Block(entries), str() if part in entries:
                mark, node = entries[part].mark, entries[part].value
            case Items(items), int() if part < len(items):
                mark, node = items[part].mark, items[part]
            case _:
                continue
        keys.append(part)
    if error["type"] in _MISSING:
        keys.append(way[-1])
    elif error["type"] != "extra_forbidden" and isinstance(node, Scalar) and node.value is not None:
        mark = node.mark
    return _Complaint(tuple(keys), mark, node, error)


def _discriminator(error: ErrorDetails) -> tuple[str, ...]:
    """The key that should have said which branch of a union this is."""
    key = error.get("ctx", {}).get("discriminator")
    return (str(key).strip("'"),) if key else ()


def _error(group: Sequence[_Complaint], schema: Schema) -> ConfigError:
    complaint = next((each for each in group if not each.of_shape), group[0])
    if len(group) > 1 and complaint.of_shape:
        meant, message = _no_branch(group)
    else:
        meant, message = _said(complaint, schema)
    mark = complaint.mark
    return ConfigError(mark.path, mark.line, mark.column, complaint.dotted, message, meant)


_Said = tuple[str | None, str]  # what was probably meant, and the message


def _said(complaint: _Complaint, schema: Schema) -> _Said:
    if say := _SAY.get(complaint.type):
        return say(complaint)
    return _SAY_BY_SCHEMA.get(complaint.type, _say_plainly)(complaint, schema)


def _no_branch(group: Sequence[_Complaint]) -> _Said:
    """No branch of a union liked the value."""
    value = plain(group[0].value)
    words = [word for each in group if each.type in _CHOICES for word in _choices(each)]
    meant = nearest(value, words) if isinstance(value, str) else None
    hint = f"; did you mean `{meant}`?" if meant else ""
    return meant, f"`{group[0].dotted}` must be {_one_of([_wanted(each) for each in group])}{hint}"


def _unknown_key(complaint: _Complaint, schema: Schema) -> _Said:
    known = list(dict.fromkeys(key for block in at(schema, complaint.keys[:-1]) for key in block.get("properties", ())))
    meant = nearest(str(complaint.keys[-1]), known)
    if meant:
        return meant, f"`{complaint.dotted}` is not a key; did you mean `{meant}`?"
    listed = ", ".join(f"`{key}`" for key in known[:_KEYS_LISTED]) + (", …" if len(known) > _KEYS_LISTED else "")
    return None, f"`{complaint.dotted}` is not a key; the keys here are {listed}"


def _missing_key(complaint: _Complaint) -> _Said:
    hint = "; write `version: 1`" if complaint.keys == ("version",) else ""
    return None, f"`{complaint.dotted}` is required{hint}"


def _unknown_word(complaint: _Complaint) -> _Said:
    choices = _choices(complaint)
    value = plain(complaint.value)
    meant = nearest(value, choices) if isinstance(value, str) else None
    hint = f"did you mean `{meant}`?" if meant else f"it must be {_one_of([f'`{each}`' for each in choices])}"
    return meant, f"`{_text(complaint.value)}` is not a value of `{complaint.dotted}`; {hint}"


def _not_a_block(complaint: _Complaint) -> _Said:
    if plain(complaint.value) is None:
        return None, f"`{complaint.dotted}` is empty; write `{complaint.dotted}: {{}}` for its defaults"
    return None, f"`{complaint.dotted}` must be a block of keys"


def _not_text(complaint: _Complaint) -> _Said:
    value = plain(complaint.value)
    quotes = f"; put `{_text(complaint.value)}` in quotes" if isinstance(value, bool | int | float) else ""
    return None, f"`{complaint.dotted}` must be text{quotes}"


def _not_a_list(complaint: _Complaint) -> _Said:
    value = plain(complaint.value)
    example = f"; write `[{_text(complaint.value)}]`" if isinstance(value, str | int | float) else ""
    return None, f"`{complaint.dotted}` must be a list{example}"


def _not_a_truth(complaint: _Complaint) -> _Said:
    meant = _TRUTHS.get(_text(complaint.value).casefold())
    hint = f"; did you mean `{meant}`?" if meant else ""
    return meant, f"`{complaint.dotted}` must be `true` or `false`{hint}"


def _not_alike(complaint: _Complaint, schema: Schema) -> _Said:
    examples = [example for branch in at(schema, complaint.keys) for example in branch.get("examples", ())]
    like = f"; it should look like {_one_of([f'`{each}`' for each in examples])}" if examples else ""
    return None, f"`{_text(complaint.value)}` cannot be `{complaint.dotted}`{like}"


def _say_plainly(complaint: _Complaint, schema: Schema) -> _Said:
    if complaint.keys and not at(schema, complaint.keys):
        return _unknown_key(complaint, schema)  # a check's own validator refused it in words of its own
    if complaint.type in _WANTED:
        return None, f"`{complaint.dotted}` must be {_WANTED[complaint.type]}, not `{_text(complaint.value)}`"
    reason = complaint.error["msg"].removeprefix("Value error, ").replace("Input should be", "it must be")
    said = reason[: 3 * SHOWN]
    return None, f"`{complaint.dotted}`: {said}" if complaint.keys else said


# By pydantic's error type: what the complaint alone says, and what takes the schema to say.
_SAY: Mapping[str, Callable[[_Complaint], _Said]] = {
    **dict.fromkeys(_MISSING, _missing_key),
    "string_type": _not_text,
    "bool_type": _not_a_truth,
    **dict.fromkeys((*_CHOICES, "union_tag_invalid"), _unknown_word),
    **{kind: _not_a_block for kind, wanted in _WANTED.items() if wanted == "a block of keys"},
    **{kind: _not_a_list for kind, wanted in _WANTED.items() if wanted == "a list"},
}
_SAY_BY_SCHEMA: Mapping[str, Callable[[_Complaint, Schema], _Said]] = {
    "extra_forbidden": _unknown_key,
    "string_pattern_mismatch": _not_alike,
}


def _wanted(complaint: _Complaint) -> str:
    return _WANTED.get(complaint.type) or _one_of([f"`{each}`" for each in _choices(complaint)])


def _choices(complaint: _Complaint) -> list[str]:
    context = complaint.error.get("ctx", {})
    expected = str(context.get("expected") or context.get("expected_tags") or "")
    return re.findall(r"'([^']*)'", expected) or [expected]


def _one_of(choices: Iterable[str]) -> str:
    *first, last = dict.fromkeys(choices)
    return f"{', '.join(first)} or {last}" if first else last


def _text(node: Node) -> str:
    match plain(node):
        case bool() as truth:
            return str(truth).lower()
        case None:
            return "null"
        case dict():
            return "{…}"
        case list():
            return "[…]"
        case value:
            return shown(str(value))
