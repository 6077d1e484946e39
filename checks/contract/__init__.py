"""The contract check: postconditions of a change, held against what was measured on its head."""

from checks.contract import escalation
from checks.contract.body import contracts_in
from checks.contract.book import MAX_FILES, baselines, names
from checks.contract.check import CHECK, evaluate
from checks.contract.config import Config
from checks.contract.parse import MAX_TEXT

__all__ = ["CHECK", "MAX_FILES", "MAX_TEXT", "Config", "baselines", "contracts_in", "escalation", "evaluate", "names"]
