"""Flows as sources might tell them: few ends, so that they meet, and texts that mean harm."""

from datetime import UTC, datetime, timedelta

from hypothesis import strategies as st

from bot.domain.directions import Direction
from bot.domain.flows.flow import Being, Counts, Endpoint, Flow, Grain, Granularity, Observer, Policy, Verdict
from bot.domain.flows.taken import Capability, Garbled, Loss, Overrun, Partial, Taken, Truncated, Window

NOON = datetime(2026, 3, 1, 12, 0, tzinfo=UTC)
EVIL = ("api\u202e", "<!channel>", "=cmd|' /C calc'!A0", "a\x00b", "*bold*", "x" * 253)

API = Endpoint("10.0.0.1", Being.POD, "payments", "api-1", "deployment/api", labels=("app=api",))
TWIN = Endpoint("10.0.0.10", Being.POD, "payments", "api-10", "deployment/api", labels=("app=api",))
DB = Endpoint("10.0.0.2", Being.POD, "payments", "orders-db-0", "statefulset/orders-db")
BARE_DB = Endpoint("10.0.0.2")
C2 = Endpoint("203.0.113.7", Being.WORLD)
NAMED_C2 = Endpoint("203.0.113.7", Being.WORLD, names=("c2.example.net",))
NODE = Endpoint("10.1.0.4", Being.NODE, name="node-a")
ENDS = (API, TWIN, DB, BARE_DB, C2, NAMED_C2, NODE)

HUBBLE = Observer("hubble", "node-a")
CAN = tuple(Capability)
SUM = Granularity(Grain.AGGREGATE, 30)


def at(seconds: float) -> datetime:
    """Return a moment after noon."""
    return NOON + timedelta(seconds=seconds)


def flow(
    seconds: float,
    source: Endpoint = API,
    destination: Endpoint = C2,
    ports: tuple[int, int] = (40000, 443),
    **more: object,
) -> Flow:
    """Return one observation; allowed, on its way out, no reply, where nothing else is said."""
    fields: dict[str, object] = {
        "start": at(seconds),
        "end": at(seconds),
        "source": source,
        "destination": destination,
        "observer": HUBBLE,
        "source_port": ports[0],
        "destination_port": ports[1],
        "protocol": "TCP",
        "verdict": Verdict.ALLOWED,
        "direction": Direction.EGRESS,
        "reply": False,
        **more,
    }
    return Flow(**fields)  # type: ignore[arg-type]  # fields of a test, given by name


def reply(
    seconds: float, source: Endpoint, destination: Endpoint, ports: tuple[int, int], **more: object
) -> Flow:
    """Return an answer, as it came."""
    return flow(seconds, source, destination, ports, reply=True, **more)


def taken(*flows: Flow, source: str = "hubble", **more: object) -> Taken:
    """Return the answer of a source that covers the whole day and has lost nothing."""
    fields: dict[str, object] = {"window": Window(at(-86400), at(86400)), "can": CAN, **more}
    return Taken(source, tuple(flows), **fields)  # type: ignore[arg-type]  # fields of a test, given by name


texts = st.sampled_from(("", *EVIL, "POLICY_DENIED"))
moments = st.integers(0, 600).map(at)
policies = st.lists(st.builds(Policy, name=st.sampled_from(("deny-all", *EVIL)), namespace=texts), max_size=2)
numbers = st.none() | st.integers(0, 5)


@st.composite
def flows(draw: st.DrawFn) -> Flow:
    """Draw an observation, of one connection or a sum."""
    one, other = draw(st.lists(st.sampled_from(ENDS), min_size=2, max_size=2, unique=True))
    start = draw(moments)
    return Flow(
        start=start,
        end=start + timedelta(seconds=draw(st.integers(0, 5))),
        source=one,
        destination=other,
        observer=Observer(
            "hubble",
            draw(st.sampled_from(("node-a", "node-b"))),
            draw(st.sampled_from(("", "to-endpoint", "from-endpoint"))),
        ),
        source_port=draw(st.sampled_from((443, 40000, 40001))),
        destination_port=draw(st.sampled_from((443, 40000, 40001))),
        protocol=draw(st.sampled_from(("TCP", "UDP"))),
        verdict=draw(st.sampled_from(Verdict)),
        reason=draw(texts),
        policies=tuple(draw(policies)),
        direction=draw(st.none() | st.sampled_from(Direction)),
        reply=draw(st.none() | st.booleans()),
        connections=draw(st.none() | st.none() | st.integers(1, 5)),
        counts=draw(st.none() | st.builds(Counts, numbers, numbers, numbers, numbers)),
        note=draw(texts),
    )


_LOSSES: tuple[Loss, ...] = (
    Overrun("node-a", 3),
    Overrun("node-b"),
    Partial("broke off"),
    Truncated(9),
    Garbled(1),
)
losses = st.lists(
    st.sampled_from(_LOSSES),
    max_size=3,
)


@st.composite
def takens(draw: st.DrawFn) -> Taken:
    """Draw an answer of one of two sources."""
    since = draw(moments)
    return Taken(
        source=draw(st.sampled_from(("hubble", "firewall"))),
        flows=tuple(draw(st.lists(flows(), max_size=12))),
        window=Window(since, since + timedelta(seconds=draw(st.integers(0, 300)))),
        newest=draw(st.none() | moments),
        losses=tuple(draw(losses)),
        can=CAN,
    )
