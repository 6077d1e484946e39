from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncEngine

from app.store.tokens import TOKEN_PREFIX, Grant, Tokens

SHA = "a" * 40


async def test_a_token_speaks_for_its_repository_alone(database: AsyncEngine) -> None:
    tokens = Tokens(database)
    ours, theirs = await tokens.issue("o/r"), await tokens.issue("o/other")
    assert await tokens.grant(ours) == Grant("o/r")
    assert await tokens.grant(theirs) == Grant("o/other")
    assert await tokens.grant(ours + "x") is None
    assert await tokens.grant("") is None


async def test_tokens_cannot_be_guessed_and_are_not_kept(database: AsyncEngine) -> None:
    issued = {await Tokens(database).issue("o/r") for _ in range(5)}
    assert len(issued) == 5
    assert all(token.startswith(TOKEN_PREFIX) and len(token) >= 40 for token in issued)
    async with database.connect() as connection:
        stored = str((await connection.execute(text("SELECT * FROM tokens"))).all())
    assert not any(token.removeprefix(TOKEN_PREFIX) in stored for token in issued)


async def test_revoking_ends_every_token_of_one_repository(database: AsyncEngine) -> None:
    tokens = Tokens(database)
    ours = [await tokens.issue("o/r") for _ in range(2)]
    theirs = await tokens.issue("o/other")
    assert await tokens.revoke("o/r") == 2
    assert [await tokens.grant(token) for token in ours] == [None, None]
    assert await tokens.grant(theirs) == Grant("o/other")
    assert await tokens.revoke("o/r") == 0


async def test_a_token_issued_after_a_revocation_is_live(database: AsyncEngine) -> None:
    tokens = Tokens(database)
    await tokens.issue("o/r")
    await tokens.revoke("o/r")
    assert await tokens.grant(await tokens.issue("o/r")) == Grant("o/r")


async def test_a_token_may_be_bound_to_a_commit_and_a_path(database: AsyncEngine) -> None:
    tokens = Tokens(database)
    granted = Grant("o/r", SHA, "build/bom.json")
    assert await tokens.grant(await tokens.issue(granted)) == granted


async def test_a_token_with_an_end_ends(database: AsyncEngine) -> None:
    tokens = Tokens(database)
    assert await tokens.grant(await tokens.issue("o/r", seconds=60)) == Grant("o/r")
    assert await tokens.grant(await tokens.issue("o/r", seconds=0)) is None
