"""What a valid configuration answers: whose change it is, and which configuration it was."""

import json
import subprocess
import sys
import time
from random import Random

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.config import Config, parse
from checks.model import Pull

from .registry import CHECKS


def config(text: str = "version: 1") -> Config:
    read = parse(text, checks=CHECKS)
    assert isinstance(read, Config), str(read)
    return read


def pull(author: str = "ada", head_ref: str = "fix-typo", labels: tuple[str, ...] = ()) -> Pull:
    return Pull("acme/shop", 7, "Fix", author, "a" * 40, head_ref, "b" * 40, "main", labels=labels)


def test_a_person_is_not_an_agent() -> None:
    assert config().agent_reason(pull()) == ""


@pytest.mark.parametrize(
    ("change", "reason"),
    [
        (pull(labels=("bug", "agent")), "label `agent`"),
        (pull(labels=("Agent",)), "label `Agent`"),
        (pull(author="renovate[bot]"), "author `renovate[bot]`"),
        (pull(author="Helper[Bot]"), "author `Helper[Bot]`"),
        (pull(head_ref="agent/fix/deep"), "branch `agent/fix/deep`"),
    ],
)
def test_label_author_or_branch_make_an_agent_and_the_reason_says_which(change: Pull, reason: str) -> None:
    assert config("version: 1\nagents: {}").agent_reason(change) == reason
    assert config().agent_reason(change) == "", "what is not configured is absent"


@pytest.mark.parametrize("author", ["bot", "rabbit-b", "t", "botany", "x[bot]y"])
def test_brackets_in_a_pattern_are_brackets_not_a_set_of_letters(author: str) -> None:
    assert config("version: 1\nagents: {}").agent_reason(pull(author=author)) == ""


def test_branches_are_told_apart_by_case_as_git_does() -> None:
    assert config("version: 1\nagents: {}").agent_reason(pull(head_ref="Agent/x")) == ""


def test_a_repository_may_say_otherwise() -> None:
    own = config("version: 1\nagents: {labels: [], authors: ['ai-?'], branches: []}")
    assert own.agent_reason(pull(author="ai-7")) == "author `ai-7`"
    assert own.agent_reason(pull(author="renovate[bot]", labels=("agent",), head_ref="agent/x")) == ""


def test_a_pattern_of_many_stars_costs_no_time() -> None:
    slow = config(f"version: 1\nagents: {{branches: ['{'*a' * 60}b']}}")
    began = time.process_time()
    assert slow.agent_reason(pull(head_ref="a" * 255)) == ""
    assert time.process_time() - began < 1, "not exponential"


def test_the_digest_knows_meaning_not_spelling() -> None:
    plain = config("version: 1\nsbom: {mode: warn}\n")
    spelled = config("# with words\nsbom:\n  severity: high\n  mode: 'warn'\ncard: {mode: always}\nversion: 1\n")
    assert plain.digest == spelled.digest
    assert len(plain.digest) == 64


@pytest.mark.parametrize(
    "other",
    [
        "version: 1",
        "version: 1\nsbom: {mode: block}",
        "version: 1\nsbom: {mode: warn}\ncommands: {enabled: false}",
        "version: 1\nsbom: {mode: warn}\ncontract: {}",
    ],
)
def test_every_difference_in_effect_changes_the_digest(other: str) -> None:
    assert config(other).digest != config("version: 1\nsbom: {mode: warn}").digest


def test_blocks_without_effect_do_not_change_the_digest() -> None:
    assert config("version: 1\nprogram: {a: 1}").digest == config().digest


MODES = st.sampled_from(["block", "warn", "off"])
CONFIGS = st.fixed_dictionaries(
    {"version": st.just(1)},
    optional={
        "sbom": st.fixed_dictionaries({}, optional={"mode": MODES, "paths": st.lists(st.sampled_from(["a", "no"]))}),
        "contract": st.fixed_dictionaries({"post": st.dictionaries(st.sampled_from("xyz"), st.floats(-9, 9))}),
        "card": st.fixed_dictionaries({"mode": st.sampled_from(["always", "on-change", "on-failure", "never"])}),
    },
)


@given(CONFIGS, st.randoms(use_true_random=False))
def test_the_order_of_keys_means_nothing(written: dict[str, object], random: Random) -> None:
    keys = list(written)
    random.shuffle(keys)
    assert config(json.dumps({key: written[key] for key in keys})).digest == config(json.dumps(written)).digest


@given(CONFIGS)
def test_the_effective_configuration_is_itself_a_configuration_of_the_same_digest(
    written: dict[str, object],
) -> None:
    effective = config(json.dumps(written))
    assert config(json.dumps(effective.as_json())).digest == effective.digest


def test_reading_a_configuration_needs_neither_network_nor_number_libraries() -> None:
    code = "import sys, app.config; print(*sorted({m.partition('.')[0] for m in sys.modules}))"
    loaded = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True).stdout.split()
    assert not {"aiohttp", "gidgethub", "sqlalchemy", "numpy", "scipy", "jsonschema_rs"} & set(loaded)
    assert "pydantic" in loaded
