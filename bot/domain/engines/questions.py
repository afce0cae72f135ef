"""
What must be asked to know the engines of some nodes, in two rounds.

First which DaemonSets there are (beside ``Discover``); then, where one of them is an engine's, its pods on these very
nodes and its settings. ``answers.gathered`` makes evidence of what comes back.
"""

from collections.abc import Iterable
from typing import Final

from bot.domain.actions import Grant
from bot.domain.engines import calico_api
from bot.domain.engines.agents import Agent, recognised
from bot.domain.engines.answers import CILIUM_CONFIG, NODE_CONFIGS, agent_set, gathered, served
from bot.domain.engines.engine import EngineName
from bot.domain.engines.evidence import AgentSet, Evidence
from bot.domain.engines.views import DaemonSetView
from bot.domain.pods import is_label, is_subdomain
from bot.domain.queries import Answer, Asked, Discover, Discovered, Each, Get, Listing, Query, Rounds, kube
from bot.domain.refs import CONFIG_MAP, DAEMON_SET, NODE, POD

MOST_STRANGE: Final = 3
"""Namespaces where no engine is usually installed that are looked at, and only where none is found at home."""

_SYSTEM: Final = "kube-system"

GRANTS: Final = (
    Grant("apps", "daemonsets", ("list",), namespaced=False),
    Grant("", "nodes", ("get",), namespaced=False),
    Grant("", "pods", ("list",), within=_SYSTEM),
    Grant("", "configmaps", ("get",), within=_SYSTEM, names=(CILIUM_CONFIG,)),
    Grant("cilium.io", "ciliumnodeconfigs", ("list",), within=_SYSTEM),
    *calico_api.GRANTS,
)
"""
What these questions need.

``list`` cannot be narrowed to names, nor pods to those of a node; both show what runs, and no secret of it but what
somebody wrote into a command line.
"""


def asking(cluster: str, nodes: Iterable[str]) -> Rounds[Evidence]:
    """Ask all there is to ask about some nodes, and return the evidence."""
    queries: tuple[Query, ...] = (Discover(cluster), *first(cluster))
    asked: Asked = tuple(zip(queries, (yield queries), strict=True))
    queries = second(cluster, nodes, asked)
    asked = (*asked, *zip(queries, (yield queries), strict=True))
    return gathered(asked)


def first(cluster: str) -> tuple[Query, ...]:
    """Ask which DaemonSets there are; ``Discover`` is asked by every plan."""
    return (Each(cluster, DAEMON_SET),)


def second(cluster: str, nodes: Iterable[str], asked: Iterable[tuple[Query, Answer]]) -> tuple[Query, ...]:
    """Ask for the nodes, the agents on them, and what the agents were told, by what the first round answered."""
    asked = tuple(asked)
    known = tuple(agents for agents in _sets(asked) if recognised(agents) is not None)
    named = sorted({node for node in nodes if is_subdomain(node)})
    queries: list[Query] = [Get(kube(cluster, NODE, "", node)) for node in named]
    places = sorted({agents.namespace for agents in known})
    queries += (Each(cluster, POD, place, node=node) for place in places for node in named)
    for place in sorted({agents.namespace for agents in known if _engine(agents) is EngineName.CILIUM}):
        queries.append(Get(kube(cluster, CONFIG_MAP, place, CILIUM_CONFIG)))
        queries += (Each(cluster, kind, place) for kind in served(asked, NODE_CONFIGS)[:1])
    discovered = next((answer for _, answer in asked if isinstance(answer, Discovered)), None)
    if discovered is not None and discovered.managed_cluster is not None:
        queries.append(Get(discovered.managed_cluster))
    if discovered is not None and calico_api.both(discovered.serves):
        queries.append(calico_api.question(cluster))
    return tuple(queries)


def _sets(asked: Asked) -> tuple[AgentSet, ...]:
    """Return the DaemonSets, those in strange places only where no engine is at home, and few of them."""
    lists = (answer for query, answer in asked if isinstance(query, Each) and query.kind == DAEMON_SET)
    found = next(lists, None)
    if not isinstance(found, Listing):
        return ()
    every = [agent_set(item) for item in found.items if isinstance(item, DaemonSetView)]
    placed = [(agents, known[0]) for agents in every if (known := recognised(agents))]
    home = tuple(agents for agents, agent in placed if _at_home(agents, agent))
    return home or tuple(agents for agents, _ in placed if is_label(agents.namespace))[:MOST_STRANGE]


def _at_home(agents: AgentSet, agent: Agent) -> bool:
    return agents.namespace in agent.homes


def _engine(agents: AgentSet) -> EngineName | None:
    known = recognised(agents)
    return known[0].engine if known else None
