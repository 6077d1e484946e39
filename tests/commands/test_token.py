import asyncio
import sqlite3
from pathlib import Path

import pytest

from app.storage import stores
from app.store.tokens import Grant
from tests.commands.conftest import Maestro

SHA = "a" * 40


@pytest.fixture
def database(environment: pytest.MonkeyPatch, tmp_path: Path) -> str:
    url = f"sqlite:///{tmp_path / 'maestro.db'}"
    environment.setenv("DATABASE_URL", url)
    return url


def speaks_for(url: str, token: str) -> Grant | None:
    async def asked() -> Grant | None:
        async with stores(url) as kept:
            return await kept.tokens.grant(token)

    return asyncio.run(asked())


def test_an_issued_token_speaks_for_its_repository_until_it_is_revoked(maestro: Maestro, database: str) -> None:
    issued = maestro("token", "issue", "acme/shop")
    assert issued.code == 0
    token = issued.out.strip()
    assert speaks_for(database, token) == Grant("acme/shop")
    assert maestro("token", "revoke", "acme/shop").out == "1 revoked\n"
    assert speaks_for(database, token) is None
    assert maestro("token", "revoke", "acme/shop").out == "0 revoked\n"


def test_a_token_may_be_for_one_commit_and_one_bill_of_it_and_ends_in_an_hour(maestro: Maestro, database: str) -> None:
    of_commit = maestro("token", "issue", "acme/shop", "--sha", SHA).out.strip()
    assert speaks_for(database, of_commit) == Grant("acme/shop", SHA)
    of_bill = maestro("token", "issue", "acme/shop", "--sha", SHA, "--path", "build/bom.json", "--minutes", "5")
    assert speaks_for(database, of_bill.out.strip()) == Grant("acme/shop", SHA, "build/bom.json")
    with sqlite3.connect(database.removeprefix("sqlite:///")) as connection:
        lives = connection.execute("SELECT (expires_at - created_at) / 60000000 FROM tokens ORDER BY id").fetchall()
    assert lives == [(60,), (5,)]


@pytest.mark.parametrize(
    ("words", "why"),
    [
        (["--sha", SHA[:7]], "full commit sha"),
        (["--sha", "main"], "full commit sha"),
        (["--sha", SHA, "--path", "../x"], "path of a bill"),
        (["--path", "bom.json"], "--sha"),
        (["--minutes", "5"], "--sha"),
        (["--sha", SHA, "--minutes", "0"], "--minutes"),
        (["--sha", SHA, "--minutes", "1441"], "--minutes"),
    ],
)
def test_a_token_that_would_be_bound_to_nothing_is_a_usage_error(
    maestro: Maestro, database: str, words: list[str], why: str
) -> None:
    ended = maestro("token", "issue", "acme/shop", *words)
    assert (ended.code, ended.out) == (2, "")
    assert why in ended.err


@pytest.mark.parametrize("verb", ["issue", "revoke"])
@pytest.mark.parametrize(
    "repository", ["", "shop", "acme/", "/shop", "a/b/c", "acme/sh op", "acme/shop\n", "ácme/shop"]
)
def test_what_is_no_repository_is_a_usage_error(maestro: Maestro, database: str, verb: str, repository: str) -> None:
    ended = maestro("token", verb, repository)
    assert (ended.code, ended.out) == (2, "")
    assert "is not owner/name" in ended.err


@pytest.mark.parametrize("words", [["token", "issue", "acme/shop"], ["token", "revoke", "acme/shop"], ["migrate"]])
def test_a_database_we_do_not_speak_is_a_usage_error_that_quotes_no_password(
    maestro: Maestro, environment: pytest.MonkeyPatch, words: list[str]
) -> None:
    environment.setenv("DATABASE_URL", "mysql://user:hunter2@db.example/maestro")
    ended = maestro(*words)
    assert (ended.code, "hunter2" in ended.err) == (2, False)
    assert "SQLite" in ended.err


def test_a_database_that_cannot_be_opened_is_infrastructure(
    maestro: Maestro, environment: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    (tmp_path / "file").write_text("")
    environment.setenv("DATABASE_URL", f"sqlite:///{tmp_path / 'file' / 'maestro.db'}")
    assert maestro("token", "issue", "acme/shop").code == 4
    (tmp_path / "not.db").write_text("not a database, but long enough to be read as one" * 100)
    environment.setenv("DATABASE_URL", f"sqlite:///{tmp_path / 'not.db'}")
    assert maestro("token", "issue", "acme/shop").code == 4


def test_migrate_makes_the_database_and_is_harmless_twice(maestro: Maestro, database: str, tmp_path: Path) -> None:
    for _ in range(2):
        ended = maestro("migrate")
        assert (ended.code, ended.out) == (0, "the database is ready\n")
    assert (tmp_path / "maestro.db").exists()
