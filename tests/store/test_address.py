from pathlib import Path

import pytest

from app.store.address import UnsupportedDatabase, address, default_url


def test_sqlite_keeps_webhooks_in_a_file_of_their_own_beside_the_main_one() -> None:
    named = address("sqlite:////var/lib/maestro.db")
    assert (named.main.database, named.intake.database) == ("/var/lib/maestro.db", "/var/lib/maestro.intake.db")
    assert not named.shared


@pytest.mark.parametrize("spelled", ["postgres", "postgresql", "postgresql+psycopg", "postgresql+asyncpg"])
def test_postgresql_is_one_database_however_a_host_spells_it(spelled: str) -> None:
    named = address(f"{spelled}://user:hunter2@db.example:5433/maestro?sslmode=require")
    assert named.main == named.intake
    assert named.shared
    assert named.main.render_as_string(False) == "postgresql://user:hunter2@db.example:5433/maestro?sslmode=require"


def test_the_default_lies_below_the_users_data_directory(tmp_path: Path) -> None:
    assert address(default_url(tmp_path / "data home")).main.database == str(tmp_path / "data home/maestro/maestro.db")


@pytest.mark.parametrize(
    "url",
    [
        "mysql+pymysql://user:hunter2@db.example/maestro",
        "hunter2 is no address",
        "postgresql://user:hunter2@db.example:port/maestro",
        "",
        "sqlite://",
        "sqlite:///:memory:",
        "sqlite:///file:hunter2?mode=memory&uri=true",
    ],
)
def test_what_we_cannot_store_in_is_refused_without_being_quoted(url: str) -> None:
    with pytest.raises(UnsupportedDatabase) as refused:
        address(url)
    assert "DATABASE_URL" in str(refused.value)
    assert "hunter2" not in str(refused.value)
