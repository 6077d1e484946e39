"""The page for people: what a bot wrote is shown as GitHub would, and nothing in it comes alive."""

from __future__ import annotations

import re
from importlib import resources

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.github.sandbox import Repo, Sandbox
from app.github.sandbox.markdown import to_html
from tests.github.sandbox.conftest import Client

CARD = """<!-- maestro:card -->
> [!WARNING]
> **HOLD** · 2 of 7 gates open

| | Gate | Measured |
|-|------|----------|
| ✅ | Tests | 12 pass |

<details><summary>More</summary>

hidden *text*

</details>
<sub>updated</sub>
"""


def test_a_card_is_shown_as_github_shows_it() -> None:
    page = to_html(CARD)
    assert '<blockquote class="alert warning">\n<p class="heading">Warning</p>\n<p><strong>HOLD</strong>' in page
    assert "<td>12 pass</td>" in page
    assert "<details><summary>More</summary>" in page
    assert "<em>text</em>" in page
    assert "<sub>updated</sub>" in page
    assert "maestro:card" not in page


@pytest.mark.parametrize("text", ["> [!NOTE] and more\n> text", "- > [!NOTE]\n  > text", "> [!NEWS]\n> text"])
def test_what_github_takes_for_a_quotation_stays_one(text: str) -> None:
    assert "alert" not in to_html(text)


def test_what_a_card_writes_to_be_inert_is_shown_as_its_text() -> None:
    shown = to_html("<code>a&#124;b</code> @<!-- -->octocat costs <span>$</span>5")
    assert shown == "<p><code>a|b</code> @octocat costs <span>$</span>5</p>\n"


@pytest.mark.parametrize(
    "text",
    [
        "<script>alert(1)</script>",
        "x <img src=x onerror=alert(1)> y",
        "<details onclick=alert(1)>",
        "<span onclick=alert(1)>",
        "> [!NOTE]\n> <style>*{display:none}</style>",
        "[x](javascript:alert(1))",
        "![x](javascript:alert(1))",
        "<svg/onload=alert(1)>",
        "<!-- --><script>alert(1)</script><!-- -->",
        "<iframe src=//evil.example></iframe>",
    ],
)
def test_nothing_comes_alive(text: str) -> None:
    page = to_html(text)
    for alive in (
        "<script",
        "<img",
        "<details on",
        "<span on",
        "<style",
        "<svg",
        "<iframe",
        'href="javascript',
        'src="javascript',
    ):
        assert alive not in page


@given(st.text(st.sampled_from("<>/!-=\"' abdetilsumrycp\n[]()`&;"), max_size=80))
def test_only_tags_of_markdown_and_the_allowed_ones_appear(text: str) -> None:
    allowed = "p|br|em|strong|code|pre|a|ul|ol|li|h[1-6]|hr|blockquote|s|table|thead|tbody|tr|th|td"
    raw = "details|summary|sub|sup|b|i|kbd|code|span"
    for tag in re.findall(r"<[^>]*>?", to_html(text)):
        assert re.match(rf"</?({allowed}|{raw})\b", tag), (text, tag)


@pytest.fixture
def number(shop: Repo) -> int:
    sha = shop.commit("feature", {"src/cart.py": "total = 1\n"})
    number = shop.open_pull("Count <b>things</b>", "feature", body="because **so**", labels=["agent"])
    shop.report_check(sha, "test <ci>", conclusion="failure", title="2 failed", summary="| a |\n|-|\n| 1 |")
    shop.comment(number, "bob", CARD)
    return number


async def test_a_pull_request_has_a_page(bot: Client, number: int, sandbox: Sandbox) -> None:
    reply = await bot.of(None).get(f"/octo/shop/pull/{number}", Accept="text/html")
    page = reply.body.decode()
    assert reply.status == 200
    assert "default-src 'none'" in reply.headers["Content-Security-Policy"]
    assert "Count &lt;b&gt;things&lt;/b&gt;" in page
    assert "because <strong>so</strong>" in page
    assert "test &lt;ci&gt;" in page
    assert 'class="alert warning"' in page
    assert "src/cart.py" in page
    assert {request.operation for request in sandbox.requests} == {"apps/create-installation-access-token"}


async def test_each_check_run_has_its_state_in_words(bot: Client, shop: Repo, number: int) -> None:
    head = shop.pull(number).head_sha
    shop.report_check(head, "build")
    shop.report_check(head, "browser", status="in_progress", conclusion=None)
    shop.report_check(head, "deploy", conclusion="action_required")
    page = (await bot.of(None).get(f"/octo/shop/pull/{number}")).body.decode()
    assert "1 action required, 1 failing, 1 in progress, 1 successful" in page
    for name, state in (("build", "Successful"), ("browser", "In progress"), ("deploy", "Action required")):
        assert f'<b>{name}</b> <span class="muted">{state}' in page


async def test_a_page_loads_nothing_and_runs_nothing(bot: Client, number: int) -> None:
    page = (await bot.of(None).get(f"/octo/shop/pull/{number}")).body.decode()
    assert re.findall(r"<script|<link|<img|<iframe|@import|url\(|\ssrc=|\son\w+=|\sstyle=", page) == []


ON_CODE = ("text", "muted", "link")  # what may stand in a code span


def themes() -> list[dict[str, str]]:
    """The colours of the page by name: those of the light theme, then those of the dark one."""
    style = (resources.files("app.github.sandbox") / "templates" / "page.html").read_text(encoding="utf-8")
    light, dark = re.findall(r":root \{(.*?)\}", style, re.DOTALL)
    return [dict(re.findall(r"--(\w+): (#\w+)", theme)) for theme in (light, dark)]


def luminance(colour: str) -> float:
    """Relative luminance as WCAG 2.2 defines it, of `#rgb` or `#rrggbb`."""
    digits = colour[1:] if len(colour) == 7 else "".join(digit * 2 for digit in colour[1:])
    channels = [int(digits[at : at + 2], 16) / 255 for at in (0, 2, 4)]
    linear = [c / 12.92 if c <= 0.04045 else ((c + 0.055) / 1.055) ** 2.4 for c in channels]
    return 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]


def contrast(one: str, other: str) -> float:
    darker, lighter = sorted((luminance(one), luminance(other)))
    return (lighter + 0.05) / (darker + 0.05)


@pytest.mark.parametrize("theme", themes(), ids=["light", "dark"])
def test_every_text_stands_out_from_what_is_behind_it(theme: dict[str, str]) -> None:
    shades = theme.keys() - {"page", "box", "code", "line"}
    seen = {(text, behind) for text in shades for behind in ("page", "box")} | {(text, "code") for text in ON_CODE}
    faint = {pair for pair in seen if contrast(*(theme[name] for name in pair)) < 4.5}
    assert len(shades) == 12
    assert faint == set()


async def test_a_check_run_has_a_page(bot: Client, shop: Repo, number: int) -> None:
    (run,) = shop.check_runs(shop.pull(number).head_sha)
    page = (await bot.of(None).get(f"/octo/shop/runs/{run.id}")).body.decode()
    assert "2 failed" in page
    assert "<td>1</td>" in page


async def test_the_front_page_lists_the_pull_requests(bot: Client, number: int) -> None:
    page = (await bot.of(None).get("/")).body.decode()
    assert f'href="/octo/shop/pull/{number}"' in page


async def test_there_is_no_page_of_what_is_not_there(bot: Client) -> None:
    for path in ("/octo/shop/pull/99", "/octo/nothing/pull/1", "/octo/shop/runs/1"):
        assert (await bot.of(None).get(path)).status == 404
