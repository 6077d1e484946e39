"""A job of GitHub Actions sends with its id-token: for the commit that it builds, and for nothing else."""

import asyncio
from collections.abc import Callable
from typing import Any

import jwt
import pytest
from aiohttp import ClientSession

from app.commands.story import bill
from app.github.errors import Unavailable
from app.github.id_token import IdTokens
from app.github.sandbox import Repo
from app.github.signing_keys import MAX_BYTES, PAUSE, SigningKeys
from tests.actions import Actions, actions, jwk, key
from tests.pages.conftest import Hosted

pytestmark = pytest.mark.slow

BILL = bill(("flask", "3.0.3", "BSD-3-Clause")).encode()
FOREIGN = "b" * 40


def to(sha: str) -> str:
    return f"/api/sbom?sha={sha}&path=bom.json"


def merge_of(repo: Repo, base: str, head: str) -> str:
    """The commit that GitHub makes to try the merge of a pull request."""
    objects = repo.state.objects
    who = objects.commit(head).author
    return objects.add_commit(objects.commit(head).tree, (base, head), "Merge", who, who)


def change(repo: Repo, head: str = "fix") -> tuple[str, str, str]:
    """A pull request's head, its merge with the base, and the ref of that."""
    sha = repo.commit(head, {"a.py": "x = 2\n"})
    number = repo.open_pull("Change", head)
    return sha, merge_of(repo, repo.tip(), sha), f"refs/pull/{number}/merge"


async def sent(hosted: Hosted, of: str, /, **claims: Any) -> tuple[int, str]:
    token = hosted.issuer.token(hosted.url, **{"repository": "acme/shop", **claims})
    answer = await hosted.post(to(of), BILL, token)
    return answer.status, (await answer.json()).get("error", "")


# --- the commit that it speaks for ------------------------------------------------------------------------------


@pytest.mark.parametrize("event", ["push", "merge_group", "schedule", "workflow_dispatch", "repository_dispatch"])
async def test_a_job_sends_the_bill_of_the_commit_it_runs_at(hosted: Hosted, event: str) -> None:
    assert await sent(hosted, hosted.sha, sha=hosted.sha, event_name=event) == (202, "")
    assert await hosted.stores.bills.get("acme/shop", hosted.sha, "bom.json") == BILL


async def test_a_job_cannot_send_the_bill_of_another_commit(hosted: Hosted) -> None:
    head = hosted.repo.commit("fix", {"a.py": "x = 2\n"})
    status, why = await sent(hosted, hosted.sha, sha=head, ref="refs/heads/fix")
    assert (status, why) == (403, f"this token speaks for the commit {head} only")
    assert await hosted.stores.bills.paths_at("acme/shop", hosted.sha) == ()


async def test_of_a_pull_request_it_speaks_for_the_head_that_its_merge_was_made_of(hosted: Hosted) -> None:
    head, merge, ref = change(hosted.repo)
    claims = {"event_name": "pull_request", "sha": merge, "ref": ref}
    assert await sent(hosted, head, **claims) == (202, "")
    for other in (merge, hosted.sha):
        assert (await sent(hosted, other, **claims))[0] == 403


async def test_a_run_of_an_older_head_cannot_speak_for_the_newer(hosted: Hosted) -> None:
    _, merge, ref = change(hosted.repo)
    newer = hosted.repo.commit("fix", {"a.py": "x = 3\n"})
    assert (await sent(hosted, newer, event_name="pull_request", sha=merge, ref=ref))[0] == 403


async def test_a_fork_has_no_word_even_where_its_jobs_are_given_tokens(hosted: Hosted) -> None:
    fork = hosted.repo.fork("mallory")
    head = fork.commit("fix", {"a.py": "x = 2\n"}, author="mallory")
    number = hosted.repo.open_pull("Change", "mallory:fix", author="mallory")
    merge = merge_of(hosted.repo, hosted.sha, head)
    status, why = await sent(hosted, head, event_name="pull_request", sha=merge, ref=f"refs/pull/{number}/merge")
    assert status == 403
    assert "fork" in why
    assert (await sent(hosted, head, repository="mallory/shop", sha=head))[1].startswith("Maestro is not installed")


@pytest.mark.parametrize(
    ("event", "ref"),
    [
        ("workflow_run", "refs/heads/main"),
        ("pull_request_target", "refs/heads/main"),
        ("issue_comment", "refs/heads/main"),
        ("pull_request", "refs/heads/main"),
        ("pull_request", "refs/pull/99/merge"),
        ("pull_request", "refs/pull/0/merge"),
    ],
)
async def test_a_job_whose_event_says_nothing_of_what_it_built_is_refused(hosted: Hosted, event: str, ref: str) -> None:
    status, why = await sent(hosted, hosted.sha, sha=hosted.sha, event_name=event, ref=ref)
    assert status == 403
    assert why.startswith("this id-token binds no commit")


async def test_a_merge_that_github_has_forgotten_binds_nothing(hosted: Hosted) -> None:
    head, _, ref = change(hosted.repo)
    assert "run it again" in (await sent(hosted, head, event_name="pull_request", sha=FOREIGN, ref=ref))[1]


async def test_a_repository_without_the_app_is_asked_for_once_a_minute(hosted: Hosted) -> None:
    for _ in range(3):
        assert (await sent(hosted, FOREIGN, repository="evil/shop", sha=FOREIGN))[0] == 403
    assert sum("evil/shop" in request.path for request in hosted.github.requests) == 1
    assert await hosted.stores.bills.paths_at("evil/shop", FOREIGN) == ()


async def test_the_first_bill_stays_against_a_job_too(hosted: Hosted) -> None:
    await sent(hosted, hosted.sha, sha=hosted.sha)
    token = hosted.issuer.token(hosted.url, repository="acme/shop", sha=hosted.sha)
    assert (await hosted.post(to(hosted.sha), bill().encode(), token)).status == 409


async def test_a_job_measures_the_commit_that_it_speaks_for(hosted: Hosted) -> None:
    token = hosted.issuer.token(hosted.url, repository="acme/shop", sha=hosted.sha)
    for sha, status in ((hosted.sha, 202), (FOREIGN, 403)):
        measured = {"sha": sha, "measurements": {"perf_p95_ms": 212}}
        assert (await hosted.post("/api/measurements", measured, token)).status == status


# --- whose signature it bears -----------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("claims", "why"),
    [
        ({"exp": 1_700_000_000}, "expired"),
        ({"aud": "https://github.com/acme"}, "with the audience http://127.0.0.1:"),
        ({"iss": "https://token.evil.example"}, "issuer"),
        ({"nbf": 4_000_000_000}, "do not hold"),
        ({"iat": 4_000_000_000}, "do not hold"),
        ({"sha": None}, "do not hold"),
        ({"exp": None}, "do not hold"),
        ({"sha": "main"}, "not GitHub's"),
        ({"sha": 7}, "not GitHub's"),
        ({"repository": "../shop"}, "not GitHub's"),
        ({"repository": ["acme/shop"]}, "not GitHub's"),
    ],
    ids=str,
)
async def test_claims_that_do_not_hold_are_401_with_the_reason(
    hosted: Hosted, claims: dict[str, Any], why: str
) -> None:
    said = {"repository": "acme/shop", "sha": hosted.sha, "aud": hosted.url, **claims}
    answer = await hosted.post(to(hosted.sha), BILL, hosted.issuer.token(said.pop("aud"), **said))
    assert answer.status == 401
    assert why in (await answer.json())["error"]


async def test_an_audience_may_end_with_a_slash(hosted: Hosted) -> None:
    token = hosted.issuer.token(hosted.url + "/", repository="acme/shop", sha=hosted.sha)
    assert (await hosted.post(to(hosted.sha), BILL, token)).status == 202


Signed = Callable[[dict[str, Any]], str]


def by(signer: Any, algorithm: str, **header: str) -> Signed:
    """The claims as somebody else would sign them."""
    return lambda claims: jwt.encode(claims, signer, algorithm=algorithm, headers=header)


FORGERIES: dict[str, Signed] = {
    "another key under the right name": by(key("evil"), "RS256", kid="one"),
    "a key of an unknown name": by(key("evil"), "RS256", kid="evil"),
    "no name": by(key("one"), "RS256"),
    "none": by("", "none", kid="one"),
    "the public key as a password": by(jwk()["n"], "HS256", kid="one"),
    "another algorithm": by(key("one"), "RS512", kid="one"),
    "no signature": lambda claims: by(key("one"), "RS256", kid="one")(claims).rpartition(".")[0] + ".",
    "junk": lambda _claims: "a.b.c",
}


@pytest.mark.parametrize("kind", FORGERIES)
async def test_what_github_did_not_sign_is_401(hosted: Hosted, kind: str) -> None:
    good = hosted.issuer.token(hosted.url, repository="acme/shop", sha=hosted.sha)
    forged = FORGERIES[kind](jwt.decode(good, options={"verify_signature": False}))
    assert (await hosted.post(to(hosted.sha), BILL, forged)).status == 401
    assert await hosted.stores.bills.paths_at("acme/shop", hosted.sha) == ()


@pytest.mark.parametrize(
    "shown",
    [
        b"no json",
        b"[]",
        b"x" * (MAX_BYTES + 1),
        {"keys": "one"},
    ],
    ids=["junk", "a list", "too much", "no list"],
)
async def test_keys_that_cannot_be_had_are_503_or_nobodys(hosted: Hosted, shown: Any) -> None:
    hosted.issuer.keys = shown
    status, _ = await sent(hosted, hosted.sha, sha=hosted.sha)
    assert status == (401 if shown == {"keys": "one"} else 503)


@pytest.mark.parametrize("status", [302, 404, 500])
async def test_an_issuer_that_is_away_or_leads_elsewhere_is_503(hosted: Hosted, status: int) -> None:
    hosted.issuer.status = status
    token = hosted.issuer.token(hosted.url, repository="acme/shop", sha=hosted.sha)
    answer = await hosted.post(to(hosted.sha), BILL, token)
    assert answer.status == 503
    assert int(answer.headers["Retry-After"]) > 0


@pytest.mark.parametrize("shown", [jwk(kty="EC"), jwk(use="enc"), jwk(alg="RS512"), jwk(n="AQAB"), jwk(e=7), 7])
async def test_keys_that_are_not_for_such_signatures_are_passed_over(hosted: Hosted, shown: Any) -> None:
    hosted.issuer.keys = {"keys": [shown]}
    assert (await sent(hosted, hosted.sha, sha=hosted.sha))[0] == 401


# --- the keys ---------------------------------------------------------------------------------------------------


class Clock:
    now = 1_000.0

    def __call__(self) -> float:
        return self.now


async def job(keys: SigningKeys, issuer: Actions, signer: str = "one") -> str:
    id_tokens = IdTokens(keys, issuer.url, "https://maestro.example")
    token = issuer.token("https://maestro.example", signer=signer, repository="acme/shop", sha=FOREIGN)
    return (await id_tokens.job(token)).repository


async def test_keys_are_fetched_once_an_hour_however_many_ask() -> None:
    async with actions() as issuer, ClientSession() as session:
        clock = Clock()
        keys = SigningKeys(session, issuer.url, clock)
        assert await asyncio.gather(*(job(keys, issuer) for _ in range(10))) == ["acme/shop"] * 10
        assert issuer.asked == 1
        clock.now += 3_600.0
        await job(keys, issuer)
        assert issuer.asked == 2


async def test_a_new_key_is_found_and_unknown_ones_cost_one_fetch_a_minute() -> None:
    async with actions() as issuer, ClientSession() as session:
        clock = Clock()
        keys = SigningKeys(session, issuer.url, clock)
        await job(keys, issuer)
        issuer.keys = {"keys": [jwk("one"), jwk("two")]}
        clock.now += PAUSE
        assert await job(keys, issuer, "two") == "acme/shop"
        for number in range(5):
            assert await keys.key(f"unknown {number}") is None
        assert issuer.asked == 2


async def test_an_issuer_that_is_away_is_asked_again_after_a_pause() -> None:
    async with actions() as issuer, ClientSession() as session:
        clock = Clock()
        keys = SigningKeys(session, issuer.url, clock)
        issuer.status = 500
        for _ in range(3):
            with pytest.raises(Unavailable):
                await keys.key("one")
        assert issuer.asked == 1
        issuer.status, clock.now = 200, clock.now + PAUSE
        assert await keys.key("one") is not None
