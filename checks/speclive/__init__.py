"""Spec Cards: do they guard what is critical, does what they demand hold, and does a change weaken them?

What they are made of is read by the library that a service imports, `speclive.cards`. docs/checks/speclive.md tells
what follows from what.
"""

from checks.speclive.block import NAME, Config, Setting
from checks.speclive.check import CHECK

__all__ = ["CHECK", "NAME", "Config", "Setting"]
