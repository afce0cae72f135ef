"""Attacks on the signature, each against the real slack_bolt verifier."""

import json

import pytest
from slack_sdk.signature import SignatureVerifier

from bot.sandbox.slack import Attack, Workspace, World
from bot.sandbox.slack.signing import sign
from tests.sandbox.slack.stage import BoltApp


@pytest.mark.parametrize(
    "attack",
    [
        Attack.WRONG_SIGNATURE,
        Attack.NO_SIGNATURE,
        Attack.OLD_TIMESTAMP,
        Attack.FUTURE_TIMESTAMP,
        Attack.TAMPERED_BODY,
    ],
)
async def test_an_attack_on_the_signature_is_refused(
    by_http: Workspace, bolt: BoltApp, attack: Attack
) -> None:
    answer = await by_http.slash("U0ALICE", "C0IR", "/ir status", attack=attack)

    assert (answer.status, bolt.bodies) == (401, [])


async def test_a_forged_payload_is_truly_signed(by_http: Workspace, bolt: BoltApp) -> None:
    fields = {
        "command": "/ir",
        "text": "approve",
        "user_id": "U0NOBODY",
        "team_id": "T0ELSE",
        "channel_id": "C0IR",
    }
    answer = await by_http.forge("slash_commands", {**fields, "response_url": by_http.base_url})

    assert (answer.status, bolt.bodies[0]["user_id"]) == (200, "U0NOBODY")


async def test_a_replay_sends_the_very_same_bytes(by_http: Workspace, bolt: BoltApp) -> None:
    first = await by_http.slash("U0ALICE", "C0IR", "/ir status")
    again = await by_http.replay(first)

    assert first.delivery.signed is again.delivery.signed
    assert bolt.bodies[0] == bolt.bodies[1]


async def test_a_signature_cannot_be_attacked_where_there_is_none(by_socket: Workspace) -> None:
    with pytest.raises(ValueError, match="not signed"):
        await by_socket.slash("U0ALICE", "C0IR", "/ir status", attack=Attack.WRONG_SIGNATURE)


async def test_the_app_that_does_not_listen_is_reported(workspace: Workspace) -> None:
    workspace.request_url = workspace.base_url.replace("/api/", "/nothing")
    answer = await workspace.slash("U0ALICE", "C0IR", "/ir status", transport="http")

    assert (answer.status, answer.acked) == (404, False)


def test_signing_agrees_with_slacks_own_library(world: World) -> None:
    body = json.dumps({"type": "event_callback"}).encode()
    secret = world.app.signing_secret

    assert SignatureVerifier(secret).generate_signature(timestamp="1700000000", body=body) == sign(
        secret, "1700000000", body
    )
