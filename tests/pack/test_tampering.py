"""Whoever changes a pack is found out: by its signature with a trusted key, and by what contradicts itself without."""

from __future__ import annotations

import io
import json
import struct
import zipfile
from collections.abc import Callable
from typing import Any

import pytest

from app.pack import limits
from app.pack.checking import replayed
from app.pack.members import pretty
from app.pack.pack import manifest
from app.pack.signing import PAYLOAD_TYPE
from app.pack.zipped import packed, unpacked
from tests.pack.made import OURS, START, THEIRS, Shop, case, forged, zipped

Members = dict[str, bytes]
TICKS = "experiments/1/ticks.jsonl"


def refused(content: bytes, *said: str, trusted: bool = True) -> None:
    """The pack is refused, and each of `said` names what is wrong and where."""
    outcome = replayed(content, OURS.public if trusted else None)
    assert outcome.decision is None
    for one in said:
        assert any(one in flaw for flaw in outcome.flaws), outcome.flaws


# --- a clumsy hand: nothing is signed anew ---------------------------------------------------------------------------


def edited(members: Members) -> Members:
    return {**members, limits.DECISION: members[limits.DECISION].replace(b'"ship"', b'"hold"')}


def with_more(members: Members) -> Members:
    return {**members, "extra.json": b"{}"}


def without(members: Members) -> Members:
    return {name: content for name, content in members.items() if name != limits.PROVENANCE}


def renamed(members: Members) -> Members:
    return {name.replace("versions", "verse"): content for name, content in members.items()}


def listed_anew(members: Members) -> Members:
    changed = edited(members)
    return {**changed, limits.MANIFEST: pretty(manifest(changed))}


def emptied(members: Members) -> Members:
    return {**members, TICKS: b""}


@pytest.mark.parametrize(
    ("change", "said"),
    [
        (edited, ["decision.json: changed"]),
        (with_more, ["extra.json: added"]),
        (without, ["provenance.jsonl: removed"]),
        (renamed, ["versions.json: removed, or renamed", "verse.json: added, or renamed"]),
        (listed_anew, ["decision.json: changed", "manifest.json: changed"]),
        (emptied, [f"{TICKS}: changed"]),
    ],
)
@pytest.mark.parametrize("trusted", [True, False])
async def test_a_member_that_was_changed_added_removed_or_renamed_is_named(
    pack: bytes, change: Callable[[Members], Members], said: list[str], trusted: bool
) -> None:
    refused(packed(change(unpacked(pack)), START), *said, trusted=trusted)


@pytest.mark.parametrize("missing", [limits.STATEMENT, limits.KEY, limits.MANIFEST, limits.RECORD, limits.REDACTIONS])
async def test_a_pack_without_one_of_its_own_members_is_refused(pack: bytes, missing: str) -> None:
    members = {name: content for name, content in unpacked(pack).items() if name != missing}
    refused(packed(members, START), missing, trusted=False)


@pytest.mark.parametrize("share", [0.01, 0.5, 0.99])
async def test_a_truncated_pack_is_refused(pack: bytes, share: float) -> None:
    refused(pack[: int(len(pack) * share)], "it is no whole zip")


async def test_a_byte_that_fell_over_is_found_wherever_it_is(pack: bytes) -> None:
    members = unpacked(pack)
    for place in range(40, len(pack), len(pack) // 40):
        changed = pack[:place] + bytes([pack[place] ^ 1]) + pack[place + 1 :]
        assert replayed(changed, OURS.public).flaws or unpacked(changed) == members, f"byte {place}"


# --- the signature ---------------------------------------------------------------------------------------------------


async def test_a_signature_by_another_key_is_refused_where_one_is_trusted_and_told_where_none_is(pack: bytes) -> None:
    content = forged(pack, {})
    refused(content, f"statement.dsse.json: the key {OURS.public.fingerprint} did not sign")
    outcome = replayed(content)
    assert (outcome.flaws, outcome.vouched, outcome.fingerprint) == ((), False, THEIRS.public.fingerprint)


@pytest.mark.parametrize(
    ("was", "becomes"),
    [
        (b'"payload": "', b'"payload": "e30='),
        (PAYLOAD_TYPE.encode(), b"text/plain"),
        (b'"sig": "', b'"sig": "AAAA'),
        (b'"keyid"', b'"kid"'),
        (b"{", b"["),
    ],
)
async def test_an_envelope_that_was_touched_is_refused(pack: bytes, was: bytes, becomes: bytes) -> None:
    members = unpacked(pack)
    members[limits.STATEMENT] = members[limits.STATEMENT].replace(was, becomes, 1)
    refused(packed(members, START), limits.STATEMENT)


async def test_a_key_that_is_none_is_refused(pack: bytes) -> None:
    refused(packed({**unpacked(pack), limits.KEY: b"-----BEGIN"}, START), "key.pem: it is no public key", trusted=False)


# --- a thorough hand: everything is listed and signed anew, by a key of its own --------------------------------------


def rows(content: bytes) -> list[bytes]:
    return unpacked(content)[limits.PROVENANCE].splitlines(keepends=True)


async def test_a_row_of_the_log_that_was_dropped_is_missed(pack: bytes) -> None:
    first, _, *rest = rows(pack)
    content = {limits.PROVENANCE: b"".join([first, *rest])}
    refused(forged(pack, content), f"it has {len(rest) + 1} rows, and had {len(rest) + 2}", trusted=False)
    thorough = forged(pack, content, log={"rows": len(rest) + 1, "withheld": 2})
    refused(thorough, "did not sign")
    assert not replayed(thorough).flaws, "said to be about others: only a key that is trusted finds that"


async def test_rows_of_the_log_that_changed_places_show_in_the_chain(pack: bytes) -> None:
    first, second, *rest = rows(pack)
    refused(forged(pack, {limits.PROVENANCE: b"".join([second, first, *rest])}), "out of order", trusted=False)


async def test_a_row_of_the_log_that_says_something_else_does_not_come_to_its_hash(pack: bytes) -> None:
    content = unpacked(pack)[limits.PROVENANCE].replace(b"begun", b"ended", 1)
    refused(forged(pack, {limits.PROVENANCE: content}), "does not come to its hash: it was changed", trusted=False)


async def test_the_row_of_the_decision_cannot_be_left_out(pack: bytes) -> None:
    refused(
        forged(pack, {limits.PROVENANCE: b"".join(rows(pack)[:-1])}), "does not end with the decision", trusted=False
    )


async def test_a_log_that_is_none_is_refused(pack: bytes) -> None:
    refused(forged(pack, {limits.PROVENANCE: b'{"seq": 1}\n'}), "provenance.jsonl line 1", trusted=False)


async def test_the_record_of_another_decision_contradicts_the_log(shop: Shop) -> None:
    await shop.decide(case(p95=300.0))
    other = unpacked(await shop.pack())
    await shop.decide()
    names = (limits.RECORD, limits.DECISION, limits.SNAPSHOT, limits.CONFIG)
    verdict = json.loads(other[limits.DECISION])["verdict"]
    digest = manifest({"x": other[limits.RECORD]})["members"][0]["sha256"]
    content = forged(await shop.pack(), {name: other[name] for name in names}, verdict=verdict, recordDigest=digest)
    refused(content, "logs another record", "logs the verdict 'hold', and the decision has 'block'", trusted=False)


@pytest.mark.parametrize(
    ("name", "was", "becomes", "said"),
    [
        (limits.DECISION, b'"ship"', b'"hold"', "it is not the decision of record.json"),
        (limits.SNAPSHOT, b"octocat", b"hubot", "it is not what record.json says"),
        (limits.CONFIG, b"5eed", b"dead", "it is not what record.json says"),
        ("sboms/001-head.json", b"MIT", b"BSD", "it is not what record.json says"),
        (limits.RECORD, b"octocat", b"hubot", "it is another record than the one that was signed"),
        (TICKS, b'"canary":{"good":990', b'"canary":{"good":890', "line 2 (tick 2)"),
        (TICKS, b'"status":"continue"', b'"status":"promote"', "the gate"),
        ("experiments/1/looks.jsonl", b'"taken":2', b'"taken":1', "another state"),
        ("experiments/1/experiment.json", b'"state": "', b'"state": "0', "it is not the experiment"),
        (limits.REDACTIONS, b"{", b"[", "contradicts itself"),
    ],
)
async def test_a_member_that_contradicts_the_others_is_named(
    pack: bytes, name: str, was: bytes, becomes: bytes, said: str
) -> None:
    content = unpacked(pack)[name]
    assert was in content
    refused(forged(pack, {name: content.replace(was, becomes, 1)}), said, trusted=False)


async def test_ticks_that_were_left_out_are_missed(pack: bytes) -> None:
    lines = unpacked(pack)[TICKS].splitlines(keepends=True)
    refused(forged(pack, {TICKS: b"".join(lines[:-1])}), f"{TICKS}: it cannot be gone through", trusted=False)
    refused(
        forged(pack, {TICKS: b"".join([*lines, lines[-1].replace(b'"tick":6', b'"tick":7')])}), TICKS, trusted=False
    )


@pytest.mark.parametrize("said", [{"verdict": "block"}, {"seal": None}, {"log": {"rows": 99}}, {"recordDigest": ""}])
async def test_a_statement_about_something_else_is_refused(pack: bytes, said: dict[str, Any]) -> None:
    refused(forged(pack, {}, **said), "", trusted=False)


@pytest.mark.parametrize(
    "said",
    [
        {"repository": "victim/bank"},
        {"number": 1},
        {"baseSha": "0" * 40},
        {"checks": []},
        {"configDigest": "x"},
        {"version": "9"},
    ],
)
async def test_a_statement_that_says_other_than_its_decision_is_refused(pack: bytes, said: dict[str, Any]) -> None:
    refused(forged(pack, {}, **said), f"another decision than decision.json: {next(iter(said))}", trusted=False)


@pytest.mark.parametrize(
    ("said", "why"),
    [
        ({"decidedAt": "1999-12-31T00:00:00Z"}, "was written at another time than 1999"),
        ({"reason": "x"}, "has another reason"),
        ({"redactions": 3}, "its figures do not fit"),
    ],
)
async def test_a_statement_that_contradicts_log_or_redactions_is_refused(
    pack: bytes, said: dict[str, Any], why: str
) -> None:
    refused(forged(pack, {}, **said), why, trusted=False)


def told_anew(content: bytes, name: str, **said: Any) -> dict[str, bytes]:
    return {name: pretty(json.loads(unpacked(content)[name]) | said)}


RUN = "experiments/1/experiment.json"


@pytest.mark.parametrize(
    ("said", "why"),
    [
        ({"environment": None}, "not the experiment that record.json knows of"),
        ({"experiment": 2}, "not the experiment that record.json knows of"),
        ({"rules": None}, "its rules are not those of the first look"),
        ({"not_replayable": "x"}, "holds what takes one through"),
        ({"not_replayable": "secrets were in it"}, "holds what takes one through"),
    ],
)
async def test_an_experiment_says_what_record_and_looks_know(pack: bytes, said: dict[str, Any], why: str) -> None:
    refused(forged(pack, told_anew(pack, RUN, **said)), f"{RUN}: ", why, trusted=False)


async def test_an_experiment_that_the_record_knows_of_is_there_and_no_other(pack: bytes) -> None:
    gone = {name: None for name in unpacked(pack) if name.startswith("experiments/")}
    refused(forged(pack, gone), f"{RUN} is missing", trusted=False)
    refused(forged(pack, {"experiments/2/experiment.json": b"{}"}), "knows of no such experiment", trusted=False)


@pytest.mark.parametrize("name", ["run-me.sh", "sboms/999-head.json"])
async def test_a_member_that_no_pack_holds_is_refused_whoever_signed(pack: bytes, name: str) -> None:
    refused(forged(pack, {name: b"{}"}), f"{name}: no pack holds such a member", trusted=False)


async def test_what_was_taken_out_is_what_is_listed(pack: bytes) -> None:
    unlisted = told_anew(pack, limits.REDACTIONS, record_changed=True)
    refused(forged(pack, unlisted), "is not what it lists", trusted=False)
    refused(forged(pack, {limits.VERSIONS: b"{}"}), "versions.json: it does not say maestro", trusted=False)


# --- zips ------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "name",
    ["../x", "/etc/x", "a/../b", "a\\b", "a//b", ".x", "a/./b", "C:x", "a\x00b", "é", "a" * 200, "a/b/c/d/e", "x/", ""],
)
def test_a_name_that_no_member_has_is_refused(name: str) -> None:
    refused(zipped({"README.txt": b"x", name: b"y"}), "")


@pytest.mark.filterwarnings("ignore:Duplicate name")
@pytest.mark.parametrize("twin", ["record.json", "Record.JSON"])
def test_a_name_that_is_there_twice_is_refused(twin: str) -> None:
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w") as archive:
        archive.writestr(zipfile.ZipInfo("record.json"), b"1")
        archive.writestr(zipfile.ZipInfo(twin), b"2")
    refused(out.getvalue(), "is in it twice")


async def test_bytes_that_belong_to_no_member_are_refused(pack: bytes) -> None:
    refused(b"PK" + b"x" * 20 + pack, "bytes that belong to no member")
    refused(pack + b"x", "")


def with_tail(content: bytes, tail: bytes, announced: int) -> bytes:
    """The pack with `tail` after the stream of its first member, whose own header announces `announced` bytes of it."""
    with zipfile.ZipFile(io.BytesIO(content)) as archive:
        first, (second, *_), directory = archive.infolist()[0], archive.infolist()[1:], archive.start_dir
    changed = bytearray(content[: second.header_offset] + tail + content[second.header_offset :])
    changed[18:22] = struct.pack("<I", first.compress_size + announced)
    at = directory + len(tail)
    changed[-6:-2] = struct.pack("<I", at)
    changed[at + 20 : at + 24] = struct.pack("<I", first.compress_size + len(tail))
    while (at := changed.find(b"PK\1\2", at + 4)) > 0:
        (offset,) = struct.unpack("<I", changed[at + 42 : at + 46])
        changed[at + 42 : at + 46] = struct.pack("<I", offset + len(tail))
    return bytes(changed)


async def test_bytes_after_the_end_of_a_members_stream_are_refused(pack: bytes) -> None:
    refused(with_tail(pack, b"EVIL" * 1_000, 4_000), "README.txt is not of the size that is announced")


async def test_a_second_story_for_whoever_reads_from_the_beginning_is_refused(pack: bytes) -> None:
    other = zipped({limits.DECISION: edited(unpacked(pack))[limits.DECISION]})
    content = with_tail(pack, other[: other.index(b"PK\1\2")], 0)
    with zipfile.ZipFile(io.BytesIO(content)) as archive:
        assert archive.read(limits.DECISION) == unpacked(pack)[limits.DECISION], "who reads the directory sees ours"
    refused(content, "README.txt: bytes that belong to no member, or contradict the directory")


@pytest.mark.parametrize("place", [4, 6, 8, 10, 12, 14, 18, 22, 26, 28, 30])
async def test_a_header_that_contradicts_the_directory_is_refused(pack: bytes, place: int) -> None:
    refused(pack[:place] + bytes([pack[place] ^ 1]) + pack[place + 1 :], "README.txt: bytes that belong to no member")


@pytest.mark.parametrize("place", [4, 5, 6, 8, 30, 32, 34, 36, 38])
async def test_what_the_directory_says_beside_is_not_for_anybody_to_write_in(pack: bytes, place: int) -> None:
    at = pack.index(b"PK\1\2") + place
    refused(pack[:at] + bytes([pack[at] ^ 1]) + pack[at + 1 :], "")


def test_a_bomb_is_refused_before_it_is_unpacked() -> None:
    content = zipped({"record.json": b"0" * 1_000_000})
    size = (1_000_000).to_bytes(4, "little")
    huge = content.replace(size, (0xFFFFFFF0).to_bytes(4, "little"))
    refused(huge, "larger than")
    longer = content.replace(size, (1_000).to_bytes(4, "little"))
    refused(longer, "")


def test_more_members_than_a_pack_has_are_refused() -> None:
    refused(zipped({f"m{number}": b"" for number in range(limits.MOST_MEMBERS + 1)}), "more than")
