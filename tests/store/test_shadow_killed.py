"""A process that is killed while it compares mirrored answers, at the worst moment: nothing is counted twice."""

import asyncio
import signal
import sys
from pathlib import Path

import pytest
from sqlalchemy import text

from app.storage import stores
from app.store.shadows import Shadows
from checks.shadow import Config, load
from tests.store.test_shadows import CANARY, CAUSE, RULES, triple

pytestmark = pytest.mark.slow

# Dies between the second step's statement and its commit, with one step before it that is kept.
KILLED = """
import asyncio, os, signal, sys
from sqlalchemy import event
from app.storage import stores
from app.store import shadows

async def main():
    shadows.STEP = 30
    async with stores(sys.argv[1]) as kept:
        commits = []
        @event.listens_for(kept.main.sync_engine, "commit")
        def die(connection):
            commits.append(connection)
            if len(commits) == 2:
                os.kill(os.getpid(), signal.SIGKILL)
        await shadows.Shadows(kept.main).fold(1)

asyncio.run(main())
"""


async def test_who_is_killed_between_a_step_and_its_commit_counts_no_answer_twice(tmp_path: Path) -> None:
    url = f"sqlite:///{tmp_path / 'maestro.db'}"
    async with stores(url) as kept:
        await kept.experiments.begin(CANARY, RULES, CAUSE, Config())
        await kept.triples.feed(1, [triple(n, worse=n % 4 == 0) for n in range(100)])
    child = await asyncio.create_subprocess_exec(sys.executable, "-c", KILLED, url)
    assert await child.wait() == -signal.SIGKILL
    async with stores(url) as kept:
        async with kept.main.connect() as connection:
            assert await connection.scalar(text("SELECT taken FROM experiment_shadows")) == 30
        found = await kept.experiments.look(1, CAUSE)
        assert found.mirrored is not None
        assert load(found.mirrored.told).answers == 100
        made_again = await Shadows(kept.main).replayed(1)
        async with kept.main.connect() as connection:
            assert await connection.scalar(text("SELECT counts FROM experiment_shadows")) == made_again.counts
