"""The forms to ask with, what stands in their place while the plan is made, and the typed approval."""

from collections.abc import Iterator

from bot.adapters.slack.form import ids
from bot.adapters.slack.form.confirming import WRONG, confirm_modal
from bot.adapters.slack.form.drawing import ask_form
from bot.adapters.slack.form.judging import LOOKING
from bot.adapters.slack.form.windows import over, planned, refused, waiting
from bot.domain.findings import Done, Refusal
from tests.adapters.slack.staging import LONG_NAME, address_part, plan_of, pod_part, shown
from tests.gallery.piece import Piece

LINE = "quarantine prod/payments/api-7d9f for 4h because beaconing"


def pieces() -> Iterator[Piece]:
    """Return the forms."""
    yield Piece("form-quarantine", "modal", ask_form("quarantine", {}, 1), "An empty form for pods.")
    given = {
        ids.chosen("pods"): ("prod/payments/api-7d9f", f"prod/payments/{LONG_NAME[:120]}"),
        ids.typed("pods"): ("prod/payments/worker-0",),
        ids.LEASE: ("4 hours",),
        ids.REASON: ("beaconing 🧨 אל 203.0.113.7\u202e, seen by two of us",),
    }
    filled = ask_form("quarantine", given, 2)
    yield Piece(
        "form-quarantine-filled", "modal", filled, "A form with long names, emoji and right-to-left text."
    )
    wrong = {ids.LEASE: "'4' is not a duration. Did you mean: 4h?"}
    yield Piece(
        "form-quarantine-wrong", "modal", {**filled, "errors": wrong}, "What is wrong is said at its field."
    )
    yield Piece(
        "form-block", "modal", ask_form("block", {}, 2), "A form for addresses, with several clusters."
    )
    yield Piece(
        "form-looking", "modal", waiting("key", LOOKING, f"/ir plan {LINE}"), "While the plan is made."
    )
    yield Piece("form-plan", "modal", planned(shown().request, LINE), "The plan, before anybody is asked.")
    many = plan_of(*(pod_part(f"{LONG_NAME[:60]}-{n:02}", n) for n in range(20)))
    yield Piece(
        "form-plan-long", "modal", planned(shown(plan=many).request, LINE), "A plan with 20 long names."
    )
    no = Refusal("pod-absent", "There is no pod payments/api-7d9f in prod", "Did it end? Search again.")
    yield Piece("form-refused", "modal", refused(no, LINE), "What cannot be asked, with the way back.")
    done = Done("Asked as FB-7K3Q, plan 0123456789ab: waiting for approval.")
    yield Piece("form-asked", "modal", over(done), "Asked.")
    wide = plan_of(
        address_part(), scope="estate", summary="Deny 203.0.113.7 for everything behind the firewall"
    )
    form = confirm_modal(shown(plan=wide).request)
    yield Piece(
        "form-confirm-estate", "modal", form, "Approving for the whole estate asks to type the address."
    )
    final = confirm_modal(shown(plan=plan_of(reversible=False)).request)
    yield Piece(
        "form-confirm-wrong", "modal", {**final, "errors": {ids.NAME: WRONG}}, "Another name is no approval."
    )
