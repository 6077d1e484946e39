"""What comes of the work, in figures: each declared once, computed over rows that are stored, told with what it rests
on.
"""

from __future__ import annotations

from program.kpi.declared import BY_NAME, KPIS, Kpi
from program.kpi.figures import LEAST, Figure, Standing, Told
from program.kpi.report import SPANS, Reported, report
from program.kpi.rows import Facts

__all__ = ["BY_NAME", "KPIS", "LEAST", "SPANS", "Facts", "Figure", "Kpi", "Reported", "Standing", "Told", "report"]
