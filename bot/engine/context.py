"""What every use case is handed: ports, the policy in force, and a few numbers from the settings."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import timedelta

from bot.domain.policy import Policy
from bot.domain.selftests import Site
from bot.engine.notary import Notary
from bot.engine.refusals import RefusalCap
from bot.engine.turns import Turns
from bot.ports import (
    Changes,
    Directory,
    Entropy,
    FlowSource,
    Misfits,
    NoPlaybooks,
    Objects,
    Playbooks,
    SharedThings,
    Store,
    Vault,
    Witness,
    World,
)


@dataclass(frozen=True)
class Limits:
    """
    Bounds of the engine.

    ``lease``: how long a worker owns a lane without renewing. ``call``: one outside call; less than half the
    lease, so that a frozen worker cannot write after another has taken over. ``fresh``: how long a re-made plan
    holds. ``attempts``: outside failures of a part in a row before a person is asked, ``lane_attempts`` of a
    shared lane (about half an hour of a busy firewall). ``operation``: how long one slow
    write may take before a person is asked. ``watch``: how often active containments are looked at. ``measure``: how
    often each is measured anew where nobody says that something changed; ``heard``: how long what is said to have
    changed is gathered before it is looked at. ``evidence``: how much longer an approved containment waits for a
    capture that is still under way. ``flows``: how long the sources of flows have for one question, ``names`` the cluster
    to say who is meant before it; together much less than an inbox row's lease. ``rows``: flows that one source tells.
    """

    lease: timedelta = timedelta(seconds=60)
    call: timedelta = timedelta(seconds=20)
    fresh: timedelta = timedelta(seconds=60)
    attempts: int = 6
    lane_attempts: int = 12
    backoff: timedelta = timedelta(seconds=2)
    poll: timedelta = timedelta(seconds=5)
    operation: timedelta = timedelta(minutes=30)
    watch: timedelta = timedelta(seconds=30)
    measure: timedelta = timedelta(minutes=5)
    heard: timedelta = timedelta(seconds=0.5)
    evidence: timedelta = timedelta(seconds=10)
    flows: timedelta = timedelta(seconds=15)
    names: timedelta = timedelta(seconds=8)
    rows: int = 100_000


@dataclass(frozen=True)
class Pace:
    """
    How long a self-test may take.

    ``start``: each pair of pods, to start. ``head``: the callers call before the policy is written. ``tries``: how many
    seconds they call in all. ``look``: between two looks. ``lease``: after which another program takes it over.
    """

    start: timedelta = timedelta(seconds=60)
    head: timedelta = timedelta(seconds=5)
    tries: int = 30
    look: timedelta = timedelta(seconds=1)
    lease: timedelta = timedelta(seconds=60)


@dataclass(frozen=True)
class Evidence:
    """
    Who reads evidence, where it is kept, and how much of it: bytes of one item and of one capture.

    ``deadline`` bounds one capture; ``keep`` is how long contents are kept.
    """

    witness: Witness
    vault: Vault
    per_item: int = 5 << 20
    per_capture: int = 50 << 20
    deadline: timedelta = timedelta(seconds=60)
    keep: timedelta = timedelta(days=90)


@dataclass(frozen=True)
class Context:
    """
    The ports and the rules. Channels map a cluster to the channel where its approvals are asked.

    ``home_teams`` is empty until Slack has said whose token ours is: until then nobody may do anything.
    ``self_tests``: the clusters that are tested, and where. ``flows``: where flows are known. ``playbooks``: what is
    suggested when something is alerted. ``alert_sources``: who may alert, each with a proof of its own. ``misfits``: posts of senders that did not fit. ``refusals`` and ``turns`` count: the only things here that change.
    """

    store: Store
    world: World
    objects: Objects
    shared: SharedThings
    directory: Directory
    entropy: Entropy
    policy: Policy
    policy_hash: str
    home_teams: Callable[[], frozenset[str]]
    clusters: tuple[str, ...]
    channels: Mapping[str, str] = field(default_factory=dict)
    limits: Limits = field(default_factory=Limits)
    evidence: Evidence | None = None
    changes: Changes | None = None
    notary: Notary | None = None
    self_tests: Mapping[str, Site] = field(default_factory=dict)
    pace: Pace = field(default_factory=Pace)
    flows: tuple[FlowSource, ...] = ()
    playbooks: Playbooks = field(default_factory=NoPlaybooks)
    alert_sources: frozenset[str] = frozenset()
    misfits: Misfits | None = None
    turns: Turns = field(default_factory=Turns)
    refusals: RefusalCap = field(default_factory=RefusalCap)

    @property
    def sole_cluster(self) -> str:
        """The cluster that is meant where none is named; empty where there are several."""
        return self.clusters[0] if len(self.clusters) == 1 else ""

    def channel_for(self, cluster: str) -> str:
        """Return the approval channel of a cluster, or of all (``*``)."""
        return self.channels.get(cluster) or self.channels.get("*", "")
