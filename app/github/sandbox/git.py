"""Git's object model in memory: blobs, trees and commits under the very shas that git would give them.

Objects are framed as `<type> <length>\\0<body>` and named by SHA-1 (git's `hash-object`); a tree body is the sorted
list of `<mode> <name>\\0<20 bytes>`; a commit body its headers and message. Nothing is ever removed.
"""

from __future__ import annotations

import hashlib
from collections import deque
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Literal, TypeVar

Thing = TypeVar("Thing")

FILE, DIRECTORY, SUBMODULE = "100644", "040000", "160000"
EMPTY_TREE = "4b825dc642cb6eb9a060e54bf8d69288fbee4904"


class UnknownObjectError(LookupError):
    """No object of the wanted kind has this sha."""


class MergeConflictError(Exception):
    """Both sides changed this path in different ways (whole files are compared, not lines)."""


@dataclass(frozen=True, slots=True)
class Entry:
    """One name in a tree. `mode` has git's six digits."""

    mode: str
    sha: str

    @property
    def type(self) -> Literal["blob", "tree", "commit"]:
        """What kind of object the entry names."""
        return {DIRECTORY: "tree", SUBMODULE: "commit"}.get(self.mode, "blob")  # type: ignore[return-value]


@dataclass(frozen=True, slots=True)
class Signature:
    """Who and when; `at` in whole seconds, UTC."""

    name: str
    email: str
    at: int

    def line(self) -> str:
        """As a commit header spells it."""
        return f"{self.name} <{self.email}> {self.at} +0000"


@dataclass(frozen=True, slots=True)
class Commit:
    """A commit by its own sha."""

    sha: str
    tree: str
    parents: tuple[str, ...]
    author: Signature
    committer: Signature
    message: str


def object_sha(kind: str, body: bytes) -> str:
    """The name git gives to an object.

    >>> object_sha("tree", b"") == EMPTY_TREE
    True
    """
    return hashlib.sha1(b"%s %d\0" % (kind.encode(), len(body)) + body, usedforsecurity=False).hexdigest()


@dataclass(slots=True, eq=False)
class Objects:
    """One object store, shared by a repository and its forks."""

    blobs: dict[str, bytes] = field(default_factory=dict)
    trees: dict[str, dict[str, Entry]] = field(default_factory=lambda: {EMPTY_TREE: {}})
    commits: dict[str, Commit] = field(default_factory=dict)

    def add_blob(self, content: bytes) -> str:
        """Store a file's content."""
        sha = object_sha("blob", content)
        self.blobs[sha] = content
        return sha

    def add_tree(self, entries: Mapping[str, Entry]) -> str:
        """Store one directory level. Git sorts directories as if their names ended in a slash."""
        ordered = sorted(entries.items(), key=lambda item: _sort_key(item[0], item[1]))
        body = b"".join(
            f"{entry.mode.lstrip('0')} {name}\0".encode() + bytes.fromhex(entry.sha) for name, entry in ordered
        )
        sha = object_sha("tree", body)
        self.trees[sha] = dict(ordered)
        return sha

    def add_commit(
        self, tree: str, parents: Iterable[str], message: str, author: Signature, committer: Signature | None = None
    ) -> str:
        """Store a commit; `committer` is the author unless it is given."""
        parents, committer = tuple(parents), committer or author
        lines = [f"tree {tree}", *(f"parent {parent}" for parent in parents)]
        lines += [f"author {author.line()}", f"committer {committer.line()}", "", message]
        sha = object_sha("commit", "\n".join(lines).encode())
        self.commits[sha] = Commit(sha, tree, parents, author, committer, message)
        return sha

    def blob(self, sha: str) -> bytes:
        """A file's content."""
        return _known(self.blobs, sha)

    def tree(self, sha: str) -> dict[str, Entry]:
        """One directory level, in git's order. A commit's sha is taken for its tree, as GitHub does."""
        commit = self.commits.get(sha)
        return _known(self.trees, commit.tree if commit else sha)

    def commit(self, sha: str) -> Commit:
        """A commit."""
        return _known(self.commits, sha)

    # --- files ---------------------------------------------------------------------------------------------

    def walk(self, tree: str, prefix: str = "") -> Iterator[tuple[str, Entry]]:
        """Every entry below a tree with its full path, directories before what they hold."""
        for name, entry in self.tree(tree).items():
            path = f"{prefix}{name}"
            yield path, entry
            if entry.type == "tree":
                yield from self.walk(entry.sha, f"{path}/")

    def files(self, tree: str) -> dict[str, Entry]:
        """Every file below a tree by its full path."""
        return {path: entry for path, entry in self.walk(tree) if entry.type != "tree"}

    def find(self, tree: str, path: str) -> Entry | None:
        """The entry at a path; the root itself for the empty path; None if there is nothing."""
        entry = Entry(DIRECTORY, tree)
        for name in filter(None, path.split("/")):
            if entry.type != "tree" or name not in self.tree(entry.sha):
                return None
            entry = self.tree(entry.sha)[name]
        return entry

    def with_files(self, tree: str, changes: Mapping[str, Entry | None]) -> str:
        """The tree after `changes`; None removes the path (a file, or a directory with all it holds)."""
        level = dict(self.tree(tree))
        below: dict[str, dict[str, Entry | None]] = {}
        for path, entry in changes.items():
            name, _, rest = path.partition("/")
            if rest:
                below.setdefault(name, {})[rest] = entry
            elif entry is None:
                level.pop(name, None)
            else:
                level[name] = entry
        for name, deeper in below.items():
            old = level.get(name)
            child = self.with_files(old.sha if old and old.type == "tree" else EMPTY_TREE, deeper)
            level.pop(name, None)
            if child != EMPTY_TREE:
                level[name] = Entry(DIRECTORY, child)
        return self.add_tree(level)

    # --- history -------------------------------------------------------------------------------------------

    def history(self, sha: str) -> list[Commit]:
        """A commit and all its ancestors, nearest first."""
        seen, order, queue = {sha}, list[Commit](), deque([sha])
        while queue:
            commit = self.commit(queue.popleft())
            order.append(commit)
            fresh = [parent for parent in commit.parents if parent not in seen]
            seen.update(fresh)
            queue.extend(fresh)
        return order

    def is_ancestor(self, old: str, new: str) -> bool:
        """Whether a branch can move from `old` to `new` without losing commits."""
        return any(commit.sha == old for commit in self.history(new))

    def merge_base(self, one: str, other: str) -> str | None:
        """The nearest common ancestor that is no ancestor of another one; None for unrelated histories."""
        shared = {commit.sha for commit in self.history(one)}
        common = [commit for commit in self.history(other) if commit.sha in shared]
        covered = {parent for commit in common for parent in commit.parents}
        return next((commit.sha for commit in common if commit.sha not in covered), None)

    def missing_from(self, base: str, head: str) -> list[Commit]:
        """Commits of `head` that `base` has not (`git log base..head`), oldest first."""
        known = {commit.sha for commit in self.history(base)}
        return [commit for commit in reversed(self.history(head)) if commit.sha not in known]

    def merged_tree(self, base: str, ours: str, theirs: str) -> str:
        """Three-way merge of three commits' trees; MergeConflictError when a file changed on both sides."""
        old, mine, yours = (self.files(self.commit(sha).tree) for sha in (base, ours, theirs))
        changes: dict[str, Entry | None] = {}
        for path in old.keys() | yours.keys():
            if yours.get(path) == old.get(path) or yours.get(path) == mine.get(path):
                continue
            if mine.get(path) != old.get(path):
                raise MergeConflictError(path)
            changes[path] = yours.get(path)
        return self.with_files(self.commit(ours).tree, changes)


def _sort_key(name: str, entry: Entry) -> bytes:
    return f"{name}/".encode() if entry.type == "tree" else name.encode()


def _known(things: Mapping[str, Thing], sha: str) -> Thing:
    try:
        return things[sha]
    except KeyError:
        raise UnknownObjectError(sha) from None
