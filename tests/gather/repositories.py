"""Real git repositories: made by git itself, the same to the last sha on every machine."""

from __future__ import annotations

import os
import subprocess
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

_WHO = {
    "GIT_AUTHOR_NAME": "Ada",
    "GIT_AUTHOR_EMAIL": "ada@example.org",
    "GIT_AUTHOR_DATE": "2026-01-02T03:04:05Z",
    "GIT_COMMITTER_NAME": "Ada",
    "GIT_COMMITTER_EMAIL": "ada@example.org",
    "GIT_COMMITTER_DATE": "2026-01-02T03:04:05Z",
    "GIT_CONFIG_GLOBAL": os.devnull,
    "GIT_CONFIG_NOSYSTEM": "1",
    "LC_ALL": "C",
}


@dataclass(frozen=True)
class Repo:
    """One checkout, and git to work in it."""

    root: Path

    def git(self, *words: str | bytes, check: bool = True) -> str:
        """What git says."""
        ran = subprocess.run(
            ["git", *words],
            cwd=self.root,
            env={**os.environ, **_WHO},
            stdin=subprocess.DEVNULL,
            capture_output=True,
            check=check,
            timeout=60,
        )
        return ran.stdout.decode("utf-8", "replace").strip()

    def commit(self, files: Mapping[str, str | bytes | None], message: str = "Change") -> str:
        """Commit these files on the branch at hand (None: removed); the new sha."""
        for name, content in files.items():
            path = self.root / name
            if content is None:
                path.unlink()
                continue
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_bytes(content if isinstance(content, bytes) else content.encode())
        self.git("add", "--all")
        self.git("commit", "--allow-empty", "--quiet", "--message", message)
        return self.sha()

    def sha(self, ref: str = "HEAD") -> str:
        """The commit that `ref` names."""
        return self.git("rev-parse", ref)

    def branch(self, name: str = "fix") -> None:
        """Begin a branch here."""
        self.git("switch", "--quiet", "--create", name)


def repository(root: Path, files: Mapping[str, str | bytes | None] | None = None) -> Repo:
    """A repository with `files` on main, or without any commit."""
    root.mkdir(parents=True, exist_ok=True)
    repo = Repo(root)
    repo.git("init", "--quiet", "--initial-branch", "main")
    if files is not None:
        repo.commit(files, "Begin")
    return repo
