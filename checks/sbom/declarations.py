"""Where the repository itself asks for a package: the manifests of the change, looked up by name."""

from __future__ import annotations

from collections.abc import Iterable

from checks.model import Document
from checks.sbom.manifests import Declared, declared


class Declarations:
    """The first declaration of each package, by the paths of the manifests and then by line."""

    def __init__(self, manifests: Iterable[Document]) -> None:
        self._found: dict[tuple[str, str], Declared] = {}
        for manifest in sorted(manifests, key=lambda each: each.path):
            for each in declared(manifest.path, manifest.text):
                self._found.setdefault((each.ecosystem, each.name), each)

    def of(self, ecosystem: str, name: str) -> Declared | None:
        """The declaration of a package; None where no manifest names it."""
        return self._found.get((ecosystem, name))
