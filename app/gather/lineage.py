"""Where a change left its base, and what the base branch was before that: commits along first parents."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Iterable, Sequence

from app.github.records import Commit

MOST = 30  # commits that are looked at, the first among them

History = Callable[[str], Awaitable[Iterable[Commit]]]


async def no_history(_sha: str) -> Iterable[Commit]:
    """For whoever cannot tell of any commit whether it was green: nothing lies before the first."""
    return ()


class Lineage:
    """The commits from `forked` back. `history` is asked once, and only when one before the first is wanted."""

    def __init__(self, forked: Commit, history: History = no_history) -> None:
        self.forked = forked
        self._history = history
        self._line: list[Commit] | None = None

    async def at(self, behind: int) -> Commit | None:
        """The commit that lies so many before where the change left its base; None past the last that is known."""
        if behind == 0:
            return self.forked
        line = await self.line()
        return line[behind] if behind < len(line) else None

    async def line(self) -> Sequence[Commit]:
        """All of them, the newest first."""
        if self._line is None:
            self._line = self._followed(await self._history(self.forked.sha))
        return self._line

    def _followed(self, listed: Iterable[Commit]) -> list[Commit]:
        """Those of `listed` that the branch itself was at: side branches came in as a second parent."""
        known = {commit.sha: commit for commit in listed}
        line = [self.forked]
        while len(line) < MOST and line[-1].parents and line[-1].parents[0] in known:
            line.append(known[line[-1].parents[0]])
        return line
