"""Write the generated parts of `docs/` anew: `make docs`. Tests fail while a page and its source differ."""

from __future__ import annotations

import sys
from collections.abc import Callable, Mapping
from pathlib import Path

from app.config.reference import renew
from app.config.schema import schema
from app.sources import Sources
from checks.drift import DriftLimits
from checks.registry import CHECKS
from checks.shadow import ShadowConfig
from tools import commands, outcomes, watched

DOCS = Path(__file__).parents[1] / "docs"

PAGES: Mapping[str, Callable[[str], str]] = {
    "configuration.md": lambda page: renew(page, schema(CHECKS)),
    "checks/shadow.md": lambda page: renew(page, ShadowConfig.model_json_schema()),
    "commands.md": commands.renew,
    "drift.md": lambda page: renew(page, DriftLimits.model_json_schema()),
    "sources.md": lambda page: renew(page, Sources.model_json_schema()),
    "kpi.md": outcomes.renew,
    "operations.md": watched.renew,
}


def main() -> int:
    """Rewrite each page that is out of date, and name it."""
    for name, made_anew in PAGES.items():
        path = DOCS / name
        before = path.read_text(encoding="utf-8")
        after = made_anew(before)
        if after != before:
            path.write_text(after, encoding="utf-8")
        print(f"docs/{name}: {'current' if after == before else 'rewritten'}")
    return 0


if __name__ == "__main__":
    sys.exit(main())
