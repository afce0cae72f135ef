"""The App Home of real people: what concerns each stands there, keeps up by itself, and its buttons do what they say."""

from pathlib import Path

from bot.domain.states import PartState
from bot.sandbox.scene import ALICE, BOB, GUEST
from tests.journeys.stage import Stage, stage


def text(bot: Stage, user: str) -> str:
    """Return what stands in a person's Home."""
    view = bot.scene.workspace.views.homes.get(user)
    return str(view.body["blocks"]) if view else ""


async def opened(bot: Stage, user: str) -> None:
    event = {"type": "app_home_opened", "user": user, "channel": "D0", "tab": "home"}
    assert (await bot.scene.workspace.event(event)).acked


async def until(bot: Stage, user: str, *words: str) -> str:
    """Wait until a Home says all of this."""

    def says() -> str | None:
        found = text(bot, user)
        return found if all(word in found for word in words) else None

    return await bot.scene.workspace.until(says, 20.0)


async def test_a_home_shows_each_person_what_concerns_them_and_keeps_up_by_itself(tmp_path: Path) -> None:
    async with stage(tmp_path) as bot:
        cast = bot.scene.incident
        await opened(bot, BOB)
        await until(bot, BOB, "Nothing is open and nothing is active")

        request_id = await bot.propose(
            ALICE, f"quarantine {cast.cluster}/{cast.namespace}/{cast.pod} because x"
        )
        await opened(bot, ALICE)
        await until(bot, BOB, "Waits for you (1)", request_id, "Open the card")
        await until(bot, ALICE, "Waits for others (1)", request_id)
        await bot.approve(BOB, request_id)
        await bot.until_state(request_id, PartState.APPLIED)
        held = await until(bot, ALICE, "You hold (1)", "Roll back", "Extend 1 h")
        assert "Waits" not in held
        await until(bot, BOB, "Active (1)")

        view = bot.scene.workspace.views.homes[ALICE]
        answer = await bot.scene.workspace.click_view(ALICE, view.id, "ir_rollback")
        assert answer.acked
        await bot.until_state(request_id, PartState.ROLLED_BACK)
        await until(bot, ALICE, "Nothing is open")
        assert "command:read" in await bot.story()


async def test_nobody_approves_from_a_home_however_the_click_is_forged(tmp_path: Path) -> None:
    async with stage(tmp_path) as bot:
        cast = bot.scene.incident
        request_id = await bot.propose(
            ALICE, f"quarantine {cast.cluster}/{cast.namespace}/{cast.pod} because x"
        )
        await opened(bot, BOB)
        home = await until(bot, BOB, "Waits for you (1)")
        assert "ir_approve" not in home
        value = home.partition("'value': '")[2].partition("'")[0]
        await bot.scene.workspace.forge(
            "interactive",
            {
                "type": "block_actions",
                "api_app_id": bot.scene.workspace.world.app.id,
                "team": {"id": bot.scene.workspace.world.team},
                "user": {"id": BOB, "team_id": bot.scene.workspace.world.team},
                "container": {"type": "view", "view_id": bot.scene.workspace.views.homes[BOB].id},
                "view": {"id": bot.scene.workspace.views.homes[BOB].id, "type": "home", "hash": "1.x"},
                "actions": [{"action_id": "ir_approve", "type": "button", "value": value}],
                "trigger_id": "1.2.forged",
            },
        )

        async def refused() -> bool:
            return "refusal:forged-click" in await bot.story()

        await bot.until(refused)
        assert all(row.state is PartState.PROPOSED for row in await bot.rows(request_id))


async def test_a_guest_sees_why_and_nothing_else(tmp_path: Path) -> None:
    async with stage(tmp_path) as bot:
        cast = bot.scene.incident
        await bot.propose(ALICE, f"quarantine {cast.cluster}/{cast.namespace}/{cast.pod} because secret-word")
        await opened(bot, GUEST)
        home = await until(bot, GUEST, "guest account")

        assert cast.pod not in home
        assert "refusal:person-restricted" in await bot.story()


async def test_the_list_says_the_same_as_the_home(tmp_path: Path) -> None:
    async with stage(tmp_path) as bot:
        cast = bot.scene.incident
        request_id = await bot.propose(
            ALICE, f"quarantine {cast.cluster}/{cast.namespace}/{cast.pod} because x"
        )

        assert f"Waits for you (1): {request_id}" in " ".join((await bot.ask(BOB, "list")).split())
        assert f"Waits for others (1): {request_id}" in " ".join((await bot.ask(ALICE, "list")).split())
