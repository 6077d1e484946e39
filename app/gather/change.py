"""What the change touches, and where it left its base."""

from __future__ import annotations

from dataclasses import replace

from app.github.repository import Repository
from checks.model import ChangeFacts, Pull


async def change(repository: Repository, pull: Pull, listed: int | None) -> tuple[Pull, ChangeFacts]:
    """The pull request with its base pinned, and its files. `listed`: how many GitHub says there are.

    One comparison gives base, merge base, commits and up to 300 files; only a larger change is listed page by page.
    """
    group_on = pull.base_sha if pull.number is None else ""  # perhaps the entry before it in the queue
    compared = await repository.compare(group_on or pull.base_ref, pull.head_sha)
    pull = replace(pull, base_sha=compared.base_sha, merge_base_sha=compared.merge_base.sha)
    whole = len(compared.files) == listed or not compared.truncated
    if pull.number is None or whole:
        return pull, ChangeFacts(compared.files, compared.messages, truncated=not whole)
    files = await repository.pull_files(pull.number)
    return pull, ChangeFacts(files, compared.messages, truncated=len(files) < (listed or 0))
