import pytest
from hypothesis import settings

from benchmarks.remedy import campaign
from checks.sbom import remedy
from checks.sbom.advisories import advisory

from .advisories import published


@pytest.mark.slow
def test_no_chosen_fix_is_vulnerable_older_or_a_needless_jump() -> None:
    nightly = settings().max_examples >= 2000
    tally = campaign(full=nightly)
    ours = {said: count for (who, said), count in tally.outcomes.items() if who == "ours"}
    assert tally.asked >= 14_662
    assert ours.keys() == {"chosen", "none"}  # not overlooked, still vulnerable, downgrade, needless major, overshoots
    assert nightly or ours == {"chosen": 12_559, "none": 2_103}
    first = {said: count for (who, said), count in tally.outcomes.items() if who == "first"}
    assert first["still vulnerable"] / first["chosen"] > 0.2


def test_real_packages_get_the_release_that_their_advisories_leave() -> None:
    book = advisory.known(published())
    steps = {}
    for name, current in (("django", "3.2.0"), ("jinja2", "2.10"), ("pyyaml", "5.1"), ("requests", "2.6.0")):
        offered = remedy.candidates(book, "PyPI", name)
        found = remedy.safest("PyPI", name, current, offered, book)
        steps[name] = (found.version, found.bump, len(found.clears))
    assert steps == {
        "django": ("3.2.25", "patch", 25),
        "jinja2": ("2.11.3", "minor", 2),
        "pyyaml": ("5.4", "minor", 3),
        "requests": ("2.31.0", "minor", 2),
    }
