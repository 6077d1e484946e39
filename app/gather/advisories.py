"""What is published about the packages of the bills that a change bears on."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence

from app.gather.files import ReadFile
from app.gather.packages import Packages, differing, packages_of
from app.osv.local import BadAdvisories, Files, records_in
from app.osv.model import Source
from app.wire import Unavailable, WireError
from checks.model import Advisories, Missing, SbomPair
from checks.sbom.rules.policy import Sources

MOST_FILES = 50
MAX_BYTES = 16 * 1024 * 1024  # of one file of records
MAX_TOTAL = 64 * 1024 * 1024  # characters of all records of one evaluation
_NOBODY = "nobody may be asked for advisories"


async def advisories(
    pairs: Sequence[SbomPair], sources: Sources, osv: Source | None, files: Source | Missing | None
) -> Advisories | Missing:
    """What the configured source knows of the packages of `pairs`. A bill that is the same at both ends brings none.

    `files`: the source that the repository's own records make, where it is the configured one.
    """
    differ = differing(pairs)
    if not differ or sources.source == "bill":
        return Advisories((), "the bills themselves" if differ else "nobody: no bill changes")
    asked = files if sources.source == "files" else osv
    if asked is None or isinstance(asked, Missing):
        return asked or Missing(_NOBODY)
    return await _asked(asked, await asyncio.to_thread(packages_of, differ))


async def _asked(source: Source, packages: Packages) -> Advisories | Missing:
    try:
        found = await source.about(packages.asked)
    except Unavailable as error:
        return Missing(f"asking {source.name} for advisories: {error.reason}", ours=True)
    except WireError as error:
        return Missing(f"asking {source.name} for advisories: {error.reason}")
    records = tuple(record.text for record in found.records)
    if sum(map(len, records)) > MAX_TOTAL:
        return Missing(f"the advisories on these packages have more than {MAX_TOTAL:,} characters")
    return Advisories(records, source.name, (*packages.unasked, *found.unasked), found.listed, found.unread)


async def from_repository(read: ReadFile, sha: str, paths: Sequence[str]) -> Source | Missing:
    """The records in the files `paths` of commit `sha`, which is the base's: a change does not judge itself."""
    if len(paths) > MOST_FILES:
        return Missing(f"more than {MOST_FILES} files match `sbom.advisories.paths`; one JSON lines file may hold all")
    documents = await asyncio.gather(*(read(path, sha, MAX_BYTES) for path in paths))
    there = [document for document in documents if document is not None]
    unread = next((document.missing for document in there if document.missing), None)
    if unread or not there:
        return unread or Missing("the base has no file at `sbom.advisories.paths`")
    try:
        records = [record for document in there for record in records_in(document.path, document.text)]
        return await asyncio.to_thread(Files.of, f"{len(there)} file(s) of the base", records)
    except BadAdvisories as error:
        return Missing(str(error))
