"""Who people are and where cards may stand: asked live, understood strictly, and no answer is no."""

from typing import Any

import pytest

from bot.domain.errors import UnknownOutcomeError
from bot.domain.findings import Refusal
from bot.domain.people import Person, Principal, standing
from bot.domain.queries import Unavailable
from bot.sandbox.slack import Channel, Closed, RateLimited, Refused
from tests.adapters.slack.office import ALICE, BOB, Office

HOME = frozenset({"T0HOST"})


async def test_a_member_of_ours_is_in_good_standing(office: Office) -> None:
    person = await office.desk.directory.person(ALICE)

    assert isinstance(person, Person)
    assert person.principal == ALICE
    assert standing(person, HOME) is None


@pytest.mark.parametrize(
    ("flags", "code"),
    [
        ({"deleted": True}, "person-unknown"),
        ({"is_bot": True}, "person-bot"),
        ({"is_app_user": True}, "person-app-user"),
        ({"is_restricted": True}, "person-restricted"),
        ({"is_ultra_restricted": True}, "person-ultra-restricted"),
        ({"is_invited_user": True}, "person-invited-user"),
        ({"is_workflow_bot": True}, "person-workflow-bot"),
        ({"is_connector_bot": True}, "person-connector-bot"),
        ({"team": "T0OTHER"}, "person-foreign-team"),
    ],
)
async def test_every_flag_that_slack_tells_reaches_the_judgement(
    office: Office, flags: dict[str, Any], code: str
) -> None:
    office.workspace.world.change_user("U0ALICE", **flags)
    person = await office.desk.directory.person(ALICE)

    assert isinstance(person, Person)
    refusal = standing(person, HOME)
    assert refusal is not None
    assert refusal.code in {code, "person-deleted"}


async def test_a_flag_that_is_not_in_the_answer_is_not_known(office: Office) -> None:
    person = await office.desk.directory.of_user("U0STRANGER")

    assert isinstance(person, Person)
    assert (person.is_stranger, person.is_invited_user) == (True, None)


async def test_the_team_is_that_of_the_answer_and_not_of_the_question(office: Office) -> None:
    person = await office.desk.directory.person(Principal("T0HOST", "U0STRANGER"))

    assert isinstance(person, Person)
    assert person.principal == Principal("T0OTHER", "U0STRANGER")


async def test_workspaces_of_a_grid_are_read(office: Office) -> None:
    office.workspace.world.change_user(
        "U0ALICE", team="E0GRID", enterprise_user={"id": "U0ALICE", "teams": ["T0HOST", "T0MORE"]}
    )
    person = await office.desk.directory.of_user("U0ALICE")

    assert isinstance(person, Person)
    assert person.teams == {"T0HOST", "T0MORE"}


@pytest.mark.parametrize("fault", [Refused("user_not_found"), RateLimited(30), Closed()])
async def test_no_answer_about_a_person_is_unavailable(office: Office, fault: Any) -> None:
    office.workspace.faults.stage("users.info", fault, times=9)

    assert isinstance(await office.desk.directory.person(ALICE), Unavailable)


async def test_an_answer_about_somebody_else_is_no_answer(office: Office) -> None:
    office.workspace.world.users["U0ELSE"] = office.workspace.world.users["U0ALICE"]

    assert isinstance(await office.desk.directory.of_user("U0ELSE"), Unavailable)


@pytest.mark.parametrize("user", ["", "U", "../U0ALICE", "u0alice", "U0ALICE&x=1", "U" + "0" * 40])
async def test_what_is_no_user_id_is_never_asked_about(office: Office, user: str) -> None:
    assert isinstance(await office.desk.directory.of_user(user), Unavailable)
    assert office.workspace.calls("users.info") == ()


async def test_every_decision_asks_anew(office: Office) -> None:
    before = await office.desk.directory.members("S0ONCALL")
    office.workspace.world.set_group("S0ONCALL", ["U0BOB"])
    after = await office.desk.directory.members("S0ONCALL")

    assert (before, after) == (frozenset({ALICE, BOB}), frozenset({BOB}))


async def test_a_disabled_group_has_no_members_that_we_could_know(office: Office) -> None:
    office.workspace.world.set_group("S0ONCALL", ["U0BOB"], disabled=True)

    assert await office.desk.directory.members("S0ONCALL") == Unavailable("Slack: no_such_subteam")


async def test_a_plan_without_user_groups_knows_nobody(office: Office) -> None:
    office.workspace.world.plan_has_groups = False

    assert await office.desk.directory.members("S0ONCALL") == Unavailable("Slack: plan_upgrade_required")


async def test_a_channel_of_ours_alone_may_be_used(office: Office) -> None:
    assert await office.desk.directory.channel("C0IR") is None
    assert await office.desk.directory.channel("D0U0ALICE") is None


@pytest.mark.parametrize(
    ("flags", "code"),
    [
        ({"ext_shared": True}, "channel-shared"),
        ({"pending_ext_shared": True}, "channel-shared"),
        ({"archived": True}, "channel-archived"),
    ],
)
async def test_a_channel_that_is_shared_or_archived_may_not(
    office: Office, flags: dict[str, bool], code: str
) -> None:
    office.workspace.world.change_channel("C0IR", **flags)
    refusal = await office.desk.directory.channel("C0IR")

    assert isinstance(refusal, Refusal)
    assert refusal.code == code


async def test_a_private_channel_without_the_bot_may_not(office: Office) -> None:
    office.workspace.world.add_channel(Channel("G0ELSE", "else", kind="group"), with_app=False)
    refusal = await office.desk.directory.channel("G0ELSE")

    assert refusal is not None
    assert refusal.code == "channel-unseen"


async def test_a_channel_of_which_slack_says_nothing_is_no_answer(office: Office) -> None:
    office.workspace.faults.stage("conversations.info", Closed(), times=9)

    with pytest.raises(UnknownOutcomeError):
        await office.desk.directory.channel("C0IR")
