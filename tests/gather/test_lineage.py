from collections.abc import Iterable

from app.gather.lineage import MOST, Lineage
from app.github.records import Commit


def chain(length: int) -> list[Commit]:
    """c0, the newest, down to the first."""
    return [Commit(f"c{n}", (f"c{n + 1}",) if n + 1 < length else ()) for n in range(length)]


class Listed:
    """A history that counts how often it is asked."""

    def __init__(self, commits: Iterable[Commit]) -> None:
        self.commits = list(commits)
        self.asked: list[str] = []

    async def __call__(self, sha: str) -> Iterable[Commit]:
        self.asked.append(sha)
        return self.commits


async def walked(lineage: Lineage) -> list[str]:
    found, behind = [], 0
    while (commit := await lineage.at(behind)) is not None:
        found.append(commit.sha)
        behind += 1
    return found


async def test_the_first_commit_costs_nothing_and_all_others_one_question() -> None:
    history = Listed(chain(4))
    lineage = Lineage(chain(4)[0], history)
    assert (await lineage.at(0)) == chain(4)[0]
    assert history.asked == []
    assert await walked(lineage) == ["c0", "c1", "c2", "c3"]
    assert await walked(lineage) == ["c0", "c1", "c2", "c3"]
    assert history.asked == ["c0"]


async def test_side_branches_are_not_the_base() -> None:
    merge = Commit("m", ("c1", "side"))
    listed = [merge, Commit("side", ("c2",)), *chain(4)[1:]]
    assert await walked(Lineage(merge, Listed(listed))) == ["m", "c1", "c2", "c3"]


async def test_it_ends_where_the_list_ends_and_where_nobody_looks_further() -> None:
    assert await walked(Lineage(chain(9)[0], Listed(chain(9)[:3]))) == ["c0", "c1", "c2"]
    assert len(await walked(Lineage(chain(99)[0], Listed(chain(99))))) == MOST
    assert await walked(Lineage(Commit("only", ("unknown",)))) == ["only"]
