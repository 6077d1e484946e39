"""The road from a trigger to GitHub, laid once for all of them."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from dataclasses import replace

from app import __version__, metrics
from app.archive import Archive
from app.gather.canaries import Canaries
from app.gather.choosing import Choosing
from app.gather.default_branch import DefaultBranches
from app.gather.deployments import Deployments
from app.gather.dispatches import Escalations
from app.gather.failures import Failures
from app.gather.interventions import Interventions
from app.gather.merged import Merges
from app.gather.modules import Modules
from app.gather.proposed import Proposed
from app.gather.roles import Roles
from app.gather.shelf import Shelves
from app.gather.studies import Studies
from app.gather.suspects import Suspects
from app.github.connecting import Connector
from app.github.myself import Myself
from app.main import guarded
from app.main.reached import Reached, pages_of, reader_through
from app.main.remedying import remedial_acts, remedying
from app.main.schedules import schedules
from app.main.signed_out import SignedOut
from app.main.visited import in_their_name
from app.main.work import Work
from app.model import Kind, Verb
from app.publish.publisher import Publisher
from app.render.actions import GitHubRenderer
from app.render.capability import Pages
from app.render.drift_issue import DriftTexts
from app.render.fix import FixRenderer
from app.render.revert import RevertRenderer
from app.settings import Settings
from app.storage import Stores
from checks.impact.panels import judged
from handlers.after_merge import AfterMerge
from handlers.canary import Beginnings
from handlers.command import Commands
from handlers.commands import VERBS, canary, escalate, explain, opinion, override, retry, rollback
from handlers.commands import help as help_verb
from handlers.commands.asked import Act
from handlers.commands.canary import CanaryCommands
from handlers.commands.dispatching import Dispatcher
from handlers.commands.escalate import EscalateCommand
from handlers.commands.explain import Explanations
from handlers.commands.help import Help
from handlers.commands.opinion import OpinionCommands
from handlers.commands.override import OverrideCommands
from handlers.commands.retry import RetryCommand
from handlers.commands.rollback import RollbackCommand
from handlers.consequences import Consequences
from handlers.drift import DriftWatch
from handlers.evaluate import Evaluation
from handlers.experiment import Watch
from handlers.mending import Mending
from handlers.opinion import Pressed
from handlers.pulling import Pulling
from handlers.remedy import Remedy
from handlers.repair import Repairs
from handlers.reverting import Reverting
from handlers.sending import Sender
from handlers.stabilising import Stabilising
from handlers.study import Deployed, Studying


def laid(settings: Settings, reached: Reached, owns: Callable[[], Awaitable[bool]]) -> Work:
    """The road from a trigger to GitHub, laid once for all triggers."""
    guarded.cards()
    github, kept = reached.github, reached.kept
    own_app, connect_to, archive = int(settings.app_id), Connector(github), Archive(kept.decisions)
    reader = replace(reader_through(reached, connect_to, own_app), ci_grace=settings.ci_grace)
    myself = Myself(github)
    named = in_their_name(settings, reached)
    publisher = Publisher(connect_to, kept.effects, own_app, kept.provenance, owns, myself, named, guarded.carried)
    renderer = GitHubRenderer(addressed=pages_of(settings).shown_on, center=pages_of(settings).of_change)
    reverting = Reverting(publisher, Merges(connect_to), RevertRenderer(pages_of(settings).address))
    consequences = Consequences(publisher, reverting)
    watch = Watch(kept.experiments, reached.figures, consequences)
    back = RollbackCommand(kept.experiments, Deployments(connect_to), consequences, reverting, publisher)
    drift = _drift(connect_to, publisher, reached, pages_of(settings))
    allowed = guarded.Checked(Roles(connect_to), archive)
    interventions, facts = Interventions(connect_to), Studies(kept.studies, kept.opinions)
    studying = Studying(kept.studies, interventions, reached.series, judged)
    bases = DefaultBranches(connect_to, kept.bills, reached.osv, __version__)
    remediations = remedying(reader, publisher, kept, connect_to, (back, reverting))
    rounds = {"experiments": watch.round, "studies": studying.round, "remediations": remediations.round}
    return Work(
        reader,
        Evaluation(reader, publisher, archive, renderer, kept.besides),
        Commands(
            *(reader, publisher, renderer, allowed, kept.commands, archive, myself),
            _acts(connect_to, kept, settings, renderer)
            | _run_again(connect_to, kept, publisher, own_app)
            | remedial_acts(kept)
            | {rollback.VERB: guarded.rolling_back(back)},
        ),
        _repairs(bases, publisher, Proposed(connect_to), kept),
        remediations,
        Beginnings(Canaries(connect_to), Deployments(connect_to), kept.experiments, Proposed(connect_to)),
        watch,
        drift,
        {
            Kind.DEPLOYED: Deployed(interventions, kept.studies),
            Kind.STUDY: studying,
            Kind.AFTER: AfterMerge(
                *(reader, publisher, archive, archive, renderer, kept.studies, facts, __version__, kept.besides)
            ),
            Kind.OPINION: Pressed(kept.studies, kept.opinions, allowed),
            Kind.SIGNED_OUT: SignedOut(kept.people),
        },
        schedules(settings, github, kept, rounds, drift),
        settings.ci_grace,
    )


def _acts(connect_to: Connector, kept: Stores, settings: Settings, renderer: GitHubRenderer) -> dict[Verb, Act]:
    """What each verb of `handlers.commands.VERBS` does."""
    explanations = Explanations(Archive(kept.decisions), renderer, VERBS)
    overrides = OverrideCommands(Archive(kept.decisions), kept.overrides)
    canaries = CanaryCommands(Canaries(connect_to), kept.experiments, settings.sources)
    opinions = OpinionCommands(kept.studies, kept.opinions)
    return {
        help_verb.VERB: Help(renderer, VERBS).tell,
        explain.VERB: explanations.explain,
        explain.PLAN: explanations.plan,
        canary.START: canaries.start,
        canary.STOP: canaries.stop,
        opinion.AGREE: opinions.agree,
        opinion.DISAGREE: opinions.disagree,
        override.OVERRIDE: overrides.override,
        override.WITHDRAW: overrides.withdraw,
    }


def _run_again(connect_to: Connector, kept: Stores, publisher: Publisher, own_app: int) -> dict[Verb, Act]:
    """The same of those that have something run on GitHub."""
    dispatcher, failures = Dispatcher(publisher, kept.dispatches), Failures(connect_to, own_app)
    choosing = Choosing(connect_to, kept.remediations, kept.dispatches, kept.spending)
    return {
        retry.VERB: RetryCommand(failures, publisher, Sender(publisher, kept.dispatches), choosing, kept.spending),
        escalate.VERB: EscalateCommand(Escalations(connect_to, kept.dispatches), dispatcher),
    }


def _drift(connect_to: Connector, publisher: Publisher, reached: Reached, pages: Pages) -> DriftWatch:
    texts = DriftTexts(pages.address)
    remedy = Remedy(publisher, Shelves(connect_to), texts)
    stabilising = Stabilising(publisher, Suspects(connect_to), remedy, texts)
    drifts = reached.kept.drifts
    return DriftWatch(Modules(connect_to), drifts, Pulling(reached.pulled, drifts), stabilising)


def _repairs(bases: DefaultBranches, publisher: Publisher, proposed: Proposed, kept: Stores) -> Repairs:
    mending = Mending(publisher, kept.fixes, proposed, FixRenderer(), measured=metrics.FIX_SECONDS.observe)
    return Repairs(Archive(kept.decisions), bases, proposed, kept.fixes, mending)
