"""The rows of forms on the real store and the emulated workspace: opened in time or told what to type."""

import copy
from typing import Any

import pytest

from bot.adapters.slack.form import ids
from bot.sandbox.slack.answers import Answer, texts
from bot.sandbox.slack.views import View
from tests.adapters.slack.office import Office


async def form(office: Office, text: str = "quarantine", user: str = "U0ALICE") -> tuple[Answer, View]:
    """Type an action alone and have the form open."""
    answer = await office.workspace.slash(user, "C0IR", f"/ir {text}")
    await office.work()
    assert answer.view is not None
    return answer, answer.view


def fields(view: View) -> list[str]:
    return [block["block_id"] for block in view.blocks if block["type"] == "input"]


def initial(view: View, block_id: str) -> Any:
    element = next(block["element"] for block in view.blocks if block["block_id"] == block_id)
    found = [element[name] for name in element if name.startswith("initial")]
    return found[0] if found else None


async def test_an_action_typed_alone_opens_its_form(either: Office) -> None:
    answer = await either.workspace.slash("U0ALICE", "C0IR", "/ir block")
    assert answer.acked
    await either.work()

    assert answer.view is not None
    assert answer.view.body["callback_id"] == ids.ASK
    assert fields(answer.view) == ["action", "slot.addresses", "slot.scope", "lease", "reason"]
    assert answer.ephemerals == ()
    assert await either.outcomes() == []


async def test_with_several_clusters_the_cluster_is_asked_for(office: Office) -> None:
    from bot.adapters.slack.form.drawing import ask_form

    blocks = ask_form("block", {}, 2)["blocks"]

    assert {"slot.cluster", "slot.cluster.typed"} <= {block.get("block_id") for block in blocks}


@pytest.mark.parametrize("late", [3.1, 60.0])
async def test_a_form_that_comes_too_late_is_replaced_by_what_to_type(either: Office, late: float) -> None:
    answer = await either.workspace.slash("U0ALICE", "C0IR", "/ir quarantine")
    either.turned.now += late
    await either.work()

    assert answer.view is None
    assert "could not be opened in time" in answer.said
    assert "/ir help quarantine shows how" in answer.said


async def test_a_command_that_is_delivered_twice_opens_one_form(either: Office) -> None:
    answer = await either.workspace.slash("U0ALICE", "C0IR", "/ir quarantine")
    again = await either.workspace.replay(answer)
    await either.work()

    assert again.acked
    assert len(either.workspace.views.seen) == 1


async def test_a_shortcut_on_a_message_fills_in_what_it_names(either: Office) -> None:
    said = either.workspace.say("U0BOB", "C0IR", "prod/payments/api-7d9f because <!channel> 203.0.113.7")
    answer = await either.workspace.message_shortcut("U0ALICE", "C0IR", said.ts, ids.CONTAIN_THIS)
    await either.work()

    assert answer.view is not None
    assert initial(answer.view, "slot.pods.typed") == "prod/payments/api-7d9f"
    assert "<!channel>" not in str(answer.view.body)
    assert initial(answer.view, "reason") is None


async def test_a_message_with_an_address_alone_opens_the_form_that_blocks_it(office: Office) -> None:
    said = office.workspace.say("U0BOB", "C0IR", "beacon to 203[.]0[.]113[.]7")
    await office.front.take(_message_action(office, said.ts, said.text))
    await office.work()

    view = office.workspace.views.seen[0]
    assert view.body["private_metadata"] == "block"
    assert initial(view, "slot.addresses") == "203.0.113.7"


def _message_action(office: Office, ts: str, text: str) -> dict[str, Any]:
    world = office.workspace.world
    return {
        "type": "message_action",
        "callback_id": ids.CONTAIN_THIS,
        "trigger_id": office.workspace._core.tickets.trigger("U0ALICE"),
        "team": {"id": world.team},
        "user": {"id": "U0ALICE", "team_id": world.team},
        "api_app_id": world.app.id,
        "channel": {"id": "C0IR"},
        "message": {"ts": ts, "text": text},
        "message_ts": ts,
        "response_url": "",
        "action_ts": "0.0",
    }


async def test_a_message_of_any_length_and_kind_is_no_reason_to_fail(office: Office) -> None:
    for number, text in enumerate(("x" * 50_000, "\ud800 203.0.113.7", None, 7)):
        body = _message_action(office, "1.0", "")
        body["message"] = {"text": text}
        assert (await office.front.take(body)).status == 200, number
    await office.work()

    assert len(office.workspace.views.seen) == 4


async def test_a_shortcut_from_the_menu_opens_a_form_to_choose_in(either: Office) -> None:
    answer = await either.workspace.shortcut("U0ALICE", ids.CONTAIN)
    await either.work()

    assert answer.view is not None
    assert answer.view.body["private_metadata"] == "quarantine"


async def test_choosing_another_action_shows_its_fields_and_keeps_the_reason(either: Office) -> None:
    answer, view = await form(either)
    filled = {"reason": {"field": "beaconing"}, "lease": {"field": "4h"}}
    await either.workspace.click_view("U0ALICE", view.id, ids.CHOOSE, filled, value="block")
    await either.work()

    shown = answer.view
    assert shown is not None
    assert shown.id == view.id
    assert shown.body["private_metadata"] == "block"
    assert (initial(shown, "reason"), initial(shown, "lease")) == ("beaconing", "4h")


async def test_an_answer_to_an_older_state_of_the_form_does_not_overwrite_it(by_http: Office) -> None:
    _, view = await form(by_http)
    clicked = await by_http.workspace.click_view("U0ALICE", view.id, ids.CHOOSE, value="block")
    assert clicked.acked
    newer = {**view.body, "private_metadata": "quarantine", "title": {"type": "plain_text", "text": "Newer"}}
    by_http.workspace.views.replace(view.id, newer)
    await by_http.work()

    assert clicked.view is not None
    assert clicked.view.body["title"]["text"] == "Newer"


@pytest.mark.parametrize(
    ("user", "team", "code"),
    [("U0GUEST", "T0HOST", "person-restricted"), ("U0STRANGER", "T0OTHER", "person-foreign-team")],
)
async def test_a_guest_and_a_stranger_are_refused_in_the_form_itself(
    office: Office, user: str, team: str, code: str
) -> None:
    body = _message_action(office, "1.0", "prod/payments/api-7d9f")
    body["user"] = {"id": user, "team_id": team}
    body["trigger_id"] = office.workspace._core.tickets.trigger(user)
    await office.front.take(body)
    await office.work()

    view = office.workspace.views.top(user)
    assert view is not None
    assert "Refused:" in " ".join(texts(view.blocks))
    assert "submit" not in view.body
    assert await office.outcomes() == [code]


async def test_a_wrong_form_is_answered_at_its_field_and_leaves_no_row(either: Office) -> None:
    _, view = await form(either)
    sent = await either.workspace.submit_view("U0ALICE", view.id, {"lease": {"field": "tomorrow"}})
    again = await either.workspace.submit_view(
        "U0ALICE", view.id, {"slot.pods.typed": {"field": "payments/API"}, "lease": {"field": "4h"}}
    )

    assert set(sent.errors) == {"slot.pods"}
    assert (sent.error, again.error) == ("", "")
    assert "not a pod's name" in again.errors["slot.pods.typed"]
    await either.work()
    assert await either.outcomes() == []


@pytest.mark.parametrize(
    "carried",
    [
        "",
        "approve FB-7K3Q1 0123456789ab",
        "quarantine",
        "quarantine nowhere/payments/api",
        "\u202equarantine",
    ],
)
async def test_a_plan_that_carries_what_no_view_of_ours_does_is_refused_and_recorded(
    by_http: Office, carried: str
) -> None:
    _, view = await form(by_http)
    sent = await by_http.workspace.submit_view(
        "U0ALICE", view.id, {"slot.pods.typed": {"field": "payments/a"}}
    )
    payload = copy.deepcopy(dict(sent.delivery.payload))
    payload["view"] |= {"callback_id": ids.PLAN, "private_metadata": carried, "hash": "other"}
    forged = await by_http.workspace.forge("interactive", payload)
    await by_http.work()

    assert forged.acked
    assert "forged-form" in await by_http.outcomes()


async def test_a_forged_way_back_is_refused_and_recorded(by_http: Office) -> None:
    _, view = await form(by_http)
    await by_http.workspace.click_view("U0ALICE", view.id, ids.BACK, forged=True)
    await by_http.work()

    assert await by_http.outcomes() == ["forged-form"]
