"""Licences: what an expression allows, which category a licence is of, and the many ways its name is spelled."""

from checks.sbom.licences.expression import Answer, conjunction, entry_error, evaluate, recognised, same

__all__ = ["Answer", "conjunction", "entry_error", "evaluate", "recognised", "same"]
