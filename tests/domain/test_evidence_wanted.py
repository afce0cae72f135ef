"""What is captured of a pod follows from what it says of itself; what came of it is said in one line."""

import json
from datetime import UTC, datetime
from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from bot.domain.capturing import following, owner_of, seen, selecting, word
from bot.domain.evidence import (
    Capture,
    CaptureState,
    Item,
    ItemKind,
    concluded,
    size_of,
    summary,
)
from bot.domain.refs import POD, KubeRef

NOW = datetime(2026, 3, 1, 12, 0, tzinfo=UTC)
TARGET = KubeRef("prod", POD, "payments", "api-1")


def pod(**spec: Any) -> bytes:
    body = {"metadata": {"name": "api-1", "uid": "u1", "labels": {"app": "api"}}, "spec": spec}
    return json.dumps(body).encode()


def capture(*items: Item, state: CaptureState = CaptureState.RUNNING) -> Capture:
    return Capture("FB-7K3Q.0", "FB-7K3Q", 0, TARGET, "u1", NOW, state=state, items=items)


def test_logs_of_every_container_and_its_earlier_run_are_wanted_before_all_else() -> None:
    told = seen(
        pod(
            nodeName="n1",
            containers=[{"name": "app"}, {"name": "proxy"}],
            initContainers=[{"name": "setup"}],
            ephemeralContainers=[{"name": "debugger"}],
        )
    )
    assert told is not None
    assert [want.name for want in following(TARGET, told)] == [
        "log-app.txt",
        "log-proxy.txt",
        "log-setup.txt",
        "log-debugger.txt",
        "previous-log-app.txt",
        "previous-log-proxy.txt",
        "previous-log-setup.txt",
        "previous-log-debugger.txt",
        "network-policies.json",
        "node.json",
    ]


@given(st.lists(st.text(max_size=80), max_size=12))
def test_file_names_are_ours_and_no_two_are_one(names: list[str]) -> None:
    told = seen(pod(containers=[{"name": name} for name in names]))
    assert told is not None
    wanted = [want.name for want in following(TARGET, told)]
    assert len(set(wanted)) == len(wanted)
    assert all(
        set(name) <= set("abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789.-_")
        for name in wanted
    )
    assert not any(name.startswith(".") or "/" in name for name in wanted)


def test_an_owner_of_a_kind_that_is_not_read_is_named_and_told_missing() -> None:
    body = {
        "metadata": {
            "ownerReferences": [
                {
                    "apiVersion": "argoproj.io/v1alpha1",
                    "kind": "Rollout",
                    "name": "x",
                    "uid": "u",
                    "controller": True,
                }
            ]
        }
    }
    told = seen(json.dumps(body).encode())
    assert told is not None
    want = owner_of(TARGET, told)
    assert want is not None
    assert "Rollout" in want.foreign


def test_only_policies_that_select_the_pod_are_kept_byte_for_byte() -> None:
    mine = '{"metadata": {"name":"mine"},  "spec": {"podSelector": {"matchLabels": {"app": "api"}}}}'
    other = '{"metadata":{"name":"other"},"spec":{"podSelector":{"matchLabels":{"app":"web"}}}}'
    all_of_them = '{"metadata":{"name":"all"},"spec":{"podSelector":{}}}'
    body = f'{{"kind":"NetworkPolicyList","items":[{mine},{other},{all_of_them}]}}'.encode()
    kept = selecting(body, {"app": "api"}).decode()
    assert mine in kept
    assert all_of_them in kept
    assert "other" not in kept
    assert json.loads(kept)["kind"] == "NetworkPolicyList"


def test_the_line_names_what_is_missing_and_a_log_that_was_never_kept_is_no_worry() -> None:
    items = [Item(ItemKind.LOG, f"{n}.txt", f"logs of c{n}", size=1, sha256="0" * 64) for n in range(9)]
    absent = Item(ItemKind.PREVIOUS, "p.txt", "previous logs of app", missing="none kept", normal=True)
    done = concluded(capture(), [*items, absent], NOW)
    assert done.state is CaptureState.COMPLETE
    assert summary([done]) == "Evidence: 9 of 10 captured, missing: previous logs of app (none kept)"
    lost = Item(ItemKind.NODE, "node.json", "its node", missing="Forbidden: no right")
    assert concluded(capture(), [*items, lost], NOW).state is CaptureState.PARTIAL


def test_what_is_still_running_failed_or_erased_is_said() -> None:
    assert "still being captured for 1 of 1 pods" in summary([capture()])
    assert "not captured for 1 of 1 pods" in summary([capture(state=CaptureState.FAILED)])
    assert "erased" in summary([capture(state=CaptureState.ERASED)])
    assert summary([]) == ""


def test_names_from_outside_become_short_words() -> None:
    assert word("../../etc/passwd") == "_.._etc_passwd"
    assert word("") == "unnamed"
    assert size_of(5 * 1024 * 1024) == "5.0 MiB"
