"""The words of a proposed fix: what is vulnerable, why it is here, what changes, and why to this version."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import PurePosixPath

from app.github.limits import COMMENT_CUT
from app.model import Fix, FixState, FixText
from app.render.escape import Markdown, reference, subject
from app.render.templates import render
from checks.sbom.repair import Repair

SHOWN = 20  # advisories, files and steps of a trail: beyond that nobody reads

# How a lock file follows its manifest; who has no workflow for it does it by hand.
_RELOCK = {
    "Cargo.lock": "cargo update --workspace",
    "Gemfile.lock": "bundle lock",
    "bun.lock": "bun install",
    "go.sum": "go mod tidy",
    "npm-shrinkwrap.json": "npm install --package-lock-only",
    "package-lock.json": "npm install --package-lock-only",
    "pdm.lock": "pdm lock",
    "pnpm-lock.yaml": "pnpm install --lockfile-only",
    "poetry.lock": "poetry lock",
    "requirements.txt": "uv pip compile",
    "uv.lock": "uv lock",
    "yarn.lock": "yarn install",
}
# The same, where nobody knows which lock files there are.
_PERHAPS = {
    "Cargo.toml": "cargo update --workspace",
    "Gemfile": "bundle lock",
    "go.mod": "go mod tidy",
    "package.json": "npm install --package-lock-only",
    "pyproject.toml": "uv lock",
}


@dataclass(frozen=True, slots=True)
class FixRenderer:
    """Words for GitHub."""

    def fix(self, repair: Repair, fix: Fix, workflow: str) -> FixText:
        """What `fix` says, which makes `repair`."""
        body = render(
            "fix.md.j2",
            repair=repair,
            target=fix.target,
            origin=_pull(fix.source),
            left=fix.state is FixState.LEFT,
            workflow=workflow,
            shown=SHOWN,
            locks=[(path, _RELOCK.get(PurePosixPath(path).name, "")) for path in repair.locks],
            perhaps=[(one.path, command) for one in repair.splices if (command := _perhaps(one.path))],
        )
        return FixText(title(repair), body[:COMMENT_CUT])

    def superseded(self, newer: int) -> str:
        """The last words on a fix that another one stands in for."""
        return _last_words(newer=_pull(newer))

    def unmendable(self, target: str) -> str:
        """The last words on a fix that no longer merges, where nothing can be planned that does."""
        return _last_words(overtaken=target)

    def moot(self, target: str, source: int | None = None) -> str:
        """The last words on a fix that nothing is left for, on `target`; or whose pull request `source` is closed."""
        return _last_words(origin=_pull(source), target=target)


def _last_words(
    newer: Markdown | None = None, overtaken: str = "", origin: Markdown | None = None, target: str = ""
) -> str:
    return render("fix_closed.md.j2", newer=newer, overtaken=overtaken, origin=origin, target=target)


def _perhaps(path: str) -> str:
    name = PurePosixPath(path).name
    return "uv pip compile" if name.endswith(".in") else _PERHAPS.get(name, "")


def _pull(number: int | None) -> Markdown | None:
    return None if number is None else reference(number)


def title(repair: Repair) -> str:
    """One plain line that mentions nobody and no issue: it is a commit's message, too, where nothing can be escaped.

    A package is named as its package URL names it, in which `@` and `#` are percent-encoded.
    """
    verb = {"raise": "Raise", "override": "Settle", "revert": "Put back"}[repair.way]
    said = f"{verb} {repair.purl.removeprefix('pkg:')} {'at' if repair.way == 'override' else 'to'} {repair.version}"
    return subject(said)
