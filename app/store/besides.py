"""What is known of a pull request beside what was decided of it, over all that is kept."""

from __future__ import annotations

from dataclasses import dataclass

from app.model import Beside
from app.store.commands import Commands
from app.store.remediations import Remediations
from checks.model import Pull
from program.arms import Ladder


@dataclass(frozen=True, slots=True)
class Besides:
    """Reads it from where each part is kept."""

    commands: Commands
    remediations: Remediations

    async def of(self, pull: Pull, ladder: Ladder | None) -> Beside:
        """What stands beside the decision on `pull`, whose rules name `ladder`; nothing beside a merge group's."""
        del ladder
        if pull.number is None:
            return Beside()
        asked = await self.commands.ended(pull.repository, pull.number)
        begun = await self.remediations.of_pull(pull.repository, pull.number)
        return Beside(tuple(asked), begun[-1] if begun else None)
