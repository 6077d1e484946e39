"""A limit that is given on the command line."""

from __future__ import annotations

import argparse


def percentage(text: str) -> float:
    """From 0 to 100; anything else would be a limit that nothing, or everything, keeps."""
    try:
        value = float(text)
    except ValueError:
        value = -1.0
    if not 0 <= value <= 100:
        raise argparse.ArgumentTypeError(f"{text!r} is no percentage: give a number from 0 to 100")
    return value
