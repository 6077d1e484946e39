"""The definitions of `docs/kpi.md`, made from what the code declares."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from program.kpi import KPIS
from program.kpi.declared import Unit

BEGIN, END = "<!-- figures: made from the code; `make docs` writes them -->", "<!-- /figures -->"
_UNITS: Mapping[Unit, str] = {
    Unit.SHARE: "a share of 1",
    Unit.SECONDS: "seconds",
    Unit.USD: "US dollars",
    Unit.MINUTES: "minutes",
    Unit.SCORE: "as reported",
}


def _rows() -> Iterator[str]:
    yield "| figure | unit | counted | among | left out | why |"
    yield "|---|---|---|---|---|---|"
    for one in KPIS:
        said = (f"{text}." for text in (one.counted, one.among, one.left_out, one.why))
        yield f"| {one.title} `{one.name}` | {_UNITS[one.unit]} | {' | '.join(said)} |"


def renew(page: str) -> str:
    """`page` with the table made anew between its markers."""
    before, _, rest = page.partition(BEGIN)
    _, _, after = rest.partition(END)
    return f"{before}{BEGIN}\n\n" + "\n".join(_rows()) + f"\n\n{END}{after}"
