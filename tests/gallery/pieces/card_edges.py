"""Cards with what no designer hopes for: the longest names, twenty targets, other scripts, a plan that changed."""

from collections.abc import Iterator

from bot.adapters.slack.card import paint, paint_preview
from bot.domain.findings import BlastRadius, Finding, Forecast
from bot.domain.plans import Plan
from bot.domain.states import PartState as S
from bot.engine.reading import Shown
from tests.adapters.slack.staging import APPROVERS, LONG_NAME, address_part, plan_of, pod_part, shown
from tests.gallery.piece import Piece
from tests.gallery.pieces.card_states import card, standing

MIXED = "חשוד: beaconing אל 203.0.113.7 🔥🔥 راجع ‎(INC-4)‎ 👩‍🚒 <b>not bold</b> *nor this* <!channel>"


def pieces() -> Iterator[Piece]:
    """Return the hard cards."""
    yield card(
        "card-long-names",
        "Names as long as Kubernetes allows, cut visibly, none running out.",
        shown(plan=_long()),
    )
    yield card("card-twenty-targets", "Twenty pods in one plan.", shown(plan=_twenty()))
    yield card(
        "card-twenty-targets-opened",
        "Twenty pods, the whole plan unfolded.",
        shown(plan=_twenty()),
        opened=True,
    )
    yield card(
        "card-other-scripts",
        "A reason in Hebrew and Arabic with emoji, and marks that stay text.",
        shown(reason=MIXED),
    )
    yield card(
        "card-plan-changed",
        "The plan was made anew: earlier approvals are void, what differs is listed.",
        _changed(),
    )
    yield card(
        "card-last-replica", "The last Ready replica, no way back, and what stays open.", shown(plan=_grave())
    )
    addresses = plan_of(
        address_part(), summary="Block 203.0.113.7 at the firewall of prod", action="block-address"
    )
    yield card(
        "card-block", "An address blocked at the firewall, which takes minutes.", shown(plan=addresses)
    )
    painted = paint_preview(shown().request)
    told = {"text": painted.text, "blocks": painted.blocks, "ephemeral": True}
    yield Piece(
        "card-preview", "message", told, "A preview that only the asker sees, with the command that asks."
    )
    yield card("card-twenty-applied", "Twenty pods, all applied.", standing(S.APPLIED, plan=_twenty()))
    plain = paint(shown(), APPROVERS)
    yield Piece(
        "card-as-text",
        "message",
        {"text": plain.text},
        "The one sentence that stands for a card in notifications.",
    )


def _twenty() -> Plan:
    return plan_of(
        *(pod_part(f"api-7d9f6c5b48-{i:05x}", i) for i in range(0xA0, 0xB4)),
        summary="Cut 20 pods of payments in prod off the network",
        forecast=Forecast.PARTIAL,
        residual=tuple(
            Finding("own-node", f"{i}", f"the pod's own node aks-{i} still reaches it") for i in range(6)
        ),
        blast_radius=BlastRadius(
            pods=20, services=("payments/api", "payments/web"), ready_left=0, last_ready_replica=True
        ),
    )


def _long() -> Plan:
    return plan_of(
        pod_part(LONG_NAME),
        summary=f"Cut payments/{LONG_NAME} in prod off the network, and no other pod",
        residual=(Finding("kept-open", "x", f"payments/{LONG_NAME} keeps port 443 open to {LONG_NAME}"),),
        blast_radius=BlastRadius(
            pods=1, services=(f"payments/{'s' * 63}",) * 3, ready_left=2, last_ready_replica=False
        ),
    )


def _grave() -> Plan:
    return plan_of(
        reversible=False,
        forecast=Forecast.NOT_ENFORCED,
        blast_radius=BlastRadius(pods=1, services=("payments/api",), ready_left=0, last_ready_replica=True),
        warnings=(
            Finding("token", "p", "its service account token stays valid"),
            Finding("established", "p", "connections that stand already are not cut by this engine"),
        ),
    )


def _changed() -> Shown:
    new = (
        Finding("new", "p", "Service payments/admin sends to it now"),
        Finding("new", "p", "it is the last Ready replica now"),
    )
    return shown(revision=2, changed=new)
