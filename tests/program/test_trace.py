"""What a commit or a branch says that it comes of, and which of that holds."""

from __future__ import annotations

from dataclasses import replace

import pytest

from program.remediation import Attempted, Course, Failure, Remediation, Result, Step
from program.trace import MOST, Claim, attributed, is_trace, traces

TRACE, OTHER = "0123456789abcdef" * 2, "fedcba9876543210" * 2
SENT_TO, PUSHED = "1a" * 20, "2b" * 20
ATTEMPT = Attempted(1, Step.AGENT, Failure.CONTRACT, SENT_TO, TRACE, 1_800_000_000.0, arm="impl@small")
OWNER = Remediation(3, "octo/shop", 7, SENT_TO, 1_800_000_000.0, Failure.CONTRACT, "maestro[bot]", attempts=(ATTEMPT,))
CLAIM = Claim(TRACE, "octo/shop", 7, PUSHED, (SENT_TO, PUSHED))


@pytest.mark.parametrize(
    ("text", "named"),
    [
        (f"Try again\n\nMaestro-Arm: impl@small\nMaestro-Trace: {TRACE}\n", (TRACE,)),
        (f"Try again\r\n\r\nmaestro-trace:\t{TRACE.upper()} \r\n", (TRACE,)),
        (f"Maestro-Trace: {TRACE}", (TRACE,)),
        (f"agent/maestro-trace-{TRACE}", (TRACE,)),
        (f"maestro-trace-{TRACE}", (TRACE,)),
        (f"agent/{TRACE}", (TRACE,)),
        (f"agent/{TRACE}/two", (TRACE,)),
        (f"Try again\n\nMaestro-Trace: {TRACE}\nMaestro-Trace: {TRACE}\nMaestro-Trace: {OTHER}\n", (TRACE, OTHER)),
        (f"See {TRACE}, and agent/{TRACE}", ()),
        (f"It says Maestro-Trace: {TRACE} in the middle of a line", ()),
        (f"Maestro-Trace: {TRACE}0", ()),
        (f"Maestro-Trace: {TRACE[:-1]}", ()),
        (f"agent/{TRACE}0", ()),
        (f"agent-{TRACE}", ()),
        (f"agent/{TRACE.upper()}", ()),
        ("", ()),
    ],
)
def test_a_trace_stands_on_a_line_of_its_own_or_ends_a_part_of_a_branch(text: str, named: tuple[str, ...]) -> None:
    assert traces([text]) == named


def test_a_text_names_no_more_traces_than_anybody_looks_up() -> None:
    flood = "Flood\n\n" + "".join(f"Maestro-Trace: {n:032x}\n" for n in range(5_000))
    assert traces([flood]) == tuple(f"{n:032x}" for n in range(MOST))


def test_a_trace_is_32_small_hexadecimal_digits() -> None:
    assert [is_trace(text) for text in (TRACE, TRACE.upper(), TRACE[:-1], f"{TRACE}\n", "٣" * 32)] == [
        True,
        *[False] * 4,
    ]


def test_what_was_pushed_on_the_commit_that_an_attempt_was_sent_to_is_its_own() -> None:
    assert attributed(CLAIM, (OWNER, ATTEMPT)) == ATTEMPT
    assert attributed(replace(CLAIM, repository="Octo/Shop"), (OWNER, ATTEMPT)) == ATTEMPT


@pytest.mark.parametrize(
    ("claim", "found", "why"),
    [
        (CLAIM, None, "is of no attempt"),
        (replace(CLAIM, repository="octo/bank"), (OWNER, ATTEMPT), "is of an attempt in another repository"),
        (replace(CLAIM, number=8), (OWNER, ATTEMPT), "is of no attempt of this pull request"),
        (CLAIM, (OWNER, replace(ATTEMPT, result=Result.FAILED)), "is of attempt 1, which has ended"),
        (CLAIM, (OWNER, replace(ATTEMPT, result=Result.MENDED)), "is of attempt 1, which has ended"),
        (CLAIM, (replace(OWNER, course=Course.STOPPED), ATTEMPT), "is of attempt 1, which has ended"),
        (replace(CLAIM, head_sha=SENT_TO), (OWNER, ATTEMPT), "is on the very commit that its attempt is to mend"),
        (replace(CLAIM, commits=(PUSHED,)), (OWNER, ATTEMPT), "was not made on `1a1a1a1`, where its attempt began"),
    ],
    ids=["unknown", "repository", "pull request", "ended", "used", "stopped", "same head", "elsewhere"],
)
def test_a_forged_trace_is_named_for_what_it_is(
    claim: Claim, found: tuple[Remediation, Attempted] | None, why: str
) -> None:
    assert attributed(claim, found) == f"trace `01234567` {why}: ignored"
