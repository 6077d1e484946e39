"""A made-up study of a deployment, and its page as the web process serves it: for pictures.

Two metrics by the minute, drawn by chance of a fixed seed, over two hours before a deployment and one after it:
failures rise with it, and how long answers take does not.
"""

from __future__ import annotations

import random
import tempfile
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

from app.commands.running import listening
from app.model import Cause, Intervention, KeptStudy, Opinion
from app.pages.door import Door
from app.pages.live import Live
from app.pages.showing import Showing
from app.pages.study_page import StudyPages
from app.render.capability import Pages, derived, of_study
from app.storage import Stores, stores
from app.store.news import StudyNews
from checks.impact.block import Config
from checks.impact.panels import dump as dump_panels
from checks.impact.panels import judged
from checks.impact.series import Neighbour, Observed, Series
from checks.impact.told import dump
from tools.experiment import application

AT = 1_790_000_100.0  # epoch seconds
STEP, BEFORE, AFTER = 60.0, 120, 60
TIMES = tuple(AT + STEP * at for at in range(-BEFORE, AFTER))
SHIPPED = Intervention("octo/shop", "production", 31, "c0ffee1" + "0" * 33, AT, (41, 43))
CAUSE = Cause("deployment_status.success")
RULES = Config.model_validate(
    {
        "pre_seconds": int(BEFORE * STEP),
        "post_seconds": int(AFTER * STEP),
        "metrics": [
            {"name": "failures", "kind": "count", "better": "lower", "controls": ["requests", "cache hits"]},
            {"name": "p95", "better": "lower", "unit": "ms"},
        ],
    }
)


def series(name: str, level: float, rise: float = 0.0) -> Series:
    """A level with its noise, which rises by `rise` with the deployment."""
    chance = random.Random(name)  # noqa: S311 - nothing secret
    means = [level + (rise if time >= AT else 0.0) for time in TIMES]
    return Series(name, TIMES, tuple(float(round(chance.gauss(mean, mean**0.5))) for mean in means))


def observed() -> tuple[Observed, ...]:
    """Both metrics, one with its controls."""
    controls = (series("requests", 3_000.0), series("cache hits", 900.0, rise=150.0))
    return Observed("failures", series("failures", 60.0, rise=15.0), controls), Observed("p95", series("p95", 180.0))


@asynccontextmanager
async def served() -> AsyncIterator[str]:
    """The address of its page."""
    with tempfile.TemporaryDirectory(prefix="maestro-study-") as directory:
        async with stores(f"sqlite:///{Path(directory) / 'maestro.db'}") as kept:
            study, opening = await _told(kept), Pages("", derived("an example"))
            drawn = StudyPages(kept.studies, kept.opinions, kept.provenance, "https://github.com", lambda: AT + 3_600)
            shown = Showing(drawn, Door(opening, kept.tokens), Live(StudyNews(kept.main).of))
            async with listening(application(shown), "127.0.0.1", 0, 1.0) as root:
                subject = of_study(study.id, study.intervention.repository, study.intervention.sha)
                yield Pages(root, opening.key).address(subject)


async def _told(kept: Stores) -> KeptStudy:
    """The study once it is final, and two people said what they think."""
    until = AT + RULES.post_seconds
    study = await kept.studies.begin(SHIPPED, RULES.model_dump_json(), until, AT + 300, CAUSE)
    told, panels = judged(RULES, observed(), AT, [Neighbour(AT - 6_600, "deployment 30 of decade5")])
    await kept.studies.draw(study.id, dump_panels(panels))
    await kept.studies.tell(study.id, dump(told), until, done=True, cause=CAUSE)
    for login in ("alice", "bob"):
        await kept.opinions.hold(study, Opinion(login, agree=True), Cause("issue_comment.created", login))
    return study
