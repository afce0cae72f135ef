"""
Bodies with something wrong in them, over HTTP at the real bot, into its database and on to the groups.

Whatever is in them: none is answered with a 500 or put aside, and no text is kept that is not on one line and legible.
"""

import io
import json
import logging
import random
import sqlite3
from collections import Counter
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path
from typing import Any, Final

import aiohttp
import pytest
from hypothesis import settings
from pydantic import SecretStr

from bot.adapters.alerts.parsing import PARSERS
from bot.adapters.alerts.wire import LARGEST
from bot.domain.alerts.texts import ADDRESS_OF_PAGE
from bot.domain.hidden import hidden
from bot.settings import Settings
from bot.settings.alerts import AlertSourceSettings
from tests.adapters.alerts.recorded import VALID, body, kind
from tests.alerts.senders import TOKEN, bearer
from tests.alerts.spoiling import spoiled
from tests.journeys.stage import Stage, stage

KEPT: Final = (
    "SELECT doc FROM alerts",
    "SELECT doc FROM alert_groups",
    "SELECT doc FROM alert_misfits",
    "SELECT payload FROM inbox WHERE kind LIKE 'alert:%'",
    "SELECT body FROM audit WHERE json_extract(body, '$.event') = 'alert'",
)
EXPECTED: Final = frozenset({200, 400})
MANY: Final = settings().max_examples
"""Of each kind of body, as many as a property is tried with."""


def taking_all(settings: Settings) -> Settings:
    """Take what each of the seven senders sends, as many as come."""
    sources = {
        name: AlertSourceSettings.model_validate(
            {"format": name, "token": SecretStr(TOKEN), "per_second": 1000, "burst": 10_000}
        )
        for name in PARSERS
    }
    return settings.model_copy(update={"alerts": sources})


@pytest.mark.parametrize(
    ("seed", "of_each"),
    [
        (1, 25),
        *(pytest.param(seed, MANY, marks=[pytest.mark.slow, pytest.mark.timeout(300)]) for seed in (2, 3)),
    ],
)
async def test_whatever_is_in_a_body_it_is_refused_or_kept_legibly_and_counted(
    tmp_path: Path, caplog: pytest.LogCaptureFixture, seed: int, of_each: int
) -> None:
    choose = random.Random(seed)
    caplog.set_level(logging.WARNING)
    async with stage(tmp_path, outfit=taking_all) as bot:
        answered = await _storm(bot, choose, of_each)
        (file,) = tmp_path.glob("**/*.db")  # noqa: ASYNC240 - a look, once
        texts = Counter(await bot.until(lambda: _worked(file)))

    assert set(answered) == {(name, status) for name in PARSERS for status in EXPECTED}
    assert not [text for text in texts if any(map(hidden, text))]
    assert max(map(len, texts)) <= ADDRESS_OF_PAGE
    troubles = {"alerts_not_worked", "alerts_one_by_one", "alert_post_failed", "alert_post_unreadable"}
    assert not troubles & {record.getMessage() for record in caplog.records}


async def _storm(bot: Stage, choose: random.Random, of_each: int) -> Counter[tuple[str, int]]:
    """Send so many of each recorded body; return how often each kind got which answer."""
    root = bot.scene.workspace.request_url.replace("/slack/events", "/alerts/")
    answered: Counter[tuple[str, int]] = Counter()
    async with aiohttp.ClientSession(headers=bearer(TOKEN)) as web:
        for name in VALID:
            for _ in range(of_each):
                raw = spoiled(body(name), choose)
                if len(raw) > LARGEST:  # which is refused whatever it says
                    continue
                async with web.post(root + kind(name), data=io.BytesIO(raw)) as got:
                    assert got.status in EXPECTED, (got.status, raw)
                    answered[kind(name), got.status] += 1
                    told = await got.json()
                assert not any(map(hidden, "".join(_texts(told)))), raw
    return answered


async def _worked(file: Path) -> list[str]:
    """Return every text that is kept, once no post waits; nothing before."""
    with closing(sqlite3.connect(f"{file.as_uri()}?mode=ro", uri=True)) as database:
        waiting = database.execute("SELECT count(*) FROM inbox WHERE kind LIKE 'alert:%' AND done_at IS NULL")
        if waiting.fetchone()[0]:
            return []
        aside = "SELECT count(*) FROM audit WHERE json_extract(body, '$.outcome') = 'put-aside'"
        assert database.execute(aside).fetchone()[0] == 0
        found: list[str] = []
        for statement in KEPT:
            rows = [json.loads(row[0]) for row in database.execute(statement)]
            assert rows, statement
            found.extend(text for row in rows for text in _texts(row))
    return found


def _texts(value: Any) -> Iterator[str]:
    """Yield every text in it, names too."""
    match value:
        case str():
            yield value
        case dict():
            for key, each in value.items():
                yield key
                yield from _texts(each)
        case list():
            for each in value:
                yield from _texts(each)
        case _:
            pass
