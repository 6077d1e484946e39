import subprocess
import sys

import pytest
from hypothesis import given
from hypothesis import strategies as st

from checks.sbom.advisories.severity import SEVERITIES, Rating, band, rate, word, worst

V4 = ("CVSS_V4", "CVSS:4.0/AV:N/AC:L/AT:N/PR:N/UI:N/VC:H/VI:H/VA:H/SC:N/SI:N/SA:N")  # 9.3
V3 = ("CVSS_V3", "CVSS:3.1/AV:N/AC:L/PR:N/UI:N/S:U/C:N/I:N/A:H")  # 7.5
V3_LOW = ("CVSS_V3", "CVSS:3.0/AV:L/AC:H/PR:H/UI:R/S:U/C:L/I:N/A:N")  # 1.8
V2 = ("CVSS_V2", "AV:N/AC:L/Au:N/C:C/I:C/A:C")  # 10.0


@pytest.mark.parametrize(
    ("score", "level"),
    [
        (10, "critical"),
        (9.0, "critical"),
        (8.9, "high"),
        (7.0, "high"),
        (6.9, "medium"),
        (4.0, "medium"),
        (3.9, "low"),
        (0.1, "low"),
        (0.0, "info"),
        (-0.1, "unknown"),
        (10.1, "unknown"),
        (float("nan"), "unknown"),
    ],
)
def test_a_score_falls_into_the_band_of_the_qualitative_scale(score: float, level: str) -> None:
    assert band(score) == level


@pytest.mark.parametrize(
    ("text", "level"),
    [
        ("MODERATE", "medium"),
        ("Important", "high"),
        ("severe", "critical"),
        (" low ", "low"),
        ("none", "info"),
        ("negligible", "low"),
        ("minor", "low"),
        ("major", "high"),
        ("informational", "info"),
        ("", "unknown"),
        ("whatever", "unknown"),
        *[(level.upper(), level) for level in SEVERITIES],
    ],
)
def test_the_words_of_databases_mean_one_of_our_levels(text: str, level: str) -> None:
    assert word(text) == level


@pytest.mark.parametrize(
    ("vectors", "words", "rating"),
    [
        ([V3, V4], (), Rating("critical", 9.3)),
        ([V2, V3], (), Rating("high", 7.5)),
        ([V2], (), Rating("high", 10.0)),
        ([V3_LOW, V3], (), Rating("high", 7.5)),
        ([V3_LOW], ["CRITICAL"], Rating("low", 1.8)),
        ([("CVSS_V4", "CVSS:4.0/nonsense"), V3], (), Rating("high", 7.5)),
        ([("CVSS_V3", "nonsense")], ["MODERATE"], Rating("medium")),
        ([("CVSS_V3", "")], ["x", "low", "HIGH"], Rating("high")),
        ([("CVSS_V3", " " + V3[1] + " ")], (), Rating("high", 7.5)),
        ([("CVSS_V3", "6.1")], (), Rating("medium", 6.1)),
        ([("CVSS_V3", "inf")], (), Rating("unknown")),
        ([("CVSS_V3", "99")], (), Rating("unknown")),
        ([("CVSS_V3", V3[1] + "/" * 600)], (), Rating("unknown")),
        ([("Ubuntu", "negligible")], (), Rating("low")),
        ([("Ubuntu", "9.9")], (), Rating("unknown")),
        ([], (), Rating("unknown")),
    ],
)
def test_the_newest_vector_counts_then_the_words(
    vectors: list[tuple[str, str]], words: list[str], rating: Rating
) -> None:
    assert rate(vectors, words) == rating


def test_unknown_is_milder_than_nothing_else_only_in_order_and_a_score_breaks_ties() -> None:
    assert worst([]) == Rating("unknown", None)
    assert worst([Rating("high"), Rating("high", 7.1), Rating("medium", 6.9)]) == Rating("high", 7.1)
    assert worst([Rating("info"), Rating("unknown")]) == Rating("info")
    assert worst([Rating("info"), Rating("info", 0.0)]) == Rating("info", 0.0)


@given(st.lists(st.tuples(st.sampled_from(["CVSS_V2", "CVSS_V3", "CVSS_V4", "", "X"]), st.text(max_size=40))))
def test_any_vectors_get_a_level(vectors: list[tuple[str, str]]) -> None:
    assert rate(vectors).level in SEVERITIES


def test_the_cvss_library_is_loaded_only_for_a_vector() -> None:
    code = "import sys, checks.sbom.advisories.severity as s; s.rate([], ['high']); sys.exit('cvss' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0


@pytest.mark.parametrize(
    ("kind", "vector", "expected"),
    [
        ("CVSS_V3", f"{V3[1]}/", Rating("high", 7.5)),
        ("CVSS_V3", V3[1].lower(), Rating("high", 7.5)),
        ("CVSS_V4", V3[1], Rating("high", 7.5)),
        ("CVSS_V4", f"{V4[1].lower()}/", Rating("critical", 9.3)),
        ("CVSS_V2", V2[1].lower(), Rating("high", 10.0)),
        ("CVSS_V3", f"{V3[1]}/XX:Y", Rating("unknown")),
    ],
)
def test_a_vector_in_a_sloppy_hand_still_counts(kind: str, vector: str, expected: Rating) -> None:
    assert rate([(kind, vector)]) == expected
