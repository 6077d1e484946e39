"""Path patterns as people write them, the same in every block of the configuration."""

from __future__ import annotations

from collections.abc import Iterable
from fnmatch import fnmatchcase


def matches(path: str, globs: Iterable[str]) -> bool:
    """Whether some glob covers the whole of `path`, case-sensitively.

    `*`, `?` and `[...]` stay within one name, `**` spans any number of directories, a trailing `/` means all below.
    """
    return any(_covers(glob, path.split("/")) for glob in globs)


def _covers(glob: str, parts: list[str]) -> bool:
    """Each part of the glob looks at each part of the path once: `**` does not backtrack."""
    reached = {0}  # how many parts of the path the glob may have consumed so far
    for part in (glob + "**" if glob.endswith("/") else glob).split("/"):
        if part == "**":
            reached = set(range(min(reached, default=len(parts) + 1), len(parts) + 1))
        else:
            reached = {i + 1 for i in reached if i < len(parts) and fnmatchcase(parts[i], part)}
    return len(parts) in reached
