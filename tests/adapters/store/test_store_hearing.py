"""When sources were last heard, on both databases."""

from datetime import timedelta

from bot.adapters.store import SqlStore
from tests.adapters.alerts.made import START

HOUR = timedelta(hours=1)


async def test_a_source_keeps_since_when_it_is_known_and_the_latest_time_that_anybody_heard_it(
    store: SqlStore,
) -> None:
    begun = await store.hearing.begin(["falco", "grafana"])
    await store.hearing.heard({"falco": START + HOUR, "another": START})
    await store.hearing.heard({"falco": START})
    again = await store.hearing.begin(["falco", "grafana"])
    whole = await store.hearing.all()

    assert {source: heard.at for source, heard in begun.items()} == {"falco": None, "grafana": None}
    assert {source: heard.at for source, heard in again.items()} == {"falco": START + HOUR, "grafana": None}
    assert {source: heard.since for source, heard in again.items()} == {
        source: heard.since for source, heard in begun.items()
    }
    assert set(whole) == {"another", "falco", "grafana"}
