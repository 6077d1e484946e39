"""How `maestro replay` tells of a Repro Pack: refused, come out otherwise, or the same."""

from __future__ import annotations

import json
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any, NoReturn

import click

from app.commands import screen
from app.exit import BY_VERDICT, Exit
from app.pack.checking import Outcome, replayed
from app.pack.signing import BadPublicKey, PublicKey, public_key
from app.render.decision_json import decision_json
from app.render.escape import line

MOST = 50  # lines of one kind that are shown
_LONGEST = 400  # characters of a line


def replay_pack(content: bytes, key: Path | None, as_json: bool) -> NoReturn:
    """Check the pack, decide again, and end the process as the verdict says; with 2 where it is not the same."""
    outcome = replayed(content, None if key is None else _key(key))
    if as_json:
        click.echo(json.dumps(_json(outcome), indent=2))
    elif outcome.decision is not None and not outcome.differences:
        click.echo(screen.drawn(outcome.decision))
    for said in () if as_json else _told(outcome):
        click.echo(line(said, _LONGEST), err=bool(outcome.flaws or outcome.differences))
    if outcome.decision is None or outcome.differences:
        sys.exit(Exit.USAGE)
    sys.exit(BY_VERDICT[outcome.decision.verdict.value])


def _key(file: Path) -> PublicKey:
    try:
        return public_key(file.read_bytes())
    except BadPublicKey as error:
        raise click.ClickException(f"{file}: {error}") from None


def _told(outcome: Outcome) -> Iterator[str]:
    if outcome.flaws:
        yield "refused: the pack is not as it was made"
        yield from _some(outcome.flaws)
        return
    if outcome.differences:
        yield "not the same: this version decides otherwise"
        yield from _some(outcome.differences)
        yield from _some(tuple(f"version of {one}" for one in outcome.versions))
    elif outcome.exact:
        yield "the same decision, byte for byte"
    else:
        yield "the same decision; this version writes down more of it than the one that made it"
    yield from _about(outcome)


def _about(outcome: Outcome) -> Iterator[str]:
    """Who vouches for it, and what was left out."""
    vouched = "as you trust" if outcome.vouched else "which is the pack's own: nobody vouches for it, give --key"
    yield f"signed with {outcome.fingerprint}, {vouched}"
    yield (
        f"seal {outcome.seal}: hold it against the last line of the card"
        if outcome.seal
        else "no seal: it is not logged"
    )
    if outcome.redactions:
        yield f"{outcome.redactions} secrets or exemplars were taken out before: redactions.json says where"
    yield from outcome.notes


def _some(lines: tuple[str, ...]) -> Iterator[str]:
    yield from (f"  {one}" for one in lines[:MOST])
    if len(lines) > MOST:
        yield f"  and {len(lines) - MOST:,} more"


def _json(outcome: Outcome) -> dict[str, Any]:
    return {
        "same": outcome.decision is not None and not outcome.differences,
        "exact": outcome.exact,
        "flaws": list(outcome.flaws),
        "differences": list(outcome.differences),
        "versions": list(outcome.versions),
        "key": outcome.fingerprint,
        "vouched": outcome.vouched,
        "seal": outcome.seal,
        "redactions": outcome.redactions,
        "notes": list(outcome.notes),
        "decision": None if outcome.decision is None else decision_json(outcome.decision),
    }
