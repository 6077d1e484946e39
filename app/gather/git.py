"""Reading a local git checkout through the `git` command: nothing of its owner's is run, fetched or written.

A repository can ask git to run things: hooks, a file watcher, diff drivers, filters, a signature program, a remote
helper. So git reads it here from inside its own directory, as if it had neither working tree nor index, with every
such wish overruled. What it tells then depends on the commits alone: `.gitattributes` cannot make lines uncounted.
"""

from __future__ import annotations

import asyncio
import os
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

from checks.model import FileChange

MOST_MESSAGES = 250  # as many commits as GitHub's comparison lists
_QUIET = {
    "GIT_ALLOW_PROTOCOL": "",  # no transport at all: a partial clone would fetch what it lacks
    "GIT_ATTR_NOSYSTEM": "1",
    "GIT_NO_LAZY_FETCH": "1",
    "GIT_NO_REPLACE_OBJECTS": "1",  # a sha means what it says
    "GIT_OPTIONAL_LOCKS": "0",
    "GIT_PAGER": "cat",
    "GIT_TERMINAL_PROMPT": "0",
    "LC_ALL": "C",
}
_OVERRULED = (
    f"core.attributesFile={os.devnull}",
    "core.fsmonitor=false",
    f"core.hooksPath={os.devnull}",
    "log.showSignature=false",
)
# What a caller that is itself a git hook inherits: these would lead to another repository than the one asked for.
_ELSEWHERE = (
    "GIT_ALTERNATE_OBJECT_DIRECTORIES",
    "GIT_COMMON_DIR",
    "GIT_DIR",
    "GIT_EXTERNAL_DIFF",
    "GIT_GRAFT_FILE",
    "GIT_INDEX_FILE",
    "GIT_NAMESPACE",
    "GIT_OBJECT_DIRECTORY",
    "GIT_PREFIX",
    "GIT_SHALLOW_FILE",
    "GIT_WORK_TREE",
)
_STATUS = {"A": "added", "M": "modified", "D": "removed", "R": "renamed", "C": "copied", "T": "changed"}


class GitError(Exception):
    """git could not answer; the message is its own first line."""


@dataclass(frozen=True, slots=True)
class Git:
    """One checkout: the top of its working tree, and git's own directory."""

    root: Path
    directory: Path

    @classmethod
    async def at(cls, place: Path) -> Git:
        """The checkout that holds `place`. Raises GitError, also for one whose owner git does not trust."""
        root = await _output("-C", str(place), "rev-parse", "--show-toplevel")
        directory = await _output("-C", str(place), "rev-parse", "--absolute-git-dir")
        return cls(*(Path(os.fsdecode(path.removesuffix(b"\n"))) for path in (root, directory)))

    async def commit(self, ref: str) -> str:
        """The commit that `ref` names. Raises GitError for what is no commit."""
        named = await self.run("rev-parse", "--verify", "--quiet", "--end-of-options", f"{ref}^{{commit}}")
        return named.decode().strip()

    async def merge_base(self, base: str, head: str) -> str:
        """The best common ancestor, or "" when there is none."""
        try:
            return (await self.run("merge-base", base, head)).decode().strip()
        except GitError:
            return ""

    async def line(self, sha: str, most: int) -> tuple[str, ...]:
        """Commit `sha` and those that its branch was at before it, the newest first, at most so many."""
        listed = await self.run("rev-list", "--first-parent", f"--max-count={most}", sha, "--")
        return tuple(listed.decode().split())

    async def shallow(self) -> bool:
        """Whether the history was cut off when it was fetched."""
        return (await self.run("rev-parse", "--is-shallow-repository")).strip() == b"true"

    async def files(self, sha: str) -> Mapping[str, str]:
        """Every file of commit `sha`, path → blob. Bytes of a name that are not UTF-8 are shown as `\\xff`."""
        listed = await self.run("ls-tree", "-r", "-z", "--full-tree", sha)
        entries = (entry.partition(b"\t") for entry in listed.split(b"\0") if entry)
        described = ((_name(path), *about.decode().split()) for about, _, path in entries)
        return {path: blob for path, _mode, kind, blob in described if kind == "blob"}

    async def size(self, blob: str) -> int:
        """How many bytes `blob` holds."""
        return int(await self.run("cat-file", "-s", blob))

    async def content(self, blob: str) -> bytes:
        """What `blob` holds. Raises GitError where it was never fetched."""
        return await self.run("cat-file", "blob", blob)

    async def changes(self, base: str, head: str) -> tuple[FileChange, ...]:
        """Files that differ between two commits, with their line counts (0 for binary files), renames found."""
        how = ("-r", "-z", "-M", "-l1000", "--no-ext-diff", "--no-textconv", "--ignore-submodules=none")
        fields = iter((await self.run("diff-tree", *how, "--raw", "--numstat", base, head, "--")).split(b"\0"))
        return tuple(_changes(fields))

    async def messages(self, base: str, head: str) -> tuple[str, ...]:
        """Messages of the commits that `head` has and `base` lacks, newest last."""
        listed = await self._log("--reverse", "--format=%B%x00", "-n", str(MOST_MESSAGES), f"{base}..{head}")
        return tuple(text.strip() for text in listed.split("\0") if text.strip())

    async def described(self, sha: str) -> tuple[str, str]:
        """The author's name of commit `sha`, and the first line of its message."""
        author, _, subject = (await self._log("-1", "--format=%an%x00%s", sha)).partition("\0")
        return author.strip(), subject.strip()

    async def committed_at(self, sha: str) -> str:
        """When commit `sha` was committed, RFC 3339 in UTC."""
        seconds = (await self._log("-1", "--format=%ct", sha)).strip()
        return datetime.fromtimestamp(int(seconds), UTC).strftime("%Y-%m-%dT%H:%M:%SZ")

    async def branch(self, ref: str) -> str:
        """The branch that `ref`, which names a commit, stands for; `ref` itself when it is not one."""
        named = await self.run("rev-parse", "--symbolic-full-name", "--end-of-options", ref)
        full = named.decode("utf-8", "replace").strip().rpartition("\n")[2]
        return full.removeprefix("refs/heads/") if full.startswith("refs/heads/") else ref

    async def run(self, *arguments: str) -> bytes:
        """The output of `git <arguments>`, which finds neither attributes nor an index where it runs."""
        place = {"GIT_DIR": ".", "GIT_WORK_TREE": ".", "GIT_INDEX_FILE": "no-index"}
        return await _output("-C", str(self.directory), *arguments, **place)

    async def _log(self, *arguments: str) -> str:
        said = await self.run("log", "--encoding=UTF-8", "--no-show-signature", *arguments, "--")
        return said.decode("utf-8", "replace")


async def _output(*arguments: str, **place: str) -> bytes:
    overruled = (word for setting in _OVERRULED for word in ("-c", setting))
    inherited = {name: value for name, value in os.environ.items() if name not in _ELSEWHERE}
    process = await asyncio.create_subprocess_exec(
        "git",
        *overruled,
        *arguments,
        stdin=asyncio.subprocess.DEVNULL,
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.PIPE,
        env={**inherited, **_QUIET, **place},
    )
    output, complaint = await process.communicate()
    if process.returncode:
        said = complaint.decode("utf-8", "replace").strip().partition("\n")[0]
        raise GitError(said.removeprefix("fatal: ") or "git found nothing")
    return output


def _changes(fields: Iterator[bytes]) -> Iterator[FileChange]:
    """What `git diff-tree -z --raw --numstat` lists: first every file's blobs and status, then its line counts."""
    listed: list[FileChange] = []
    counts: dict[str, tuple[int, int]] = {}
    for field in fields:
        if field.startswith(b":"):
            listed.append(_listed(field.decode().split(), fields))
        elif field:
            added, deleted, name = field.split(b"\t", 2)
            path = name or [next(fields), next(fields)][1]  # a rename's two paths follow in fields of their own
            counts[_name(path)] = (_number(added), _number(deleted))
    for file in listed:
        added_lines, deleted_lines = counts.get(file.path, (0, 0))
        yield FileChange(file.path, added_lines, deleted_lines, file.status, file.previous, file.blob_sha)


def _listed(about: list[str], fields: Iterator[bytes]) -> FileChange:
    """One file of the raw list; `about`: modes, blobs and the letter of its status."""
    blob, letter = about[3], about[4][0]
    first = _name(next(fields))
    path, previous = (_name(next(fields)), first) if letter in "RC" else (first, "")
    return FileChange(path, 0, 0, _STATUS.get(letter, "modified"), previous, "" if letter == "D" else blob)


def _name(path: bytes) -> str:
    return path.decode("utf-8", "backslashreplace")


def _number(count: bytes) -> int:
    return int(count) if count.isdigit() else 0
