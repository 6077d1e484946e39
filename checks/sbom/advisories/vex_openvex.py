"""OpenVEX 0.2.0: which statements a document makes. Field names and rules are those of its specification."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from checks.sbom.advisories.statements import Product, Statement, last_step, list_of, product, text_of

_STATUSES = frozenset({"not_affected", "affected", "fixed", "under_investigation"})
_JUSTIFICATIONS = frozenset({
    "component_not_present",
    "vulnerable_code_not_present",
    "vulnerable_code_not_in_execute_path",
    "vulnerable_code_cannot_be_controlled_by_adversary",
    "inline_mitigations_already_exist",
})  # fmt: skip


def statements(document: dict[str, Any], number: int) -> Iterator[Statement | str]:
    """Each statement, or what is wrong with it. The `number` is that of the document."""
    time = text_of(document.get("timestamp")) or text_of(document.get("last_updated"))
    written = document.get("statements")
    if not isinstance(written, list):
        yield "`statements` is no list"
    for position, fields in enumerate(list_of(written)):
        where = f"statements[{position}]"
        if not isinstance(fields, dict):
            yield f"{where}: no object"
            continue
        for each in _read(fields, time, number):
            yield f"{where}: {each}" if isinstance(each, str) else each


def _read(fields: dict[str, Any], time: str, number: int) -> Iterator[Statement | str]:
    names = tuple(dict.fromkeys(_names(fields.get("vulnerability"))))
    status = text_of(fields.get("status"))
    words = _words(fields)
    products = [one for one in list_of(fields.get("products")) if isinstance(one, dict | str)]
    wrong = _wrong(names, status, words, products)
    if wrong:
        yield wrong
        return
    stated = text_of(fields.get("last_updated")) or text_of(fields.get("timestamp")) or time
    for one in products:
        yield _statement(one, Statement(names, (), status, words, stated, number))


def _wrong(names: tuple[str, ...], status: str, words: str, products: list[Any]) -> str:
    if not names:
        return "names no vulnerability"
    if status not in _STATUSES:
        return "its status is none of OpenVEX"
    if not products:
        return "names no product"
    if status == "not_affected" and not words:
        return "not_affected needs a justification or an impact statement"
    return ""


def _statement(written: dict[str, Any] | str, about: Statement) -> Statement | str:
    whole = _product(written)
    if whole is None:
        return "a product without an identifier"
    listed = written.get("subcomponents") if isinstance(written, dict) else None
    if listed and not isinstance(listed, list):
        return "`subcomponents` is no list"
    parts = [_product(part) for part in list_of(listed)]
    known = tuple(part for part in parts if part)
    if len(known) < len(parts):
        return "a subcomponent without an identifier"
    products = known or (whole,)
    if about.status == "fixed" and not all(one.version for one in products):
        return "fixed needs the version that is"
    return Statement(
        about.names, products, about.status, about.words, about.timestamp, about.document, (whole,) if known else ()
    )


def _product(written: Any) -> Product | None:
    """By its purl, wherever it is; else by its `@id`."""
    if isinstance(written, str):
        return product(text_of(written)) if text_of(written) else None
    if not isinstance(written, dict):
        return None
    identifiers = written.get("identifiers")
    stated = text_of(identifiers.get("purl")) if isinstance(identifiers, dict) else ""
    name = stated or text_of(written.get("@id"))
    return product(name) if name else None


def _names(vulnerability: Any) -> Iterator[str]:
    fields = vulnerability if isinstance(vulnerability, dict) else {"name": vulnerability}
    for stated in (fields.get("name"), fields.get("@id"), *list_of(fields.get("aliases"))):
        if name := last_step(text_of(stated)):
            yield name


def _words(fields: dict[str, Any]) -> str:
    label = text_of(fields.get("justification"))
    known = label if label in _JUSTIFICATIONS else ""
    return ": ".join(part for part in (known, text_of(fields.get("impact_statement"))) if part)
