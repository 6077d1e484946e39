"""`maestro evidence` and `maestro replay PACK.zip`, over a real SQLite file."""

import asyncio
import json
import shutil
from collections.abc import Callable
from dataclasses import replace
from hashlib import sha256
from pathlib import Path
from typing import Any

import pytest
from cryptography.hazmat.primitives.asymmetric.rsa import generate_private_key
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat

from app.pack import limits
from app.pack.members import pretty
from app.pack.pack import about
from app.pack.zipped import packed, unpacked
from app.storage import stores
from tests.commands.conftest import Maestro
from tests.commands.running import ran
from tests.pack.made import PULL, START, Shop, case, file_in, forged

pytestmark = pytest.mark.slow

KEY = generate_private_key(65537, 2048).private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()).decode()


def fill(url: str, *figures: float) -> None:
    """A database with a canary, and a decision for each of `figures`."""

    async def filled() -> None:
        async with stores(url) as kept:
            shop = Shop(kept)
            await shop.canary()
            for figure in figures:
                await shop.decide(case(p95=figure))

    asyncio.run(filled())


@pytest.fixture
def signed(environment: pytest.MonkeyPatch, tmp_path: Path) -> str:
    """An environment with a key and a database, whose address this is."""
    url = f"sqlite:///{tmp_path / 'maestro.db'}"
    environment.setenv("DATABASE_URL", url)
    environment.setenv("MAESTRO_PRIVATE_KEY", KEY)
    return url


@pytest.fixture
def made(maestro: Maestro, signed: str, tmp_path: Path) -> Path:
    """A pack of a blocked change."""
    fill(signed, 240.0, 300.0)
    ended = maestro("evidence", "Acme/Shop#7", "-o", str(tmp_path / "pack.zip"))
    assert (ended.code, ended.err) == (0, "")
    return tmp_path / "pack.zip"


@pytest.fixture
def trusted(maestro: Maestro, made: Path) -> Path:
    """The public key of who made it."""
    file = made.with_name("key.pem")
    file.write_text(maestro("evidence", "--public-key").out)
    return file


def test_a_pack_is_written_and_comes_to_its_verdict_again(maestro: Maestro, made: Path, trusted: Path) -> None:
    ended = maestro("replay", "--key", str(trusted), str(made))
    assert (ended.code, ended.err) == (1, "")
    assert ended.out.startswith("BLOCK")
    assert "the same decision, byte for byte" in ended.out
    assert "as you trust" in ended.out
    told = json.loads(maestro("replay", str(made), "--json").out)
    assert (told["same"], told["exact"], told["vouched"], told["flaws"]) == (True, True, False, [])
    assert told["decision"] == json.loads(unpacked(made.read_bytes())[limits.DECISION])
    assert "nobody vouches for it" in maestro("replay", str(made)).out


def test_a_pack_is_replayed_to_the_byte_elsewhere_without_database_key_or_home(made: Path, tmp_path: Path) -> None:
    there = tmp_path / "another" / "place"
    there.mkdir(parents=True)
    shutil.copy(made, there / "p.zip")
    (tmp_path / "maestro.db").unlink()
    nothing = {"HOME": str(there), "XDG_DATA_HOME": str(there / "data"), "DATABASE_URL": "", "MAESTRO_PRIVATE_KEY": ""}
    ended = ran("replay", "p.zip", "--json", cwd=there, **nothing)
    assert (ended.returncode, ended.stderr) == (1, "")
    assert json.loads(ended.stdout)["exact"]
    assert sorted(one.name for one in there.iterdir()) == ["p.zip"], "a replay leaves nothing behind"


def test_an_earlier_decision_is_packed_by_its_id_and_the_same_twice(
    maestro: Maestro, made: Path, tmp_path: Path
) -> None:
    for name in ("one.zip", "two.zip"):
        assert maestro("evidence", "acme/shop#7", "--decision", "1", "-o", str(tmp_path / name)).code == 0
    assert (tmp_path / "one.zip").read_bytes() == (tmp_path / "two.zip").read_bytes()
    assert maestro("replay", str(tmp_path / "one.zip")).code == 3
    assert made.read_bytes() != (tmp_path / "one.zip").read_bytes()


def test_what_the_web_process_would_take_out_is_taken_out(
    maestro: Maestro, environment: pytest.MonkeyPatch, signed: str, tmp_path: Path
) -> None:
    source = {"kind": "prometheus", "url": "https://prometheus.example", "token_env": "SHOP_TOKEN"}
    held = {"sources": {"main": source | {"repositories": ["acme/*"], "demand": {"namespace": "{repository}"}}}}
    (tmp_path / "sources.yml").write_text(json.dumps(held))
    secrets = ("the-new-hook", "the-old-hook", "of-the-client", "of-the-source")
    environment.setenv("SHOP_TOKEN", secrets[3])
    environment.setenv("MAESTRO_WEBHOOK_SECRET", ",".join(secrets[:2]))
    environment.setenv("MAESTRO_CLIENT_SECRET", secrets[2])
    environment.setenv("MAESTRO_SOURCES", str(tmp_path / "sources.yml"))

    async def filled() -> None:
        async with stores(signed) as kept:
            await Shop(kept).decide(case(replace(PULL, title=" and ".join(secrets))))

    asyncio.run(filled())
    ended = maestro("evidence", "acme/shop#7", "-o", str(tmp_path / "pack.zip"))
    assert (ended.code, ended.err) == (0, "")
    members = unpacked((tmp_path / "pack.zip").read_bytes())
    assert not [one for one in secrets if one.encode() in b"".join(members.values())]
    assert json.loads(members[limits.REDACTIONS])["secrets"] == {"own": 4}


def test_an_own_secret_that_is_too_short_to_be_looked_for_is_told_to_whoever_packs(
    maestro: Maestro, environment: pytest.MonkeyPatch, made: Path
) -> None:
    environment.setenv("MAESTRO_WEBHOOK_SECRET", "hunt3r!")
    ended = maestro("evidence", "acme/shop#7", "-o", str(made))
    assert (ended.code, "hunt3r!" in ended.err + ended.out) == (0, False)
    assert "1 of this App's own secrets are shorter than 8 characters" in ended.err


def test_what_is_neither_a_pack_nor_json_is_told_to_be_no_pack(maestro: Maestro, made: Path) -> None:
    for content in (b"", b"xx" + made.read_bytes()):
        ended = maestro("replay", str(file_in(made.parent, content)))
        assert (ended.code, "is no Repro Pack, record or payload" in ended.err) == (2, True)


Change = Callable[[bytes], bytes]


def edited(content: bytes) -> bytes:
    members = unpacked(content)
    return packed({**members, limits.DECISION: members[limits.DECISION].replace(b"block", b"ship")}, START)


@pytest.mark.parametrize(
    ("change", "said"),
    [
        (edited, "decision.json: changed"),
        (lambda content: content[:-30], "it is no whole zip"),
        (lambda content: forged(content, {}), "did not sign"),
    ],
)
def test_a_tampered_pack_is_refused_and_says_where(
    maestro: Maestro, made: Path, trusted: Path, change: Change, said: str
) -> None:
    file = file_in(made.parent, change(made.read_bytes()))
    ended = maestro("replay", "--key", str(trusted), str(file))
    assert (ended.code, ended.out) == (2, "")
    assert said in ended.err
    told = json.loads(maestro("replay", "--key", str(trusted), str(file), "--json").out)
    assert (told["same"], told["decision"]) == (False, None)
    assert said in told["flaws"][0]


def test_what_comes_out_otherwise_is_told_with_the_versions_that_differ(maestro: Maestro, made: Path) -> None:
    members = unpacked(made.read_bytes())
    held = json.loads(members[limits.RECORD])
    held["decision"]["checks"][0]["title"] = "as it was put once"
    kept = json.dumps(held, separators=(",", ":")).encode()
    rows = b"".join(members[limits.PROVENANCE].splitlines(keepends=True)[:-1])
    versions = pretty(json.loads(members[limits.VERSIONS]) | {"scipy": "0.1"})
    changes = {limits.RECORD: kept, limits.DECISION: pretty(held["decision"]), limits.VERSIONS: versions}
    count = len(rows.splitlines())
    log = {"rows": count, "withheld": 0}
    digest, checks = sha256(kept).hexdigest(), about(held["decision"])["checks"]
    said: dict[str, Any] = {"recordDigest": digest, "seal": None, "log": log, "checks": checks}
    file = file_in(made.parent, forged(made.read_bytes(), {**changes, limits.PROVENANCE: rows}, **said))
    ended = maestro("replay", str(file))
    assert (ended.code, ended.out) == (2, "")
    assert 'decision.checks[0].title: was "as it was put once", is' in ended.err
    assert "version of scipy: was 0.1" in ended.err


@pytest.mark.parametrize(
    ("words", "code", "said"),
    [
        (["acme/shop"], 2, "OWNER/NAME#NUMBER"),
        ([], 2, "OWNER/NAME#NUMBER"),
        (["acme/shop#8"], 2, "nothing was decided of it"),
        (["acme/shop#7", "--decision", "99"], 2, "it has no decision 99"),
    ],
)
def test_what_there_is_not_is_told(maestro: Maestro, signed: str, words: list[str], code: int, said: str) -> None:
    fill(signed, 240.0)
    ended = maestro("evidence", *words)
    assert (ended.code, ended.out) == (code, "")
    assert said in ended.err


def test_without_a_key_or_a_database_nothing_is_made(
    maestro: Maestro, signed: str, environment: pytest.MonkeyPatch
) -> None:
    assert "there is no database" in maestro("evidence", "acme/shop#7").err
    environment.delenv("MAESTRO_PRIVATE_KEY")
    ended = maestro("evidence", "--public-key")
    assert (ended.code, "MAESTRO_PRIVATE_KEY" in ended.err) == (2, True)


def test_a_key_is_for_packs_alone_and_has_to_be_one(maestro: Maestro, made: Path, tmp_path: Path) -> None:
    (tmp_path / "x.json").write_text("{}")
    assert "--key is for a Repro Pack" in maestro("replay", "--key", str(made), str(tmp_path / "x.json")).err
    assert "it is no public key" in maestro("replay", "--key", str(tmp_path / "x.json"), str(made)).err
