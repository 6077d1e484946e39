"""The page of an experiment over a real socket: who may see it, what it is sent with, and the news that follow."""

import asyncio
import io
import json
import re
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest
from aiohttp import ClientResponse

from app.model import Canary, Cause, Figures
from app.pages.door import OPEN
from app.render.assets import assets
from app.render.experiment_page import OWED
from app.store.tokens import Grant
from app.store.triples import SentTriple
from checks import shadow
from checks.held import Feed
from tests.pages.looking import words
from tests.pages.trial import SHA, Trial, trial
from tests.waiting import until

pytestmark = pytest.mark.slow


@pytest.fixture
async def here(tmp_path: Path) -> AsyncIterator[Trial]:
    async with trial(tmp_path) as opened:
        await opened.begin()
        yield opened


# --- who may see it ----------------------------------------------------------------------------------------------


async def test_the_key_is_exchanged_for_a_cookie_of_this_page_alone(here: Trial) -> None:
    answer = await here.get(here.address)
    assert (answer.status, answer.headers["Location"]) == (303, here.path)
    assert await answer.read() == b""
    cookie = answer.cookies["maestro-page"]
    assert cookie.value == here.key
    assert (cookie["path"], cookie["httponly"], cookie["samesite"]) == (here.path, True, "Lax")
    assert (cookie["max-age"], cookie["expires"]) == ("", ""), "it ends with the browser"
    assert answer.headers["Cache-Control"] == "no-store"
    page = await here.opened()
    assert page.status == 200
    assert here.key not in await page.text()


async def test_whoever_may_not_see_it_is_told_what_strangers_are_told_of_nothing(here: Trial) -> None:
    nothing = await here.get("/experiments/999999")
    assert nothing.status == 404
    said = await nothing.read()
    token = await here.stores.tokens.issue("octo/other")
    bound = await here.stores.tokens.issue(Grant("octo/shop", SHA))
    for answer in (
        await here.get(here.path),
        await here.get(f"{here.path}?key={here.key[:-1]}"),
        await here.get(f"{here.path}?key=&key={here.key}"),
        await here.get(f"/experiments/999999?key={here.key}"),
        await here.get(here.path, Authorization=f"Bearer {token}"),
        await here.get(here.path, Authorization=f"Bearer {bound}"),
        await here.get(here.path, Authorization="Bearer \udcff"),
        await here.get(f"{here.path}/stream"),
        await here.get(f"{here.path}/stream?key={here.key}"),
    ):
        assert (answer.status, await answer.read()) == (404, said)
        assert answer.headers.keys() == nothing.headers.keys()


async def test_the_key_of_another_experiment_opens_nothing(here: Trial) -> None:
    mine, key = here.path, here.key
    await here.begin(Canary("octo/shop", SHA, "other", "main", 7))
    assert (await here.get(f"{mine}?key={here.key}")).status == 404
    assert (await here.get(f"{here.path}?key={key}")).status == 404


async def test_a_token_of_the_repository_opens_it_too(here: Trial) -> None:
    token = await here.stores.tokens.issue("Octo/Shop")
    assert (await here.get(here.path, Authorization=f"Bearer {token}")).status == 200


async def test_a_key_ends_a_while_after_the_experiment_and_not_before(here: Trial) -> None:
    here.clock.at += 2 * OPEN
    assert (await here.opened()).status == 200, "it still runs"
    await here.end()
    here.clock.at += OPEN - 1
    assert (await here.opened()).status == 200
    here.clock.at += 2
    assert (await here.opened()).status == 404
    assert (await here.get(here.address)).status == 404


async def test_no_log_line_holds_a_key(here: Trial, written: io.StringIO) -> None:
    async with here.stores.main.begin() as connection:
        await connection.exec_driver_sql("ALTER TABLE experiments RENAME TO gone")
    answer = await here.get(here.address)
    assert answer.status == 503
    assert "Reload this page" in await answer.text()
    assert "page.database" in written.getvalue()
    assert here.key not in written.getvalue()
    assert "msp_" not in written.getvalue()


async def test_what_another_version_kept_is_said_to_be_unreadable(here: Trial, written: io.StringIO) -> None:
    async with here.stores.main.begin() as connection:
        await connection.exec_driver_sql("UPDATE experiments SET state = '{}'")
    answer = await here.opened()
    assert answer.status == 500
    assert "was kept by another version" in await answer.text()
    assert "page.unreadable" in written.getvalue()
    assert "Traceback" not in written.getvalue()


# --- what it is sent with ----------------------------------------------------------------------------------------


async def test_nothing_is_fetched_from_elsewhere_and_nothing_runs_but_our_files(here: Trial) -> None:
    page = await here.opened()
    policy = page.headers["Content-Security-Policy"].split("; ")
    assert {"default-src 'none'", "script-src 'self'", "frame-ancestors 'none'", "trusted-types 'none'"} <= set(policy)
    assert "unsafe" not in page.headers["Content-Security-Policy"]
    assert page.headers["X-Content-Type-Options"] == "nosniff"
    assert page.headers["Referrer-Policy"] == "no-referrer"
    assert page.headers["Cache-Control"].startswith("private")
    assert page.headers["X-Robots-Tag"] == "noindex"
    text = await page.text()
    assert re.findall(r"<script[^>]*>", text) == [
        f'<script src="/static/live.js?v={assets()["live.js"].digest}" defer>'
    ]
    assert not re.search(r"\son\w+=|\sstyle=|<style|javascript:", text)
    links = re.findall(r'(?:href|src)="([^"#][^"]*)"', text)
    assert links == [link for link in links if link.startswith(("/static/", "https://github.com/octo/shop/pull/7"))]


async def test_a_file_is_kept_for_ever_under_its_own_address_and_asked_for_under_any_other(here: Trial) -> None:
    own = await here.get(f"/static/page.css?v={assets()['page.css'].digest}")
    other = await here.get("/static/page.css?v=older")
    assert (own.status, own.content_type, own.headers["X-Content-Type-Options"]) == (200, "text/css", "nosniff")
    assert "immutable" in own.headers["Cache-Control"]
    assert other.headers["Cache-Control"] == "no-cache"
    for absent in ("/static/README.md", "/static/../app/main.py", "/static/%2e%2e%2fapp%2fmain.py"):
        assert (await here.get(absent)).status == 404


async def test_whoever_has_this_very_page_is_sent_nothing_until_there_is_news(here: Trial) -> None:
    tag = (await here.opened()).headers["ETag"]
    again = await here.opened(**{"If-None-Match": tag})
    assert (again.status, await again.read()) == (304, b"")
    await here.ticks(2)
    assert (await here.opened(**{"If-None-Match": tag})).status == 200


async def test_a_page_is_drawn_once_an_edition_whoever_asks(here: Trial, monkeypatch: pytest.MonkeyPatch) -> None:
    drawn: list[object] = []

    def draw(shown: object) -> str:
        drawn.append(shown)
        return "<p>drawn"

    monkeypatch.setattr("app.pages.experiment_page.experiment_page", draw)
    for _ in range(3):
        await here.opened()
    assert len(drawn) == 1
    await here.ticks(2)
    await here.opened()
    assert len(drawn) == 2


# --- what it says ------------------------------------------------------------------------------------------------


async def test_a_reviewer_reads_standing_evidence_and_promise_from_the_page_itself(here: Trial) -> None:
    await here.ticks(12)
    text = words(await (await here.opened()).text())
    assert "Not decided yet" in text
    assert re.search(r"errors: evidence for the promotion \d+ of 200 needed, about [\d,]+ canary requests more", text)
    assert "1 % 120 of 12,000" in text
    assert "is promoted with probability 0.5 % at most" in text
    assert f"experiment {here.experiment}: begun" in text


async def test_an_answer_is_said_with_what_was_done(here: Trial) -> None:
    await here.ticks(1, bad=90)
    await here.fed.acted(here.experiment, "workflow rollback.yml: done")
    text = await (await here.opened()).text()
    assert "<h1>Roll back</h1>" in text
    assert "<p>errors is proven worse than tolerated.</p>" in text
    assert "Taken back: workflow rollback.yml: done." in text
    assert "<script" not in text, "there will be no news"


async def test_mirrored_answers_are_told_endpoint_by_endpoint_and_field_by_field(here: Trial) -> None:
    await here.begin(Canary("octo/shop", SHA, "mirrored", "main", 7), shadow.Config())
    assert "No mirrored answers of an endpoint that counts : 0 answers" in words(await (await here.opened()).text())
    await here.answers(120, "/cart", "price")
    page = await (await here.opened()).text()
    assert "body.price of GET /cart differs in 25 % beyond noise" in words(page)
    (row,) = re.findall(r'<tr class="blocks">(.*?)</tr>', page, re.DOTALL)
    assert "GET /cart body.price blocks 25 % 0 % 25 %" in words(row)
    assert "30 value" in row
    assert "of request <bdi>/cart4</bdi>: <bdi>a text of length 1</bdi> became" in page, "redacted, as it was told"


async def test_a_promotion_that_mirrored_answers_keep_back_is_not_called_one(here: Trial) -> None:
    await here.begin(Canary("octo/shop", SHA, "mirrored", "main", 7), shadow.Config())
    await here.ticks(4, bad=0)
    waits = await (await here.opened()).text()
    assert "<h1>Not decided yet</h1>" in waits
    assert "the promotion waits for mirrored answers" in waits
    await here.answers(120, "/cart", "price")
    kept_back = await (await here.opened()).text()
    assert "<h1>Not promoted</h1>" in kept_back
    assert "<p>body.price of GET /cart differs in 25 % beyond noise.</p>" in kept_back


async def test_a_promotion_is_not_foretold_while_answers_that_came_are_not_compared(here: Trial) -> None:
    await here.begin(Canary("octo/shop", SHA, "mirrored", "main", 7), shadow.Config())
    alike = {"status": 200, "body": {"price": "1"}}
    said = {"endpoint": "/cart", "candidate": alike, "primary": alike, "secondary": alike}
    triples = [SentTriple(f"{at}", json.dumps({"id": f"{at}", **said}).encode()) for at in range(1_001)]
    await here.stores.triples.feed(here.experiment, triples[:1_000])
    await here.look()
    await here.ticks(4, bad=0)
    assert "<h1>Promote</h1>" in await (await here.opened()).text()
    await here.stores.triples.feed(here.experiment, triples[1_000:])
    here.shown.drawn.clear()
    assert "<h1>Not decided yet</h1>" in await (await here.opened()).text()


async def test_what_could_not_be_had_in_a_day_is_said_to_be_given_up(here: Trial) -> None:
    await here.ticks(1, bad=90)
    assert "What follows from it is being done" in await (await here.opened()).text()
    here.clock.at += OWED + 1
    here.shown.drawn.clear()
    assert "could not be had within a day" in await (await here.opened()).text()


# --- news --------------------------------------------------------------------------------------------------------


async def event(stream: ClientResponse) -> dict[str, str]:
    """The next event; heartbeats are passed over."""
    told: dict[str, str] = {}
    async with asyncio.timeout(5):
        while line := (await stream.content.readline()).decode().rstrip("\n") or not told:
            if isinstance(line, str) and (name := line.partition(": ")[0]) and not name.startswith(":"):
                told[name] = line.partition(": ")[2]
    return told


async def stream(here: Trial, seen: str = "", **headers: str) -> ClientResponse:
    answer = await here.opened(f"/stream?seen={seen}", **headers)
    assert answer.content_type == "text/event-stream"
    assert await event(answer) == {"retry": "3000"}
    return answer


async def test_a_page_that_is_open_is_told_of_each_edition_to_the_last(here: Trial) -> None:
    page = await (await here.opened()).text()
    (seen,) = re.findall(r'data-stream="[^"]*\?seen=([\d-]+)"', page)
    news = await stream(here, seen)
    await here.ticks(2)
    first = await event(news)
    assert (first["event"], first["id"]) == ("news", first["data"])
    assert first["id"] != seen
    await here.end()
    while (last := await event(news))["event"] == "news":
        pass
    assert last["event"] == "end"
    assert await news.content.read() == b"", "and the stream ends with it"
    assert (await here.opened("/stream")).status == 204, "so a browser that comes again stays away"


async def test_whoever_missed_news_is_told_at_once_and_whoever_did_not_waits(here: Trial) -> None:
    await here.ticks(2)
    missed = await stream(here, "0-0")
    newest = (await event(missed))["id"]
    up_to_date = await stream(here, "0-0", **{"Last-Event-ID": newest})
    async with asyncio.timeout(5):
        assert await up_to_date.content.readline() == b": \n", "a heartbeat, and no news"


async def test_there_are_so_many_streams_and_no_more(tmp_path: Path) -> None:
    async with trial(tmp_path, most=1) as here:
        await here.begin()
        first = await stream(here)
        crowded = await here.opened("/stream")
        assert (crowded.status, crowded.headers["Retry-After"]) == (503, "30")
        first.close()
        await here.ticks(2)  # the news find that nobody listens

        async def there_is_room() -> bool:
            return (await here.opened("/stream")).status == 200

        await until(there_is_room, 5)


async def test_however_many_pages_are_open_the_database_is_asked_once_and_not_at_all_without_any(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    async with trial(tmp_path) as here:
        await here.begin()
        asked: list[Any] = []
        editions = here.live.editions

        async def counted(keys: Any) -> Any:
            asked.append(keys)
            return await editions(keys)

        monkeypatch.setattr(here.live, "editions", counted)
        many = [await stream(here) for _ in range(20)]
        await asyncio.gather(*map(event, many))
        looks = len(asked)
        await here.ticks(2)
        told = await asyncio.gather(*map(event, many))
        assert len({one["id"] for one in told}) == 1
        assert all(keys == (here.experiment,) for keys in asked)
        assert len(asked) - looks < 20
        for one in many:
            one.close()
        await here.ticks(2)

        async def nobody_is_left() -> bool:
            return not here.live._topics

        await until(nobody_is_left, 5)
        quiet = len(asked)
        await asyncio.sleep(0.1)
        assert len(asked) <= quiet + 1


async def test_the_end_of_the_process_ends_every_stream(here: Trial) -> None:
    news = await stream(here)
    await event(news)
    await here.live.close(here.server.app)  # type: ignore[attr-defined]
    async with asyncio.timeout(2):
        assert b"event" not in await news.content.read()


async def test_the_page_says_why_a_source_gives_no_figures(here: Trial) -> None:
    away = Feed("production", 15.0, "<b>connection</b> refused", here.clock.at)
    await here.fed.heard(here.experiment, Figures(away))
    said = await (await here.opened()).text()
    assert "source production: &lt;b&gt;connection&lt;/b&gt; refused, since 22:13 UTC." in said


@pytest.mark.parametrize("mirrored", [None, shadow.Config()], ids=["alone", "with mirrored answers"])
async def test_one_that_somebody_rolled_back_says_so(here: Trial, mirrored: shadow.Config | None) -> None:
    await here.begin(Canary("octo/shop", SHA, "other", "main", 7), mirrored)
    await here.fed.take_back(here.experiment, Cause("tests"))
    await here.fed.acted(here.experiment, "workflow back.yml: done", "by_hand")
    shown = words(await (await here.opened()).text())
    assert "Rolled back By hand before there was an answer; not promoted" in shown
    assert "Taken back: workflow back.yml: done." in shown
