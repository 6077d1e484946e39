"""What changed between two trees, said as GitHub says it: per file a status, line counts, and a patch."""

from __future__ import annotations

import difflib
from dataclasses import dataclass
from functools import lru_cache

from app.github.sandbox.git import Entry, Objects

CONTEXT = 3  # lines of context around a hunk
RENAME_PAIRS = 400  # beyond so many candidate pairs only exact renames are found; git has such a limit too
SIMILAR = 0.5  # git's default threshold for calling a removed and an added file one renamed file
PATCH_LIMIT = 1_000_000  # characters; GitHub leaves the patch of larger diffs out (assumed size)


@dataclass(frozen=True, slots=True)
class FileDiff:
    """One changed file. `patch` is "" for binary files; `previous` only for renames; `sha` the blob's."""

    path: str
    status: str
    additions: int
    deletions: int
    patch: str
    sha: str
    previous: str = ""


@lru_cache(maxsize=1024)
def changed_files(objects: Objects, base_tree: str, head_tree: str) -> tuple[FileDiff, ...]:
    """Every file that differs, by path; renames are found by content. Trees never change, so answers are kept."""
    if base_tree == head_tree:
        return ()
    old, new = objects.files(base_tree), objects.files(head_tree)
    removed = {path: entry for path, entry in old.items() if path not in new}
    added = {path: entry for path, entry in new.items() if path not in old}
    renames = _renames(objects, removed, added)
    diffs = [
        *(_diff(objects, path, "removed", old[path], None) for path in removed if path not in renames.values()),
        *(_diff(objects, path, "added", None, new[path]) for path in added if path not in renames),
        *(_diff(objects, path, "renamed", old[was], new[path], was) for path, was in renames.items()),
        *(
            _diff(objects, path, "modified", old[path], new[path])
            for path in old.keys() & new.keys()
            if old[path] != new[path]
        ),
    ]
    return tuple(sorted(diffs, key=lambda diff: diff.path))


def _renames(objects: Objects, removed: dict[str, Entry], added: dict[str, Entry]) -> dict[str, str]:
    """New path -> old path: the same blob first, then the most similar one."""
    by_sha = {entry.sha: path for path, entry in removed.items()}
    renames: dict[str, str] = {}
    for path, entry in added.items():
        if was := by_sha.pop(entry.sha, None):
            renames[path] = was
    left = {path: entry for path, entry in removed.items() if path not in renames.values()}
    new = {path: entry for path, entry in added.items() if path not in renames}
    if len(left) * len(new) > RENAME_PAIRS:
        return renames
    for path, entry in new.items():
        if was := _most_similar(objects, entry, left):
            renames[path] = was
            del left[was]
    return renames


def _most_similar(objects: Objects, entry: Entry, candidates: dict[str, Entry]) -> str | None:
    lines = _lines(objects, entry)
    if not lines:
        return None
    scored = [
        (difflib.SequenceMatcher(None, _lines(objects, other), lines, autojunk=False).ratio(), path)
        for path, other in candidates.items()
        if _close_in_size(objects, entry, other)
    ]
    best = max(scored, default=(0.0, ""))
    return best[1] if best[0] >= SIMILAR else None


def _close_in_size(objects: Objects, one: Entry, other: Entry) -> bool:
    """Cheap first look: files of very different sizes cannot be half alike."""
    small, large = sorted((len(_content(objects, one)), len(_content(objects, other))))
    return small * 3 >= large


def _diff(
    objects: Objects, path: str, status: str, old: Entry | None, new: Entry | None, previous: str = ""
) -> FileDiff:
    sha = (new or old or Entry("", "")).sha
    if _is_binary(objects, old) or _is_binary(objects, new):
        return FileDiff(path, status, 0, 0, "", sha, previous)
    hunks = list(difflib.unified_diff(_lines(objects, old), _lines(objects, new), n=CONTEXT, lineterm=""))[2:]
    patch = "\n".join(_hunk_line(line) for line in hunks)
    return FileDiff(
        path,
        status,
        additions=sum(line.startswith("+") for line in hunks),
        deletions=sum(line.startswith("-") for line in hunks),
        patch=patch if len(patch) <= PATCH_LIMIT else "",
        sha=sha,
        previous=previous,
    )


def _hunk_line(line: str) -> str:
    """A line that lacks its newline is followed by git's remark on it."""
    return line[:-1] if line.endswith("\n") else _remarked(line)


def _remarked(line: str) -> str:
    return line if line.startswith("@@") else f"{line}\n\\ No newline at end of file"


def _content(objects: Objects, entry: Entry | None) -> bytes:
    return objects.blob(entry.sha) if entry is not None and entry.type == "blob" else b""


def _is_binary(objects: Objects, entry: Entry | None) -> bool:
    return b"\0" in _content(objects, entry)[:8000]


def _lines(objects: Objects, entry: Entry | None) -> list[str]:
    text = _content(objects, entry).decode("utf-8", "replace")
    lines = text.split("\n")
    return [f"{line}\n" for line in lines[:-1]] + ([lines[-1]] if lines[-1] else [])
