"""`deployment_status`: what a canary's deployment says."""

from dataclasses import replace

import pytest

from app.model import Kind
from tests.handlers.shapes import HEAD, REPOSITORY, deployment_status, understood


@pytest.mark.parametrize("state", ["success", "failure", "error", "inactive"])
def test_a_deployment_that_serves_or_is_gone_may_be_a_canary(state: str) -> None:
    trigger, *_ = understood("deployment_status", deployment_status(state))
    assert (trigger.kind, trigger.repository, trigger.head_sha) == (Kind.CANARY, REPOSITORY, HEAD)
    assert (trigger.environment, trigger.deployment) == ("canary", 31)
    assert trigger.reason == f"deployment_status.{state}"


def test_one_that_serves_may_be_studied_from_the_moment_on_that_github_names() -> None:
    canary, deployed = understood("deployment_status", deployment_status())
    assert deployed == replace(canary, kind=Kind.DEPLOYED, at=1_800_000_000.0)
    for state in ("failure", "inactive"):
        assert len(understood("deployment_status", deployment_status(state))) == 1


def test_without_a_moment_or_a_deployment_nothing_can_be_studied() -> None:
    timeless = deployment_status()
    timeless["deployment_status"]["created_at"] = None
    nameless = deployment_status()
    del nameless["deployment"]["id"]
    for payload in (timeless, nameless):
        assert [one.kind for one in understood("deployment_status", payload)] == [Kind.CANARY]


@pytest.mark.parametrize("state", ["queued", "pending", "in_progress", "waiting", "", "SUCCESS"])
def test_the_states_on_the_way_mean_nothing(state: str) -> None:
    assert understood("deployment_status", deployment_status(state)) == ()


@pytest.mark.parametrize("environment", ["a\nb", "\x00", "x" * 256])
def test_an_environment_that_cannot_be_named_is_none(environment: str) -> None:
    assert understood("deployment_status", deployment_status(environment=environment)) == ()


def test_where_the_status_names_no_environment_the_deployment_does() -> None:
    trigger, *_ = understood("deployment_status", deployment_status(environment=""))
    assert trigger.environment == "canary"


def test_without_a_commit_there_is_no_canary() -> None:
    assert understood("deployment_status", deployment_status() | {"deployment": {"sha": "main"}}) == ()
