"""Causal impact: what a deployment did to the metrics that matter, against what would have happened without it."""
