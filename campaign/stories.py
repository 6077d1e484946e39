"""Small stories of one pull request each, drawn by a seed: the same seed tells the same story in any repository."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from random import Random

from app.github.sandbox import Repo, Sandbox
from app.model import CARD_MARKER, REPLY_MARKER
from tests.road.stories import CONTRACT, PATH
from tests.road.town import DECISION, GREEN

_RULES = (CONTRACT, CONTRACT, GREEN)
_CHECKS = ("unit", "lint")
_VERBS = ("help", "zzb", "zzc", "zzd", "zze", "zzf")  # all but the first are unknown, which is answered, too


@dataclass(slots=True)
class Story:
    """One pull request, and what was done to it so far. `asked`: the ids of the comments that held commands."""

    repo: Repo
    number: int
    heads: list[str]
    asked: list[int] = field(default_factory=list)

    @property
    def head(self) -> str:
        """What would be merged."""
        return self.heads[-1]

    @property
    def card(self) -> str:
        """The body of the first card; "" where there is none."""
        return next(iter(self.cards), "")

    @property
    def cards(self) -> list[str]:
        """The bodies of all cards."""
        return [one.body for one in self.repo.comments(self.number) if one.body.startswith(CARD_MARKER)]

    @property
    def answered(self) -> list[int]:
        """The ids of the comments that were answered, in the order of the answers."""
        bodies = (one.body for one in self.repo.comments(self.number) if one.body.startswith(REPLY_MARKER))
        return [int(body.removeprefix(REPLY_MARKER).split()[0]) for body in bodies]

    @property
    def told(self) -> bool:
        """Does GitHub show our word on the newest head?"""
        names = {run.name for run in self.repo.check_runs(self.head)}
        return DECISION in names and f"`{self.head[:7]}`" in self.card


def begin(sandbox: Sandbox, owner: str, seed: int) -> Story:
    """Open the pull request, in a repository and an installation of its own: a write budget is an installation's."""
    dice = Random(seed)
    files = {"a.py": "x = 1\n", PATH: dice.choice(_RULES)}
    repo = sandbox.repository(f"{owner}/shop", files, collaborators={"alice": "write"})
    sha = repo.commit("fix", {"a.py": f"x = {dice.randint(2, 9)}\n"}, message="Correct x")
    if dice.random() < 0.5:
        repo.report_check(sha, "unit")
    return Story(repo, repo.open_pull("Correct x", "fix"), [sha])


def go_on(story: Story, seed: int) -> None:
    """What happens to it after it was opened: two to five things."""
    dice = Random(seed + 1)
    for _ in range(dice.randint(2, 5)):
        dice.choice(_STEPS)(story, dice)


def tell(sandbox: Sandbox, owner: str, seed: int) -> Story:
    """The whole story."""
    story = begin(sandbox, owner, seed)
    go_on(story, seed)
    return story


def _push(story: Story, dice: Random) -> None:
    story.heads.append(story.repo.commit("fix", {"a.py": f"x = {dice.randint(10, 10**6)}\n"}))


def _green(story: Story, dice: Random) -> None:
    story.repo.report_check(story.head, dice.choice(_CHECKS))


def _red(story: Story, dice: Random) -> None:
    story.repo.report_check(story.head, dice.choice(_CHECKS), conclusion="failure")


def _running(story: Story, dice: Random) -> None:
    story.repo.report_check(story.head, dice.choice(_CHECKS), "in_progress", None)


def _command(story: Story, _dice: Random) -> None:
    verb = _VERBS[len(story.asked)]
    story.asked.append(story.repo.comment(story.number, "alice", f"/maestro {verb}"))


_STEPS: tuple[Callable[[Story, Random], None], ...] = (_push, _green, _green, _red, _running, _command)
