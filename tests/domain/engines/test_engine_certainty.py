"""What holds for all evidence: seeing less never makes anything more certain."""

from hypothesis import given
from hypothesis import strategies as st

from bot.domain.engines.detection import engine_on
from bot.domain.engines.engine import (
    Confidence,
    Enforced,
    Engine,
    Unproven,
    enforcement,
)
from bot.domain.engines.evidence import Evidence, Override, Seen
from bot.domain.engines.views import NodeSelector
from tests.domain.engines.clusters import (
    NODE,
    PIECES,
    agents,
    arm,
    cluster,
    config,
    node,
    plumbing,
    pod_of,
    without,
)


def _on(evidence: Evidence) -> Engine:
    return engine_on(NODE, evidence)


def _texts(engine: Engine) -> str:
    return " | ".join(map(str, engine.why))


@st.composite
def _clusters(draw: st.DrawFn) -> Evidence:
    names = draw(st.lists(st.sampled_from(["cilium", "calico-node", "azure-npm", "kindnet"]), unique=True))
    switches = draw(st.sampled_from([(), ("--enable-policy=never",), ("--policy-audit-mode=false",)]))
    sets = tuple(agents(name, switches) for name in names)
    if draw(st.booleans()):
        sets = (*sets, plumbing("kube-flannel-ds"))
    pods = tuple(pod_of(one, ready=draw(st.booleans())) for one in sets if draw(st.booleans()))
    one = Override("o", NodeSelector(), (("enable-policy", draw(st.sampled_from(["never", "default"]))),))
    return cluster(
        *sets,
        on_node=pods,
        node=draw(
            st.sampled_from([node(), node("v1.33.1+k3s1"), node(os="windows"), node(type="virtual-kubelet")])
        ),
        cilium=draw(st.sampled_from([config(), config(enable_policy="never"), Seen("c", None)])),
        overrides=draw(st.sampled_from([Seen("o", ()), Seen("o", (one,))])),
        serves=Seen("API discovery", ("cilium.io/v2/ciliumnetworkpolicies",)),
        arm=draw(
            st.sampled_from([Seen("s", None), arm("none"), arm("cilium"), arm("azure"), arm("none", "none")])
        ),
    )


@given(_clusters(), st.lists(st.sampled_from(PIECES), unique=True, min_size=1))
def test_seeing_less_never_makes_anything_more_certain(evidence: Evidence, lost: list[str]) -> None:
    less = evidence
    for piece in lost:
        less = without(less, piece)
    before, after = _on(evidence), _on(less)

    if isinstance(enforcement(after), Enforced):
        assert isinstance(enforcement(before), Enforced)
    if after.confidence is Confidence.PROVED:
        assert before.confidence is Confidence.PROVED


@given(st.lists(st.sampled_from(PIECES), unique=True))
def test_without_evidence_no_engine_is_proved(lost: list[str]) -> None:
    bare = Evidence()
    for piece in lost:
        bare = without(bare, piece)
    found = _on(bare)

    assert found.confidence is not Confidence.PROVED
    assert isinstance(enforcement(found), Unproven)
    assert found.why


@given(_clusters())
def test_every_answer_says_why(evidence: Evidence) -> None:
    found = _on(evidence)

    assert found.why
    assert enforcement(found).why
    assert all(reason.source and reason.text for reason in found.why)
