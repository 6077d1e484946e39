"""The library's README, followed by a stranger: the wheel in a fresh environment, the examples as they stand."""

from __future__ import annotations

import json
import re
import site
import sys
import venv
from pathlib import Path
from typing import Any

import pytest

from tests.speclive.bot import SHA, TOKEN, Bot, answering
from tests.test_wheel import built, run

pytestmark = pytest.mark.slow

ROOT = Path(__file__).parents[2]
README = (ROOT / "speclive" / "README.md").read_text(encoding="utf-8")
BLOCKS = dict(re.findall(r"^`([\w./]+)`\n\n```\w+\n(.*?)^```$", README, re.MULTILINE | re.DOTALL))
APPS = ("shop_aiohttp", "shop_starlette", "shop_flask")

# What of Flask the example uses, for where Flask is not installed.
FLASK = """
import io, json
from types import SimpleNamespace
request = SimpleNamespace(get_json=lambda: json.loads(request.body))
class Flask:
    def __init__(self, name):
        self.view_functions, self.rules = {}, []
        self.url_map = SimpleNamespace(iter_rules=lambda: self.rules)
    def post(self, rule):
        def added(function):
            self.rules.append(SimpleNamespace(rule=rule, endpoint=function.__name__, methods={"POST", "OPTIONS"}))
            self.view_functions[function.__name__] = function
            return function
        return added
    def wsgi_app(self, environ, start):
        request.body = environ["wsgi.input"].read(int(environ["CONTENT_LENGTH"]))
        body = json.dumps(self.view_functions[self.rules[0].endpoint]()).encode()
        start("200 OK", [("Content-Type", "application/json"), ("Content-Length", str(len(body)))])
        return [body]
    def __call__(self, environ, start):
        return self.wsgi_app(environ, start)
"""

# Serves the application of an example, pays twice, and tells what was seen.
DRIVER = """
import asyncio, importlib, json, sys, threading, time, urllib.request
import speclive
assert "site-packages" in speclive.__file__, speclive.__file__
app = importlib.import_module(sys.argv[1]).app

def aiohttp():
    from aiohttp import web
    loop, runner = asyncio.new_event_loop(), web.AppRunner(app)
    async def start():
        await runner.setup()
        await web.TCPSite(runner, "127.0.0.1", 0).start()
    loop.run_until_complete(start())
    threading.Thread(target=loop.run_forever, daemon=True).start()
    return runner.addresses[0][1]

def starlette():
    import uvicorn
    server = uvicorn.Server(uvicorn.Config(app, port=0, log_level="warning"))
    threading.Thread(target=server.run, daemon=True).start()
    while not server.started:
        time.sleep(0.01)
    return server.servers[0].sockets[0].getsockname()[1]

def flask():
    from wsgiref.simple_server import make_server
    server = make_server("127.0.0.1", 0, app)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    return server.server_port

port = globals()[sys.argv[1].removeprefix("shop_")]()
for amount in (1, 9):
    body = json.dumps({"balance": 5, "amount": amount}).encode()
    asked = urllib.request.Request(f"http://127.0.0.1:{port}/pay", body, {"Content-Type": "application/json"})
    urllib.request.urlopen(asked).read()
print(json.dumps(speclive.report()["pay.balance#t1"]))
"""


@pytest.fixture(scope="module", name="python")
def _python(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A fresh environment with the wheel alone, and the libraries of this one below it."""
    home = tmp_path_factory.mktemp("stranger")
    wheel = built(ROOT / "speclive", home / "dist")
    venv.create(home / "venv", with_pip=False)
    python = home / "venv" / "bin" / "python"
    done = run(sys.executable, "-m", "pip", "--python", python, "install", "--no-deps", "--no-index", wheel, cwd=home)
    assert done.returncode == 0, done.stderr
    (packages,) = (home / "venv").glob("lib/python*/site-packages")
    (packages / "libraries.pth").write_text("\n".join(site.getsitepackages()) + "\n", encoding="utf-8")
    return python


@pytest.fixture(name="shop")
def _shop(tmp_path: Path) -> Path:
    """The files of the README, as it names them."""
    assert {"specs/pay.feature", "specs/settle.feature", "till.py", *(f"{app}.py" for app in APPS)} == set(BLOCKS)
    (tmp_path / "specs").mkdir()
    (tmp_path / "later").mkdir()
    (tmp_path / "later" / "flask.py").write_text(FLASK, encoding="utf-8")
    (tmp_path / "driver.py").write_text(DRIVER, encoding="utf-8")
    for name, text in BLOCKS.items():
        (tmp_path / name).write_text(text, encoding="utf-8")
    return tmp_path


def follow(python: Path, shop: Path, bot: Bot, *arguments: str) -> Any:
    """Run Python there, told by its environment where Maestro is; the JSON that it prints."""
    told = {"URL": bot.url, "TOKEN": TOKEN, "SHA": SHA, "SERVICE": "shop"}
    settings = [f"MAESTRO_{name}={value}" for name, value in told.items()]
    done = run("env", *settings, f"PYTHONPATH={shop}:{shop}/later", python, *arguments, cwd=shop)
    assert done.returncode == 0, done.stderr
    return json.loads(done.stdout)


@pytest.mark.parametrize("app", APPS)
def test_an_endpoint_is_guarded_in_under_ten_lines_and_a_violation_is_seen_and_told(
    app: str, python: Path, shop: Path
) -> None:
    guarding = [line for line in BLOCKS[f"{app}.py"].splitlines() if re.search("speclive|Guard|setup", line)]
    assert len(guarding) < 10
    with answering() as bot:
        bot.says({"version": 1, "off": False, "settings": []})
        seen = follow(python, shop, bot, "driver.py", app)
        (told,) = (report for report in bot.reports() if report["exemplars"])
    assert (seen["evaluated"], seen["violated"], seen["errors"]) == (2, 1, 0)
    (example,) = seen["exemplars"]
    assert example["inputs"] == {"body": {"amount": 9}}
    assert example["code"].startswith(f"{app}.py#L")
    assert told["exemplars"] == [example]
    (pay,) = (target for target in told["targets"] if target["name"] == "POST /pay")
    assert (pay["critical"], pay["calls"], pay["guarded"]) == (True, 2, 2)


def test_a_plain_function_is_guarded_and_its_cards_compile(python: Path, shop: Path) -> None:
    program = "import json, till, speclive; till.settle(9, 3); till.settle(9, 2); print(json.dumps(speclive.report()))"
    with answering() as bot:
        seen = follow(python, shop, bot, "-c", program)
    assert (seen["settle.halves#t1"]["evaluated"], seen["settle.halves#t1"]["violated"]) == (2, 1)
    compiled = run(python.with_name("speclive"), "compile", "specs", cwd=shop)
    assert compiled.returncode == 0, compiled.stdout + compiled.stderr
