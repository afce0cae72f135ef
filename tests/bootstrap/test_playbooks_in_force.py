"""The playbooks that the settings name are in force in the running bot, or it does not start."""

import asyncio
import threading
from contextlib import AsyncExitStack
from pathlib import Path

import msgspec
import pytest

from bot.adapters.azure.client import SandboxEndpoint
from bot.adapters.policy.playbooks import PlaybookError
from bot.adapters.store import migrate
from bot.adapters.store.reading import read_log
from bot.bootstrap.checking import answers
from bot.bootstrap.house import Laboratory, house
from bot.bootstrap.playbooks import in_force, known, shipped, state
from bot.bootstrap.staging import settings_for
from bot.domain.alerts import Alert
from bot.domain.playbooks import Outcome, Playbook, playbook_hash
from bot.engine.opening import Start, start_record
from bot.sandbox.scene import scene
from bot.settings import Settings
from tests.adapters.alerts.recorded import parsed

BROKEN = """\
version: 1
name: broken
title: A condition that is none
match:
  when: alert.rul == "x"
steps:
  - title: Look
    manual:
      commands: [/ir status]
"""
AUTO = """\
version: 3
name: alone
title: It would act for a source that is not there
order: 5
match:
  when: alert.rule == "Beaconing"
steps:
  - title: Cut the pod off
    action: quarantine-pod
    with:
      cluster: {from: cluster}
      namespace: {from: namespace}
      pods: {from: pods}
auto:
  sources: [falco]
"""


def given(*playbooks: str, **sections: object) -> Settings:
    return Settings(
        slack={"bot_token": "xoxb-1", "app_token": "xapp-1", "channels": {"*": "C0123"}},  # type: ignore[arg-type]  # pydantic makes the section
        clusters={"prod": {"in_cluster": True}},  # type: ignore[dict-item]  # as above
        playbooks=playbooks,
        **sections,  # type: ignore[arg-type]  # as above
    )


async def test_those_that_are_shipped_are_in_force_by_one_word_in_the_order_in_which_they_are_tried() -> None:
    async with AsyncExitStack() as stack:
        found = in_force(stack, given("shipped"))

        names = {path.stem for path in shipped().glob("*.yaml")}
        assert {each.name for each in found.listed} == names
        assert [each.order for each in found.listed] == sorted(each.order for each in found.listed)
        for each in found.listed:
            assert found.named(each.name) == each
            assert found.sha256(each.name) == playbook_hash(each)
        chosen = await found.choose(parsed("alertmanager.firing", "prod")[0])
        assert [each.name for each in chosen.fit] == ["beaconing"]
        assert await found.judge(chosen.fit[0], parsed("falco.shell", "prod")[0]) == Outcome(holds=False)


async def test_none_is_in_force_unless_it_is_named() -> None:
    async with AsyncExitStack() as stack:
        found = in_force(stack, given())

        assert found.listed == ()
        assert found.named("beaconing") is None
        assert found.sha256("beaconing") == ""
        chosen = await found.choose(parsed("alertmanager.firing", "prod")[0])
        assert (chosen.fit, chosen.passed) == ((), ())


async def test_conditions_are_judged_by_one_thread_beside_the_loop(monkeypatch: pytest.MonkeyPatch) -> None:
    library = known(["shipped"])
    seen: set[int] = set()

    def judge(self: object, playbook: Playbook, alert: Alert) -> Outcome:
        seen.add(threading.get_ident())
        return Outcome(holds=True)

    monkeypatch.setattr(type(library.conditions), "judge", judge)
    async with AsyncExitStack() as stack:
        found = in_force(stack, given("shipped"))
        firing = parsed("alertmanager.firing", "prod")[0]
        await asyncio.gather(*(found.choose(firing) for _ in range(5)), found.judge(found.listed[0], firing))

    assert len(seen) == 1
    assert threading.get_ident() not in seen


async def test_the_bot_has_them_and_the_record_of_its_start_says_which(tmp_path: Path) -> None:
    async with scene(tmp_path) as staged:
        settings = settings_for(staged, tmp_path).model_copy(update={"playbooks": ("shipped",)})
        await migrate(settings.database)
        lab = Laboratory(azure=SandboxEndpoint(staged.arm.url, staged.arm.ca_file))
        async with house(settings, lab) as built:
            playbooks = built.context.playbooks
        async with read_log(settings.database) as log:
            bodies = [body async for rows, _ in log.batches() for _, body, _ in rows if body]

    (begun,) = (each for each in map(msgspec.json.decode, bodies) if each["event"] == "start")
    assert begun["details"]["playbooks"] == {
        each.name: playbooks.sha256(each.name) for each in playbooks.listed
    }
    assert len(playbooks.listed) >= 7


async def test_a_broken_one_keeps_the_bot_from_starting_and_the_check_names_its_place(tmp_path: Path) -> None:
    (tmp_path / "books").mkdir()
    file = tmp_path / "books" / "broken.yaml"
    file.write_text(BROKEN, "utf-8")
    where = f"{file}:5:3: match.when: `alert` has no `rul`"
    async with scene(tmp_path) as staged:
        settings = settings_for(staged, tmp_path).model_copy(
            update={"playbooks": ("shipped", str(file.parent))}
        )
        await migrate(settings.database)
        lab = Laboratory(azure=SandboxEndpoint(staged.arm.url, staged.arm.ca_file))

        with pytest.raises(PlaybookError) as refused:
            async with house(settings, lab):
                pass
        told = {answer.what: answer async for answer in answers(settings, lab)}

    assert where in str(refused.value)
    assert not told["playbooks"].fine
    assert where in told["playbooks"].text
    assert "firebreak playbook check" in told["playbooks"].text


async def test_the_check_tells_which_are_in_force_and_what_could_never_act(tmp_path: Path) -> None:
    file = tmp_path / "alone.yaml"
    file.write_text(AUTO, "utf-8")
    source = {"token": "t" * 24}

    none, silent = state(given(), None), state(given(alerts={"falco": source}), None)
    assert (none.mark, none.text, silent.mark) == ("ok", "none", "warn")
    assert 'playbooks = ["shipped"]' in silent.text
    sound, idle = (state(given(str(file), alerts={name: source}), None) for name in ("falco", "grafana"))
    assert (sound.mark, sound.text) == ("ok", "alone 3")
    assert (idle.mark, idle.text) == (
        "warn",
        "alone: auto names falco, and there is no such source in [alerts]",
    )


@pytest.mark.parametrize("name", ["nowhere", "empty"])
def test_a_folder_that_is_not_there_or_holds_none_is_refused(tmp_path: Path, name: str) -> None:
    (tmp_path / "empty").mkdir()

    with pytest.raises(PlaybookError, match=name):
        known([tmp_path / name])


def test_a_start_without_playbooks_is_recorded_as_ever() -> None:
    draft = start_record(Start("1", "a" * 64, "b" * 64, "key"))

    assert draft.details == {"version": "1", "settings": "a" * 64}
