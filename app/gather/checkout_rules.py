"""The rules a checkout is judged by: its base's, else the nearest there are, and what to tell the reader of that."""

from __future__ import annotations

from dataclasses import dataclass, replace

from app.config import PATH, ConfigErrors
from app.config.parse import build
from app.config.tree import Block, read
from app.gather.files import Files
from app.gather.rules import policy_of, unreadable
from checks import sbom
from checks.decide import Policy
from checks.judge import Unreadable
from checks.model import Finding, Pull
from checks.registry import CHECKS

_RISK = b"version: 1\nrisk: {mode: warn}\n"
_DRIFT = b"sbom: {mode: block}\n"
_ELSEWHERE = "`extends` names a file of another repository, which a checkout cannot read; bring the whole with --config"


@dataclass(frozen=True, slots=True)
class Rules:
    """A configuration's text, where it was found, and what to tell the reader if that is not the base."""

    text: bytes
    path: str = PATH
    note: str = ""


def built_in(files: Files) -> Rules:
    """For a repository without any: the risk, and the drift of its bills of materials where it keeps some."""
    bills = files.matching(sbom.Config().paths)
    text = _RISK + _DRIFT if bills.base or bills.head else _RISK
    return Rules(text, "built-in defaults", f"no {PATH}; judged by built-in defaults")


def policy(rules: Rules, pull: Pull) -> Policy | Unreadable:
    """What `rules` ask of `pull`. Rules of which a part is elsewhere cannot be read: a green from half of them lies."""
    tree = read(rules.text, rules.path)
    if isinstance(tree, Block) and "extends" in tree.entries:
        return Unreadable((Finding("config", _ELSEWHERE, path=rules.path, line=_line(tree, "extends"), id="extends"),))
    config = tree if isinstance(tree, ConfigErrors) else build(tree, checks=CHECKS, source=rules.path)
    if isinstance(config, ConfigErrors):
        return unreadable(config)
    asked = policy_of(config, pull)
    return replace(asked, notes=(*asked.notes, rules.note)) if rules.note else asked


def _line(tree: Block, key: str) -> int:
    return tree.entries[key].mark.line
