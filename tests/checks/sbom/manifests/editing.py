"""Manifests as tests need them: real ones from tests/data/manifests, and edits told apart from refusals."""

from __future__ import annotations

import difflib
from pathlib import Path

from checks.sbom import manifests
from checks.sbom.manifests import Edited, Refusal

DATA = Path(__file__).parents[3] / "data" / "manifests"


def real(name: str) -> str:
    """A real manifest, line ends as they are: "gin/go.mod"."""
    return (DATA / name).read_bytes().decode()


def edited(path: str, text: str, ecosystem: str, name: str, version: str) -> Edited:
    """The edit, which must succeed."""
    answer = manifests.raise_to(path, text, ecosystem, name, version)
    assert isinstance(answer, Edited), answer
    return answer


def refused(path: str, text: str, ecosystem: str, name: str, version: str) -> str:
    """The reason of the refusal, which there must be."""
    answer = manifests.raise_to(path, text, ecosystem, name, version)
    assert isinstance(answer, Refusal), answer
    return answer.reason


def overridden(path: str, text: str, ecosystem: str, name: str, version: str) -> Edited:
    """The override, which must succeed."""
    answer = manifests.override(path, text, ecosystem, name, version)
    assert isinstance(answer, Edited), answer
    return answer


def not_overridden(path: str, text: str, ecosystem: str, name: str, version: str) -> str:
    """The reason why there is no override."""
    answer = manifests.override(path, text, ecosystem, name, version)
    assert isinstance(answer, Refusal), answer
    return answer.reason


def changed(before: str, after: str) -> list[tuple[str, str]]:
    """The lines that differ, each as (before, after); "" for a line that the other text does not have."""
    old, new = before.split("\n"), after.split("\n")
    pairs = []
    for tag, i, j, k, m in difflib.SequenceMatcher(None, old, new, autojunk=False).get_opcodes():
        if tag != "equal":
            wide = max(j - i, m - k)
            pairs += list(zip([*old[i:j], *[""] * wide][:wide], [*new[k:m], *[""] * wide][:wide], strict=True))
    return pairs


def constraints(path: str, text: str) -> dict[str, str]:
    """What a manifest declares, by name; the last one counts."""
    return {each.name: each.constraint for each in manifests.declared(path, text)}
