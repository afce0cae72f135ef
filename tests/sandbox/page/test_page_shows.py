"""What the page shows of the small world, hostile text included."""

import re

import pytest

from bot.domain.isolation import LABEL
from bot.sandbox.kubernetes.resources import NETWORK_POLICIES, PODS
from bot.sandbox.page.given import Line
from bot.sandbox.scene import ALICE, BOB, CHANNEL, STRANGER
from bot.sandbox.slack.messages import Content, Message
from tests.sandbox.page.page_under_test import Open

HOSTILE = "<img src=x onerror=alert(1)></script><svg onload=alert(1)>\"'&"


def _harmless(html: str) -> bool:
    return "<img" not in html and "<svg onload" not in html and "</script" not in html


async def test_hostile_words_of_a_person_stay_words(visited: Open) -> None:
    await visited.act(act="say", person=ALICE, text=HOSTILE)

    shown = await visited.shown("feed")

    assert "&lt;img" in shown
    assert _harmless(shown)


async def test_hostile_names_in_the_log_and_the_cluster_stay_words(visited: Open) -> None:
    visited.behind.lines.append(
        Line(0, HOSTILE, HOSTILE, HOSTILE, outcome=HOSTILE, request=HOSTILE, target=HOSTILE, body=HOSTILE)
    )
    await visited.act(act="verify", person=ALICE)

    shown = await visited.shown("log")

    assert "onerror" in shown
    assert _harmless(shown)


async def test_an_ephemeral_is_seen_by_its_person_alone(visited: Open) -> None:
    ledger = visited.scene.workspace._core.ledger
    ledger.post(Message(CHANNEL, "", "U0FIREBREAK", Content("for bob"), only_for=BOB))

    assert "for bob" in await visited.shown("feed", person=BOB)
    assert "for bob" not in await visited.shown("feed", person=ALICE)


async def test_a_thread_holds_its_replies_and_the_channel_counts_them(visited: Open) -> None:
    workspace = visited.scene.workspace
    workspace.say(BOB, CHANNEL, "something else")
    root = workspace.say(ALICE, CHANNEL, "the root")
    workspace.say(BOB, CHANNEL, "the reply", root.ts)

    channel, thread = await visited.shown("feed"), await visited.shown("feed", thread=root.ts)

    assert "the reply" not in channel
    assert "1 reply" in channel
    assert "the reply" in thread
    assert "something else" not in thread


async def test_an_age_is_told_as_a_client_tells_it(visited: Open) -> None:
    date = {"type": "date", "timestamp": 1_000_000_000, "format": "planned {ago}", "fallback": "long ago"}
    block = {"type": "rich_text", "elements": [{"type": "rich_text_section", "elements": [date]}]}
    ledger = visited.scene.workspace._core.ledger
    ledger.post(Message(CHANNEL, "", "U0FIREBREAK", Content("aged", (block,))))

    shown = await visited.shown("feed")

    assert re.search(r"planned \d+ days ago", shown)


async def test_direct_messages_and_the_home_are_each_persons_own(visited: Open) -> None:
    await visited.act(act="say", person=BOB, place="direct", text="to the bot")

    assert "to the bot" in await visited.shown("feed", person=BOB, place="direct")
    assert "No direct messages" in await visited.shown("feed", person=ALICE, place="direct")
    assert "no Home for Alice" in await visited.shown("feed", place="home")


async def test_without_a_bot_a_command_is_said_to_have_no_answer(visited: Open) -> None:
    outcome = await visited.act(act="say", person=ALICE, text="/ir list")

    assert not outcome["ok"]
    assert "did not answer" in outcome["text"]


async def test_what_slack_would_not_let_one_do_is_told(visited: Open) -> None:
    outcome = await visited.act(act="press", person=ALICE, channel=CHANNEL, ts="1.0", action="ir_approve")

    assert "Slack would not let you" in outcome["text"]


@pytest.mark.parametrize("attack", ["", "WRONG_SIGNATURE"])
async def test_the_intruder_may_press_what_no_client_shows_her(visited: Open, attack: str) -> None:
    outcome = await visited.act(
        act="press", person=STRANGER, channel=CHANNEL, ts="1.0", action="ir_approve", attack=attack
    )

    assert "Slack would not let you" not in outcome["text"]


async def test_a_quarantined_pod_is_drawn_with_what_other_policies_keep_open(visited: Open) -> None:
    cluster, incident = visited.scene.cluster, visited.scene.incident
    assert "The suspect" in await visited.shown("links")
    assert "cut by" not in await visited.shown("links")
    assert "still open" not in await visited.shown("map")

    cluster.edit_by_someone_else(
        PODS, incident.namespace, incident.pod, {"metadata": {"labels": {LABEL: "x"}}}
    )
    spec = {"podSelector": {"matchLabels": {LABEL: "x"}}, "policyTypes": ["Ingress", "Egress"]}
    cluster.add_policy(incident.namespace, "fb-x", spec)

    links = await _eventually(visited, "links", "still open")
    assert links.count("<b>still open: allow-egress allows it</b>") == 3
    assert links.count("<b>still open: api-from-web allows it</b>") == 2
    assert "5 still open: a policy allows it" in links
    told = f"{incident.pod} is quarantined; 0 of its 5 connections are cut, 5 still open by allow-egress and "
    assert told in await visited.shown("map")
    assert (await visited.shown("map")).count('class="sign kept') == 5

    store = cluster.registry.store
    store.drop(NETWORK_POLICIES, store.find(NETWORK_POLICIES, incident.namespace, "allow-egress") or {})

    links = await _eventually(visited, "links", "cut by")
    assert links.count("<b>cut by NetworkPolicy fb-x</b>") == 3
    assert "3 of its 5 connections are cut, 2 still open by api-from-web." in await visited.shown("map")


async def test_the_firewall_is_shown_with_its_running_update(visited: Open) -> None:
    beacon, group = visited.scene.incident.beacon, visited.scene.estate.cluster_group
    visited.scene.arm.stage.edit_ip_group(group, [beacon], seconds=60)

    shown = await _eventually(visited, "firewall", "progress")

    assert "Updating" in shown
    assert "the firewall is being told" in await visited.shown("links")
    visited.scene.arm.advance(61)
    await _eventually(visited, "links", "cut by the firewall")
    assert "<progress" not in await visited.shown("firewall")


async def test_a_policy_that_is_gone_opens_the_line_again(visited: Open) -> None:
    store, space = visited.scene.cluster.registry.store, visited.scene.incident.namespace
    store.drop(NETWORK_POLICIES, store.find(NETWORK_POLICIES, space, "allow-egress") or {})
    added = visited.scene.cluster.add_policy(space, "none", {"podSelector": {}, "policyTypes": ["Egress"]})
    await _eventually(visited, "links", "cut by NetworkPolicy none")

    store.drop(NETWORK_POLICIES, added)

    async def gone() -> bool:
        return "cut by" not in await visited.shown("links")

    for _ in range(200):
        if await gone():
            return
    raise AssertionError("still cut")


async def _eventually(visited: Open, slot: str, wanted: str) -> str:
    for _ in range(200):
        if wanted in (shown := await visited.shown(slot)):
            return shown
        await visited.session.get(f"{visited.address}static/mark.svg")
    raise AssertionError(f"{wanted!r} never stood in {slot}: {shown}")
