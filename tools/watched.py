"""The tables of `docs/operations.md`: every figure of /metrics and every field of the log, made from the code."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping

from prometheus_client import CollectorRegistry
from prometheus_client.metrics import MetricWrapperBase

from app import metrics
from app.github.meter import Metrics
from app.logs import FIELDS

_LISTS = {
    "standing": "`new`, `taken`, `failed`",
    "fate": "`open`, `left` (to people), `merged`, `closed` (by a person), `superseded`, `moot`",
    "state": "`waiting`, `resting`, `running`",
    "result": "`stored`, `known` (it had come before), `shed` (too many at once), or the status of a refusal",
}


def figures() -> list[MetricWrapperBase]:
    """What a process that imports everything counts, by name."""
    ours = [one for one in vars(metrics).values() if isinstance(one, MetricWrapperBase)]
    client = [one for one in vars(Metrics(CollectorRegistry())).values() if isinstance(one, MetricWrapperBase)]
    return sorted([*ours, *client], key=lambda one: str(one._name))


def named(figure: MetricWrapperBase) -> str:
    """As Prometheus asks for it."""
    return f"{figure._name}_total" if figure._type == "counter" else str(figure._name)


def _metrics() -> Iterator[str]:
    yield from ("| figure | kind | labels | meaning |", "|---|---|---|---|")
    for one in figures():
        labels = ", ".join(
            f"`{label}`" + (f": {_LISTS[label]}" if label in _LISTS else "") for label in one._labelnames
        )
        meaning = one._documentation.removesuffix(".").replace("|", "\\|")
        yield f"| `{named(one)}` | {one._type} | {labels} | {meaning} |"


def _fields() -> Iterator[str]:
    yield from ("| field | meaning |", "|---|---|")
    yield from (f"| `{name}` | {meaning} |" for name, meaning in FIELDS.items())


TABLES: Mapping[str, Callable[[], Iterator[str]]] = {"metrics": _metrics, "fields": _fields}


def renew(page: str) -> str:
    """`page` with both tables made anew, each between its markers."""
    for name, rows in TABLES.items():
        begin, end = f"<!-- {name}: made from the code; `make docs` writes them -->", f"<!-- /{name} -->"
        before, _, rest = page.partition(begin)
        _, _, after = rest.partition(end)
        page = f"{before}{begin}\n\n" + "\n".join(rows()) + f"\n\n{end}{after}"
    return page
