"""One check run a name and head: made once, then edited, however often we are killed in between."""

from __future__ import annotations

import hashlib
import json
from dataclasses import asdict, dataclass, replace

from app.github.errors import NotFound
from app.github.repository import CheckRunFields, Repository
from app.model import OWN_RUN, Annotation, BeginCheckRun, CheckRunText, ForgetCheckRuns, WriteCheckRun
from app.store.effects import Effect, Effects


@dataclass(frozen=True, slots=True)
class CheckRunWriter:
    """Writes check runs of one repository."""

    repository: Repository
    effects: Effects
    own_app: int

    async def begin(self, action: BeginCheckRun) -> None:
        """Show `action.name` in progress, unless it already says something."""
        key = self._key(action.head_sha, action.name)
        effect = await self.effects.get(key)
        if effect is None or not effect.digest:
            await self._put(key, effect, WriteCheckRun(action.name, action.head_sha, None, action.words))

    async def said(self, action: WriteCheckRun) -> bool:
        """Does GitHub already show these words?"""
        effect = await self.effects.get(self._key(action.head_sha, action.name))
        return effect is not None and effect.digest == _digest(action)

    async def write(self, action: WriteCheckRun) -> None:
        """Show `action`."""
        key = self._key(action.head_sha, action.name)
        await self._put(key, await self.effects.get(key), action)

    async def forget(self, action: ForgetCheckRuns) -> None:
        """GitHub reset our runs on this head: whatever they said, say it again."""
        await self.effects.forget_words(self._key(action.head_sha, ""))

    async def _put(self, key: str, effect: Effect | None, action: WriteCheckRun) -> None:
        remote = await self._remote(key, effect, action)
        sent = effect.sent if effect else frozenset()
        fresh = [a for a in action.words.annotations if _digest(a) not in sent]  # GitHub appends, never replaces
        fields = _fields(replace(action.words, annotations=tuple(fresh)), action.conclusion)
        if remote is not None:
            try:
                await self.repository.update_check_run(remote, **fields)
            except NotFound:  # deleted under us
                remote = None
        if remote is None:
            fields["external_id"] = _external_id(key)
            remote = await self.repository.create_check_run(name=action.name, head_sha=action.head_sha, **fields)
        await self.effects.record(key, Effect(remote, _digest(action), sent | {_digest(a) for a in fresh}))

    async def _remote(self, key: str, effect: Effect | None, action: WriteCheckRun) -> int | None:
        """The id of our run. An attempt whose outcome we never learned is looked for before it is made again."""
        if effect is None:
            await self.effects.begin(key)
            return None
        if effect.remote_id is not None:
            return effect.remote_id
        runs = await self.repository.check_runs(action.head_sha)
        ours = (run for run in runs if run.app_id in {self.own_app, None})
        return next((run.id for run in ours if run.external_id == _external_id(key)), None)

    def _key(self, head_sha: str, name: str) -> str:
        return f"{self.repository.full_name}/check/{head_sha}/{name}"


def _fields(words: CheckRunText, conclusion: str | None) -> CheckRunFields:
    """Buttons show only once the run is completed, so they are sent only then."""
    if conclusion is None:
        return {"status": "in_progress", "output": replace(words, buttons=())}
    return {"conclusion": conclusion, "output": words}


def _external_id(key: str) -> str:
    return f"{OWN_RUN}{hashlib.sha256(key.encode()).hexdigest()[:32]}"


def _digest(said: WriteCheckRun | Annotation) -> str:
    return hashlib.sha256(json.dumps(asdict(said), sort_keys=True).encode()).hexdigest()
