"""`firebreak check` says which playbooks the policy lets act by themselves, and that do not act all the same."""

from pathlib import Path

from bot.actions import CATALOGUE
from bot.adapters.policy import load
from bot.bootstrap.answering import Answer
from bot.bootstrap.playbooks import known, state
from bot.domain.playbooks import playbook_hash
from bot.settings import Settings
from tests.journeys.acting import automatic, letting, sha256


def given(folder: Path, policy: str, *playbooks: str) -> Settings:
    file = folder / "policy.yaml"
    file.write_text(policy, encoding="utf-8")
    return Settings(
        slack={"bot_token": "xoxb-1", "app_token": "xapp-1", "channels": {"*": "C0123"}},  # type: ignore[arg-type]  # pydantic makes the section
        clusters={"prod": {"in_cluster": True}},  # type: ignore[dict-item]  # as above
        alerts={"siem": {"format": "generic", "token": "t" * 24}},  # type: ignore[dict-item]  # as above
        policy_file=file,
        playbooks=playbooks,
    )


def told(settings: Settings) -> Answer:
    return state(settings, load(settings.policy_file, tuple(CATALOGUE)))


def test_a_playbook_that_is_named_by_the_very_hash_that_it_has_is_no_matter_of_doubt(tmp_path: Path) -> None:
    file = automatic(tmp_path)
    found = told(given(tmp_path, letting(file), str(file)))

    assert (found.text, found.doubt) == ("miner 3", False)


def test_another_version_says_its_hash_to_whoever_is_to_look_at_it(tmp_path: Path) -> None:
    file = automatic(tmp_path)
    policy = letting(file)
    automatic(tmp_path, per_hour=9)
    found = told(given(tmp_path, policy, str(file)))

    assert found.doubt
    assert "miner: it does not act by itself, because the policy names another version" in found.text
    assert sha256(file) in found.text


def test_one_that_is_not_there_and_one_that_never_acts_are_named(tmp_path: Path) -> None:
    file = automatic(tmp_path)
    absent = letting(file).replace("{miner:", "{gone:")
    assert "gone: the policy lets it act by itself, and there is no such playbook" in (
        told(given(tmp_path, absent, str(file))).text
    )
    (shell,) = (each for each in known(["shipped"]).playbooks if each.name == "shell-in-container")
    pinned = letting(file, pinned=playbook_hash(shell)).replace("{miner:", "{shell-in-container:")
    assert "and it has no auto" in told(given(tmp_path, pinned, "shipped")).text


def test_a_policy_that_cannot_be_read_is_told_elsewhere(tmp_path: Path) -> None:
    file = automatic(tmp_path)
    policy = letting(file)
    automatic(tmp_path, per_hour=9)
    settings = given(tmp_path, policy, str(file))
    assert told(settings).doubt
    assert not state(settings, None).doubt
