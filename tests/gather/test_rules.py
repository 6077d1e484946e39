from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import cast

import pytest

from app.config import PATH, Read
from app.gather.rules import MAX_BYTES, NOT_HEEDED, Rules, brings_rules, edited_rules, reading, rules
from app.gather.simulation import simulated
from app.github.errors import Denied, GitHubError, NotFound, TooLarge, Unavailable
from app.github.repository import Repository
from app.main import reader_with_token
from app.model import Kind, Place, Trigger
from checks.decide import Policy
from checks.judge import Unreadable
from checks.model import Missing, Pull, Verdict
from tests.road.stories import change, shop
from tests.road.town import github

HOME = Place("octo/shop", None, 1)
PULL = Pull("octo/shop", 1, "A title", "alice", "a" * 40, "fix", "b" * 40, "main")
OWN, HEADS, OWNERS = ("octo/shop", "main"), ("octo/shop", "a" * 40), ("octo/.github", "")
RISK = b"version: 1\nrisk: {mode: warn}\n"
TOO_LARGE = TooLarge("GET /repos/octo/shop/contents/.github/maestro.yml", 200, "more than 1,048,576 bytes")

Files = Mapping[tuple[str, str], bytes | GitHubError]  # by repository and ref


@dataclass(frozen=True)
class There:
    """A repository as GitHub lets its files be read."""

    name: str
    files: Files

    async def content(self, path: str, ref: str, max_bytes: int) -> bytes | None:
        assert max_bytes == MAX_BYTES
        held = self.files.get((self.name, ref)) if path == PATH else None
        if isinstance(held, GitHubError):
            raise held
        return held


def port(files: Files, beyond: GitHubError | None = None) -> Read:
    """The port over `files`; `beyond` is what asking for the installation of another repository brings."""

    async def connect(place: Place) -> Repository:
        if beyond is not None and place.repository != HOME.repository:
            raise beyond
        return cast("Repository", There(place.repository, files))

    return reading(connect, HOME)


async def asked(files: Files, beyond: GitHubError | None = None) -> Rules:
    return await rules(port(files, beyond), PULL)


def said(policy: object) -> tuple[str, int | None, str]:
    """Path, line and words of the one thing that makes a configuration unreadable."""
    assert isinstance(policy, Unreadable)
    (finding,) = policy.findings
    return finding.path, finding.line, finding.message


async def test_a_configuration_too_large_to_fetch_is_told_by_its_path_and_both_limits() -> None:
    path, line, words = said((await asked({OWN: TOO_LARGE})).policy)
    assert (path, line) == (PATH, 1)
    assert "1,048,576" in words
    assert "262,144" in words


async def test_it_holds_the_change_and_says_so_over_real_http() -> None:
    async with github() as sandbox:
        repo = shop(sandbox, f"version: 1\n{'# filler' * (MAX_BYTES // 8)}\n")
        number, _ = change(repo)
        async with reader_with_token(sandbox.token("carol"), sandbox.url, "") as reader:
            decision = await simulated(reader, Trigger(Kind.EVALUATE, "octo/shop", number=number))
    assert decision is not None
    assert decision.verdict is Verdict.HOLD
    assert "1,048,576" in str(decision.rows)


async def test_another_repositorys_is_told_by_its_full_name() -> None:
    assert said((await asked({OWNERS: TOO_LARGE})).policy)[0] == f"octo/.github:{PATH}"


async def test_the_heads_own_copy_too_large_to_fetch_is_told_too() -> None:
    policy = await edited_rules(port({HEADS: TOO_LARGE}), PULL)
    assert said(policy)[0] == PATH
    assert await brings_rules(port({HEADS: TOO_LARGE}), PULL)


@pytest.mark.parametrize("refusal", [Denied("GET /x", 403, "no"), NotFound("GET /x", 404, "")])
async def test_what_cannot_be_seen_of_the_owner_is_no_file(refusal: GitHubError) -> None:
    assert await asked({OWNERS: refusal}) == Rules(None)
    assert await asked({}, beyond=refusal) == Rules(None)


@pytest.mark.parametrize("refusal", [Denied("GET /x", 403, "no"), NotFound("GET /x", 404, "")])
async def test_an_extended_file_that_cannot_be_seen_is_named_and_never_silence(refusal: GitHubError) -> None:
    own = b"version: 1\nextends: octo/policies\n"
    assert "`octo/policies` was not found" in said((await asked({OWN: own}, beyond=refusal)).policy)[2]


async def test_what_github_denies_of_the_repository_itself_is_no_silence() -> None:
    with pytest.raises(Denied):
        await asked({OWN: Denied("GET /x", 403, "suspended")})


@pytest.mark.parametrize("where", [OWN, OWNERS])
async def test_where_github_does_not_answer_the_evaluation_is_tried_again(where: tuple[str, str]) -> None:
    with pytest.raises(Unavailable):
        await asked({where: Unavailable("GET /x", 502, "")})


async def test_a_port_that_does_not_know_is_tried_again_too() -> None:
    async def unknowing(repository: str, path: str, ref: str) -> bytes | Missing | None:
        return Missing("not today")

    for reads in (rules, edited_rules):
        with pytest.raises(Unavailable, match="not today"):
            await reads(unknowing, PULL)


async def test_the_owners_file_serves_where_the_repository_has_none() -> None:
    policy = (await asked({OWNERS: RISK})).policy
    assert isinstance(policy, Policy)
    assert set(policy.checks) == {"risk"}
    assert not await brings_rules(port({OWNERS: RISK}), PULL)


REMEDY = b"version: 1\nagents: {branches: ['agent/*'], authors: ['maestro[bot]']}\nremediation: {}\n"


async def bounded(pull: Pull, home: str = "main", text: bytes = REMEDY) -> tuple[bool, tuple[str, ...]]:
    """Is anything tried by itself, and what is noted?"""
    found = await rules(port({OWN: text}), pull, home)
    assert isinstance(found.policy, Policy)
    return found.bounds is not None, found.policy.notes


async def test_an_agents_change_to_the_default_branch_is_mended_by_its_rules() -> None:
    assert await bounded(replace(PULL, head_ref="agent/x")) == (True, ())


async def test_the_rules_of_another_base_let_nothing_be_tried_by_itself_and_that_is_noted() -> None:
    assert await bounded(replace(PULL, head_ref="agent/x"), "trunk") == (False, (NOT_HEEDED,))


async def test_what_we_propose_ourselves_is_never_mended() -> None:
    for branch in ("maestro/fix/agent-x/npm-qs", "maestro/revert/abcdef012345"):
        assert await bounded(replace(PULL, head_ref=branch, author="maestro[bot]")) == (False, ())


async def test_a_persons_change_is_mended_only_where_everybodys_are() -> None:
    everybody = REMEDY.replace(b"{}", b"{for: all}")
    assert await bounded(replace(PULL, head_ref="fix")) == (False, ())
    assert await bounded(replace(PULL, head_ref="fix"), text=everybody) == (True, ())
