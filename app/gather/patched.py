"""A call saved: of a file that a comparison shows whole, the head's text follows from the base's and the patch.

Whether it does is proven, not believed: git names a blob by its content, and the comparison names the head's blob.
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field

from app.gather.files import ReadFile, decoded
from checks.model import Document

_HUNK = re.compile(rb"@@ -(\d+)(?:,(\d+))? \+\d+(?:,\d+)? @@")
_LINE = re.compile(rb"[^\n]*\n|[^\n]+")  # as git cuts them: a carriage return alone ends none
_NO_NEWLINE = b"\\"


@dataclass(frozen=True, slots=True)
class Patch:
    """How a file changed, as a unified diff without its header, and the name of the blob that it became."""

    text: str
    blob_sha: str


def patched(base: bytes, patch: Patch) -> bytes | None:
    """The file after `patch`; None unless git would give the result the name that the patch says."""
    try:
        made = b"".join(_lines(_LINE.findall(base), patch.text.encode().split(b"\n")))
    except (ValueError, IndexError):
        return None
    hashing = hashlib.sha256 if len(patch.blob_sha) == 64 else hashlib.sha1
    return made if hashing(b"blob %d\0" % len(made) + made).hexdigest() == patch.blob_sha else None


def _lines(base: list[bytes], patch: list[bytes]) -> Iterator[bytes]:
    """The lines of the new file. ValueError or IndexError where the patch is of another form, or of another file."""
    at = 0
    for number, line in enumerate(patch):
        sign, text = line[:1], line[1:]
        if hunk := _HUNK.match(line):
            start = int(hunk[1]) - (hunk[2] != b"0")
            yield from base[at:start]
            at = start
        elif sign == b"+":
            last = patch[number + 1 : number + 2]
            yield text if last and last[0].startswith(_NO_NEWLINE) else text + b"\n"
        elif sign in {b" ", b"-"}:
            if sign == b" ":
                yield base[at]
            at += 1
        elif line and sign != _NO_NEWLINE:
            raise ValueError(line)
    yield from base[at:]


@dataclass(frozen=True, slots=True)
class Saving:
    """Reads through `read`, but for what follows from the text at `base_sha`, read before, and the patches."""

    read: ReadFile
    base_sha: str
    head_sha: str
    patches: Mapping[str, Patch]
    _bases: dict[str, str] = field(default_factory=dict)

    async def __call__(self, path: str, sha: str, max_bytes: int) -> Document | None:
        """The file at `path` of commit `sha`, None where there is none; unreadable ones say why."""
        if sha == self.head_sha and path in self._bases:
            made = patched(self._bases[path].encode(), self.patches[path])
            if made is not None and len(made) <= max_bytes:
                return decoded(path, sha, made)
        document = await self.read(path, sha, max_bytes)
        if sha == self.base_sha and path in self.patches and document is not None and document.missing is None:
            self._bases[path] = document.text
        return document
