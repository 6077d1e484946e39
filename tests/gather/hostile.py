"""A repository whose own configuration asks git to run things: each would leave a mark in the canary file."""

from __future__ import annotations

from pathlib import Path

from tests.gather.repositories import Repo


def arm(repo: Repo, canary: Path) -> None:
    """Set every trap that a checkout's `.git` and its attributes can hold."""
    script = canary.with_suffix(".sh")
    script.write_text(f'#!/bin/sh\necho "$0 $*" >> "{canary}"\nexit 1\n')
    script.chmod(0o755)
    hooks = canary.with_suffix(".hooks")
    hooks.mkdir()
    for hook in ("post-index-change", "post-checkout", "reference-transaction", "pre-auto-gc", "fsmonitor-watchman"):
        (hooks / hook).write_bytes(script.read_bytes())
        (hooks / hook).chmod(0o755)
    for name, value in {
        "alias.diff-tree": f"!{script}",
        "alias.log": f"!{script}",
        "alias.rev-parse": f"!{script}",
        "core.alternateRefsCommand": str(script),
        "core.askPass": str(script),
        "core.editor": str(script),
        "core.fsmonitor": str(script),
        "core.hooksPath": str(hooks),
        "core.pager": str(script),
        "core.sshCommand": str(script),
        "credential.helper": f"!{script}",
        "diff.canary.command": str(script),
        "diff.canary.textconv": str(script),
        "diff.external": str(script),
        "filter.canary.clean": str(script),
        "filter.canary.process": str(script),
        "filter.canary.required": "true",
        "filter.canary.smudge": str(script),
        "gpg.program": str(script),
        "log.showSignature": "true",
        "pager.diff": str(script),
        "pager.log": str(script),
        "protocol.ext.allow": "always",
        "remote.origin.promisor": "true",
        "remote.origin.uploadpack": str(script),
        "remote.origin.url": f"ext::{script} %S",
    }.items():
        repo.git("config", name, value)
    (repo.root / ".git" / "info").mkdir(exist_ok=True)
    (repo.root / ".git" / "info" / "attributes").write_text("* diff=canary filter=canary\n")


def signed(repo: Repo, sha: str) -> str:
    """The commit `sha` again, under a signature, so that git has one to show."""
    content = repo.git("cat-file", "commit", sha)
    head, _, message = content.partition("\n\n")
    signature = "gpgsig -----BEGIN PGP SIGNATURE-----\n \n wsBcBAABCAAQBQJ\n -----END PGP SIGNATURE-----"
    written = repo.root.parent / "signed-commit"
    written.write_text(f"{head}\n{signature}\n\n{message}\n")
    return repo.git("hash-object", "-t", "commit", "-w", "--no-filters", str(written))
