"""The pages that people look at, a kind of them for each thing that is stored and goes on."""

from __future__ import annotations

from app.github.address import website
from app.main.center import reading
from app.main.reached import Reached
from app.pages.browser import ACTING
from app.pages.door import Door
from app.pages.drift_page import DriftPages
from app.pages.experiment_page import ExperimentPages
from app.pages.live import Editions, Live
from app.pages.pull_page import PullPages
from app.pages.showing import Exhibits, Showing
from app.pages.study_page import StudyPages
from app.settings import Settings
from app.store.news import DriftNews, StudyNews


def shown(settings: Settings, reached: Reached, door: Door) -> tuple[Showing, ...]:
    """Every kind, behind one door, each with its own news."""
    kept, github = reached.kept.reading, website(settings.github_api)
    kinds: tuple[tuple[Exhibits, Editions], ...] = (
        (ExperimentPages(kept.experiments, kept.points, kept.provenance, github), kept.news.of),
        (StudyPages(kept.studies, kept.opinions, kept.provenance, github), StudyNews(kept.main).of),
        (DriftPages(kept.drifts, kept.provenance, github), DriftNews(kept.main).of),
    )
    pulls = PullPages(reading(settings, reached))
    return (
        *(Showing(exhibits, door, Live(news, kept.pulse)) for exhibits, news in kinds),
        Showing(pulls, door, Live(kept.pull_news.of, kept.pulse), policy=ACTING),
    )
