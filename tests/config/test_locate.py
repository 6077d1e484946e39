"""The base branch's file, else the owner's, else silence; and one file that it extends."""

import subprocess
from pathlib import Path

from app.config import PATH, Config, ConfigErrors, Loaded, Place, complete, load, parse
from app.config.locate import blob_sha
from checks.model import Missing, Mode

from .registry import CHECKS, Bill, Severity

BASE = "b" * 40
OWN = ("acme/shop", PATH, BASE)
ORGANISATION = ("acme/.github", PATH, "")
ORGANISATION_ROOT = ("acme/.github", "maestro.yml", "")
POLICIES = ("acme/policies", PATH, "")


class Files:
    """The port over a dictionary; remembers what was asked for."""

    def __init__(self, files: dict[tuple[str, str, str], str | Missing]) -> None:
        self.files = files
        self.asked: list[tuple[str, str, str]] = []

    async def __call__(self, repository: str, path: str, ref: str) -> bytes | Missing | None:
        self.asked.append((repository, path, ref))
        found = self.files.get((repository, path, ref))
        return found.encode() if isinstance(found, str) else found


async def loaded(files: Files) -> Loaded:
    return await load(files, "acme/shop", BASE, checks=CHECKS)


async def config(files: Files) -> Config:
    outcome = (await loaded(files)).outcome
    assert isinstance(outcome, Config), str(outcome)
    return outcome


async def error(files: Files) -> tuple[str, int, str]:
    outcome = (await loaded(files)).outcome
    assert isinstance(outcome, ConfigErrors)
    (only,) = outcome.errors
    return only.path, only.line, only.message


async def test_the_repositorys_own_file_is_read_at_the_base_and_nothing_else_is() -> None:
    files = Files({OWN: "version: 1\nsbom: {}", ORGANISATION: "version: 1"})
    found = await loaded(files)
    assert isinstance(found.outcome, Config)
    assert list(found.outcome.checks) == ["sbom"]
    assert files.asked == [OWN]
    assert [source.place for source in found.sources] == [Place(*OWN)]
    assert found.outcome.source == f"{PATH}@{blob_sha(b'version: 1' + bytes([10]) + b'sbom: {}')[:12]}"


async def test_without_one_the_owners_github_repository_speaks() -> None:
    for place in (ORGANISATION, ORGANISATION_ROOT):
        found = await config(Files({place: "version: 1\nsbom: {mode: warn}"}))
        assert found.checks["sbom"].mode is Mode.WARN
        assert found.source.startswith(f"{place[0]}:{place[1]}@")


async def test_no_file_anywhere_is_silence_after_looking_at_every_place() -> None:
    files = Files({})
    assert await loaded(files) == Loaded(None)
    assert files.asked == [OWN, ORGANISATION, ORGANISATION_ROOT]


async def test_a_failed_read_is_not_silence_and_is_not_answered_by_the_next_place() -> None:
    files = Files({OWN: Missing("HTTP 502", ours=True), ORGANISATION: "version: 1"})
    outcome = (await loaded(files)).outcome
    assert outcome == Missing("acme/shop:.github/maestro.yml could not be read: HTTP 502", ours=True)
    assert files.asked == [OWN]


async def test_a_broken_file_is_its_own_error_not_a_reason_to_look_elsewhere() -> None:
    files = Files({OWN: "version: 1\nsbmo: {}", ORGANISATION: "version: 1"})
    assert await error(files) == (PATH, 2, "`sbmo` is not a key; did you mean `sbom`?")


async def test_an_error_in_the_organisations_file_names_that_file() -> None:
    path, _, _ = await error(Files({ORGANISATION: "version: 3"}))
    assert path == "acme/.github:.github/maestro.yml"


async def test_an_extended_file_gives_what_the_own_one_leaves_out() -> None:
    files = Files({
        OWN: "version: 1\nextends: acme/policies\nsbom: {severity: low}",
        POLICIES: "version: 1\nsbom: {severity: high, paths: [bom.json]}\ncontract: {mode: warn}",
    })  # fmt: skip
    found = await loaded(files)
    assert isinstance(found.outcome, Config)
    assert found.outcome.checks["sbom"] == Bill(severity=Severity.LOW, paths=("bom.json",))
    assert found.outcome.checks["contract"].mode is Mode.WARN
    assert [source.place for source in found.sources] == [Place(*OWN), Place(*POLICIES)]
    assert found.outcome.source.count("@") == 2


async def test_an_extended_path_is_read_from_the_default_branch() -> None:
    files = Files({OWN: "version: 1\nextends: Acme/policies:teams/web.yml"})
    assert "does it hold `teams/web.yml`?" in (await error(files))[2]
    assert files.asked[-1] == ("Acme/policies", "teams/web.yml", "")


async def test_each_mistake_is_told_in_the_file_that_made_it() -> None:
    files = Files({
        OWN: "version: 1\nextends: acme/policies\nsbom:\n  mode: blok",
        POLICIES: "version: 1\nsbom:\n  severity: hihg\n",
    })  # fmt: skip
    outcome = (await loaded(files)).outcome
    assert isinstance(outcome, ConfigErrors)
    assert [(error.path, error.line, error.nearest) for error in outcome.errors] == [
        (PATH, 4, "block"),
        ("acme/policies:.github/maestro.yml", 3, "high"),
    ]


async def test_a_block_may_be_whole_only_with_the_file_it_extends() -> None:
    own = "version: 1\nextends: acme/policies\ncontract: {patience: 3}"
    assert isinstance(parse(own, checks=CHECKS), ConfigErrors)
    found = await config(Files({OWN: own, POLICIES: "version: 1\ncontract: {retries: 4}"}))
    assert found.as_json()["contract"] == {"mode": "block", "post": {}, "retries": 4, "patience": 3}


async def test_a_file_whose_version_is_unknown_is_told_all_its_mistakes_before_anything_is_fetched() -> None:
    files = Files({OWN: "version: 2\nextends: acme/policies\nsbmo: {}"})
    outcome = (await loaded(files)).outcome
    assert isinstance(outcome, ConfigErrors)
    assert [error.key for error in outcome.errors] == ["version", "sbmo"]
    assert files.asked == [OWN]


async def test_another_owners_file_is_never_fetched() -> None:
    files = Files({OWN: "version: 1\nextends: mallory/policies", ("mallory/policies", PATH, ""): "version: 1"})
    assert await error(files) == (
        PATH,
        2,
        "`mallory/policies` belongs to another owner; it must be one of `acme`",
    )
    assert files.asked == [OWN]


async def test_extending_goes_one_level_deep() -> None:
    files = Files({OWN: "version: 1\nextends: acme/policies", POLICIES: "version: 1\nextends: acme/more"})
    path, line, message = await error(files)
    assert (path, line) == ("acme/policies:.github/maestro.yml", 2)
    assert message == "`extends` goes one level deep; this file is extended itself"


async def test_an_extended_file_that_cannot_be_read_leaves_the_answer_open() -> None:
    files = Files({OWN: "version: 1\nextends: acme/policies", POLICIES: Missing("rate limited", coming=True)})
    outcome = (await loaded(files)).outcome
    assert isinstance(outcome, Missing)
    assert outcome.coming


async def test_a_head_copy_is_judged_with_what_it_extends_and_without_looking_for_another() -> None:
    files = Files({POLICIES: "version: 1\nsbom: {}"})
    head = Place("fork/shop", PATH, "c" * 40)
    found = await complete(files, head, b"version: 1\nextends: acme/policies", "acme/shop", checks=CHECKS)
    assert isinstance(found.outcome, Config)
    assert list(found.outcome.checks) == ["sbom"]
    assert files.asked == [POLICIES]


def test_a_blob_is_named_as_git_names_it(tmp_path: Path) -> None:
    file = tmp_path / "maestro.yml"
    file.write_bytes("version: 1 # é\n".encode())
    named = subprocess.run(
        ["git", "hash-object", "--no-filters", str(file)], capture_output=True, text=True, check=True
    )
    assert blob_sha(file.read_bytes()) == named.stdout.strip()
