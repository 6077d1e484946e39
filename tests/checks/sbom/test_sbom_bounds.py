"""Whatever is sent as a bill: it is read or refused, within bounds, and nothing crashes."""

import json
import time
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from checks import sbom
from checks.sbom import UnreadableError
from checks.sbom.bills import reader

from .bills import bill, document, npm


def test_a_file_over_the_limit_is_refused_before_it_is_parsed(monkeypatch: pytest.MonkeyPatch) -> None:
    text = document(npm("a"))
    monkeypatch.setattr(reader, "MAX_BYTES", len(text))
    assert len(sbom.read(text).components) == 1
    monkeypatch.setattr(reader, "MAX_BYTES", len(text) - 1)
    with pytest.raises(UnreadableError, match=f"the file has {len(text)} bytes; the limit is {len(text) - 1}"):
        sbom.read(text)


def test_a_file_of_countless_tiny_values_is_refused_before_it_is_parsed(monkeypatch: pytest.MonkeyPatch) -> None:
    text = document(npm("a"))
    monkeypatch.setattr(reader, "MAX_VALUES", text.count(","))
    assert len(sbom.read(text).components) == 1
    monkeypatch.setattr(reader, "MAX_VALUES", text.count(",") - 1)
    with pytest.raises(UnreadableError, match="the file has more than 5 values"):
        sbom.read(text)


def nested(levels: int) -> str:
    component: dict[str, Any] = npm("leaf")
    for level in range(levels - 1):
        component = npm(f"n{level}", components=[component])
    return document(component)


def test_components_may_nest_thirty_two_deep_and_no_deeper() -> None:
    assert len(sbom.read(nested(32)).components) == 32
    with pytest.raises(UnreadableError, match="more than 32 deep"):
        sbom.read(nested(33))


@pytest.mark.parametrize("depth", [10_000, 1_000_000])
def test_a_tower_of_brackets_is_refused_quickly(depth: int) -> None:
    started = time.process_time()
    tower = "[" * depth + "]" * depth
    with pytest.raises(UnreadableError, match="too deep"):
        sbom.read('{"bomFormat": "CycloneDX", "specVersion": "1.4", "components": ' + tower + "}")
    assert time.process_time() - started < 2


def test_lists_longer_than_any_real_one_are_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("checks.sbom.bills.flaws.MAX_ENTRIES", 3)
    assert len(bill(npm("a", components=[npm("b")]), npm("c")).components) == 3
    with pytest.raises(UnreadableError, match="more than 3 entries in components"):
        bill(npm("a", components=[npm("b")]), npm("c", components=[npm("d")]))
    with pytest.raises(UnreadableError, match="more than 3 entries in dependencies"):
        bill(npm("a"), dependencies=[1, 2, 3, 4])


JSON = st.recursive(
    st.none() | st.booleans() | st.integers(-9, 9) | st.text(max_size=5),
    lambda inner: (
        st.lists(inner, max_size=4)
        | st.dictionaries(
            st.sampled_from(
                [
                    "name",
                    "version",
                    "purl",
                    "bom-ref",
                    "licenses",
                    "license",
                    "id",
                    "expression",
                    "components",
                    "ref",
                    "dependsOn",
                    "affects",
                    "ratings",
                    "severity",
                    "versions",
                    "properties",
                    "value",
                    "scope",
                    "group",
                ]
            ),
            inner,
            max_size=5,
        )
    ),
    max_leaves=12,
)


@given(components=JSON, dependencies=JSON, vulnerabilities=JSON, metadata=JSON)
def test_whatever_stands_in_a_section_the_reader_answers(
    components: Any, dependencies: Any, vulnerabilities: Any, metadata: Any
) -> None:
    whole = {
        "bomFormat": "CycloneDX",
        "specVersion": "1.5",
        "components": components,
        "dependencies": dependencies,
        "vulnerabilities": vulnerabilities,
        "metadata": metadata,
    }
    bom = sbom.read(json.dumps(whole))
    assert all(component.name and component.key for component in bom.components)
    assert sbom.diff(bom, bom).changes == ()


@given(st.binary(max_size=200))
def test_junk_is_refused_and_never_crashes(junk: bytes) -> None:
    with pytest.raises(UnreadableError):
        sbom.read(junk)
