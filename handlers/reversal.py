"""What it takes to take a merged change back: file by file, and nothing that anybody touched since. Pure."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from app.model import WORKFLOWS, Change, Edit, Leaf, Leaves, Refusal, Removed, Restored

MOST = 3_000  # files, as many as GitHub lists of a pull request
_NAMED = 3  # files named where there are more


def reversal(change: Change, base: str) -> tuple[Edit, ...] | Refusal:
    """The edits that give each file of `change` what it held before; none where `base` lacks the change already.

    A file that holds something else than the change left there belongs to a later commit, and is nobody's to undo:
    then all of it is refused, in words, for half a change taken back may be worse than a whole one.
    """
    touched = [path for path in sorted(change.before.keys() | change.after.keys()) if _differs(change, path)]
    overtaken = [path for path in touched if change.now.get(path) != change.after.get(path)]
    wanted = {path: change.before.get(path) for path in touched}
    overtaken = overtaken or list(_in_the_way(wanted, change.now))
    if overtaken:
        return Refusal(f"later commits on {base} touched {_names(overtaken)} too (by hand: `{change.by_hand}`)")
    if any(path.startswith(WORKFLOWS) for path in wanted):
        return Refusal(f"it touches workflows, which Maestro may not write (by hand: `{change.by_hand}`)")
    if len(wanted) > MOST:
        return Refusal(f"it touches more than {MOST:,} files (by hand: `{change.by_hand}`)")
    return tuple(_edit(path, leaf) for path, leaf in wanted.items())


def _differs(change: Change, path: str) -> bool:
    """Whether the change touched it, and it is not back already."""
    before = change.before.get(path)
    return before != change.after.get(path) and before != change.now.get(path)


def _in_the_way(wanted: dict[str, Leaf | None], now: Leaves) -> Iterator[str]:
    """Files that come back where a directory is by now, or below what is a file by now."""
    result = {path for path in now if path not in wanted} | {path for path, leaf in wanted.items() if leaf}
    directories = {above for path in result for above in _above(path)}
    for path, leaf in wanted.items():
        if leaf and (path in directories or not result.isdisjoint(_above(path))):
            yield path


def _above(path: str) -> Iterator[str]:
    """`a` and `a/b` of `a/b/c`."""
    at = path.find("/")
    while at >= 0:
        yield path[:at]
        at = path.find("/", at + 1)


def _edit(path: str, leaf: Leaf | None) -> Edit:
    return Removed(path) if leaf is None else Restored(path, leaf[1], leaf[0])


def _names(paths: Iterable[str]) -> str:
    every = [f"`{path}`" for path in paths]
    more = [f"{len(every) - _NAMED} more"] if len(every) > _NAMED else []
    shown = [*every[:_NAMED], *more]
    return shown[0] if len(shown) == 1 else f"{', '.join(shown[:-1])} and {shown[-1]}"
