"""What the change touches, and where it left its base."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace

from app.gather.patched import Patch
from app.github.records import Commit, Comparison
from app.github.repository import Repository
from checks.model import ChangeFacts, Missing, Pull


@dataclass(frozen=True, slots=True)
class Changed:
    """The pull request with its base pinned, its files, and the commit where it left its base, if that is known."""

    pull: Pull
    facts: ChangeFacts | Missing
    forked: Commit | None = None
    patches: Mapping[str, Patch] = field(default_factory=dict)


async def change(repository: Repository, pull: Pull, listed: int | None) -> Changed:
    """What the change touches. `listed`: how many files GitHub says there are.

    One comparison gives base, merge base, commits and up to 300 files; only a larger change is listed page by page.
    """
    group_on = pull.base_sha if pull.number is None else ""  # perhaps the entry before it in the queue
    compared = await repository.compare(group_on or pull.base_ref, pull.head_sha)
    pull = replace(pull, base_sha=compared.base_sha, merge_base_sha=compared.merge_base.sha)
    whole = len(compared.files) == listed or not compared.truncated
    if pull.number is None or whole:
        facts = ChangeFacts(compared.files, compared.messages, truncated=not whole)
        return Changed(pull, facts, compared.merge_base, _patches(compared))
    files = await repository.pull_files(pull.number)
    facts = ChangeFacts(files, compared.messages, truncated=len(files) < (listed or 0))
    return Changed(pull, facts, compared.merge_base, _patches(compared))


def _patches(compared: Comparison) -> Mapping[str, Patch]:
    blobs = {file.path: file.blob_sha for file in compared.files}
    return {path: Patch(text, blobs[path]) for path, text in compared.patches.items()}
