"""When senders of alerts were last heard is kept over a restart, and their silence is told and keeps nothing from working."""

import asyncio
from collections.abc import AsyncIterator, Mapping
from datetime import datetime, timedelta
from pathlib import Path

import pytest
from prometheus_client import CollectorRegistry

from bot.adapters.alerts.figures import AlertFigures, Outcome
from bot.adapters.store import SqlStore, open_store
from bot.bootstrap import hearing
from bot.bootstrap.answering import Answer, printed
from bot.bootstrap.hearing import heard, remember
from bot.domain.alerts.hearing import Heard
from bot.domain.alerts.posts import Misfit
from bot.domain.errors import BusyError
from bot.settings import Settings
from tests.adapters.alerts.made import START
from tests.databases import with_tables

HOUR = timedelta(hours=1)
NOW = START + 100 * HOUR
PATIENCE = {"alertmanager": 24 * HOUR, "falco": 200 * HOUR, "grafana": 24 * HOUR}


async def told(store: SqlStore) -> dict[str, tuple[bool, str]]:
    settings = Settings(
        slack={"bot_token": "xoxb-1", "app_token": "xapp-1", "channels": {"*": "C0123"}},  # type: ignore[arg-type]  # pydantic makes the section
        clusters={"prod": {"in_cluster": True}},  # type: ignore[dict-item]  # as above
        alerts={
            name: {"token": "t" * 24, "silent_hours": wait // HOUR}  # type: ignore[misc]  # as above
            for name, wait in PATIENCE.items()
        },
    )
    return {source: (well, text) async for source, well, text in heard(settings, store)}


async def test_a_source_is_heard_silent_or_never_heard_and_what_did_not_fit_is_told(tmp_path: Path) -> None:
    url = f"sqlite:///{tmp_path}/firebreak.db"
    await with_tables(url)
    async with open_store(url, clock=lambda: NOW) as store:
        await store.hearing.heard({"alertmanager": NOW - 25 * HOUR, "falco": NOW - 100 * HOUR})
        await store.misfits.put(Misfit("falco", "$.rule", "it is missing", "{", NOW))
        found = await told(store)

    assert found == {
        "alertmanager": (False, "heard 25 h ago: send a test alert; see docs/alerts"),
        "falco": (True, "heard 100 h ago; a post did not fit within the last hour, at $.rule: it is missing"),
        "grafana": (False, "never heard: send a test alert; see docs/alerts"),
    }


async def test_posts_that_tell_nothing_new_count_as_heard_and_an_earlier_time_never_replaces_a_later(
    tmp_path: Path,
) -> None:
    url = f"sqlite:///{tmp_path}/firebreak.db"
    await with_tables(url)
    now = [START]
    async with open_store(url, clock=lambda: now[0]) as store:
        begun = await store.hearing.begin(PATIENCE)
        figures = AlertFigures(PATIENCE, lambda: now[0], begun)
        now[0] = NOW
        figures.count("alertmanager", Outcome.KNOWN)
        figures.count("falco", Outcome.UNPROVED)
        await _remembered(figures, store)
        await store.hearing.heard({"alertmanager": START})
        after = await store.hearing.begin(["alertmanager", "falco"])

    assert begun["alertmanager"] == Heard(START)
    assert after == {"alertmanager": Heard(START, NOW), "falco": Heard(START)}


async def _remembered(figures: AlertFigures, store: SqlStore) -> None:
    stopped = asyncio.Event()
    task = asyncio.create_task(remember(figures, store.hearing, stopped))
    await asyncio.sleep(0)  # it rests now
    stopped.set()
    await task


async def test_what_could_not_be_kept_is_kept_later(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(hearing, "EVERY", 0.0)
    stop, kept = asyncio.Event(), list[Mapping[str, datetime]]()

    class Away:
        tries = 0

        async def begin(self, sources: object) -> dict[str, Heard]:
            return {}

        async def all(self) -> dict[str, Heard]:
            return {}

        async def heard(self, at: Mapping[str, datetime]) -> None:
            self.tries += 1
            if self.tries < 3:
                raise BusyError("locked", "the database is away")
            kept.append(at)
            stop.set()

    figures = AlertFigures(PATIENCE, lambda: NOW, dict.fromkeys(PATIENCE, Heard(NOW)))
    figures.count("falco", Outcome.ACCEPTED)
    await remember(figures, Away(), stop)

    assert kept == [{"falco": NOW}]


def test_silence_is_told_to_readiness_and_metrics_also_over_a_restart_and_ends_with_the_next_post() -> None:
    now = [NOW]
    known = {
        "alertmanager": Heard(START, NOW - 25 * HOUR),
        "falco": Heard(START, NOW - 25 * HOUR),
        "grafana": Heard(START),
    }
    figures = AlertFigures(PATIENCE, lambda: now[0], known)
    registry = CollectorRegistry()
    registry.register(figures)
    before = figures.noted()
    values = {
        (sample.name, sample.labels["source"]): sample.value
        for family in registry.collect()
        for sample in family.samples
    }
    figures.count("alertmanager", Outcome.KNOWN)

    assert before == {
        "alerts of alertmanager": "silent for more than 24 h",
        "alerts of grafana": "silent for more than 24 h: it was never heard",
    }
    silent = {source: values["firebreak_alert_silent", source] for source in PATIENCE}
    assert silent == {"alertmanager": 1, "falco": 0, "grafana": 1}
    assert values["firebreak_alert_last_seconds", "falco"] == (NOW - 25 * HOUR).timestamp()
    assert values["firebreak_alert_last_seconds", "grafana"] == 0
    assert list(figures.noted()) == ["alerts of grafana"]
    assert list(figures.unsaved()) == ["alertmanager"]
    assert figures.unsaved() == {}


def test_a_source_that_is_new_has_its_time_before_it_counts_as_silent() -> None:
    now = [START]
    figures = AlertFigures(PATIENCE, lambda: now[0], dict.fromkeys(PATIENCE, Heard(now[0])))
    first = figures.noted()
    now[0] = START + 25 * HOUR

    assert first == {}
    assert set(figures.noted()) == {"alerts of alertmanager", "alerts of grafana"}


async def test_a_warning_is_told_and_leaves_the_check_well(capsys: pytest.CaptureFixture[str]) -> None:
    silent = Answer("alerts of falco", fine=True, text="never heard", doubt=True)
    with_warning = await printed(_each(silent, Answer("policy", fine=True, text="valid")), "All is well.")
    said = capsys.readouterr().out
    with_both = await printed(_each(silent, Answer("policy", fine=False, text="broken")), "All is well.")

    assert (with_warning, with_both) == (0, 1)
    assert said == (
        "warn alerts of falco: never heard\nok   policy: valid\n\nAll is well.\n"
        "Look at 1 that say warn: they keep no containment from working.\n"
    )


async def _each(*given: Answer) -> AsyncIterator[Answer]:
    for answer in given:
        yield answer
