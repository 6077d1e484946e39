"""Our bills written as CycloneDX 1.6 JSON, and any CycloneDX bill held strictly against the schema of its version.

Both are the work of cyclonedx-python-lib, which is imported on first use: it takes some 2 ms a component.
"""

from __future__ import annotations

import json
import re
import warnings
from collections.abc import Iterable, Iterator, Mapping
from functools import cache
from itertools import islice
from typing import Any

from checks.sbom import purl
from checks.sbom.bills import identity
from checks.sbom.bills.bill import Bom, Component, Scope, UnreadableError
from checks.sbom.bills.reader import narrow, read

MAX_VIOLATIONS = 100
MAX_MESSAGE = 300  # characters; a schema error can quote a whole component

_SCOPES = {Scope.RUNTIME: "required", Scope.OPTIONAL: "optional", Scope.DEVELOPMENT: "excluded"}
_DIGITS = frozenset({32, 40, 64, 96, 128})  # how long a digest of CycloneDX may be

_DECLARATION = re.compile(rb"""\s*<\?xml(?:[^>]*?encoding=["']([A-Za-z0-9._-]+)["'])?[^>]*\?>""")


def cyclonedx(bom: Bom, *, product: str = "", at: str = "") -> str:
    """The bill as CycloneDX 1.6 JSON: components, dependencies and vulnerabilities. `read` gives them back.

    `product` names the root, whose node stands in for it otherwise; `at` is its time, RFC 3339 in UTC. The same bill
    gives the same text. What CycloneDX cannot say is left out: digests of other algorithms, edges of nodes that no
    component is. A component without a node of its own is given one.
    """
    from cyclonedx.model.bom import Bom as Written
    from cyclonedx.output import make_outputter
    from cyclonedx.schema import OutputFormat, SchemaVersion

    nodes = list(_nodes(bom))
    whole = Written(components=[_component(part, node) for part, node in zip(bom.components, nodes, strict=True)])
    known = {*nodes}
    if bom.root:
        whole.metadata.component = _product(bom.root, product)
        known.add(bom.root)
    whole.dependencies = _dependencies(bom.edges, known)
    whole.vulnerabilities = _vulnerabilities(bom)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", UserWarning)  # a product without dependencies is no mistake of ours
        text = make_outputter(whole, OutputFormat.JSON, SchemaVersion.V1_6).output_as_string()
    return json.dumps(_settled(json.loads(text), at), indent=2)


def violations(data: bytes | str) -> tuple[str, ...]:
    """How a CycloneDX bill breaks the schema of its own version: place and reason, the first hundred; () when valid.

    Raises UnreadableError when it cannot be read at all, or is no CycloneDX.
    """
    kind, version, form = (*read(data).format.split(" "), "")[:3]
    if kind != "CycloneDX":
        raise UnreadableError(f"{kind} {version} has no strict check here: only CycloneDX has")
    validator = _validator(form, version)
    if validator is None:
        return (f"there is no schema of CycloneDX {version} as {form}",)
    try:
        found = validator.validate_str(_unicode(data), all_errors=True) or ()
    except (ValueError, RecursionError) as error:  # a number of ten thousand digits, say: Python will not read it
        return (str(error)[:MAX_MESSAGE],)
    return tuple(_told(error.data)[:MAX_MESSAGE] for error in islice(found, MAX_VIOLATIONS))


# --- writing -----------------------------------------------------------------------------------------------


def _nodes(bom: Bom) -> Iterator[str]:
    """The node of each component; one of our own where it has none or shares one."""
    taken = {bom.root, ""} | {component.ref for component in bom.components}
    seen = {bom.root, ""}
    for number, component in enumerate(bom.components):
        node = component.ref
        if node in seen:
            node = f"{component.key}@{component.version}#{number}"
            while node in taken:
                node += "'"
        seen.add(node)
        yield node


def _component(component: Component, node: str) -> Any:
    from cyclonedx.model.component import Component as Written
    from cyclonedx.model.component import ComponentScope, ComponentType
    from packageurl import PackageURL

    kind = component.key.partition(":")[0] if not component.purl else ""
    package = PackageURL.from_string(purl.with_version(component.purl, component.version)) if component.purl else None
    scope = _SCOPES.get(component.scope)
    return Written(
        type=ComponentType(kind) if kind in set(ComponentType) else ComponentType.LIBRARY,
        name=package.name if package else component.name,
        group=package.namespace if package else None,
        version=component.version or None,
        purl=package,
        bom_ref=node,
        scope=ComponentScope(scope) if scope else None,
        licenses=[_licence(text, len(component.licences) == 1) for text in component.licences],
        hashes=list(_hashes(component)),
    )


def _licence(text: str, alone: bool) -> Any:
    """By identifier or expression where it is one; before 1.7 an expression may only stand alone."""
    from cyclonedx.model.license import DisjunctiveLicense, LicenseExpression
    from cyclonedx.spdx import is_expression, is_supported_id

    if is_supported_id(text):
        return DisjunctiveLicense(id=text)
    if alone and is_expression(text):
        return LicenseExpression(text)
    return DisjunctiveLicense(name=text)


def _hashes(component: Component) -> Iterator[Any]:
    from cyclonedx.model import HashAlgorithm, HashType

    algorithms = {identity.folded(each.value): each for each in HashAlgorithm}
    for name, digest in component.hashes:
        if name in algorithms and len(digest) in _DIGITS:
            yield HashType(alg=algorithms[name], content=digest)


def _product(root: str, name: str) -> Any:
    from cyclonedx.model.component import Component as Written
    from cyclonedx.model.component import ComponentType

    return Written(type=ComponentType.APPLICATION, name=name or root, bom_ref=root)


def _dependencies(edges: Mapping[str, Iterable[str]], known: set[str]) -> list[Any]:
    from cyclonedx.model.bom_ref import BomRef
    from cyclonedx.model.dependency import Dependency

    return [
        Dependency(BomRef(node), [Dependency(BomRef(target)) for target in targets if target in known])
        for node, targets in edges.items()
        if node in known
    ]


def _vulnerabilities(bom: Bom) -> list[Any]:
    from cyclonedx.model.bom_ref import BomRef
    from cyclonedx.model.vulnerability import BomTarget, Vulnerability, VulnerabilityRating, VulnerabilitySeverity

    return [
        Vulnerability(
            bom_ref=BomRef(f"vulnerability-{number}"),
            id=known.id,
            ratings=[VulnerabilityRating(severity=VulnerabilitySeverity(known.severity))],
            affects=[BomTarget(ref=ref) for ref in known.refs],
        )
        for number, known in enumerate(bom.vulnerabilities)
    ]


def _settled(document: dict[str, Any], at: str) -> dict[str, Any]:
    """Without the number and the time that the library draws: the same bill is the same text."""
    metadata = {name: value for name, value in document.pop("metadata", {}).items() if name != "timestamp"}
    metadata |= {"timestamp": at} if at else {}
    document.pop("serialNumber", None)
    return document | ({"metadata": metadata} if metadata else {})


# --- checking ----------------------------------------------------------------------------------------------


@cache
def _validator(form: str, version: str) -> Any | None:
    from cyclonedx.schema import SchemaVersion
    from cyclonedx.validation.json import JsonStrictValidator
    from cyclonedx.validation.xml import XmlValidator

    known = {each.to_version(): each for each in SchemaVersion}
    if version not in known or (form == "JSON" and version in {"1.0", "1.1"}):
        return None
    return JsonStrictValidator(known[version]) if form == "JSON" else XmlValidator(known[version])


def _unicode(data: bytes | str) -> str:
    """The text, without the XML declaration: the encoding that it names holds no more."""
    raw, encoding = narrow(data)
    if declared := _DECLARATION.match(raw):
        raw, encoding = raw[declared.end() :], encoding or (declared[1] or b"utf-8").decode("ascii")
    return raw.decode(encoding or "utf-8", "replace")


def _told(error: Any) -> str:
    """One error of jsonschema, with its path, or of lxml, with its line."""
    if hasattr(error, "absolute_path"):
        place = "".join(f"[{step}]" if isinstance(step, int) else f".{step}" for step in error.absolute_path)
        return f"{place.removeprefix('.') or 'the document'}: {error.message}"
    return f"line {error.line}: {error.message}"
