"""Where the repository itself asks for a package: the manifests of the change, looked up by name."""

from __future__ import annotations

from collections.abc import Iterable

from checks.model import Document
from checks.sbom.manifests import Declared, declared, parents


class Declarations:
    """The first declaration of each package, by the paths of the manifests and then by line."""

    def __init__(self, manifests: Iterable[Document]) -> None:
        self._found: dict[tuple[str, str], Declared] = {}
        self._asked: dict[tuple[str, str], str] = {}
        for manifest in sorted(manifests, key=lambda each: each.path):
            self._asked |= parents(manifest.path, manifest.text)
            for each in declared(manifest.path, manifest.text):
                self._found.setdefault((each.ecosystem, each.name), each)

    def of(self, ecosystem: str, name: str) -> Declared | None:
        """The declaration of a package; None where no manifest names it."""
        return self._found.get((ecosystem, name))

    def asked(self, parent: str, child: str) -> str:
        """The range that one package asks of another, where a lock file among the manifests says so; else ""."""
        return self._asked.get((parent, child), "")
