"""``firebreak check``: would containment work right now? Each answer in plain words, with what to do."""

import argparse
from collections.abc import AsyncIterator, Iterable
from datetime import datetime
from itertools import product

import msgspec

from bot.actions import CATALOGUE
from bot.adapters.policy import load as load_policy
from bot.adapters.slack.client import Slack
from bot.adapters.slack.directory import SlackDirectory
from bot.adapters.slack.installation import Installation
from bot.adapters.store import open_store, pending
from bot.bootstrap.alerts import certificates
from bot.bootstrap.answering import Answer, printed
from bot.bootstrap.evidence import state as evidence_state
from bot.bootstrap.hearing import heard
from bot.bootstrap.house import Laboratory
from bot.bootstrap.outside import Outside, outside
from bot.bootstrap.playbooks import state as playbooks_state
from bot.bootstrap.selftests import bench, last, sites, tested, wanted
from bot.bootstrap.signing import signer
from bot.domain import firewalls
from bot.domain.actions import Grant
from bot.domain.arm import FirewallPolicy, RuleGroup
from bot.domain.errors import FirebreakError
from bot.domain.evidence import GRANTS as EVIDENCE
from bot.domain.isolation.rights import Width
from bot.domain.policy import Policy, lints, usergroups
from bot.domain.queries import Access, Discover, Discovered, FirewallFacts, Get, Unavailable, Welcome
from bot.domain.reading import read
from bot.domain.refs import (
    API_SERVICE,
    CAPTURED,
    CONFIG_MAP,
    ENDPOINT_SLICE,
    ENGINE_KINDS,
    KINDS,
    ArmRef,
    KubeRef,
)
from bot.engine.rbac import SELF_TEST
from bot.ports import World
from bot.settings import Settings, load
from bot.settings.alerts import AlertServerSettings

GROUP = "Check the id under `groups` in policy.yaml, and put people into the group in Slack"
WORKS = "Containment would work."
ENFORCED = "What a policy cuts there is cut."
SET_UP = "Set canary_image and self_test_namespace below [clusters.<name>] in the settings"
ROLE = "Ask whoever runs Azure to assign the role in deploy/azure, or to take the lock away"


async def check(given: argparse.Namespace) -> int:
    """Print every answer; exits 1 when any of them is bad."""
    settings = load(given.settings)
    if given.self_test:
        return await printed(self_tests(settings, Laboratory(), given.cluster, given.node), ENFORCED)
    if given.cluster or given.node:
        raise FirebreakError(
            "--cluster and --node are for --self-test: firebreak check --self-test --cluster NAME"
        )
    return await printed(answers(settings, Laboratory()), WORKS)


async def self_tests(
    settings: Settings, lab: Laboratory, cluster: str = "", node: str = ""
) -> AsyncIterator[Answer]:
    """Try, with pods of our own, whether the clusters enforce: one answer each."""
    database = await _database(settings)
    if not database.fine:
        yield database
        return
    names = wanted(settings, cluster)
    if not names:
        yield Answer("self-test", fine=False, text=f"no cluster has one. {SET_UP}")
        return
    try:
        async with (
            outside(settings, lab.clock, lab.azure, lab.logs) as around,
            bench(settings, around, lab) as made,
        ):
            for name in names:
                yield Answer(f"self-test of {name}", *await tested(made, name, node))
    except FirebreakError as error:
        yield Answer("self-test", fine=False, text=str(error))


async def answers(settings: Settings, lab: Laboratory) -> AsyncIterator[Answer]:
    """Look at everything that a containment needs, nothing changed: one answer each."""
    database = await _database(settings)
    yield database
    yield _key(settings)
    yield _anchors(settings)
    yield Answer("evidence", *evidence_state(settings))
    async for answer in _alerts(settings, lab, readable=database.fine):
        yield answer
    policy = None
    try:
        policy = load_policy(settings.policy_file, tuple(CATALOGUE))
        warnings = lints(policy, tuple(settings.clusters))
        yield Answer(
            "policy",
            not warnings,
            "; ".join(problem.text for problem in warnings) or "valid, nothing doubtful",
        )
    except (FirebreakError, OSError) as error:
        text = f"{error}. {getattr(error, 'advice', '')}".rstrip()
        yield Answer("policy", fine=False, text=text)
    yield playbooks_state(settings, policy)
    async for answer in _slack(settings, policy):
        yield answer
    try:
        async with outside(settings, lab.clock, lab.azure, lab.logs) as around:
            async for answer in _systems(settings, around):
                yield answer
            async for answer in _flows(settings, around):
                yield answer
            async for answer in _self_tested(settings, lab, around.world, readable=database.fine):
                yield answer
    except FirebreakError as error:
        yield Answer("azure", fine=False, text=str(error))


async def _database(settings: Settings) -> Answer:
    try:
        behind = await pending(settings.database)
    except FirebreakError as error:
        return Answer("database", fine=False, text=str(error))
    return Answer("database", not behind, "run `firebreak migrate`" if behind else "at this version")


def _key(settings: Settings) -> Answer:
    try:
        return Answer("audit key", fine=True, text=str(signer(settings.audit).verifier.key))
    except FirebreakError as error:
        made = settings.audit.generate_key and not settings.audit.key_file.exists()
        return Answer("audit key", fine=made, text="will be made at the first start" if made else str(error))


def _anchors(settings: Settings) -> Answer:
    file, channel = settings.audit.anchor_file, settings.audit.anchor_channel
    container = settings.audit.anchor_container
    if not file and not channel and not container:
        text = "none: a database that somebody put back to an older state could not be told from the log; set audit.anchor_channel"
        return Answer("anchors", fine=False, text=text)
    named = {"file": file.name if file else "", "Slack channel": channel, "container": container}
    told = [f"{kind} {name}" for kind, name in named.items() if name]
    return Answer("anchors", fine=True, text=" and ".join(told))


async def _slack(settings: Settings, policy: Policy | None) -> AsyncIterator[Answer]:
    async with Slack(settings.slack.bot_token.get_secret_value, settings.slack.api_url) as slack:
        installation = Installation(slack)
        try:
            home = await installation.learn()
        except FirebreakError as error:
            text = f"{error}. Check the bot token, and the way to {settings.slack.api_url}"
            yield Answer("slack", fine=False, text=text)
            return
        yield Answer("slack", fine=True, text=f"workspace {home.team}")
        directory = SlackDirectory(slack, installation)
        for cluster, channel in settings.slack.channels.items():
            refusal = await directory.channel(channel)
            text = "fit for approvals" if refusal is None else f"{refusal.text} {refusal.remedy}"
            yield Answer(f"channel {channel} ({cluster})", refusal is None, text)
        for group in usergroups(policy, policy.groups) if policy else ():
            members = await directory.members(group)
            unknown = isinstance(members, Unavailable)
            told = (
                f"{members.why}. {GROUP}" if isinstance(members, Unavailable) else f"{len(members)} members"
            )
            told += "" if unknown or members else f". {GROUP}"
            yield Answer(f"group {group}", not unknown and bool(members), told)


async def _systems(settings: Settings, around: Outside) -> AsyncIterator[Answer]:
    for cluster, given in settings.clusters.items():
        found = await around.world.answer(Discover(cluster))
        if not isinstance(found, Discovered):
            why = found.why if isinstance(found, Unavailable) else "it did not say who it is"
            text = f"{why}. Check [clusters.{cluster}] in the settings, and the way to its API server"
            yield Answer(f"cluster {cluster}", fine=False, text=text)
            continue
        yield Answer(f"cluster {cluster}", fine=True, text=f"{found.server_version}, UID {found.uid}")
        canaries = Width(canary=given.canary_image).grants
        grants = [*(EVIDENCE if settings.evidence.enabled else ()), *_grants(), *canaries]
        wanting = [right async for right in _missing(around.world, cluster, given.namespaces, grants)]
        missing = list(dict.fromkeys(wanting))
        yield Answer(f"rights in {cluster}", not missing, "; ".join(missing) or "all that the actions need")
    for cluster in settings.azure.groups if settings.azure else ():
        found = await around.world.answer(Discover(cluster))
        if isinstance(found, Discovered) and found.firewall is not None:
            yield await _firewall(around.world, cluster, found.firewall)


async def _flows(settings: Settings, around: Outside) -> AsyncIterator[Answer]:
    """Ask each source of flows whether it can be asked; without one containment works, and shows less."""
    for source in around.flows:
        whose = ", ".join(cluster for cluster in settings.clusters if source.serves(cluster))
        why = await source.health()
        yield Answer(f"flows of {whose or 'no cluster'} from {source.name}", not why, why or "it answers")


async def _self_tested(
    settings: Settings, lab: Laboratory, world: World, *, readable: bool
) -> AsyncIterator[Answer]:
    for cluster, site in sites(settings).items():
        there = [msgspec.structs.replace(grant, within=site.namespace) for grant in SELF_TEST]
        missing = [right async for right in _missing(world, cluster, (), there)]
        printed = f"firebreak rbac --self-test-namespace {site.namespace} --canary {site.image} prints them"
        text = f"{'; '.join(missing)} ({printed})" if missing else "all that they need"
        yield Answer(f"rights of self-tests in {cluster}", not missing, text)
        if readable:
            async with open_store(settings.database, clock=lab.clock) as store:
                told = await last(store, world, cluster)
            yield Answer(f"last self-test of {cluster}", *told)


async def _alerts(settings: Settings, lab: Laboratory, *, readable: bool) -> AsyncIterator[Answer]:
    """Silence is a warning: a containment does not need an alert, but nobody would be told of the next one."""
    if settings.alert_server is not None:
        yield _certificate(settings.alert_server, lab.clock())
    if settings.alerts and readable:
        async with open_store(settings.database, clock=lab.clock) as store:
            async for source, well, text in heard(settings, store):
                yield Answer(f"alerts of {source}", fine=True, text=text, doubt=not well)


def _certificate(given: AlertServerSettings, now: datetime) -> Answer:
    what = "certificate of alerts"
    try:
        why = certificates(given).noted(now)
    except FirebreakError as error:
        return Answer(what, fine=False, text=f"{error}. {error.advice}")
    return Answer(what, fine=True, text=why or "it can be used", doubt=bool(why))


def _grants() -> Iterable[Grant]:
    return dict.fromkeys(grant for action in CATALOGUE.values() for grant in action.grants)


async def _missing(
    world: World, cluster: str, namespaces: tuple[str, ...], grants: Iterable[Grant]
) -> AsyncIterator[str]:
    """Yield each right that is not there: in the whole cluster, or in each of the namespaces that are named."""
    kinds = {
        (kind.group, kind.plural): kind
        for kind in (*KINDS, *CAPTURED, CONFIG_MAP, ENDPOINT_SLICE, API_SERVICE, *ENGINE_KINDS)
    }
    for grant in grants:
        places = (grant.within,) if grant.within else namespaces if grant.namespaced and namespaces else ("",)
        for verb, place, name in product(grant.verbs, places, grant.names or ("",)):
            ref = KubeRef(cluster, kinds[grant.group, grant.resource], place, name)
            answer = await world.answer(Access(verb, ref))
            if not isinstance(answer, Welcome):
                yield f"{verb} {grant.resource}" + (f" in {place}" if place else "")


async def _firewall(world: World, cluster: str, facts: FirewallFacts) -> Answer:
    what = f"firewall of {cluster}"
    policy = read(await world.answer(Get(facts.root_policy)), FirewallPolicy)
    rules = read(await world.answer(Get(facts.rule_group)), RuleGroup)
    if not isinstance(policy, FirewallPolicy) or not isinstance(rules, RuleGroup):
        return Answer(
            what, fine=False, text=f"{facts.root_policy} or {facts.rule_group} could not be read. {ROLE}"
        )
    wrong = [firewalls.not_root(policy, facts.root_policy)]
    wrong += [firewalls.not_standing(rules, group, scope) for group, scope in _groups(facts)]
    for group, _ in _groups(facts):
        may = await world.answer(Access("write", group))
        if not isinstance(may, Welcome):
            return Answer(
                what, fine=False, text=f"{group} may not be written, or its locks cannot be read. {ROLE}"
            )
    told = [f"{refusal.text} {refusal.remedy}" for refusal in wrong if refusal is not None]
    return Answer(what, not told, "; ".join(told) or "the standing denies are there")


def _groups(facts: FirewallFacts) -> Iterable[tuple[ArmRef, str]]:
    if facts.cluster_group is not None:
        yield facts.cluster_group, "cluster"
    if facts.estate_group is not None:
        yield facts.estate_group, "estate"
