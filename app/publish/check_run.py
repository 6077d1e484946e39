"""One check run a name and head: made once, then edited, however often we are killed in between."""

from __future__ import annotations

import hashlib
import json
from dataclasses import asdict, dataclass, replace

from app.github.check_bodies import CheckRunFields
from app.github.errors import NotFound
from app.github.repository import Repository
from app.model import OWN_RUN, Annotation, BeginCheckRun, CheckRunText, ForgetCheckRuns, RetireCheckRuns, WriteCheckRun
from app.publish.account import Told, untold
from app.store.effects import Effect, Effects, check_key


@dataclass(frozen=True, slots=True)
class CheckRunWriter:
    """Writes check runs of one repository."""

    repository: Repository
    effects: Effects
    own_app: int
    told: Told = untold

    async def begin(self, action: BeginCheckRun) -> None:
        """Show `action.name` in progress, unless it already says something."""
        key = self._key(action.head_sha, action.name)
        effect = await self.effects.get(key)
        if effect is None or not effect.digest:
            await self._put(key, effect, WriteCheckRun(action.name, action.head_sha, None, action.words))

    async def said(self, action: WriteCheckRun) -> bool:
        """Does GitHub already show these words?"""
        effect = await self.effects.get(self._key(action.head_sha, action.name))
        return effect is not None and effect.digest == _said(action)

    async def write(self, action: WriteCheckRun) -> None:
        """Show `action`."""
        key = self._key(action.head_sha, action.name)
        await self._put(key, await self.effects.get(key), action)

    async def forget(self, action: ForgetCheckRuns) -> None:
        """Somebody asked for a re-run: whatever our runs on this head said, say it again."""
        await self.effects.forget_words(self._key(action.head_sha, ""))

    async def retire(self, action: RetireCheckRuns) -> None:
        """Let the runs of gates that are no longer asked for say so."""
        kept = {name.lower() for name in action.keep}
        for name in await self.effects.below(self._key(action.head_sha, "")):
            last_word = WriteCheckRun(name, action.head_sha, "success", action.words)
            if name not in kept and not await self.said(last_word):
                await self.write(last_word)

    async def left_open(self, head_sha: str) -> list[str]:
        """The names of our runs on a head that were begun and not completed, in small letters."""
        ours = await self.effects.below(self._key(head_sha, ""))
        return [name for name, effect in ours.items() if not effect.completed]

    async def cancel(self, head_sha: str, name: str, words: CheckRunText) -> None:
        """Conclude the run `name`, which nobody will answer any more. One that never came to be is not made for that.

        Nothing is remembered as said: should the head be the head once more, the run is begun anew.
        """
        key = self._key(head_sha, name)
        was = await self.effects.get(key) or Effect(None, "")
        last_word = WriteCheckRun(name, head_sha, "cancelled", words)
        remote = await self._remote(key, was, last_word)
        if remote is not None and await self._edited(remote, was, last_word):
            over = replace(was, remote_id=remote, digest="", completed=True)
            await self.effects.record(key, over, self.told(last_word))
        else:
            await self.effects.record(key, replace(was, remote_id=None, digest="", completed=True))

    async def _put(self, key: str, effect: Effect | None, action: WriteCheckRun) -> None:
        """Edit the run, or make it. GitHub never opens a completed run again: it would take the words alone."""
        if effect is not None and effect.completed and action.conclusion is None:
            effect = Effect(None, "", generation=effect.generation + 1)
            await self.effects.record(key, effect)
            remote = None
        else:
            remote = await self._remote(key, effect, action)
        was = effect or Effect(None, "")
        if remote is None or not await self._edited(remote, was, action):
            was = replace(was, sent=frozenset())
            remote = await self._made(key, was, action)
        sent = was.sent | {_digest(annotation) for annotation in action.words.annotations}
        said = Effect(remote, _said(action), action.conclusion is not None, was.generation, sent)
        await self.effects.record(key, said, self.told(action))

    async def _edited(self, remote: int, was: Effect, action: WriteCheckRun) -> bool:
        """Edit the run; False when it is gone. Annotations that GitHub has are not sent again: it appends them."""
        fresh = tuple(a for a in action.words.annotations if _digest(a) not in was.sent)
        try:
            await self.repository.update_check_run(remote, **_fields(action, fresh))
        except NotFound:
            return False
        return True

    async def _made(self, key: str, was: Effect, action: WriteCheckRun) -> int:
        fields = _fields(action, action.words.annotations)
        fields["external_id"] = _external_id(key, was.generation)
        return await self.repository.create_check_run(name=action.name, head_sha=action.head_sha, **fields)

    async def _remote(self, key: str, effect: Effect | None, action: WriteCheckRun) -> int | None:
        """The id of our run. An attempt whose outcome we never learned is looked for before it is made again."""
        if effect is None:
            await self.effects.begin(key)
            return None
        if effect.remote_id is not None:
            return effect.remote_id
        runs = await self.repository.check_runs(action.head_sha)
        ours = (run for run in runs if run.app_id in {self.own_app, None})
        name = _external_id(key, effect.generation)
        return next((run.id for run in ours if run.external_id == name), None)

    def _key(self, head_sha: str, name: str) -> str:
        return check_key(self.repository.full_name, head_sha, name)


def _fields(action: WriteCheckRun, annotations: tuple[Annotation, ...]) -> CheckRunFields:
    """Buttons show only once the run is completed, so they are sent only then."""
    words: CheckRunText = replace(action.words, annotations=annotations)
    if action.conclusion is None:
        return {"status": "in_progress", "output": replace(words, buttons=())}
    return {"conclusion": action.conclusion, "output": words}


def _external_id(key: str, generation: int) -> str:
    return f"{OWN_RUN}{hashlib.sha256(f'{key.lower()} {generation}'.encode()).hexdigest()[:32]}"


def _said(action: WriteCheckRun) -> str:
    """What of `action` counts as news."""
    if action.gist:
        return hashlib.sha256(f"{action.conclusion} {action.gist}".encode()).hexdigest()
    return _digest(action)


def _digest(said: WriteCheckRun | Annotation) -> str:
    return hashlib.sha256(json.dumps(asdict(said), sort_keys=True).encode()).hexdigest()
