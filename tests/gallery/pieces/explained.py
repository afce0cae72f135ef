"""Who can talk to whom, and what policies leave out, as the one who asked sees it."""

from collections.abc import Iterator

from bot.adapters.slack.letters import letter
from bot.domain.directions import Direction
from bot.domain.explain import Toward, Wish, explanation
from bot.domain.letters import Account
from bot.domain.posture.asking import posture
from bot.domain.posture.scope import Scope
from bot.domain.telling import Told
from tests.adapters.slack.staging import LONG_NAME
from tests.domain.explain.clusters import Answering, Body, calico, namespace, run
from tests.domain.residual.build import node, pod, policy
from tests.gallery.piece import Piece
from tests.gallery.pieces.answers import whisper

NODES = tuple(node(f"aks-pool1-{n}", f"10.240.0.{n}", labels={"agentpool": "pool1"}) for n in (4, 5))
ENGINE = (*NODES, *calico("aks-pool1-4", "aks-pool1-5"))
POD = "api-7d9f"


def pieces() -> Iterator[Piece]:
    """Return the answers."""
    yield _piece(
        "answer-explain",
        "All that a pod can reach and that can reach it, worst first, with the policies.",
        run(explanation(Wish("prod", "payments", POD)), Answering(_payments())),
    )
    beacon = Toward(Direction.EGRESS, address="203.0.113.7", port=443)
    yield _piece(
        "answer-explain-open",
        "One connection that is open, and the rule that allows it.",
        run(explanation(Wish("prod", "payments", POD, beacon)), Answering(_payments())),
    )
    other = Toward(Direction.INGRESS, namespace="payments", pod="job-1", port=8080)
    yield _piece(
        "answer-explain-closed",
        "One connection that policies close, where no engine is proved.",
        run(explanation(Wish("prod", "payments", POD, other)), Answering(_payments()[:-2])),
    )
    yield _piece(
        "answer-explain-long",
        "The same question about the longest name, under forty policies.",
        run(explanation(Wish("prod", "payments", LONG_NAME)), Answering((*_payments(), *_many()))),
    )
    yield _piece(
        "answer-posture",
        "What the policies of a cluster leave out, as a table and under headings.",
        run(posture(Scope("prod")), Answering((*_payments(), *_gaps()))),
    )


def _piece(name: str, alt: str, found: object) -> Piece:
    assert isinstance(found, Told), found
    return whisper(name, alt, letter(found.headline, Account(found.sections)))


def _pod(name: str, app: str, number: int, space: str = "payments", node: str = "aks-pool1-4") -> Body:
    return pod(name, {"app": app}, space, ips=[f"10.244.0.{number}"], spec={"nodeName": node})


def _payments() -> tuple[Body, ...]:
    web = {"podSelector": {"matchLabels": {"app": "web"}}}
    return (
        *(namespace(name) for name in ("payments", "kube-system", "calico-system")),
        _pod(POD, "api", 7),
        _pod("web-1", "web", 8, node="aks-pool1-5"),
        _pod("web-2", "web", 9),
        _pod("job-1", "job", 10),
        _pod("coredns-1", "dns", 2, "kube-system"),
        policy("allow-egress", "payments", policyTypes=["Egress"], egress=[{}]),
        policy(
            "api-from-web",
            "payments",
            podSelector={"matchLabels": {"app": "api"}},
            ingress=[{"from": [web], "ports": [{"port": 8080}]}],
        ),
        *ENGINE,
    )


def _many() -> Iterator[Body]:
    yield _pod(LONG_NAME, "api", 11)
    for n in range(40):
        yield policy(
            f"{n:02d}-*bold*-<!channel>-{LONG_NAME}"[:200],
            "payments",
            policyTypes=["Egress"],
            egress=[{"to": [{"ipBlock": {"cidr": f"203.0.113.{n}/32"}}]}],
        )


def _gaps() -> tuple[Body, ...]:
    typo = {"namespaceSelector": {"matchLabels": {"kubernetes.io/metadata.name": "mnitoring"}}}
    group = {"apiGroup": "rbac.authorization.k8s.io", "kind": "Group", "name": "netops"}
    role = {"kind": "ClusterRole", "name": "edits-policies"}
    rule = {"apiGroups": ["networking.k8s.io"], "resources": ["networkpolicies"], "verbs": ["*"]}
    return (
        namespace("default"),
        node("aks-win-1", "10.240.0.9", labels={"agentpool": "win", "kubernetes.io/os": "windows"}),
        policy("old", "payments", podSelector={"matchLabels": {"app": "ledger"}}),
        policy(
            "metrics", "payments", podSelector={"matchLabels": {"app": "web"}}, ingress=[{"from": [typo]}]
        ),
        {"kind": "ClusterRole", "metadata": {"name": "edits-policies"}, "rules": [rule]},
        {"kind": "ClusterRoleBinding", "metadata": {"name": "b"}, "roleRef": role, "subjects": [group]},
    )
