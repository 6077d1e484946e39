import asyncio
import io
import json
import zipfile
from collections.abc import Mapping
from dataclasses import dataclass, field

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.gather.measured import ARTIFACT, FILE, MAX_BYTES, MOST_ARTIFACTS, MOST_RUNS, Measured, read_member
from app.github.artifact import Artifact, read_artifact
from app.github.errors import Denied, NotFound, TooLarge, Unavailable
from app.github.records import WorkflowRun, read_workflow_run
from app.metrics_file import BadMetrics
from checks.model import Measurement, Missing, Pull

HEAD = "a" * 40
PULL = Pull("octo/shop", 1, "A title", "alice", HEAD, "fix", "b" * 40, "main")
P95 = frozenset({"p95"})


def zipped(content: bytes, name: str = FILE, method: int = zipfile.ZIP_DEFLATED) -> bytes:
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", method) as archive:
        archive.writestr(name, content)
    return buffer.getvalue()


def table(value: float, name: str = "p95") -> bytes:
    return zipped(json.dumps({name: value}).encode())


@dataclass
class Runs:
    """Workflow runs, as GitHub lists them: by when they began, newest first."""

    left: dict[int, bytes | Exception] = field(default_factory=dict)  # by artifact
    runs: list[WorkflowRun] = field(default_factory=list)
    of_run: dict[int, list[Artifact]] = field(default_factory=dict)
    calls: list[str] = field(default_factory=list)

    def run(self, run: int, artifacts: Mapping[int, bytes | Exception], home: str = "octo/shop", **of: object) -> None:
        """A run, with its artifacts by their ids."""
        about = {"id": run, "head_sha": HEAD, "head_repository": {"full_name": home}, "html_url": f"https://ci/{run}"}
        self.runs.insert(0, read_workflow_run({**about, "check_suite_id": 1, "workflow_id": 1, "run_number": 1}))
        self.of_run[run] = [read_artifact({"id": one, "name": ARTIFACT, **of}) for one in artifacts]
        self.left.update(artifacts)

    async def workflow_runs(self, head_sha: str) -> tuple[WorkflowRun, ...]:
        self.calls.append(f"runs {head_sha[:1]}")
        return tuple(self.runs)

    async def artifacts(self, run_id: int, name: str) -> tuple[Artifact, ...]:
        self.calls.append(f"artifacts {run_id}")
        return tuple(self.of_run[run_id]) if name == ARTIFACT else ()

    async def artifact_zip(self, artifact_id: int, max_bytes: int) -> bytes:
        self.calls.append(f"zip {artifact_id}")
        content = self.left[artifact_id]
        if isinstance(content, Exception):
            raise content
        assert len(content) <= max_bytes
        return content


class Sent:
    def __init__(self, *sent: Measurement) -> None:
        self.sent = sent

    async def of(self, _repository: str, _sha: str) -> tuple[Measurement, ...]:
        return self.sent


def found(runs: Runs, *sent: Measurement, pull: Pull = PULL, wanted: frozenset[str] = P95) -> dict[str, Measurement]:
    measured = asyncio.run(Measured(Sent(*sent), runs).of(pull, wanted))  # type: ignore[arg-type]
    assert list(measured) == sorted(measured, key=lambda one: one.name)
    return {one.name: one for one in measured}


def test_the_newest_runs_number_counts() -> None:
    runs = Runs()
    for number, value in ((1, 300.0), (2, 212.0)):
        runs.run(number, {10 + number: table(value)})
    assert found(runs)["p95"] == Measurement("p95", 212.0, source="artifact", url="https://ci/2")


def test_a_run_that_is_run_again_is_read_again_and_its_newest_artifact_counts() -> None:
    runs = Runs()
    runs.run(1, {11: table(300)})
    runs.run(2, {12: table(250)})
    assert found(runs)["p95"].value == 250
    runs.of_run[1].append(read_artifact({"id": 13, "name": ARTIFACT}))
    runs.left[13] = table(190)
    assert found(runs)["p95"].value == 190


def test_what_was_sent_stands_against_what_was_left() -> None:
    runs = Runs()
    runs.run(1, {11: zipped(b'{"p95": 1, "coverage": 0.9}')})
    both = found(runs, Measurement("p95", 212.0, source="api"), wanted=frozenset({"p95", "coverage"}))
    assert (both["p95"].value, both["coverage"].value) == (212.0, 0.9)


def test_the_trusted_stands_against_a_newer_untrusted_of_the_same_name() -> None:
    runs = Runs()
    runs.run(1, {11: table(300)})
    runs.run(2, {12: table(1)}, home="mallory/shop")
    assert (found(runs)["p95"].value, found(runs)["p95"].trusted) == (300, True)
    alone = Runs()
    alone.run(2, {12: table(1)}, home="mallory/shop")
    assert (found(alone)["p95"].value, found(alone)["p95"].trusted) == (1, False)


def test_of_a_forks_pull_request_nothing_is_trusted() -> None:
    runs = Runs()
    runs.run(1, {11: table(1)})
    fork = Pull("octo/shop", 1, "A title", "mallory", HEAD, "fix", "b" * 40, "main", from_fork=True)
    both = found(runs, Measurement("lint", True), pull=fork)
    assert {name: one.trusted for name, one in both.items()} == {"lint": False, "p95": False}


@pytest.mark.parametrize("wanted", [frozenset[str](), frozenset({"coverage"})])
def test_no_call_is_made_for_what_nobody_wants_or_somebody_sent(wanted: frozenset[str]) -> None:
    runs = Runs()
    runs.run(1, {11: table(1)})
    assert found(runs, Measurement("coverage", 0.9), wanted=wanted).keys() == {"coverage"}
    assert runs.calls == []


def test_only_the_newest_runs_and_artifacts_are_looked_at_and_strangers_do_not_crowd_out_our_own() -> None:
    runs = Runs()
    for number in range(1, MOST_RUNS + 4):
        home = "octo/shop" if number == MOST_RUNS else "mallory/shop"
        runs.run(number, {100 * number + again: table(number) for again in range(2)}, home=home)
    assert (found(runs)["p95"].value, found(runs)["p95"].trusted) == (MOST_RUNS, True)
    looked = [call for call in runs.calls if call.startswith("artifacts")][:MOST_RUNS]
    assert looked == [f"artifacts {number}" for number in range(MOST_RUNS + 3, 3, -1)]
    assert len([call for call in runs.calls if call.startswith("zip")]) == 2 * MOST_ARTIFACTS


def test_expired_artifacts_are_not_fetched() -> None:
    runs = Runs()
    runs.run(1, {11: table(1)}, expired=True)
    assert found(runs) == {}
    assert "zip 11" not in runs.calls


@pytest.mark.parametrize(
    "content",
    [
        b"not a zip",
        zipped(b"{"),
        zipped(b'{"p95": 1}', "other.json"),
        zipped(b" " * (MAX_BYTES + 1)),
        zipped(b'{"sha": "0000000", "measurements": {"p95": 1}}'),
        NotFound("GET /zip", 410, "expired"),
    ],
    ids=["no zip", "no JSON", "no such file", "a bomb", "another commit", "expired meanwhile"],
)
def test_an_artifact_of_no_use_leaves_the_older_one_to_count(content: bytes | Exception) -> None:
    runs = Runs()
    runs.run(1, {11: table(300)})
    runs.run(2, {12: content})
    assert found(runs)["p95"].value == 300


@pytest.mark.parametrize(
    ("content", "why"),
    [
        (b"not a zip", "it cannot be unpacked: BadZipFile"),
        (zipped(b"{"), "not a JSON object"),
        (table(float("nan")), "'p95': expected a finite number, "),
        (zipped(b'{"p95": 1}', "other.json"), f"it holds no {FILE}"),
        (zipped(b" " * (MAX_BYTES + 1)), f"{FILE} is larger than {MAX_BYTES} bytes"),
        (
            zipped(b'{"sha": "0000000", "measurements": {"p95": 1}}'),
            f"measured at commit '0000000', which is not {HEAD}",
        ),
        (TooLarge("GET /zip", 200, ""), f"it is larger than {MAX_BYTES} bytes"),
        (NotFound("GET /zip", 410, "expired"), "it has expired"),
        (Denied("GET /zip", 403, ""), "GitHub answered 403"),
    ],
    ids=["no zip", "no JSON", "NaN", "no such file", "a bomb", "another commit", "huge", "expired meanwhile", "denied"],
)
def test_where_an_artifact_is_refused_what_it_should_have_measured_says_why(
    content: bytes | Exception, why: str
) -> None:
    runs = Runs()
    runs.run(1, {11: content})
    one = found(runs)["p95"]
    assert (one.value, one.source, one.url, one.trusted) == (None, "artifact", "https://ci/1", True)
    assert one.missing is not None
    assert one.missing.reason.startswith(f"the {ARTIFACT} artifact was refused: {why}")


def test_of_what_is_refused_our_own_newest_is_told_and_a_forks_stays_a_forks() -> None:
    runs = Runs()
    runs.run(1, {11: b"not a zip"})
    runs.run(2, {12: zipped(b"[]")})
    runs.run(3, {13: zipped(b"{")}, home="mallory/shop")
    assert (found(runs)["p95"].missing, found(runs)["p95"].url) == (
        Missing(f"the {ARTIFACT} artifact was refused: not a JSON object"),
        "https://ci/2",
    )
    alone = Runs()
    alone.run(3, {13: zipped(b"{")}, home="mallory/shop")
    assert (found(alone)["p95"].missing, found(alone)["p95"].trusted) == (
        Missing(f"the {ARTIFACT} artifact of a fork's run was refused: not a JSON object"),
        False,
    )


def test_a_refused_artifact_says_nothing_of_what_another_measured_or_nobody_wants() -> None:
    runs = Runs()
    runs.run(1, {11: b"not a zip"})
    runs.run(2, {12: table(1)})
    both = found(runs, wanted=frozenset({"p95", "coverage"}))
    assert {name: one.value for name, one in both.items()} == {"coverage": None, "p95": 1}


def test_where_github_does_not_answer_nothing_older_is_passed_off_as_the_newest() -> None:
    runs = Runs()
    runs.run(1, {11: table(300)})
    runs.run(2, {12: Unavailable("GET /zip", 502, "")})
    with pytest.raises(Unavailable):
        found(runs)


def opened(archive: bytes) -> bytes | BadMetrics:
    try:
        return read_member(archive)
    except BadMetrics as refused:
        return refused


METHODS = (zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED, zipfile.ZIP_BZIP2, zipfile.ZIP_LZMA)


@given(st.sampled_from(METHODS), st.data())
def test_a_damaged_archive_is_read_or_refused(method: int, data: st.DataObject) -> None:
    archive = bytearray(zipped(b'{"p95": 212, "coverage": 0.93}' * 3, method=method))
    for _ in range(data.draw(st.integers(1, 4))):
        archive[data.draw(st.integers(0, len(archive) - 1))] = data.draw(st.integers(0, 255))
    answer = opened(bytes(archive))
    assert str(answer).isprintable() if isinstance(answer, BadMetrics) else len(answer) <= MAX_BYTES
