"""
Words from outside are shown and logged as words, wherever they come from.

That nothing shown is live, and nothing logged breaks its line, is held after every test of this folder (``inert``);
these tests bring the worst words in by every way, and see that they do arrive, made visible.
"""

import argparse
from collections.abc import Awaitable, Callable

import pytest

from bot.bootstrap.showing import show as audit_show
from bot.domain.states import PartState
from bot.sandbox.kubernetes.faults import Broken, Denied, Match
from bot.sandbox.kubernetes.resources import DISRUPTION_BUDGETS, NAMESPACES, NETWORK_POLICIES, PODS
from bot.sandbox.scene import ALICE, BOB, CARA
from bot.sandbox.slack.messages import Content, Message
from tests.hostile.gate import REASON, Gate, fresh
from tests.hostile.inert import CONTROL, EVIL

pytestmark = pytest.mark.asyncio(loop_scope="module")

LINES: dict[str, str] = {
    "pod": f"quarantine prod/payments/{EVIL}",
    "namespace": f"quarantine prod/{EVIL}/api",
    "cluster": f"quarantine {EVIL}/payments/api",
    "mention as pod": "quarantine prod/payments/<!channel>",
    "user as pod": "quarantine prod/payments/<@U0EVIL|api>",
    "link as pod": "quarantine prod/payments/<http://evil.example|api-7d9f>",
    "address": f"block {EVIL}",
    "linked address": "block <http://203.0.113.7|203.0.113.7> cluster <!channel>",
    "action": f"{EVIL}",
    "duration": f"block 203.0.113.7 for {EVIL}",
    "id": f"status {EVIL}",
    "digest": f"approve FB-00000 {EVIL}",
    "help": f"help {EVIL}",
    "bidi pod": "quarantine prod/payments/\u202eipa",
    "escaped": "status &lt;!channel&gt;",
}


@pytest.mark.parametrize("where", LINES)
async def test_hostile_words_are_no_name_of_anything(door: Gate, where: str) -> None:
    answer = await door.slash(ALICE, LINES[where])

    said = await door.told(answer)
    assert said
    assert not [c for c in CONTROL if c in said]
    assert not await door.records("plan_shown")


async def test_a_reason_is_shown_as_it_was_typed_and_nowhere_else(either: Gate) -> None:
    cast = either.scene.incident
    line = f"quarantine prod/payments/{cast.pod} because {REASON} {EVIL}"
    request_id = await either.bot.propose(ALICE, line)
    shown = await either.bot.shown(request_id)
    assert "!channel" in shown, "the whole reason stands somewhere on the card"
    assert REASON in shown

    await either.told(await either.press(BOB, request_id))
    await either.bot.until_state(request_id, PartState.APPLIED)
    await either.told(await either.slash(CARA, f"rollback {request_id} because {REASON} {EVIL}"))
    await either.bot.until_state(request_id, PartState.ROLLED_BACK)
    await either.bot.until_shown(request_id, "ROLLED BACK")
    for record in await either.records():
        assert REASON not in str(record)


async def test_a_denials_reason_from_the_form_is_shown_as_words(either: Gate) -> None:
    request_id = await either.asked()
    view = await either.denying(BOB, request_id)

    await either.workspace.submit_view(BOB, view.id, {"reason": {"text": f"{REASON} {EVIL}"}})

    await either.bot.until_state(request_id, PartState.DENIED)
    await either.bot.until_shown(request_id, "DENIED", REASON)


async def test_a_hostile_cluster_cannot_speak_through_the_card(gate: Gate) -> None:
    cluster, cast = gate.scene.cluster, gate.scene.incident
    change, space = cluster.edit_by_someone_else, cast.namespace
    container = {"name": EVIL, "image": EVIL}
    owner = {"apiVersion": "apps/v1", "kind": EVIL, "name": EVIL, "uid": EVIL, "controller": True}
    metadata = {
        "annotations": {"evil": EVIL},
        "ownerReferences": [owner],
    }  # the API itself holds labels to its grammar
    spec = {"containers": [container], "serviceAccountName": EVIL}
    change(PODS, space, cast.pod, {"metadata": metadata, "spec": spec, "status": {"podIP": EVIL}})
    change(NAMESPACES, "", space, {"metadata": {"labels": {"evil": EVIL}, "annotations": {EVIL: EVIL}}})
    change(DISRUPTION_BUDGETS, space, "api", {"metadata": {"name": f"{EVIL} budget"}})
    change(NETWORK_POLICIES, space, "allow-egress", {"metadata": {"name": f"{EVIL} policy"}})

    said = await gate.bot.ask(ALICE, gate.quarantine)
    previewed = await gate.bot.ask(ALICE, "plan " + gate.quarantine)

    assert "waiting for approval" in said, said
    assert "\\u202e" in previewed
    request_id = next(word.strip(",") for word in said.split() if word.startswith("FB-"))
    assert "\\u202e" in await gate.bot.shown(request_id)
    await gate.press(BOB, request_id, "ir_details")
    await gate.workspace.until(lambda: gate.workspace.views.top(BOB))
    await gate.told(await gate.press(BOB, request_id))
    await gate.bot.until(lambda: _rests(gate, request_id))


async def _rests(gate: Gate, request_id: str) -> bool:
    resting = {PartState.APPLIED, PartState.FAILED, PartState.NEEDS_HUMAN, PartState.PROPOSED}
    return await gate.state(request_id) in resting


async def _while_planning(gate: Gate) -> str:
    gate.scene.cluster.faults.arm(Denied(EVIL), Match(dry_run=True), times=None)
    return await gate.bot.ask(ALICE, gate.quarantine)


async def _at_the_write(gate: Gate) -> str:
    request_id = await gate.asked()
    gate.scene.cluster.faults.arm(Denied(EVIL), Match(resource="networkpolicies", dry_run=False), times=None)
    await gate.told(await gate.press(BOB, request_id))
    await gate.bot.until_state(request_id, PartState.FAILED)
    return await gate.bot.until_shown(request_id, "denied the request")


@pytest.mark.parametrize("when", [_while_planning, _at_the_write], ids=["while planning", "at the write"])
async def test_an_admission_webhooks_words_are_shown_as_words(
    gate: Gate, when: Callable[[Gate], Awaitable[str]]
) -> None:
    said = await when(gate)

    assert "denied the request" in said
    assert "gnp" in said
    assert not [c for c in CONTROL if c in said]


async def test_a_broken_api_server_leaves_the_log_whole(gate: Gate) -> None:
    gate.scene.cluster.faults.arm(Broken(), Match(verb="get"), times=None)

    said = await gate.bot.ask(ALICE, gate.quarantine)

    assert said.startswith("Refused: ")


async def test_a_forged_card_by_another_member_is_never_taken_for_ours(gate: Gate) -> None:
    request_id = await gate.asked()
    card = await gate.bot.card(request_id)
    copy = gate.workspace._core.ledger.post(
        Message(card.channel, "", CARA, Content(card.text, card.blocks, metadata=card.metadata), via="person")
    )

    await gate.refused(await gate.workspace.click(BOB, card.channel, copy.ts, "ir_approve"), "stale-card")

    await gate.undecided(request_id)


async def test_the_logs_reader_prints_hostile_words_on_one_line_each(
    gate: Gate, capsys: pytest.CaptureFixture[str]
) -> None:
    gate.scene.cluster.faults.arm(Denied(EVIL), Match(dry_run=True), times=1)
    await gate.bot.ask(ALICE, gate.quarantine)
    cast = gate.scene.incident
    await gate.bot.propose(ALICE, f"quarantine prod/payments/{cast.pod} because {EVIL}")
    true = await gate.slash(ALICE, "whoami")
    await gate.told(true)
    payload = {**true.delivery.payload, "user_id": EVIL, "trigger_id": fresh(), "response_url": ""}
    await gate.workspace.forge("slash_commands", payload)
    await gate.bot.until(lambda: _unnamed(gate))
    records = await gate.records()

    await audit_show(argparse.Namespace(database=gate.bot.settings.database, request=None))

    printed = capsys.readouterr().out.rstrip("\n").split("\n")
    assert all(line.isprintable() for line in printed)
    heads = [line for line in printed if line[:7].strip().isdecimal()]
    assert [int(line[:7]) for line in heads] == list(range(len(heads)))
    assert len(heads) >= len(records)  # the bot goes on recording meanwhile
    assert any(
        "reason: " in line and "\\u202e" not in line for line in printed
    )  # it came in as visible words
    assert any("\\u202e" in line for line in heads)


async def _unnamed(gate: Gate) -> bool:
    return "person-unknown" in await gate.refusals()
