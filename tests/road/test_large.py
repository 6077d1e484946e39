"""Changes of which GitHub lists only a part."""

import pytest

from tests.road.stories import PATH, change, shop
from tests.road.town import DECISION, GREEN, Town

pytestmark = pytest.mark.slow

MANY = {f"src/m{n}.py": "x = 1\n" for n in range(301)}  # a comparison lists 300, and a merge group has no other list


@pytest.mark.parametrize(("rules", "told"), [({}, False), ({PATH: "version: 1\nrisk: {}\n"}, True)])
async def test_rules_count_as_edited_where_they_differ_not_where_the_list_is_cut(
    here: Town, rules: dict[str, str], told: bool
) -> None:
    repo = shop(here.sandbox, GREEN)
    number, _ = change(repo, **MANY, **rules)
    group = repo.merge_group(number)
    await here.rest()
    conclusions = here.conclusions(repo, group)
    assert DECISION in conclusions
    assert ("maestro / config" in conclusions) is told
