"""`installation` and `installation_repositories`: repositories join."""

import pytest

from app.model import Kind
from handlers.installation import MOST_REPOSITORIES
from tests.handlers.shapes import installation, installation_repositories, understood


def test_every_repository_that_joined_is_swept() -> None:
    for event, payload in (
        ("installation", installation("acme/shop", "acme/.github")),
        ("installation_repositories", installation_repositories("acme/shop", "acme/.github")),
    ):
        triggers = understood(event, payload)
        assert [trigger.repository for trigger in triggers] == ["acme/shop", "acme/.github"]
        assert {(trigger.kind, trigger.installation, trigger.base_ref) for trigger in triggers} == {
            (Kind.SWEEP, 99, "")
        }


@pytest.mark.parametrize("action", ["deleted", "suspend", "unsuspend", "new_permissions_accepted", "removed", ""])
def test_who_leaves_or_changes_terms_is_not(action: str) -> None:
    assert understood("installation", installation("acme/shop") | {"action": action}) == ()


def test_a_whole_organisation_does_not_flood_the_worker() -> None:
    names = [f"acme/repo-{n}" for n in range(10 * MOST_REPOSITORIES)]
    assert len(understood("installation", installation(*names))) == MOST_REPOSITORIES


def test_what_is_no_repositorys_name_is_passed_over() -> None:
    payload = installation("acme/..", "acme", "", "a/b/c", "acme/shop", "a b/c", ".x/y", "acme/.")
    assert [trigger.repository for trigger in understood("installation", payload)] == ["acme/shop"]
