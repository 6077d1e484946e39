"""Our mark as a PNG, drawn by code at any size: browsers take no SVG for an extension's icon."""

from __future__ import annotations

import struct
import zlib
from itertools import pairwise

import numpy as np
from numpy.typing import NDArray

_SIDE = 16.0  # of the mark, in its own units: those of static/mark.svg
_ROUND = 3.0  # radius of its corners
_STROKE = 2.0
_LINE = ((3.0, 12.0), (3.0, 4.0), (8.0, 9.0), (13.0, 4.0), (13.0, 12.0))
_GROUND, _INK = (0x0A, 0x6E, 0x5C), (0xFF, 0xFF, 0xFF)


def icon(size: int) -> bytes:
    """A PNG of `size` x `size` pixels, RGBA."""
    scale = size / _SIDE
    middle = (np.arange(size) + 0.5) / scale
    x, y = np.meshgrid(middle, middle)
    ground = _covered(_outside(x, y), scale)
    ink = _covered(np.min([_distance(x, y, *ends) for ends in pairwise(_LINE)], axis=0) - _STROKE / 2, scale)
    pixels = np.empty((size, size, 4))
    for channel, (below, above) in enumerate(zip(_GROUND, _INK, strict=True)):
        pixels[..., channel] = below + (above - below) * ink
    pixels[..., 3] = 255 * ground
    return _png(np.rint(pixels).astype(np.uint8))


def _outside(x: NDArray[np.float64], y: NDArray[np.float64]) -> NDArray[np.float64]:
    """How far outside of the square with round corners each point lies; negative within."""
    half = _SIDE / 2 - _ROUND
    away = np.hypot(np.maximum(abs(x - _SIDE / 2) - half, 0), np.maximum(abs(y - _SIDE / 2) - half, 0))
    return np.asarray(away - _ROUND)


def _distance(
    x: NDArray[np.float64], y: NDArray[np.float64], begin: tuple[float, float], end: tuple[float, float]
) -> NDArray[np.float64]:
    """From each point to a piece of the line."""
    along = end[0] - begin[0], end[1] - begin[1]
    share = ((x - begin[0]) * along[0] + (y - begin[1]) * along[1]) / (along[0] ** 2 + along[1] ** 2)
    share = np.clip(share, 0, 1)
    return np.asarray(np.hypot(x - begin[0] - share * along[0], y - begin[1] - share * along[1]))


def _covered(outside: NDArray[np.float64], scale: float) -> NDArray[np.float64]:
    """How much of each pixel is covered, from the distance of its middle to the edge."""
    return np.clip(0.5 - outside * scale, 0, 1)


def _png(pixels: NDArray[np.uint8]) -> bytes:
    """The file (w3.org/TR/png): header, rows without a filter, end."""
    height, width, _ = pixels.shape
    rows = b"".join(b"\0" + row.tobytes() for row in pixels)
    header = struct.pack(">IIBBBBB", width, height, 8, 6, 0, 0, 0)
    return (
        b"\x89PNG\r\n\x1a\n" + _chunk(b"IHDR", header) + _chunk(b"IDAT", zlib.compress(rows, 9)) + _chunk(b"IEND", b"")
    )


def _chunk(name: bytes, content: bytes) -> bytes:
    return struct.pack(">I", len(content)) + name + content + struct.pack(">I", zlib.crc32(name + content))
