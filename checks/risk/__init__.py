"""Change risk, 0..1: how likely a change of this size and spread is to bring a defect, against real history.

`checks.risk.fit` is not imported here: it needs numpy and scipy, which a score does not.
"""

from checks.risk.change import Change, ChangeError, change_of
from checks.risk.check import CHECK, Config, assess, evaluate
from checks.risk.model import Model, score, shipped

__all__ = [
    "CHECK",
    "Change",
    "ChangeError",
    "Config",
    "Model",
    "assess",
    "change_of",
    "evaluate",
    "score",
    "shipped",
]
