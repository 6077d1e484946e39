"""From text to a Config, or to everything that is wrong with it. Pure; nothing raises."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator
from typing import TypeVar

from pydantic import ValidationError

from app.config.explain import explain
from app.config.model import (
    PATH,
    RESERVED_BLOCKS,
    Checks,
    Config,
    ConfigErrors,
    Notice,
    document,
)
from app.config.schema import schema
from app.config.tree import Block, Mark, plain, read
from checks.model import Check, CheckConfig, Strict

Settings = TypeVar("Settings", bound=Strict)


def parse(text: bytes | str, path: str = PATH, *, checks: Checks) -> Config | ConfigErrors:
    """Read one configuration file by itself; a file that it `extends` is `locate.load`'s to bring."""
    tree = read(text, path)
    return tree if isinstance(tree, ConfigErrors) else build(tree, checks=checks, source=path)


def build(tree: Block, *, checks: Checks, source: str) -> Config | ConfigErrors:
    """Validate a tree, merged or not; each error names the file that wrote the value."""
    try:
        # As JSON: there strict still knows text from a number, yet lets a list be a tuple and a word an enum.
        written = document(checks).model_validate_json(json.dumps(plain(tree)))
    except ValidationError as refusal:
        return explain(refusal, tree, schema(checks))
    configured = written.model_fields_set
    return Config(
        version=written.version,
        checks={check.name: getattr(written, check.name) for check in checks if check.name in configured},
        card=written.card,
        agents=written.agents,
        commands=written.commands,
        extends=written.extends,
        notices=(
            *(_without_effect(tree, name) for name in RESERVED_BLOCKS if name in configured),
            *_warnings(tree, [(check, getattr(written, check.name)) for check in checks if check.name in configured]),
        ),
        source=source,
        arms=getattr(written, "arms", None),
        escalate=getattr(written, "escalate", None),
        rollback=getattr(written, "rollback", None),
        remediation=getattr(written, "remediation", None),
    )


def settings(text: bytes | str, path: str, model: type[Settings]) -> Settings | ConfigErrors:
    """Read a file that is one block of settings by itself, YAML or JSON."""
    tree = read(text, path, _begins(model))
    if isinstance(tree, ConfigErrors):
        return tree
    try:
        return model.model_validate_json(json.dumps(plain(tree)))
    except ValidationError as refusal:
        return explain(refusal, tree, model.model_json_schema())


def _begins(model: type[Strict]) -> str:
    """What an empty file lacks; where it lacks nothing, what it may hold."""
    try:
        model.model_validate_json("{}")
    except ValidationError as refusal:
        return explain(refusal, Block({}, Mark("", 1, 1)), model.model_json_schema()).errors[0].message
    return f"its keys are {', '.join(f'`{name}`' for name in model.model_fields)}"


def _warnings(tree: Block, configured: Iterable[tuple[Check, CheckConfig]]) -> Iterator[Notice]:
    for check, config in configured:
        mark = tree.entries[check.name].mark
        for said in check.warns(config):
            yield Notice(mark.path, mark.line, mark.column, check.name, f"`{check.name}`: {said}")


def _without_effect(tree: Block, name: str) -> Notice:
    mark = tree.entries[name].mark
    return Notice(mark.path, mark.line, mark.column, name, f"`{name}` has no effect in this version")
