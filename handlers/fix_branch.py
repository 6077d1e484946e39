"""The name of a fix's branch: made of what it is for, and of nothing that steers it anywhere else. Pure."""

from __future__ import annotations

import hashlib
import re

from app.model import FIX_BRANCH

_FOREIGN = re.compile(r"[^A-Za-z0-9]+")
_DIGEST = 8  # hexadecimal digits: two names that read alike still differ
_TARGET, _PACKAGE, _VERSION = 40, 60, 30  # characters; GitHub takes 244 bytes of a branch's name in all


def fix_branch(target: str, purl: str, version: str, attempt: int = 1) -> str:
    """The branch from which `purl` (without version) is moved to `version` on `target`, for the `attempt`-th time.

    Always four parts deep, so that none can stand in the way of another; a git ref for any input
    (git-check-ref-format: no dots side by side, no `.lock`, no `@{`, no blanks).

    >>> fix_branch("feature/pay", "pkg:npm/%40babel/core", "7.2.1")
    'maestro/fix/feature-pay/npm-40babel-core-7-2-1-f1e65a1a'
    """
    said = "\0".join((target, purl, version, str(attempt)))
    digest = hashlib.sha256(said.encode("utf-8", "replace")).hexdigest()[:_DIGEST]
    package = _slug(purl.removeprefix("pkg:"), _PACKAGE)
    return f"{FIX_BRANCH}{_slug(target, _TARGET)}/{package}-{_slug(version, _VERSION)}-{digest}"


def _slug(text: str, longest: int) -> str:
    """Letters and digits of ASCII with single dashes between them, at least one of them."""
    return _FOREIGN.sub("-", text[: 4 * longest])[:longest].strip("-") or "x"
