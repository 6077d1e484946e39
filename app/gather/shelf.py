"""Files of the default branch that were prepared for a bad day: where they lie, without reading them."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass

from app.gather.rules import Connect
from app.github.errors import Denied, NotFound, TooLarge
from app.model import Place, Refusal, Shelf


@dataclass(frozen=True, slots=True)
class Shelves:
    """Reads GitHub through `connect`, and raises what that raises."""

    connect: Connect

    async def of(self, place: Place, paths: Collection[str]) -> Shelf | Refusal:
        """Those of `paths` that there are; or why GitHub does not show them."""
        there = await self.connect(place)
        try:
            base = await there.default_branch()
            tip = await there.branch(base)
            tree = await there.tree(tip) if tip is not None else None
        except (Denied, NotFound, TooLarge) as error:
            return Refusal(f"GitHub does not show the default branch ({error.status})")
        if tip is None or tree is None:
            return Refusal("the default branch is gone")
        if tree.truncated:
            return Refusal("the repository has more files than GitHub lists")
        files = {one.path: (one.mode, one.sha) for one in tree.entries if one.kind == "blob" and one.path in paths}
        return Shelf(base, tip, files)
