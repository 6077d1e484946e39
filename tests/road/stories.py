"""Repositories and changes that the road's tests tell their stories with."""

from __future__ import annotations

from app.github.sandbox import Repo, Sandbox

CONTRACT = "version: 1\ncontract: {mode: block, post: {tests: pass}}\n"
PERF = "version: 1\ncontract: {mode: block, post: {perf_p95_ms: {lt: 250}}}\n"
SBOM = "version: 1\nsbom: {mode: block, paths: [sbom.json], licenses: {deny: [AGPL-3.0-only]}}\n"
PATH = ".github/maestro.yml"


def shop(sandbox: Sandbox, rules: str | None, **files: str) -> Repo:
    """octo/shop with these rules on its base branch; alice may write, carol may read."""
    config = {} if rules is None else {PATH: rules}
    return sandbox.repository(
        "octo/shop",
        {"a.py": "x = 1\n", **config, **files},
        collaborators={"alice": "write", "carol": "read", "root": "admin"},
    )


def change(repo: Repo, branch: str = "fix", **files: str) -> tuple[int, str]:
    """A pull request of one commit: its number and head."""
    sha = repo.commit(branch, files or {"a.py": "x = 2\n"}, message="Correct x")
    return repo.open_pull("Correct x", branch), sha
