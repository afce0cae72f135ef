"""`firebreak check` says of each sender of alerts when it was last heard, and what of it did not fit."""

from datetime import timedelta
from pathlib import Path

from bot.adapters.store import SqlStore, open_store
from bot.bootstrap.hearing import heard
from bot.domain.alerts.grouping import opened
from bot.domain.alerts.posts import Misfit
from bot.settings import Settings
from tests.adapters.alerts.made import START, alert
from tests.databases import with_tables

NOW = START + timedelta(hours=5)


async def told(store: SqlStore) -> dict[str, str]:
    settings = Settings(
        slack={"bot_token": "xoxb-1", "app_token": "xapp-1", "channels": {"*": "C0123"}},  # type: ignore[arg-type]  # pydantic makes the section
        clusters={"prod": {"in_cluster": True}},  # type: ignore[dict-item]  # as above
        alerts={"alertmanager": {"token": "t" * 24}, "falco": {"token": "t" * 24}},  # type: ignore[dict-item]  # as above
    )
    return {source: text async for source, text in heard(settings, store)}


async def test_a_source_is_heard_or_silent_and_what_did_not_fit_is_told(tmp_path: Path) -> None:
    url = f"sqlite:///{tmp_path}/firebreak.db"
    await with_tables(url)
    async with open_store(url, clock=lambda: NOW) as store:
        async with store.begin() as tx:
            await tx.alerts.add_group(opened(alert(), START))
        await store.misfits.put(Misfit("falco", "$.rule", "it is missing", "{", NOW))
        found = await told(store)

    assert found == {
        "alertmanager": "heard 5 h ago",
        "falco": "nothing new for 7 days: send a test alert; see docs/alerts; "
        "a post did not fit within the last hour, at $.rule: it is missing",
    }
