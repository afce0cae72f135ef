"""The canary against real sockets: what it says is what became of its tries."""

import json
import selectors
import socket
import subprocess
import sys
import threading
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from bot import canary

LISTED = "import bot.canary, sys; print(*sorted(m for m in sys.modules if m.partition('.')[0] not in sys.stdlib_module_names))"


@pytest.fixture(autouse=True)
def quick(monkeypatch: pytest.MonkeyPatch) -> None:
    """Let a second of the canary's be shorter."""
    monkeypatch.setattr(canary, "EVERY", 0.1)


@pytest.fixture
def server() -> Iterator[socket.socket]:
    """Listen without accepting: one caller is let in, and each after it gets no answer."""
    with socket.create_server(("127.0.0.1", 0), backlog=0) as made:
        yield made


def _port(listener: socket.socket) -> int:
    return int(listener.getsockname()[1])


def _free() -> int:
    with socket.create_server(("127.0.0.1", 0)) as made:
        return _port(made)


def _answer(folder: Path, *words: str) -> dict[str, Any]:
    where = folder / "message"
    assert canary.main([*words, "--message", str(where)]) == 0
    found: dict[str, Any] = json.loads(where.read_text(encoding="ascii"))
    return found


def _of(found: dict[str, Any], name: str) -> dict[str, Any]:
    return next(dict(each) for each in found["results"] if each["name"] == name)


def test_nobody_listens_is_refused_and_that_is_tried_to_the_end_since_it_may_yet_be_cut(
    tmp_path: Path,
) -> None:
    found = _answer(tmp_path, "--connect", f"target=127.0.0.1:{_free()}", "--for", "0.8")

    result = _of(found, "target")
    assert found["v"] == 1
    assert result["tries"] > canary.UNCHANGED
    assert result == {**result, "last": "refused", "opened": 0, "refused": result["tries"], "first_cut": None}


def test_a_control_that_is_open_time_and_again_is_enough(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    with socket.create_server(("127.0.0.1", 0), backlog=8) as made:
        aim = f"control=127.0.0.1:{_port(made)}"
        found = _answer(tmp_path, "--connect", aim, "--for", "600", "--unchanged", "3")

    counts = {"tries": 3, "opened": 3, "refused": 0, "first_cut": None}
    assert found["results"] == [{"name": "control", "last": "open", **counts}]
    assert json.loads(capsys.readouterr().out) == found


@pytest.mark.parametrize(
    ("name", "outcome", "is_settled"),
    [
        ("control", "open", True),
        ("control", "refused", False),
        ("control", "cut", False),
        ("target", "cut", True),
        ("target", "error", True),
        ("target", "open", False),
        ("target", "refused", False),
    ],
)
def test_only_what_is_as_wished_settles(name: str, outcome: str, is_settled: bool) -> None:
    tally = canary.Tally(canary.Aim(name, "127.0.0.1", 80))
    for at in range(3):
        tally.add(outcome, at)

    assert (tally.settled(3), tally.settled(4)) == (is_settled, False)


def test_what_passes_at_first_and_then_gets_no_answer_is_cut_and_says_since_when(
    tmp_path: Path, server: socket.socket
) -> None:
    found = _answer(tmp_path, "--connect", f"target=127.0.0.1:{_port(server)}", "--for", "600")

    result = _of(found, "target")
    assert (result["last"], result["opened"]) == ("cut", result["tries"] - 5)
    assert result["opened"] >= 1
    assert result["first_cut"] >= 0.1


def test_what_is_cut_at_first_and_then_passes_is_open_and_was_never_cut() -> None:
    tally = canary.Tally(canary.Aim("target", "127.0.0.1", 80))
    for at, outcome in enumerate(("cut", "cut", "open")):
        tally.add(outcome, at)

    assert tally.told() == {
        "name": "target",
        "last": "open",
        "tries": 3,
        "opened": 1,
        "refused": 0,
        "first_cut": None,
    }


def test_aims_are_tried_side_by_side_and_the_last_one_to_settle_decides_when_it_ends(
    tmp_path: Path, server: socket.socket
) -> None:
    with socket.create_server(("127.0.0.1", 0), backlog=64) as made:
        aims = (
            "--connect",
            f"target=127.0.0.1:{_port(server)}",
            "--connect",
            f"control=127.0.0.1:{_port(made)}",
        )
        found = _answer(tmp_path, *aims, "--for", "600")

    tries = _of(found, "target")["tries"]
    assert [each["tries"] for each in found["results"]] == [tries, tries]
    assert tries > canary.UNCHANGED
    assert [_of(found, name)["last"] for name in ("target", "control")] == ["cut", "open"]


def test_the_time_ends_it_whatever_was_found(tmp_path: Path) -> None:
    aim = f"target=127.0.0.1:{_free()}"
    found = _answer(tmp_path, "--connect", aim, "--for", "0.5", "--unchanged", "0")

    assert 1 <= _of(found, "target")["tries"] <= 5


def test_an_address_of_which_this_machine_knows_nothing_is_an_error_and_no_cut(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def no_family(*_: object) -> socket.socket:
        raise OSError(97, "Address family not supported by protocol")

    monkeypatch.setattr(socket, "socket", no_family)
    found = _answer(tmp_path, "--connect", "target=[::1]:80", "--for", "600")

    assert _of(found, "target")["last"] == "error"


def test_who_listens_stays_until_the_time_is_over_and_lets_others_in(tmp_path: Path) -> None:
    port = _free()
    words = ("--listen", f"127.0.0.1:{port}", "--for", "1.5")
    answers: list[dict[str, Any]] = []
    other = threading.Thread(
        target=lambda: answers.append(_answer(tmp_path, *words, "--connect", f"gone=127.0.0.1:{_free()}"))
    )
    other.start()
    seen = canary.Tally(canary.Aim("it", "127.0.0.1", port))
    with selectors.DefaultSelector() as selector:
        while seen.opened < 3 and other.is_alive():
            seen.add(canary.Canary(selector).attempt([seen.aim], 1.0)[0], 0)
    other.join()

    assert seen.opened == 3
    assert _of(answers[0], "gone")["tries"] > canary.UNCHANGED


@pytest.mark.parametrize(
    "words",
    [
        (),
        ("--for", "0"),
        ("--for", "601"),
        ("--for", "nan"),
        ("--for", "1", "--connect", "10.0.0.7:80"),
        ("--for", "1", "--connect", "Target=10.0.0.7:80"),
        ("--for", "1", "--connect", "a=host.test:80"),
        ("--for", "1", "--connect", "a=::1:80"),
        ("--for", "1", "--connect", "a=[fe80::1%eth0]:80"),
        ("--for", "1", "--connect", "a=10.0.0.7:0"),
        ("--for", "1", "--connect", "a=10.0.0.7:65536"),
        ("--for", "1", "--connect", "a=:80"),
        ("--for", "1", "--connect", "a=10.0.0.7:1", "--connect", "a=10.0.0.7:2"),
        ("--for", "1", "--listen", "http"),
        ("--for", "1", "--unchanged", "-1"),
    ],
)
def test_what_it_can_not_do_is_refused_before_anything_is_tried(words: tuple[str, ...]) -> None:
    with pytest.raises(SystemExit) as ended:
        canary.main(words)

    assert ended.value.code == 2


def test_the_longest_answer_fits_into_a_termination_message() -> None:
    name, address = "a" * 31, "2001:db8:ffff:ffff:ffff:ffff:ffff:ffff"
    tallies = [canary.Tally(canary.Aim(name, address, 65535)) for _ in range(canary.MOST_AIMS)]
    for tally in tallies:
        for at in range(canary.LONGEST):
            tally.add("refused", at)

    assert len(canary.message(tallies, canary.LONGEST)) < 4096


def test_it_needs_nothing_but_the_standard_library() -> None:
    ended = subprocess.run([sys.executable, "-c", LISTED], capture_output=True, text=True, check=True)

    loaded = [name for name in ended.stdout.split() if name.partition(".")[0] == "bot"]
    assert loaded == ["bot", "bot.canary"]
    assert not [name for name in ended.stdout.split() if name.partition(".")[0] in {"msgspec", "kubernetes"}]


def test_run_as_a_module_it_answers(tmp_path: Path) -> None:
    where = tmp_path / "message"
    aim = f"target=127.0.0.1:{_free()}"
    command = [sys.executable, "-m", "bot.canary", "--connect", aim, "--for", "1", "--message", str(where)]
    ended = subprocess.run(command, capture_output=True, text=True, check=True)

    assert json.loads(ended.stdout) == json.loads(where.read_text(encoding="ascii"))
    assert _of(json.loads(ended.stdout), "target")["last"] == "refused"
