"""`maestro sbom`, as somebody at a terminal or a script has it."""

import json
import os
import shutil
import subprocess
from pathlib import Path

import pytest

from tests.commands.conftest import Maestro

pytestmark = pytest.mark.slow

DATA = Path(__file__).parents[1] / "data"
FLASK, NPM = DATA / "sbom" / "pypi-flask", DATA / "sbom" / "npm-shop-api"
BASE, HEAD = str(FLASK / "base.cdx.json"), str(FLASK / "head.cdx.json")
CORPUS = str(DATA / "osv" / "pypa-2024-10-10.osv.jsonl.gz")
MANIFEST = "flask==2.0.1\nrequests==2.25.1  # http\npygments==2.9.0\n"


@pytest.fixture
def shop(tmp_path: Path) -> Path:
    """A checkout whose bill is FLASK's base."""
    (tmp_path / "requirements.txt").write_text(MANIFEST)
    (tmp_path / "node_modules" / "left").mkdir(parents=True)
    (tmp_path / "node_modules" / "left" / "requirements.txt").write_text("flask==2.0.1\n")
    return tmp_path


def test_a_diff_counts_what_an_independent_count_found(maestro: Maestro) -> None:
    ended = maestro("sbom", "diff", BASE, HEAD, "--json")
    assert ended.code == 0
    said = json.loads(ended.out)
    assert said["summary"] == {
        "added": 4,
        "removed": 1,
        "upgraded": 12,
        "downgraded": 1,
        "multi_version": 0,
        "license_changed": 0,
    }
    assert (said["state"], said["comparison"]) == ("warn", "compared")
    moved = next(change for change in said["changes"] if change["name"] == "idna")
    assert (moved["kind"], moved["base_versions"], moved["head_versions"]) == ("upgraded", ["2.10"], ["3.10"])
    assert (moved["direct"], moved["introduced_by"]) == (False, ["requests"])


def test_what_a_change_brings_in_stops_it_with_the_path_and_the_fix(maestro: Maestro) -> None:
    ended = maestro("sbom", "diff", HEAD, BASE, "--osv", CORPUS, "--json")
    assert ended.code == 1
    found = [one for one in json.loads(ended.out)["findings"] if one["action"] == "block"]
    brought = next(one for one in found if one["id"] == "CVE-2024-3651")
    assert (brought["rule"], brought["class"], brought["severity"]) == ("vulnerability", "introduced", "high")
    assert (brought["purl"], brought["path"]) == ("pkg:pypi/idna@2.10", ["requests", "idna"])
    assert "3.10" in brought["fix"] or "3.7" in brought["fix"]
    assert "PYSEC-2024-60" in brought["aliases"]


def test_a_policy_may_be_the_block_alone_or_a_whole_configuration(maestro: Maestro, tmp_path: Path) -> None:
    block, whole = tmp_path / "block.yml", tmp_path / "whole.yml"
    block.write_text("licenses: {deny: [GPL-2.0-or-later]}\n")
    whole.write_text("version: 1\nsbom:\n  licenses: {deny: [GPL-2.0-or-later]}\n")
    for file in (block, whole):
        ended = maestro("sbom", "diff", BASE, HEAD, "--policy", str(file), "--json")
        assert ended.code == 1
        denied = [one["purl"] for one in json.loads(ended.out)["findings"] if one["class"] == "denied"]
        assert denied == ["pkg:pypi/unidecode@1.3.8"]


def test_a_policy_in_mode_warn_stops_nothing(maestro: Maestro, tmp_path: Path) -> None:
    file = tmp_path / "policy.yml"
    file.write_text("mode: warn\nlicenses: {deny: [GPL-2.0-or-later]}\n")
    assert maestro("sbom", "diff", BASE, HEAD, "--policy", str(file)).code == 0


@pytest.mark.parametrize(
    ("policy", "said"),
    [
        ("severity: hihg\n", "policy.yml:1"),
        ("version: 1\nsbom:\n  severity: hihg\n", "policy.yml:3"),
        ("version: 1\n", "no `sbom` block"),
        ("[", "policy.yml"),
    ],
)
def test_a_policy_that_cannot_be_read_is_named_by_its_line(
    maestro: Maestro, tmp_path: Path, policy: str, said: str
) -> None:
    file = tmp_path / "policy.yml"
    file.write_text(policy)
    ended = maestro("sbom", "diff", BASE, HEAD, "--policy", str(file))
    assert ended.code == 2
    assert said in ended.err
    assert not ended.out


@pytest.mark.parametrize(
    "content", [b"", b"{}", b"[1]", b"\xff\xfe\x00", b'{"bomFormat": "CycloneDX", "specVersion": "2"}']
)
def test_a_file_that_is_no_bill_is_unreadable_input(maestro: Maestro, tmp_path: Path, content: bytes) -> None:
    file = tmp_path / "head.json"
    file.write_bytes(content)
    for words in (("diff", BASE), ("diff", str(file), BASE), ("show",), ("fix",), ("convert",), ("validate",)):
        ended = maestro("sbom", *words, *([] if len(words) == 3 else [str(file)]))
        assert ended.code == 2
        assert "head.json" in ended.err
        assert not ended.out


def test_a_bill_that_shrank_holds(maestro: Maestro, tmp_path: Path) -> None:
    small = json.loads((FLASK / "base.cdx.json").read_text())
    small["components"] = small["components"][:3]
    file = tmp_path / "head.json"
    file.write_text(json.dumps(small))
    ended = maestro("sbom", "diff", BASE, str(file), "--json")
    assert ended.code == 3
    assert json.loads(ended.out)["comparison"] == "shrunk"


@pytest.mark.parametrize("content", [b"not json", b'{"no": "id"}', b"\x1f\x8b broken"])
def test_advisories_that_cannot_be_read_end_the_command(maestro: Maestro, tmp_path: Path, content: bytes) -> None:
    file = tmp_path / ("osv.jsonl.gz" if content[:1] == b"\x1f" else "osv.json")
    file.write_bytes(content)
    ended = maestro("sbom", "diff", BASE, HEAD, "--osv", str(file))
    assert ended.code == 2
    assert file.name in ended.err


def test_a_record_that_no_check_can_read_holds_and_is_named(maestro: Maestro, tmp_path: Path, shop: Path) -> None:
    file = tmp_path / "osv.json"
    file.write_text(json.dumps([{"id": "GHSA-1", "affected": [{}] * 20_001}, {"id": "GHSA-2"}]))
    ended = maestro("sbom", "diff", BASE, HEAD, "--osv", str(file), "--json")
    said = json.loads(ended.out)
    assert (ended.code, said["state"]) == (3, "unmeasured")
    assert "not read: GHSA-1: more than 20,000 entries in affected" in ended.err
    assert [one["message"] for one in said["findings"] if one["action"] == "hold"] == [
        "An advisory could not be read: GHSA-1: more than 20,000 entries in affected",
        "An advisory could not be read: GHSA-2: `affected` does not say what it is about",
    ]
    assert "An advisory could not be read" in maestro("sbom", "diff", BASE, HEAD, "--osv", str(file)).out
    assert maestro("sbom", "fix", BASE, "--repo", str(shop), "--osv", str(file)).code == 3


def test_both_editions_of_one_bill_differ_alike(maestro: Maestro) -> None:
    told = [
        json.loads(maestro("sbom", "diff", str(NPM / f"base.{form}"), str(NPM / f"head.{form}"), "--json").out)
        for form in ("cdx.json", "spdx.json")
    ]
    names = [[(one["kind"], one["name"], one["head_versions"]) for one in each["changes"]] for each in told]
    assert names[0] == names[1]


def test_a_terminal_is_told_what_stops_the_change_first(maestro: Maestro) -> None:
    ended = maestro("sbom", "diff", HEAD, BASE, "--osv", CORPUS)
    first, _, rest = ended.out.partition("\n")
    assert first.startswith("BLOCK")
    assert "requests > idna" in rest
    assert "\x1b" not in ended.out


def test_a_fix_is_shown_as_a_patch_and_nothing_is_written(maestro: Maestro, shop: Path) -> None:
    ended = maestro("sbom", "fix", BASE, "--repo", str(shop), "--osv", CORPUS)
    assert ended.code == 1
    assert "-requests==2.25.1  # http\n" in ended.out
    assert "+requests==2.31.0  # http\n" in ended.out
    assert (shop / "requirements.txt").read_text() == MANIFEST


@pytest.mark.parametrize("ending", ["\n", "\r\n", ""])
def test_the_patch_is_one_that_git_applies(maestro: Maestro, shop: Path, ending: str) -> None:
    file = shop / "requirements.txt"
    file.write_bytes(MANIFEST.replace("\n", ending or "\n").rstrip("\n" if not ending else "").encode())
    ended = maestro("sbom", "fix", BASE, "--repo", str(shop), "--osv", CORPUS)
    (shop / "fix.patch").write_bytes(ended.out[ended.out.index("--- a/") :].encode())
    subprocess.run(["git", "apply", "fix.patch"], cwd=shop, check=True)
    assert b"requests==2.31.0  # http" in file.read_bytes()


def test_a_number_that_python_will_not_read_breaks_the_schema_and_nothing_else(
    maestro: Maestro, tmp_path: Path
) -> None:
    file = tmp_path / "bom.json"
    file.write_text('{"bomFormat": "CycloneDX", "specVersion": "1.6", "version": ' + "9" * 10_000 + "}")
    assert maestro("sbom", "validate", str(file)).code == 2


def test_every_fix_is_written_each_on_top_of_the_others_and_nothing_vendored_is_touched(
    maestro: Maestro, shop: Path
) -> None:
    ended = maestro("sbom", "fix", BASE, "--repo", str(shop), "--osv", CORPUS, "--write", "--json")
    assert ended.code == 0
    told = {one["package"]: one["version"] for one in json.loads(ended.out)}
    assert told["flask"] == "2.2.5"
    lines = (shop / "requirements.txt").read_text().splitlines()
    assert lines[:3] == ["flask==2.2.5", "requests==2.31.0  # http", "pygments==2.15.1"]
    assert "urllib3>=1.26.18" in lines
    assert (shop / "node_modules" / "left" / "requirements.txt").read_text() == "flask==2.0.1\n"


def test_only_what_weighs_enough_is_mended(maestro: Maestro, shop: Path) -> None:
    ended = maestro("sbom", "fix", BASE, "--repo", str(shop), "--osv", CORPUS, "--severity", "high", "--json")
    assert {one["package"] for one in json.loads(ended.out)} == {"idna", "urllib3", "werkzeug"}


def test_without_manifests_each_package_says_why_there_is_no_edit(maestro: Maestro, tmp_path: Path) -> None:
    ended = maestro("sbom", "fix", BASE, "--repo", str(tmp_path), "--osv", CORPUS)
    assert ended.code == 1
    assert "flask: no edit:" in ended.out


def test_where_nothing_is_known_to_be_vulnerable_nothing_is_to_mend(maestro: Maestro, shop: Path) -> None:
    ended = maestro("sbom", "fix", BASE, "--repo", str(shop))
    assert (ended.code, ended.out) == (0, "nothing vulnerable is known\n")


def test_a_bill_is_counted(maestro: Maestro) -> None:
    ended = maestro("sbom", "show", str(NPM / "base.spdx.json"), "--json")
    assert ended.code == 0
    assert json.loads(ended.out)["components"] == 181
    assert "components      181" in maestro("sbom", "show", str(NPM / "base.spdx.json")).out


def test_a_converted_bill_is_valid_and_says_the_same(maestro: Maestro, tmp_path: Path) -> None:
    written = tmp_path / "converted.cdx.json"
    written.write_text(maestro("sbom", "convert", str(NPM / "base.spdx.json")).out)
    assert maestro("sbom", "validate", str(written)).code == 0
    ended = maestro("sbom", "diff", str(NPM / "base.spdx.json"), str(written), "--json")
    assert not json.loads(ended.out)["changes"]


def test_a_bill_that_breaks_its_schema_is_told_where(maestro: Maestro, tmp_path: Path) -> None:
    broken = json.loads((FLASK / "base.cdx.json").read_text())
    broken["components"][0]["type"] = "potato"
    file = tmp_path / "bom.json"
    file.write_text(json.dumps(broken))
    ended = maestro("sbom", "validate", str(file))
    assert ended.code == 2
    assert "potato" in ended.err


def test_excuses_and_exceptions_hold_on_the_command_line_too(maestro: Maestro, tmp_path: Path, shop: Path) -> None:
    shutil.copy(shop / "requirements.txt", tmp_path / "manifest")
    policy = tmp_path / "policy.yml"
    policy.write_text(
        "exceptions:\n  - {id: CVE-2024-3651, purl: pkg:pypi/idna, owner: '@alice', reason: not reached,"
        " created: 2026-11-01, expires: 2026-12-31}\n"
    )
    words = ("sbom", "diff", HEAD, BASE, "--osv", CORPUS, "--policy", str(policy), "--json")
    held = json.loads(maestro(*words, "--day", "2026-12-31").out)
    assert [one["id"] for one in held["suppressed"]] == ["CVE-2024-3651"]
    over = json.loads(maestro(*words, "--day", "2027-01-01").out)
    assert not over["suppressed"]
    assert "CVE-2024-3651" in {one["id"] for one in over["findings"] if one["action"] == "block"}


@pytest.mark.parametrize("kind", ["a pipe", "a link to a pipe", "a device"])
@pytest.mark.parametrize(
    "words",
    [
        ("diff", "X", HEAD),
        ("diff", BASE, "X"),
        ("diff", BASE, HEAD, "--policy", "X"),
        ("diff", BASE, HEAD, "--osv", "X"),
        ("diff", BASE, HEAD, "--vex", "X"),
        ("fix", "X"),
        ("fix", BASE, "--policy", "X"),
        ("fix", BASE, "--osv", "X"),
        ("fix", BASE, "--vex", "X"),
        ("show", "X"),
        ("validate", "X"),
        ("convert", "X"),
    ],
)
def test_a_file_that_would_never_end_is_refused_and_not_waited_for(
    maestro: Maestro, tmp_path: Path, kind: str, words: tuple[str, ...]
) -> None:
    pipe, link = tmp_path / "pipe.json", tmp_path / "link.json"
    os.mkfifo(pipe)
    link.symlink_to(pipe)
    place = {"a pipe": str(pipe), "a link to a pipe": str(link), "a device": "/dev/zero"}[kind]
    ended = maestro("sbom", *(place if word == "X" else word for word in words))
    assert ended.code == 2
    assert f"{place!r} is no regular file" in ended.err


def test_a_pipe_among_the_manifests_is_passed_over(maestro: Maestro, shop: Path) -> None:
    os.mkfifo(shop / "package.json")
    assert maestro("sbom", "fix", BASE, "--repo", str(shop), "--osv", CORPUS).code == 1


def test_a_bill_longer_than_any_is_refused_before_it_is_held_in_memory(maestro: Maestro, tmp_path: Path) -> None:
    file = tmp_path / "endless.json"
    with file.open("wb") as opened:
        opened.truncate(200 * 2**30)
    for words in (("show", str(file)), ("diff", BASE, str(file)), ("validate", str(file))):
        ended = maestro("sbom", *words)
        assert ended.code == 2
        assert "the limit is 67,108,864" in ended.err
