"""The loop that mends what may not ship, wired."""

from __future__ import annotations

from functools import partial

from app.archive import Archive
from app.gather.choosing import Choosing
from app.gather.failures import Failures
from app.gather.known_fixes import known_fixes
from app.gather.proposed import Proposed
from app.gather.pushes import Pushes
from app.gather.reader import GitHubReader
from app.github.connecting import Connector
from app.model import Verb
from app.publish.publisher import Publisher
from app.render.remedial import RemedialRenderer
from app.storage import Stores
from handlers.attempting import Attempting
from handlers.commands import remediate, remediating
from handlers.commands.asked import Act
from handlers.commands.remediate import RemediateCommand
from handlers.commands.remediating import RemediateLoop
from handlers.fallback import FallingBack
from handlers.remediation import Remediations
from handlers.reverting import Reverting
from handlers.sending import Sender
from handlers.signs import Looking


def remedying(
    reader: GitHubReader, publisher: Publisher, kept: Stores, connect_to: Connector, back: tuple[Act, Reverting]
) -> Remediations:
    """`back`: what takes a change back, as a command and as a proposal."""
    proposed, failures = Proposed(connect_to), Failures(connect_to, reader.own_app)
    archive, texts = Archive(kept.decisions), RemedialRenderer()
    choosing = Choosing(connect_to, kept.remediations, kept.dispatches, kept.spending)
    return Remediations(
        reader,
        kept.remediations,
        proposed,
        Looking(archive, proposed, kept.fixes, failures, Pushes(connect_to), archive),
        Attempting(publisher, choosing, failures, Sender(publisher, kept.dispatches), texts, kept.usage),
        FallingBack(publisher, texts, *back),
    )


def remedial_acts(kept: Stores) -> dict[Verb, Act]:
    """What the verbs do that begin and end it."""
    archive = Archive(kept.decisions)
    fixes = RemediateCommand(archive, partial(known_fixes, kept.fixes))
    loop = RemediateLoop(fixes, kept.remediations, archive)
    return {remediate.VERB: loop.remediate, remediating.STOP: loop.stop}
