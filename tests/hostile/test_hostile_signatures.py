"""What Slack did not send, over HTTP: nothing of it gets past the door, and nothing of it is kept."""

import asyncio
import time
from collections.abc import Mapping
from typing import Any

import aiohttp
import pytest

from bot.sandbox.scene import ALICE, BOB, CHANNEL
from bot.sandbox.slack.signing import Attack, sign
from tests.hostile.gate import Gate

pytestmark = pytest.mark.asyncio(loop_scope="module")

FORM = "application/x-www-form-urlencoded"


@pytest.mark.parametrize("attack", Attack, ids=lambda each: each.name.lower().replace("_", " "))
async def test_a_request_that_slack_did_not_sign_so_is_refused_and_leaves_no_row(
    door: Gate, attack: Attack
) -> None:
    request_id = await door.asked()
    rows = await _rows(door)
    card = await door.bot.card(request_id)

    typed = await door.workspace.slash(ALICE, CHANNEL, "/ir list", attack=attack)
    clicked = await door.workspace.click(BOB, CHANNEL, card.ts, "ir_approve", attack=attack)

    assert (typed.status, clicked.status) == (401, 401)
    assert (typed.body, clicked.body) == (None, None)
    assert await _rows(door) == rows
    await door.undecided(request_id)


async def _post(gate: Gate, body: bytes, content_type: str = FORM, **headers: str) -> int:
    """Post these bytes, truly signed for now unless a header says otherwise; return the status."""
    stamp = str(int(time.time()))  # noqa: TID251 - an attacker has a clock
    secret = gate.workspace.world.app.signing_secret
    proof = {"X-Slack-Request-Timestamp": stamp, "X-Slack-Signature": sign(secret, stamp, body)}
    given: Mapping[str, str] = {"Content-Type": content_type, **proof, **headers}
    async with (
        aiohttp.ClientSession() as session,
        session.post(gate.workspace.request_url, data=body, headers=given) as answer,
    ):
        assert await answer.text() == ""  # nothing is echoed
        return answer.status


@pytest.mark.parametrize(
    ("body", "content_type"),
    [
        (b"command=/ir&text=" + b"x" * 70_000, FORM),
        (b'{"type":"url_verification","challenge":"x"}', "text/plain"),
        (b"command=/ir&text=list", "multipart/form-data; boundary=x"),
        (b"\xff\xfe\xfa", FORM),
        (b"payload=%ff%fe", FORM),
        (b"payload={", FORM),
        (b"payload=" + b"[" * 60_000, FORM),
        (b'{"a":' + b"[" * 60_000, "application/json"),
        (b"[]", "application/json"),
        (b"payload=%22words%22", FORM),
        (b"&".join(b"f%d=1" % n for n in range(80)), FORM),
    ],
    ids=lambda each: each[:24].decode("latin-1") if isinstance(each, bytes) else each[:10],
)
async def test_truly_signed_bytes_that_slack_would_not_send_are_refused(
    door: Gate, body: bytes, content_type: str
) -> None:
    rows = await _rows(door)

    assert 400 <= await _post(door, body, content_type) < 500
    assert await _rows(door) == rows


async def test_a_signature_given_twice_or_for_another_version_is_refused(door: Gate) -> None:
    assert await _post(door, b"command=/ir", **{"X-Slack-Signature": ""}) == 401
    assert await _post(door, b"command=/ir", **{"X-Slack-Signature": "v1=" + "0" * 64}) == 401
    assert await _post(door, b"command=/ir", **{"X-Slack-Signature": "v0=é"}) == 401
    for stamp in ("", "-5", "1e9", "²", "9" * 30, " 1", "0x10"):
        assert await _post(door, b"command=/ir", **{"X-Slack-Request-Timestamp": stamp}) == 401


async def test_a_request_of_another_app_or_workspace_is_refused_though_truly_signed(either: Gate) -> None:
    request_id = await either.asked()
    answer = await either.press(BOB, request_id, "ir_details")
    true = dict(answer.delivery.payload)
    rows = await _rows(either)

    strange: tuple[dict[str, Any], ...] = (
        {"api_app_id": "A0OTHER"},
        {"api_app_id": None},
        {"team": {"id": "T0OTHER", "domain": "other"}},
        {"team": None},
        {"view": {"app_installed_team_id": "T0OTHER"}},
    )
    forge = either.workspace.forge
    answers = await asyncio.gather(
        *(forge("interactive", {**true, **s, "trigger_id": f"x.{n}"}) for n, s in enumerate(strange))
    )

    assert [answer.acked for answer in answers] == [False] * len(strange)
    assert await _rows(either) == rows


@pytest.mark.parametrize("times", [1, 5])
async def test_the_very_same_request_sent_again_happens_once(either: Gate, times: int) -> None:
    answer = await either.slash(ALICE, either.quarantine)
    await either.told(answer)

    again = [await either.workspace.replay(answer) for _ in range(times)]
    marker = await either.slash(ALICE, "list")
    listed = await either.told(marker)

    assert all(each.acked for each in again)
    assert listed.count("quarantine-pod") == 2  # one line, in the text and in the block
    assert len([r for r in await either.records("command") if r.get("request")]) == 1


async def test_an_approval_sent_again_is_one_vote(either: Gate) -> None:
    request_id = await either.asked()
    answer = await either.press(BOB, request_id)
    await either.told(answer)

    again = await either.workspace.replay(answer)

    assert again.acked
    await either.told(await either.slash(BOB, "whoami"))
    assert len(await either.records("vote")) == 1
    assert await either.refusals() == []


async def _rows(gate: Gate) -> int:
    """Count the rows of the inbox."""
    from sqlalchemy import func, select

    from bot.adapters.store.tables import inbox

    async with gate.bot.built.store.working() as work:
        return int((await work.rows(select(func.count().label("n")).select_from(inbox)))[0].n)
