from collections.abc import Mapping
from typing import Any

import pytest
from playwright.async_api import Browser, Error

from app.render.bundle import Unbundled, bundle
from tests.browser import chromium

MODULES: Mapping[str, str] = {
    "room/main.js": 'import { twice, LIMIT as most } from "./numbers.js";\n'
    'import { say } from "../words/say.js";\n'
    "const local = 1;\n"
    "told.push(say(twice(local)), most);\n",
    "room/numbers.js": 'import { say } from "../words/say.js";\n'
    "const local = 2; // the same name as in another module\n"
    "export const LIMIT = local * 10;\n"
    "export function twice(number) {\n  return number * 2;\n}\n"
    "export async function later() {}\n"
    "export class Held {}\n"
    "told.push(say('numbers'));\n",
    "words/say.js": "told.push('say');\nexport function say(text) {\n  return `<${text}>`;\n}\n",
}


async def run(script: str) -> Any:
    """What the script told, in a real browser."""
    async with chromium() as browser:
        return await told(browser, script)


async def told(browser: Browser, script: str) -> Any:
    page = await browser.new_page()
    return await page.evaluate(f"() => {{ const told = []; (() => {{ {script} }})(); return told; }}")


@pytest.mark.slow
async def test_each_module_runs_once_after_those_that_it_imports_and_keeps_its_names_to_itself() -> None:
    assert await run(bundle("room/main.js", MODULES)) == ["say", "<numbers>", "<2>", 20]


@pytest.mark.slow
async def test_a_bundle_is_strict_as_modules_are() -> None:
    with pytest.raises(Error, match="undeclared"):
        await run(bundle("a.js", {"a.js": "undeclared = 1;\n"}))


def test_only_what_is_imported_is_in_it_in_the_order_of_the_imports() -> None:
    script = bundle("room/main.js", {**MODULES, "room/other.js": "told.push('other');\n"})
    assert [line for line in script.splitlines() if line.startswith("// ")] == [
        "// words/say.js",
        "// room/numbers.js",
        "// room/main.js",
    ]


@pytest.mark.parametrize(
    ("modules", "why"),
    [
        ({"a.js": 'import { b } from "./b.js";\n'}, "there is no b.js, which a.js imports"),
        ({}, "there is no a.js, which nobody imports"),
        ({"a.js": 'import { c } from "./b.js";\n', "b.js": "const c = 1;\n"}, "b.js exports no c, which a.js imports"),
        (
            {"a.js": 'import { b } from "./b.js";\n', "b.js": 'import { a } from "./a.js";\nexport const b = 1;\n'},
            "a.js imports b.js imports a.js",
        ),
        ({"a.js": 'import b from "./b.js";\n', "b.js": ""}, "a.js: 'import b from"),
        ({"a.js": 'import { b } from "library";\n'}, "a.js: 'import { b } from"),
        ({"a.js": 'import * as b from "./b.js";\n'}, "is not understood"),
        ({"a.js": 'import { default as b, , } from "./b.js";\n', "b.js": ""}, "b.js exports no default"),
        ({"a.js": 'import { "b c" as d } from "./b.js";\n', "b.js": ""}, "is not understood"),
        ({"a.js": "export default 1;\n"}, "a.js: 'export default 1;' is not understood"),
        ({"a.js": "const b = 1;\nexport { b };\n"}, "is not understood"),
        ({"a.js": "const b = await import('./b.js');\n"}, "is not understood"),
        ({"a.js": "const b = import.meta.url;\n"}, "is not understood"),
        (
            {"a.js": 'import { b } from "./b-c.js";\nimport { d } from "./b_c.js";\n',
             "b-c.js": "export const b = 1;\n", "b_c.js": "export const d = 1;\n"},
            "b_c.js and b-c.js have the same name",
        ),
    ],
)  # fmt: skip
def test_what_is_not_understood_is_refused_with_its_reason(modules: Mapping[str, str], why: str) -> None:
    with pytest.raises(Unbundled) as refused:
        bundle("a.js", modules)
    assert why in str(refused.value)
