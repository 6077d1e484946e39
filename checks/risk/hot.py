"""Hot paths: the files that a repository marks as risky whatever the size of the change."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from checks.globs import matches
from checks.model import FileChange


def hot_files(files: Iterable[FileChange], globs: Sequence[str]) -> tuple[str, ...]:
    """Paths among `files` that some glob matches, in order. A file that moved away from a hot path is hot."""
    return tuple(file.path for file in files if any(matches(path, globs) for path in _places(file)))


def _places(file: FileChange) -> tuple[str, ...]:
    return (file.path, file.previous) if file.previous else (file.path,)
