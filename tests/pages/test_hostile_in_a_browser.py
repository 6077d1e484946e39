"""Whatever things are called, they stay text: in a real Chromium, on every page of pull requests, with our scripts."""

from __future__ import annotations

from collections.abc import AsyncIterator, Sequence
from dataclasses import replace
from pathlib import Path

import pytest
import pytest_asyncio
from playwright.async_api import Browser, Dialog, Request
from pydantic import ValidationError

from app.model import Cause, Intervention, Surface
from app.render.escape import line
from app.store.studies import Studies
from checks.impact.block import Config
from checks.impact.panels import judged
from checks.impact.series import Observed
from checks.impact.told import dump
from checks.model import Measurement
from checks.overridden import Overridden
from tests.browser import Tab, tab
from tests.nights import by_night
from tests.pages.guarded import clause, exemplar, report, static, target
from tests.pages.hostile import PAYLOADS
from tests.pages.looking import LIVE
from tests.pages.pulled import HEAD, PULL, PullTrial, case, pull_trial
from tests.pages.studied import AT, course, rules
from tests.render.remedied import spoilt

pytestmark = [pytest.mark.slow, pytest.mark.asyncio(loop_scope="module")]


@pytest_asyncio.fixture(loop_scope="module")
async def here(tmp_path: Path) -> AsyncIterator[PullTrial]:
    async with pull_trial(tmp_path) as opened:
        yield opened


async def named(here: PullTrial, number: int, payload: str) -> int:
    """A pull request in which everything that others name is called `payload`; its decision."""
    sha = f"{number:040x}"
    pull = replace(PULL, number=number, title=payload, author=payload, head_ref=payload, base_ref=payload, head_sha=sha)
    made = case(pull, 261.0, ("perf_p95_ms", payload, f"by {payload}"))
    overridden = Overridden("contract", payload, payload, 1.0)
    here.pull = pull
    key = await here.decide(
        replace(made, snapshot=replace(made.snapshot, overrides=(overridden,))), reason=_stored(payload)[:200]
    )
    rationale = Measurement("rationale", payload.encode("utf-8", "replace").decode(), url=payload[:100])
    await here.stores.measurements.keep("acme/shop", sha, (rationale,))
    await here.canary(environment=_stored(payload)[:200])
    await _studied(here, number, payload)
    await here.repair(replace(spoilt(_stored(payload)), number=number))
    await _guarded(here, sha, payload)
    said = {"arguments": _stored(payload), "who": _stored(payload)[:100]}
    command = await here.ask(number=number, head_sha=sha, surface=Surface.COMMENT, **said)
    await here.answer(command, _stored(payload), before=_stored(payload), after=_stored(payload))
    return key


def _stored(payload: str) -> str:
    """As a database of texts takes it."""
    return payload.encode("utf-8", "replace").decode().replace("\x00", "")


async def _guarded(here: PullTrial, sha: str, payload: str) -> None:
    """Spec Cards whose every text is called so, and a violation that holds it."""
    text, name = _stored(payload)[:300], "".join(one for one in _stored(payload)[:200] if one.isprintable()) or "x"
    said = clause(id=name, card=name, target=name, text=text, path=text, violated=1)
    one = exemplar(clause=name, code=text, inputs={text: text}, result=[text], raised=text)
    tests = {name: [text]}
    await here.guard(
        static(sha, targets=[target(name=name, path=text)], tests=tests),
        report(sha, targets=[target(name=name, path=text)], clauses=[said], exemplars=[one]),
    )


async def _studied(here: PullTrial, number: int, payload: str) -> None:
    """A study with a metric of that name, where a metric may have it."""
    try:
        asked: Config = rules([{"name": payload, "better": "lower", "unit": payload[:20]}])
    except ValidationError:
        return
    studies = Studies(here.stores.main)
    one = Intervention("acme/shop", _stored(payload)[:200], number, HEAD, AT, (number,))
    kept = await studies.begin(one, asked.model_dump_json(), AT + 100, AT + 300, Cause("tests"))
    told, _ = judged(asked, (Observed(payload, course("p95", 4.0)),), AT, ())
    await studies.tell(kept.id, dump(told), AT + 600, False, Cause("tests"))


class Trap:
    """What a page did that it may not: requests to elsewhere, and dialogs."""

    def __init__(self, here: PullTrial, open_page: Tab) -> None:
        self.root, self.tab = here.root, open_page
        self.caught: list[str] = []
        open_page.page.on("request", self._requested)
        open_page.page.on("dialog", self._asked)

    def _requested(self, request: Request) -> None:
        if not request.url.startswith(f"{self.root}/"):
            self.caught.append(request.url)

    async def _asked(self, dialog: Dialog) -> None:
        self.caught.append(dialog.message)
        await dialog.dismiss()

    async def nothing_ran(self, payload: str) -> None:
        page = self.tab.page
        await page.wait_for_timeout(30)
        assert await page.evaluate("window.hit") is None, payload
        strange = (
            "img, iframe, object, embed, style, base, math, video, script:not([src]), [onerror], [onload], [onfocus]"
        )
        assert await page.locator(strange).count() == 0, payload
        assert await page.locator("a[href^='javascript:' i], a[href^='data:' i]").count() == 0, payload
        assert self.caught == [], payload
        assert self.tab.complaints == [], payload
        self.tab.complaints.clear()


@pytest.mark.parametrize("payloads", [PAYLOADS[::3], *by_night(PAYLOADS)], ids=len)
async def test_nothing_runs_of_what_anybody_calls_anything(
    here: PullTrial, browser: Browser, payloads: Sequence[str]
) -> None:
    decisions = [await named(here, number, payload) for number, payload in enumerate(payloads, 1)]
    assert len(PAYLOADS) >= 40
    async with tab(browser) as open_page:
        page, trap = open_page.page, Trap(here, open_page)
        await page.context.add_cookies([{"name": "as", "value": "alice", "url": here.root}])
        await page.goto(f"{here.root}/")
        assert await page.locator(".pulls li").count() == len(payloads)
        await trap.nothing_ran("the list")
        for number, (payload, decision) in enumerate(zip(payloads, decisions, strict=True), 1):
            path = f"/pr/acme/shop/{number}"
            await page.goto(f"{here.root}{path}")
            await open_page.until(LIVE)
            assert line(payload, 300) in await page.inner_text("h1"), payload
            await trap.nothing_ran(payload)
            await page.goto(f"{here.root}{path}/history/{decision}")
            await trap.nothing_ran(payload)
        await page.goto(f"{here.root}/pr/acme/shop/1/history")
        await trap.nothing_ran("the history")


async def test_what_comes_as_news_stays_text_too(here: PullTrial, browser: Browser) -> None:
    await here.decide()
    async with tab(browser) as open_page:
        trap = Trap(here, open_page)
        await open_page.page.goto(here.address)
        await open_page.until(LIVE)
        for number, payload in enumerate(PAYLOADS[:12]):
            await here.answer(await here.ask(arguments=payload, who=f"ann{number}"), payload)
            await open_page.until(f"document.getElementById('commands').innerText.includes('ann{number}')")
            await trap.nothing_ran(payload)


async def test_what_somebody_looks_for_stays_text(here: PullTrial, browser: Browser) -> None:
    await here.decide()
    async with tab(browser) as open_page:
        trap = Trap(here, open_page)
        await open_page.page.context.add_cookies([{"name": "as", "value": "alice", "url": here.root}])
        for payload in PAYLOADS[::4]:
            await open_page.page.goto(f"{here.root}/")
            await open_page.page.fill("#find", payload)
            async with open_page.page.expect_navigation():
                await open_page.page.keyboard.press("Enter")
            await trap.nothing_ran(payload)
