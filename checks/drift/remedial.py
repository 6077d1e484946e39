"""Whether a change is what Maestro itself proposed to end a module's drift: that is not held up by the drift."""

from __future__ import annotations

from collections.abc import Sequence

from checks.drift.alarm import Acted
from checks.drift.block import Module
from checks.globs import matches
from checks.model import FileChange, Pull


def places(file: FileChange, module: Module) -> tuple[str, ...]:
    """The paths of the module that the file has, or had before a rename."""
    return tuple(path for path in (file.path, file.previous) if path and matches(path, module.paths))


def remedial(pull: Pull, files: Sequence[FileChange], module: Module, acted: Acted) -> bool:
    """Whether it is the pull request that was opened for this drift, or a merge group with it, and of the module
    nothing but the files changes that its rules have put in place.

    The number is the one that GitHub gave us, so a branch that is called alike, or a fork's, is not taken for it.
    """
    if acted.pull is None or pull.from_fork:
        return False
    live = {one.live for one in module.remediation.files}
    return _numbered(pull, acted.pull) and all(path in live for file in files for path in places(file, module))


def _numbered(pull: Pull, number: int) -> bool:
    """GitHub calls the branch of a merge group `gh-readonly-queue/<base>/pr-<number>-<commit>`."""
    return pull.number == number if pull.number is not None else f"/pr-{number}-" in pull.head_ref
