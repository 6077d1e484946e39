import asyncio
import json
import re
import sqlite3
from contextlib import closing
from dataclasses import replace
from pathlib import Path
from typing import Any

import msgspec
import pytest

from app.commands import audit
from app.commands.statement import PREDICATE, Statement, statement
from app.model import Seal, Surface
from app.store.address import address
from app.store.chain import GENESIS, Kind, ProvenanceEntry, canonical, sealed
from app.store.database import connect, migrate
from app.store.provenance import Provenance
from tests.commands.conftest import Maestro
from tests.postgres import Postgres
from tests.store.logs import HEAD, entry

pytestmark = pytest.mark.slow

ENTRIES = [
    entry(1, "hold"),
    entry(2, "ship"),
    replace(entry(3, "a\0b ü"), repository="Octo/Other"),
    replace(entry(4), head_sha=""),
]


async def _filled(url: str, entries: list[ProvenanceEntry]) -> list[Seal]:
    engine = connect(address(url).main)
    try:
        await migrate(engine)
        return await Provenance(engine).append(entries)
    finally:
        await engine.dispose()


@pytest.fixture
def file(environment: pytest.MonkeyPatch, tmp_path: Path) -> Path:
    environment.setenv("DATABASE_URL", f"sqlite:///{tmp_path / 'maestro.db'}")
    return tmp_path / "maestro.db"


@pytest.fixture
def seals(file: Path) -> list[Seal]:
    """A log of four entries."""
    return asyncio.run(_filled(f"sqlite:///{file}", ENTRIES))


def tamper(file: Path, *statements: str) -> None:
    with closing(sqlite3.connect(file)) as connection:
        connection.execute("DROP TRIGGER provenance_kept")
        connection.execute("DROP TRIGGER provenance_fixed")
        for one in statements:
            connection.execute(one)
        connection.commit()


def lines(out: str) -> list[Any]:
    return [json.loads(line) for line in out.splitlines()]


# --- verify ------------------------------------------------------------------------------------------------------


def test_an_intact_log_is_said_to_be_so_with_its_head(maestro: Maestro, seals: list[Seal]) -> None:
    ended = maestro("audit", "verify", "--head", seals[1].short, "--head", str(seals[3]))
    assert (ended.code, ended.out, ended.err) == (0, f"intact: 4 rows, head {seals[3]}\n", "")
    assert maestro("audit", "head").out == f"{seals[3]}\n"


def test_every_flaw_is_named_and_the_exit_code_is_1(maestro: Maestro, seals: list[Seal], file: Path) -> None:
    tamper(file, "UPDATE provenance SET hash = 'x' WHERE seq = 1", "DELETE FROM provenance WHERE seq = 3")
    ended = maestro("audit", "verify")
    first, second, last = ended.out.splitlines()
    assert (ended.code, first, second) == (1, "row 1: its hash was changed", "row 3: missing")
    assert last == f"2 flaws: 3 rows, head {seals[3]}"


def test_a_lost_tail_shows_against_the_seal_of_a_card(maestro: Maestro, seals: list[Seal], file: Path) -> None:
    tamper(file, "DELETE FROM provenance WHERE seq = 4")
    assert maestro("audit", "verify").code == 0
    ended = maestro("audit", "verify", "--head", seals[3].short)
    assert (ended.code, ended.out.partition(":")[0]) == (1, "row 4")


def test_the_outcome_as_json(maestro: Maestro, seals: list[Seal], file: Path) -> None:
    head = {"seq": 4, "hash": seals[3].hash}
    sound = {"intact": True, "rows": 4, "head": head, "flaws": []}
    assert json.loads(maestro("audit", "verify", "--json").out) == sound
    tamper(file, "UPDATE provenance SET hash = 'x' WHERE seq = 2")
    ended = maestro("audit", "verify", "--json")
    flaws = [{"row": 2, "what": "its hash was changed"}]
    assert (ended.code, json.loads(ended.out)) == (1, {**sound, "intact": False, "flaws": flaws})


def test_a_long_reading_says_how_far_it_is(
    maestro: Maestro, monkeypatch: pytest.MonkeyPatch, seals: list[Seal]
) -> None:
    monkeypatch.setattr(audit, "PROGRESS", 2)
    assert maestro("audit", "verify").err == "4 rows read\n"


@pytest.mark.parametrize("head", ["", "4", "0:" + "a" * 64, "4:abc", "4:" + "A" * 12, "x:" + "a" * 12, "4:" + "a" * 65])
def test_what_is_no_seal_is_a_usage_error(maestro: Maestro, seals: list[Seal], head: str) -> None:
    ended = maestro("audit", "verify", "--head", head)
    assert (ended.code, ended.out) == (2, "")
    assert "SEQ:HASH" in ended.err


# --- where the log is --------------------------------------------------------------------------------------------


@pytest.mark.parametrize("words", [["verify"], ["head"], ["export"]])
def test_a_database_that_is_not_there_is_infrastructure_and_none_is_made(
    maestro: Maestro, file: Path, words: list[str]
) -> None:
    ended = maestro("audit", *words)
    assert (ended.code, ended.out, file.exists()) == (4, "", False)
    assert str(file) in ended.err


def test_a_database_without_a_log_is_infrastructure_and_is_left_as_it_was(maestro: Maestro, file: Path) -> None:
    with closing(sqlite3.connect(file)) as connection:
        connection.execute("CREATE TABLE deliveries (id INTEGER)")
        connection.commit()
    ended = maestro("audit", "verify")
    assert (ended.code, "no such table: provenance" in ended.err) == (4, True)
    with closing(sqlite3.connect(file)) as connection:
        assert connection.execute("SELECT name FROM sqlite_master").fetchall() == [("deliveries",)]


def test_a_database_we_do_not_speak_is_a_usage_error(maestro: Maestro, environment: pytest.MonkeyPatch) -> None:
    environment.setenv("DATABASE_URL", "mysql://user:hunter2@db.example/maestro")
    ended = maestro("audit", "verify")
    assert (ended.code, "hunter2" in ended.err) == (2, False)


def test_who_may_only_read_may_audit(maestro: Maestro, environment: pytest.MonkeyPatch, postgres: Postgres) -> None:
    url = postgres.database()
    seals = asyncio.run(_filled(url.render_as_string(hide_password=False), ENTRIES))
    with postgres.session(url) as connection:
        connection.execute("CREATE ROLE auditor LOGIN")
        connection.execute("GRANT SELECT ON provenance TO auditor")
    environment.setenv("DATABASE_URL", url.set(username="auditor").render_as_string(hide_password=False))
    assert maestro("audit", "verify", "--head", seals[2].short).code == 0
    assert len(lines(maestro("audit", "export").out)) == 4
    postgres.drop(url)


# --- export ------------------------------------------------------------------------------------------------------


def test_an_exported_log_can_be_checked_by_whoever_has_it(maestro: Maestro, seals: list[Seal]) -> None:
    ended = maestro("audit", "export")
    assert (ended.code, ended.err) == (0, "")
    before = GENESIS
    for line, seal in zip(ended.out.splitlines(), seals, strict=True):
        found = re.fullmatch(r'\{"seq":(\d+),"hash":"([0-9a-f]{64})","entry":(.*)\}', line)
        assert found is not None
        assert (int(found[1]), found[2]) == (seal.seq, seal.hash)
        before = sealed(before, found[3])
        assert before == seal.hash


def test_an_export_may_begin_anywhere_and_keep_to_one_repository(maestro: Maestro, seals: list[Seal]) -> None:
    assert [line["seq"] for line in lines(maestro("audit", "export", "--since", "2").out)] == [2, 3, 4]
    assert [line["seq"] for line in lines(maestro("audit", "export", "--repository", "octo/OTHER").out)] == [3]
    assert maestro("audit", "export", "--since", "5").out == ""
    assert maestro("audit", "export", "--since", "0").code == 2


def test_a_row_that_is_no_entry_is_left_out_and_named(maestro: Maestro, seals: list[Seal], file: Path) -> None:
    tamper(file, "UPDATE provenance SET entry = 'gone' WHERE seq = 2")
    ended = maestro("audit", "export")
    assert (ended.code, [line["seq"] for line in lines(ended.out)]) == (1, [1, 3, 4])
    assert ended.err.startswith("maestro: row 2 is no entry: ")


def test_each_statement_has_what_in_toto_requires(maestro: Maestro, seals: list[Seal]) -> None:
    """spec/v1/statement.md: `_type`, a `subject` with a digest each, `predicateType`; the predicate is an object."""
    found = lines(maestro("audit", "export", "--in-toto").out)
    assert [one["predicate"]["seq"] for one in found] == [1, 2, 3], "a statement without a commit has no subject"
    for one, seal, logged in zip(found, seals, ENTRIES, strict=False):
        assert set(one) == {"_type", "subject", "predicateType", "predicate"}
        assert one["_type"] == "https://in-toto.io/Statement/v1"
        assert one["predicateType"] == PREDICATE
        assert re.match(r"[a-z][a-z0-9+.-]*:\S+", one["predicateType"]), "a URI (RFC 3986)"
        assert one["subject"] == [{"name": logged.repository, "digest": {"gitCommit": HEAD, "sha1": HEAD}}]
        assert one["predicate"]["hash"] == seal.hash
        assert one["predicate"]["entry"] == json.loads(canonical(logged))
        assert msgspec.json.decode(json.dumps(one), type=Statement).predicate.entry == logged


def test_a_sha256_commit_is_no_sha1() -> None:
    made = statement(replace(entry(), head_sha="1a" * 32), Seal(1, "f" * 64))
    assert made is not None
    assert json.loads(made)["subject"][0]["digest"] == {"gitCommit": "1a" * 32}


def test_show_prints_who_asked_for_what_where_and_what_it_changed(file: Path, maestro: Maestro) -> None:
    asked = replace(
        entry(1, "override"),
        kind=Kind.COMMAND,
        who="alice",
        role="admin",
        surface=Surface.CENTER,
        number=7,
        result="ok",
    )
    asked = replace(asked, before="`contract`: block", after="`contract`: overridden\n\x1b[31m")
    others = [
        replace(asked, number=8),
        replace(asked, repository="octo/other"),
        replace(asked, who="bob"),
        entry(2, "ship"),
    ]
    seals = asyncio.run(_filled(f"sqlite:///{file}", [*others, asked]))
    words = (
        "audit",
        "show",
        f"{asked.repository.upper()}#7",
        "--who",
        "Alice",
        "--surface",
        "center",
        "--kind",
        "command",
    )
    ended = maestro(*words)
    assert ended.code == 0
    (line,) = ended.out.splitlines()
    assert (
        f"{asked.repository}#7 · {HEAD[:7]} · alice (admin, center) · command override: contract: block -> contract:"
        in line
    )
    assert line.endswith(f"ok · {seals[-1].short}")
    assert "\x1b" not in line
    assert len(maestro("audit", "show", "--last", "2").out.splitlines()) == 2


@pytest.mark.parametrize("where", ["octo", "octo/shop#0", "octo/shop#x", "octo/shop/7", "octo shop"])
def test_show_refuses_what_names_no_place(seals: list[Seal], maestro: Maestro, where: str) -> None:
    ended = maestro("audit", "show", where)
    assert ended.code == 2
    assert "OWNER/NAME" in ended.err
